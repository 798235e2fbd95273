#include "host/plugin_registry.h"

#include <QtCore/QFileInfo>
#include <QtCore/QPluginLoader>

#include <algorithm>
#include <ranges>

namespace cay::host {

namespace {

bool fail(QString *why, const QString &line)
{
    *why = line;
    return false;
}

// What is done while it lives is done in the plugin's name.
class ActingFor
{
public:
    ActingFor(PluginEnvironment &environment, const std::string &plugin)
        : m_environment(environment)
    {
        m_environment.actFor(plugin);
    }
    ~ActingFor() { m_environment.actFor({}); }
    ActingFor(const ActingFor &) = delete;
    ActingFor &operator=(const ActingFor &) = delete;

private:
    PluginEnvironment &m_environment;
};

} // namespace

PluginRegistry::PluginRegistry(PluginEnvironment &environment)
    : m_environment(environment)
{}

PluginRegistry::~PluginRegistry() { stopAll(); }

bool PluginRegistry::select(const PluginSelection &selection, QString *why)
{
    std::vector<PluginFile> files;
    if (!collect(selection, &files, why) || !orderPlugins(&files, {}, selection.disabled, why))
        return false;
    for (PluginFile &file : files) {
        m_plugins.push_back(std::make_unique<Loaded>());
        m_plugins.back()->file = std::move(file);
    }
    return true;
}

bool PluginRegistry::collect(const PluginSelection &selection, std::vector<PluginFile> *files,
                             QString *why)
{
    std::vector<PluginRequest> requests;
    for (const QString &folder : selection.folders) {
        QStringList paths;
        if (!findPluginFiles(folder, &paths, why))
            return false;
        for (const QString &path : paths)
            requests.push_back({path, {}});
    }
    requests.insert(requests.end(), selection.requests.begin(), selection.requests.end());
    m_unknownDisabled = selection.disabled;
    for (const PluginRequest &request : requests) {
        PluginFile file;
        if (!readPluginFile(request.path, &file, why))
            return false;
        m_unknownDisabled.removeAll(file.id());
        if (selection.disabled.contains(file.id()))
            continue;
        file.arguments = request.arguments;
        // A line that names a file of the folder adds arguments; it does not load the file twice.
        const auto same = std::ranges::find(*files, file.path, &PluginFile::path);
        if (same == files->end())
            files->push_back(std::move(file));
        else
            same->arguments = request.arguments;
    }
    return true;
}

bool PluginRegistry::declareOptions(QString *why)
{
    return std::ranges::all_of(m_plugins, [&](const auto &plugin) {
        return m_environment.addOptions(plugin->file.metadata.id, plugin->file.metadata.options,
                                        why);
    });
}

bool PluginRegistry::startAll(QString *why)
{
    return std::ranges::all_of(m_plugins, [&](const auto &plugin) { return start(*plugin, why); });
}

bool PluginRegistry::start(Loaded &plugin, QString *why)
{
    return loadCode(plugin, why) && addTypesAndCommands(plugin, why) && runStart(plugin, why);
}

bool PluginRegistry::loadCode(Loaded &plugin, QString *why)
{
    const QString id = plugin.file.id();
    plugin.loader = std::make_unique<QPluginLoader>(plugin.file.path);
    // An undefined symbol shows here, not in the middle of a command.
    plugin.loader->setLoadHints(QLibrary::ResolveAllSymbolsHint);
    QObject *instance = plugin.loader->instance();
    plugin.plugin = instance ? qobject_cast<Plugin *>(instance) : nullptr;
    if (!instance)
        return fail(why, QStringLiteral("cannot load plugin '%1' (%2): %3")
                             .arg(id, plugin.file.path, plugin.loader->errorString().simplified()));
    if (!plugin.plugin)
        return fail(
            why,
            QStringLiteral("cannot load plugin '%1' (%2): its class does not implement cay::Plugin")
                .arg(id, plugin.file.path));
    return core::bindCommands(&plugin.file.metadata, plugin.plugin->commands(), why);
}

bool PluginRegistry::addTypesAndCommands(Loaded &plugin, QString *why)
{
    const std::string &id = plugin.file.metadata.id;
    for (const ValueType *type : plugin.plugin->types()) {
        QString reason;
        if (!m_environment.addType(id, *type, &reason))
            return fail(why, QStringLiteral("plugin '%1': type '%2': %3")
                                 .arg(plugin.file.id(), QString::fromUtf8(type->name), reason));
    }
    std::string reason;
    if (!m_environment.commands().add(std::move(plugin.file.metadata.commands), &reason))
        return fail(why, QStringLiteral("plugin '%1': %2")
                             .arg(plugin.file.id(), QString::fromStdString(reason)));
    return true;
}

bool PluginRegistry::runStart(Loaded &plugin, QString *why)
{
    const ActingFor acting(m_environment, plugin.file.metadata.id);
    QString reason;
    if (!plugin.plugin->arguments(plugin.file.arguments, &reason))
        return fail(
            why,
            QStringLiteral("plugin '%1' refused its arguments: %2").arg(plugin.file.id(), reason));
    const bool started = plugin.plugin->start(m_environment.host(), &reason);
    plugin.started = true; // it may hold things even when it refused: stop() lets go of them
    if (started && !m_environment.takeRefusal(&reason))
        return true;
    if (reason.isEmpty())
        reason = QStringLiteral("it gave no reason");
    return fail(why,
                QStringLiteral("plugin '%1' refused to start: %2").arg(plugin.file.id(), reason));
}

void PluginRegistry::readyAll()
{
    m_isReady = true;
    for (const auto &plugin : m_plugins)
        ready(*plugin);
}

void PluginRegistry::ready(Loaded &plugin)
{
    const ActingFor acting(m_environment, plugin.file.metadata.id);
    plugin.plugin->ready(m_environment.host());
}

void PluginRegistry::stopAll()
{
    for (const auto &plugin : std::views::reverse(m_plugins))
        stop(*plugin);
    m_isReady = false;
}

void PluginRegistry::stop(Loaded &plugin)
{
    if (!plugin.started)
        return;
    const ActingFor acting(m_environment, plugin.file.metadata.id);
    plugin.started = false;
    plugin.plugin->stop();
    m_environment.removeHooks(plugin.file.metadata.id);
}

bool PluginRegistry::load(const QString &path, const QStringList &arguments,
                          const Host::PluginSettings &settings, QString *why)
{
    std::vector<PluginFile> files(1);
    std::vector<PresentPlugin> present;
    for (const auto &plugin : m_plugins)
        present.push_back({plugin->file.metadata.id, plugin->file.path});
    if (!readPluginFile(path, &files[0], why) || !orderPlugins(&files, present, {}, why))
        return false;
    files[0].arguments = arguments;
    m_plugins.push_back(std::make_unique<Loaded>());
    Loaded &plugin = *m_plugins.back();
    plugin.file = std::move(files[0]);
    const std::string &id = plugin.file.metadata.id;
    if (!m_environment.addOptions(id, plugin.file.metadata.options, why)
        || !applySettings(plugin, settings, why) || !start(plugin, why)) {
        takeOut(plugin);
        m_plugins.pop_back();
        return false;
    }
    if (m_isReady)
        ready(plugin);
    return true;
}

bool PluginRegistry::applySettings(const Loaded &plugin, const Host::PluginSettings &settings,
                                   QString *why)
{
    const std::string prefix = plugin.file.metadata.id + ".";
    for (const auto &[given, value] : settings) {
        const std::string name = given.starts_with(prefix) ? given.substr(prefix.size()) : given;
        const QString shown = QString::fromStdString(name);
        if (!plugin.file.metadata.options.contains(shown))
            return fail(
                why, QStringLiteral("plugin '%1' has no option '%2'").arg(plugin.file.id(), shown));
        QString reason;
        if (!m_environment.setOption(name, value, &reason))
            return fail(why, QStringLiteral("plugin '%1': option '%2': %3")
                                 .arg(plugin.file.id(), shown, reason));
    }
    return true;
}

QString PluginRegistry::whyNotUnload(const Loaded &plugin) const
{
    const std::string &id = plugin.file.metadata.id;
    for (const auto &other : m_plugins) {
        if (std::ranges::find(other->file.metadata.requirements, id)
            != other->file.metadata.requirements.end())
            return QStringLiteral("plugin '%1' requires it").arg(other->file.id());
    }
    return m_environment.inUse(id, plugin.plugin->types());
}

bool PluginRegistry::unload(const QString &id, QString *why)
{
    Loaded *plugin = find(id.toStdString());
    if (!plugin)
        return fail(why, QStringLiteral("no such module with that name"));
    const QString reason = whyNotUnload(*plugin);
    if (!reason.isEmpty())
        return fail(why, QStringLiteral("plugin '%1' cannot be unloaded: %2").arg(id, reason));
    takeOut(*plugin);
    std::erase_if(m_plugins, [plugin](const auto &entry) { return entry.get() == plugin; });
    return true;
}

// Leaves nothing behind, however far the plugin came. The code goes last: destructors of hooks are
// in it.
void PluginRegistry::takeOut(Loaded &plugin)
{
    const std::string &id = plugin.file.metadata.id;
    stop(plugin);
    m_environment.retire(m_environment.commands().remove(id));
    m_environment.removeDeclared(id, plugin.plugin ? plugin.plugin->types()
                                                   : std::span<const ValueType *const>());
    plugin.plugin = nullptr;
    if (plugin.loader)
        plugin.loader->unload();
}

PluginRegistry::Loaded *PluginRegistry::find(Bytes id) const
{
    const auto found = std::ranges::find_if(
        m_plugins, [id](const auto &plugin) { return plugin->file.metadata.id == id; });
    return found == m_plugins.end() ? nullptr : found->get();
}

const void *PluginRegistry::api(Bytes id) const
{
    const Loaded *plugin = find(id);
    return plugin && plugin->started ? plugin->plugin->api() : nullptr;
}

std::vector<Host::PluginState> PluginRegistry::states() const
{
    std::vector<Host::PluginState> states;
    for (const auto &plugin : m_plugins) {
        const core::PluginMetadata &metadata = plugin->file.metadata;
        states.push_back({metadata.id, metadata.version, plugin->file.path.toStdString(),
                          plugin->file.arguments, metadata.json, plugin->started});
    }
    return states;
}

} // namespace cay::host
