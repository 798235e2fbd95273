#include "host/server.h"

#include "host/plugin_folder.h"

#include <QtCore/QCoreApplication>

namespace cay::host {

namespace {

QString plural(std::uint64_t count, const char *one, const char *many)
{
    return QString::number(count) + u' ' + QLatin1String(count == 1 ? one : many);
}

QStringList toStrings(std::span<const std::string> words)
{
    QStringList list;
    for (const std::string &word : words)
        list << QString::fromStdString(word);
    return list;
}

} // namespace

Server::Server() = default;

Server::~Server() { stop(); }

bool Server::configure(const core::ConfigInput &input, std::vector<std::string> *warnings,
                       std::string *error)
{
    QString why;
    if (!m_options.declareHost(&why)) {
        *error = why.toStdString();
        return false;
    }
    if (!m_options.load(input, error))
        return false;
    if (!m_plugins.select(selection(), &why) || !m_plugins.declareOptions(&why)) {
        // A line of the configuration that a plugin's option refuses is told in full already.
        *error = (why.startsWith(u'\n') ? "" : "Fatal error: ") + why.toStdString();
        return false;
    }
    for (const QString &id : m_plugins.unknownDisabled())
        warnings->push_back("disable-plugin: there is no plugin '" + id.toStdString() + "'");
    return m_options.finishLoading(warnings, error);
}

PluginSelection Server::selection() const
{
    PluginSelection selected;
    const QString folder = QString::fromStdString(m_options.text("plugin-dir"));
    selected.folders << (folder.isEmpty() ? defaultPluginFolder() : folder);
    for (const std::vector<std::string> &line : m_options.entries("load-plugin")) {
        if (!line.empty())
            selected.requests.push_back(
                {QString::fromStdString(line[0]), toStrings(std::span(line).subspan(1))});
    }
    for (const std::vector<std::string> &line : m_options.entries("disable-plugin"))
        selected.disabled << toStrings(line);
    return selected;
}

bool Server::start(QString *why, Sockets sockets)
{
    m_engine = std::make_unique<core::Engine>(m_options);
    m_engine->setPlugins(this);
    m_engine->setOnShutdown([](int exitCode) { QCoreApplication::exit(exitCode); });
    m_engine->setConfigFile(m_options.configFile());
    if (!m_engine->start(why) || m_options.takeRefusal(why))
        return false;
    if (!m_plugins.startAll(why) || !renameCommands(why))
        return false;
    if (sockets == Sockets::Open && m_makeSockets) {
        m_sockets = m_makeSockets(*m_engine, m_options);
        m_engine->setEventBackend(m_sockets->backend());
        if (!m_sockets->listen(why))
            return false;
    }
    m_plugins.readyAll();
    return true;
}

bool Server::renameCommands(QString *why)
{
    for (const std::vector<std::string> &line : m_options.entries("rename-command")) {
        std::string reason;
        if (line.size() == 2 && m_engine->table().rename(line[0], line[1], &reason))
            continue;
        *why = QStringLiteral("rename-command %1: %2")
                   .arg(toStrings(line).join(u' '), QString::fromStdString(reason));
        return false;
    }
    return true;
}

void Server::shutdown(int exitCode)
{
    if (m_engine)
        m_engine->shutdown(exitCode);
    else
        QCoreApplication::exit(exitCode);
}

int Server::exec() { return QCoreApplication::exec(); }

void Server::stop()
{
    if (m_sockets)
        m_sockets->stop();
    m_plugins.stopAll();
    m_sockets.reset();
    m_engine.reset();
}

void Server::actFor(const std::string &plugin)
{
    m_engine->actFor(plugin.empty() ? "host" : plugin);
    m_options.actFor(QString::fromStdString(plugin));
}

bool Server::addOptions(const std::string &plugin, const QJsonObject &options, QString *why)
{
    return m_options.addOptions(QString::fromStdString(plugin), options, why);
}

bool Server::setOption(const std::string &name, const std::string &value, QString *why)
{
    std::string reason;
    const bool changed = m_options.change(name, value, &reason);
    if (!changed)
        *why = QString::fromStdString(reason);
    return changed;
}

bool Server::addType(const std::string &, const ValueType &type, QString *why)
{
    std::string reason;
    const bool added = m_engine->addType(&type, &reason);
    if (!added)
        *why = QString::fromStdString(reason);
    return added;
}

QString Server::inUse(const std::string &plugin, std::span<const ValueType *const> types)
{
    for (const ValueType *type : types) {
        const int id = m_engine->typeByName(type->name);
        std::uint64_t keys = 0;
        for (int i = 0; i < m_engine->databases(); ++i)
            m_engine->db(i).forEach([&](const Entry &entry) { keys += entry.type() == id; });
        if (keys)
            return plural(keys, "key holds a value", "keys hold values")
                   + QStringLiteral(" of its type '%1'").arg(QLatin1String(type->name));
    }
    std::uint64_t waiting = 0;
    m_engine->forEachSession([&](Session &session) {
        waiting += session.has(SessionBlocked) && session.lastCommand
                   && session.lastCommand->plugin == plugin;
    });
    return waiting ? plural(waiting, "client waits", "clients wait")
                         + QStringLiteral(" in one of its commands")
                   : QString();
}

void Server::removeDeclared(const std::string &plugin, std::span<const ValueType *const> types)
{
    for (const ValueType *type : types)
        m_engine->removeType(type);
    m_options.removeOptions(QString::fromStdString(plugin));
}

void Server::retire(std::vector<std::unique_ptr<core::Command>> &&commands)
{
    for (auto &command : commands) {
        command->run = nullptr;
        command->keyFinder = nullptr;
        command->ahead = nullptr;
        for (const auto &child : command->children) {
            child->run = nullptr;
            child->keyFinder = nullptr;
            child->ahead = nullptr;
        }
        m_retired.push_back(std::move(command));
    }
}

bool Server::load(const QString &path, const QStringList &arguments,
                  const Host::PluginSettings &settings, QString *why)
{
    return m_plugins.load(path, arguments, settings, why);
}

bool Server::unload(const QString &id, QString *why) { return m_plugins.unload(id, why); }

} // namespace cay::host
