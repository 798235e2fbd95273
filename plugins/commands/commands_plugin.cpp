#include "command_commands.h"

#include "cay/host.h"
#include "cay/plugin.h"

namespace cay::commands {

namespace {

constexpr Binding kCommands[] = {
    {"command", command},
    {"command|count", count},
    {"command|docs", docs},
    {"command|getkeys", getKeys},
    {"command|getkeysandflags", getKeysAndFlags},
    {"command|help", help},
    {"command|info", info},
    {"command|list", list},
};

} // namespace

class CommandsPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "commands.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
};

} // namespace cay::commands

#include "commands_plugin.moc"
