// What the plugin registry needs of the rest of the server; the server implements it, tests fake
// it.
#pragma once

#include "core/command_table.h"

#include <QtCore/QJsonObject>
#include <QtCore/QString>

namespace cay::host {

class PluginEnvironment
{
public:
    virtual ~PluginEnvironment() = default;

    virtual Host &host() = 0;
    virtual core::CommandTable &commands() = 0;

    // In whose name hooks, options and INFO sections are made from now on; empty is the host.
    virtual void actFor(const std::string &plugin) = 0;

    // False with a reason; nothing of it stays then.
    virtual bool addOptions(const std::string &plugin, const QJsonObject &options, QString *why)
        = 0;
    virtual bool setOption(const std::string &name, const std::string &value, QString *why) = 0;
    // Whether a watch of the plugin has refused its option's value since the last call.
    virtual bool takeRefusal(QString *why) = 0;
    virtual bool addType(const std::string &plugin, const ValueType &type, QString *why) = 0;

    // Why a plugin cannot go now, apart from its dependents: "3 keys hold values of type 'zset'".
    // Empty: it can.
    virtual QString inUse(const std::string &plugin, std::span<const ValueType *const> types) = 0;
    // Takes out what calls into the plugin: hooks, INFO sections, what sessions keep for it.
    virtual void removeHooks(const std::string &plugin) = 0;
    // Takes out its options and types. REQUIRES: inUse() was empty.
    virtual void removeDeclared(const std::string &plugin, std::span<const ValueType *const> types)
        = 0;
    // Commands that left the table. Sessions and parsed requests may point to them: they must stay,
    // without their code.
    virtual void retire(std::vector<std::unique_ptr<core::Command>> &&commands) = 0;
};

} // namespace cay::host
