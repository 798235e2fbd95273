// A whole server: options, engine, plugins and network, in the order in which they start and stop.
//
//   configure()  options of the host -> configuration -> plugins are chosen by their metadata
//                -> their options
//   start()      engine -> plugins start -> rename-command -> sockets -> plugins ready
//   stop()       sockets close -> plugins stop, last started first
//
// Until start() no code of a plugin has run and no thread was made, so that a configuration can be
// checked, and a process can go to the background, before.
#pragma once

#include "core/engine.h"
#include "core/options_store.h"
#include "host/plugin_registry.h"
#include "host/socket_layer.h"

#include <QtCore/QString>

namespace cay::host {

class Q_DECL_EXPORT Server final : private PluginEnvironment, private core::PluginManager
{
public:
    Server();
    ~Server() override;
    Server(const Server &) = delete;
    Server &operator=(const Server &) = delete;

    // False with *error, the text to print before the process ends. *warnings are lines for the
    // log.
    bool configure(const core::ConfigInput &input, std::vector<std::string> *warnings,
                   std::string *error);
    // What start() opens sockets with.
    void setSocketLayer(SocketLayerFactory factory) { m_makeSockets = std::move(factory); }
    // REQUIRES: configure(), and a QCoreApplication. False with one line. Without the network, for
    // a store inside another program, no socket is opened.
    enum class Sockets : std::uint8_t { Open, None };
    bool start(QString *why, Sockets sockets = Sockets::Open);
    // Ends Qt's event loop with this code.
    void shutdown(int exitCode);
    // Runs Qt's event loop; the exit code that Host::shutdown() gave.
    int exec();
    // Frees everything that lives on the event loop. Harmless when nothing runs.
    void stop();

    core::OptionStore &options() { return m_options; }
    // REQUIRES: start().
    core::Engine &engine() { return *m_engine; }

private:
    // PluginEnvironment
    Host &host() override { return *m_engine; }
    core::CommandTable &commands() override { return m_engine->table(); }
    void actFor(const std::string &plugin) override;
    bool addOptions(const std::string &plugin, const QJsonObject &options, QString *why) override;
    bool setOption(const std::string &name, const std::string &value, QString *why) override;
    bool takeRefusal(QString *why) override { return m_options.takeRefusal(why); }
    bool addType(const std::string &plugin, const ValueType &type, QString *why) override;
    QString inUse(const std::string &plugin, std::span<const ValueType *const> types) override;
    void removeHooks(const std::string &plugin) override { m_engine->forget(plugin); }
    void removeDeclared(const std::string &plugin,
                        std::span<const ValueType *const> types) override;
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
    std::vector<std::unique_ptr<core::Command>>
        m_retired; // sessions may point to them until the end
    std::unique_ptr<core::Engine> m_engine;
    PluginRegistry m_plugins{*this};
    SocketLayerFactory m_makeSockets;
    std::unique_ptr<SocketLayer> m_sockets;
};

} // namespace cay::host
