#include "module_commands.h"

#include "cay/plugin.h"

namespace cay::modules {

namespace {

constexpr Binding kCommands[] = {
    {"module|help", help},     {"module|list", list},     {"module|load", load},
    {"module|loadex", loadEx}, {"module|unload", unload},
};

} // namespace

class ModulesPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "modules.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
};

} // namespace cay::modules

#include "modules_plugin.moc"
