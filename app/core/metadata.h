// A plugin's JSON, read and checked before any of its code is loaded. The format is described in
// plugins/README.md.
#pragma once

#include "core/command_table.h"

#include <QtCore/QJsonObject>
#include <QtCore/QString>

namespace cay::core {

// The version of the SDK that this build offers; "sdk" in the JSON must be the same.
inline constexpr int kSdkVersion = 1;

struct PluginMetadata
{
    std::string id, version, summary;
    int sdk = 0;
    std::vector<std::string> requirements; // ids, in the order of the JSON
    std::vector<std::string> uses;         // ids of plugins whose API is fetched when it is needed
    QJsonObject options;                   // name -> declaration; read by the option store
    QJsonObject json;                      // all of it, for tools
    // Top level, sorted; run is null until the bindings are known, see bindCommands().
    std::vector<std::unique_ptr<Command>> commands;
};

// Checks every field. False with one line that names the plugin, the command and the field.
bool parseMetadata(const QJsonObject &json, PluginMetadata *out, QString *why);

// Joins the JSON's commands with the functions that run them. False with one line for a command
// without a function (unless it has subcommands), and for a function that the JSON does not know.
bool bindCommands(PluginMetadata *metadata, std::span<const Binding> bindings, QString *why);

// Adds the categories that follow from flags, as Redis 7.0 does (setImplicitACLCategories).
void deriveAclCategories(CommandInfo *command);

} // namespace cay::core
