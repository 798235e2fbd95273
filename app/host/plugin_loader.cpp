#include "host/plugin_loader.h"

#include "cay/plugin.h"

#include <QtCore/QDir>
#include <QtCore/QFileInfo>
#include <QtCore/QPluginLoader>

#include <map>

namespace cay::host {

namespace {

using core::PluginMetadata;

bool fail(QString *why, const QString &line)
{
    *why = line;
    return false;
}

QString inQuotes(const std::string &text) { return u'\'' + QString::fromStdString(text) + u'\''; }

bool checkReadable(const QString &path, QString *why)
{
    QFile file(path);
    if (!file.open(QIODevice::ReadOnly))
        return fail(
            why, QStringLiteral("cannot read plugin file '%1': %2").arg(path, file.errorString()));
    return true;
}

// Depth first; a plugin that is met again while its requirements are still being placed closes a
// circle.
class DependencyOrder
{
public:
    DependencyOrder(std::vector<PluginFile> *plugins, const std::vector<PresentPlugin> &present,
                    const QStringList &disabled, QString *why)
        : m_plugins(*plugins)
        , m_present(present)
        , m_disabled(disabled)
        , m_why(why)
        , m_states(plugins->size(), State::New)
    {
        for (std::size_t i = 0; i < m_plugins.size(); ++i)
            m_byId.emplace(m_plugins[i].metadata.id, i);
    }

    bool sort()
    {
        for (const auto &[id, index] : m_byId) {
            if (!place(index))
                return false;
        }
        std::vector<PluginFile> sorted;
        for (const std::size_t index : m_order)
            sorted.push_back(std::move(m_plugins[index]));
        m_plugins = std::move(sorted);
        return true;
    }

private:
    enum class State : std::uint8_t { New, Open, Placed };

    bool place(std::size_t index)
    {
        if (m_states[index] == State::Placed)
            return true;
        m_path.push_back(index);
        if (m_states[index] == State::Open)
            return circle(index);
        m_states[index] = State::Open;
        for (const std::string &required : m_plugins[index].metadata.requirements) {
            const auto found = m_byId.find(required);
            if (found != m_byId.end() ? !place(found->second) : !isPresent(index, required))
                return false;
        }
        m_states[index] = State::Placed;
        m_order.push_back(index);
        m_path.pop_back();
        return true;
    }

    bool isPresent(std::size_t index, const std::string &required)
    {
        for (const PresentPlugin &plugin : m_present) {
            if (plugin.id == required)
                return true;
        }
        const bool disabled = m_disabled.contains(QString::fromStdString(required));
        return fail(m_why,
                    QStringLiteral("plugin %1 requires plugin %2, which is %3")
                        .arg(inQuotes(m_plugins[index].metadata.id), inQuotes(required),
                             disabled ? QStringLiteral("disabled") : QStringLiteral("not there")));
    }

    bool circle(std::size_t index)
    {
        QStringList ids;
        auto first = std::find(m_path.begin(), m_path.end(), index);
        for (; first != m_path.end(); ++first)
            ids << m_plugins[*first].id();
        return fail(m_why, QStringLiteral("plugins require each other in a circle: %1")
                               .arg(ids.join(QStringLiteral(" -> "))));
    }

    std::vector<PluginFile> &m_plugins;
    const std::vector<PresentPlugin> &m_present;
    const QStringList &m_disabled;
    QString *m_why;
    std::vector<State> m_states;
    std::map<std::string, std::size_t> m_byId;
    std::vector<std::size_t> m_path, m_order;
};

bool idsAreUnique(const std::vector<PluginFile> &plugins, const std::vector<PresentPlugin> &present,
                  QString *why)
{
    std::map<std::string, QString> paths;
    for (const PresentPlugin &plugin : present)
        paths.emplace(plugin.id, plugin.path);
    for (const PluginFile &plugin : plugins) {
        const auto [at, isNew] = paths.emplace(plugin.metadata.id, plugin.path);
        if (!isNew)
            return fail(why, QStringLiteral("plugin %1 is there twice: '%2' and '%3'")
                                 .arg(inQuotes(plugin.metadata.id), at->second, plugin.path));
    }
    return true;
}

bool commandsAreUnique(const std::vector<PluginFile> &plugins, QString *why)
{
    std::map<std::string, std::string> owners;
    for (const PluginFile &plugin : plugins) {
        for (const auto &command : plugin.metadata.commands) {
            if (command->isExtension)
                continue; // what it adds is checked when the container is there
            const auto [at, isNew] = owners.emplace(command->name, command->plugin);
            if (!isNew)
                return fail(why,
                            QStringLiteral("command %1 is provided by plugin %2 and by plugin %3")
                                .arg(inQuotes(command->name), inQuotes(at->second),
                                     inQuotes(command->plugin)));
        }
    }
    return true;
}

} // namespace

bool readPluginFile(const QString &path, PluginFile *out, QString *why)
{
    if (!checkReadable(path, why))
        return false;
    out->path = QFileInfo(path).canonicalFilePath();
    QPluginLoader loader(out->path);
    const QJsonObject data = loader.metaData();
    if (data.isEmpty())
        return fail(
            why, QStringLiteral("'%1' is not a plugin: it holds no Qt plugin metadata").arg(path));
    const QString interface = data.value(QLatin1String("IID")).toString();
    const QString ours = QStringLiteral(CAY_PLUGIN_IID);
    if (interface != ours)
        return fail(why,
                    QStringLiteral("'%1' is not a plugin of Cay: its interface is '%2', not '%3'")
                        .arg(path, interface, ours));
    QString reason;
    const QJsonObject json = data.value(QLatin1String("MetaData")).toObject();
    const int sdk = json.value(QLatin1String("sdk")).toInt();
    // Before the rest, whose format may have changed with the SDK.
    if (sdk > 0 && sdk != core::kSdkVersion)
        return fail(why,
                    QStringLiteral("plugin '%1' (%2) is made for SDK %3; this server has SDK %4")
                        .arg(json.value(QLatin1String("id")).toString(), path)
                        .arg(sdk)
                        .arg(core::kSdkVersion));
    if (!core::parseMetadata(json, &out->metadata, &reason))
        return fail(why, QStringLiteral("'%1': %2").arg(path, reason));
    return true;
}

bool findPluginFiles(const QString &folder, QStringList *paths, QString *why)
{
    const QDir dir(folder);
    if (!dir.exists())
        return fail(why, QStringLiteral("plugin folder '%1' does not exist").arg(folder));
    if (!dir.isReadable())
        return fail(why, QStringLiteral("plugin folder '%1' cannot be read").arg(folder));
    const QStringList patterns{QStringLiteral("*.so"), QStringLiteral("*.dylib")};
    for (const QString &name : dir.entryList(patterns, QDir::Files, QDir::Name))
        *paths << dir.absoluteFilePath(name);
    return true;
}

bool orderPlugins(std::vector<PluginFile> *plugins, const std::vector<PresentPlugin> &present,
                  const QStringList &disabled, QString *why)
{
    return idsAreUnique(*plugins, present, why) && commandsAreUnique(*plugins, why)
           && DependencyOrder(plugins, present, disabled, why).sort();
}

} // namespace cay::host
