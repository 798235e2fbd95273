// The plugins of one server and their lives:
//
//   file -> read (metadata only) -> ordered -> declared (its options)
//        -> loaded (code, types, commands) -> started -> ready
//   unload, or the server's end: stop, in the reverse order
//
// Invariants: a plugin has started only when all that it requires have; the order of m_plugins is
// the order of start. Turned down: loading code while scanning, which would run static constructors
// of plugins that are refused later.
#pragma once

#include "cay/plugin.h"
#include "host/plugin_environment.h"
#include "host/plugin_loader.h"

#include <memory>

class QPluginLoader;

namespace cay::host {

// One `load-plugin` line.
struct PluginRequest
{
    QString path;
    QStringList arguments;
};

struct PluginSelection
{
    QStringList folders;                 // plugin-dir
    std::vector<PluginRequest> requests; // load-plugin
    QStringList disabled;                // disable-plugin
};

class PluginRegistry
{
public:
    explicit PluginRegistry(PluginEnvironment &environment);
    ~PluginRegistry(); // stops what still runs
    PluginRegistry(const PluginRegistry &) = delete;
    PluginRegistry &operator=(const PluginRegistry &) = delete;

    // The server's start. Each is false with one line, and the start is over. No plugin code runs
    // before startAll().
    bool select(const PluginSelection &selection, QString *why);
    bool declareOptions(QString *why);
    // Ids of disable-plugin that no file has: probably misspelt.
    const QStringList &unknownDisabled() const { return m_unknownDisabled; }
    bool startAll(QString *why);
    void readyAll();
    void stopAll(); // in reverse; harmless when nothing runs

    // At run time. Settings are values for the plugin's own options.
    bool load(const QString &path, const QStringList &arguments,
              const Host::PluginSettings &settings, QString *why);
    bool unload(const QString &id, QString *why);

    const void *api(Bytes id) const;               // null when it has not started
    std::vector<Host::PluginState> states() const; // in the order of start

private:
    struct Loaded
    {
        PluginFile file;
        std::unique_ptr<QPluginLoader> loader;
        Plugin *plugin = nullptr; // lives in the loader's instance
        bool started = false;
    };

    bool collect(const PluginSelection &selection, std::vector<PluginFile> *files, QString *why);
    bool start(Loaded &plugin, QString *why);
    bool loadCode(Loaded &plugin, QString *why);
    bool addTypesAndCommands(Loaded &plugin, QString *why);
    bool runStart(Loaded &plugin, QString *why);
    bool applySettings(const Loaded &plugin, const Host::PluginSettings &settings, QString *why);
    void ready(Loaded &plugin);
    void stop(Loaded &plugin);
    void takeOut(Loaded &plugin);
    Loaded *find(Bytes id) const;
    QString whyNotUnload(const Loaded &plugin) const;

    PluginEnvironment &m_environment;
    std::vector<std::unique_ptr<Loaded>> m_plugins;
    QStringList m_unknownDisabled;
    bool m_isReady = false;
};

} // namespace cay::host
