#include "config_commands.h"

#include "cay/plugin.h"

namespace cay::config {

static constexpr Binding kCommands[] = {
    {"config|get", get},         {"config|set", set},
    {"config|rewrite", rewrite}, {"config|resetstat", resetStatistics},
    {"config|help", help},
};

class ConfigPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "config.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
};

} // namespace cay::config

#include "config_plugin.moc"
