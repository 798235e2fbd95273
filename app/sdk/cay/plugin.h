// What a plugin implements. The class goes into <id>_plugin.cpp:
//
//   class StringsPlugin : public QObject, public cay::Plugin
//   {
//       Q_OBJECT
//       Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "strings.json")
//       Q_INTERFACES(cay::Plugin)
//   public:
//       std::span<const cay::Binding> commands() const override { return kCommands; }
//   };
#pragma once

#include "cay/call.h"
#include "cay/value.h"

#include <QtCore/QObject>
#include <QtCore/QString>
#include <QtCore/QStringList>
#include <QtCore/QtPlugin>

namespace cay {

class Host;

class Plugin
{
public:
    virtual ~Plugin() = default;
    // One binding per command and subcommand that the JSON lists, static storage. A command that
    // has subcommands and does nothing by itself needs none.
    virtual std::span<const Binding> commands() const { return {}; }
    virtual std::span<const ValueType *const> types() const { return {}; }
    // What load-plugin or MODULE LOAD gave behind the path, before start(). Options in the JSON are
    // the better way to be configured: a plugin that has nothing to say here takes no arguments.
    virtual bool arguments(const QStringList &arguments, QString *why)
    {
        if (!arguments.isEmpty())
            *why = QStringLiteral("it takes no arguments");
        return arguments.isEmpty();
    }
    // Dependencies have started. False with a reason stops the server's start, or the MODULE LOAD.
    virtual bool start(Host &host, QString *why)
    {
        Q_UNUSED(host);
        Q_UNUSED(why);
        return true;
    }
    // All plugins have started; sockets open after this.
    virtual void ready(Host &host) { Q_UNUSED(host); }
    // In the reverse order of start(), and after a start() that refused. Nothing of the plugin is
    // called afterwards.
    virtual void stop() {}
    // C++ functions for other plugins: a pointer to the struct in <id>_api.h, fetched with
    // Host::api().
    virtual const void *api() const { return nullptr; }
};

} // namespace cay

#define CAY_PLUGIN_IID "cay.Plugin/1"
Q_DECLARE_INTERFACE(cay::Plugin, CAY_PLUGIN_IID)
