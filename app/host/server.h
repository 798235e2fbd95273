// A whole server: its options, the engine, the plugins and the network, in the order in which they start and stop.
//
//   configure()  options of the host -> configuration -> plugins are chosen by their metadata -> their options
//   start()      engine -> plugins start -> rename-command -> sockets -> plugins ready
//   exec()       the event loop, until Host::shutdown()
//   stop()       sockets close -> plugins stop, last started first
//
// Until start() no code of a plugin has run, so that a configuration can be checked without one.
#pragma once

#include "core/engine.h"
#include "core/options_store.h"
#include "host/plugin_registry.h"

#include <QtCore/QString>

namespace cay::host {

class [[gnu::visibility("default")]] Server final : private PluginEnvironment, private core::PluginManager
{
public:
    Server();
    ~Server() override;
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    // False with *error, the text to print before the process ends. *warnings are lines for the log.
    bool configure(const core::ConfigInput &input, std::vector<std::string> *warnings, std::string *error);

    // REQUIRES: configure(), and a QCoreApplication. False with one line.
    bool start(QString *why);
    void stop(); // harmless when nothing runs
    // Runs Qt's event loop; the exit code that Host::shutdown() gave.
    int exec();

    core::OptionStore &options() { return m_options; }
    core::Engine &engine() { return m_engine; }

private:
    // PluginEnvironment
    Host &host() override { return m_engine; }
    core::CommandTable &commands() override { return m_engine.table(); }
    void actFor(const std::string &plugin) override;
    bool addOptions(const std::string &plugin, const QJsonObject &options, QString *why) override;
    bool setOption(const std::string &name, const std::string &value, QString *why) override;
    bool takeRefusal(QString *why) override { return m_options.takeRefusal(why); }
    bool addType(const std::string &plugin, const ValueType &type, QString *why) override;
    QString inUse(const std::string &plugin, std::span<const ValueType *const> types) override;
    void removeHooks(const std::string &plugin) override { m_engine.forget(plugin); }
    void removeDeclared(const std::string &plugin, std::span<const ValueType *const> types) override;
    void retire(std::vector<std::unique_ptr<core::Command>> &&commands) override;

    // core::PluginManager
    const void *api(Bytes id) const override { return m_plugins.api(id); }
    std::vector<Host::PluginState> plugins() const override { return m_plugins.states(); }
    bool load(const QString &path, const QStringList &arguments,
              const Host::PluginSettings &settings, QString *why) override;
    bool unload(const QString &id, QString *why) override;

    PluginSelection selection() const;
    bool renameCommands(QString *why);

    core::OptionStore m_options;
    core::Engine m_engine{m_options};
    PluginRegistry m_plugins{*this};
    std::vector<std::unique_ptr<core::Command>> m_retired;
};

} // namespace cay::host
