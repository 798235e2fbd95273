#include "commands.h"

#include "cay/host.h"
#include "cay/plugin.h"

namespace cay::hyperloglog {

std::int64_t g_sparseMaxBytes = 3000;

namespace {

constexpr Binding kCommands[] = {
    {"pfadd", pfAdd},     {"pfcount", pfCount},       {"pfdebug", pfDebug},
    {"pfmerge", pfMerge}, {"pfselftest", pfSelfTest},
};

} // namespace

class HyperLogLogPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "hyperloglog.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    bool start(Host &host, QString *) override
    {
        host.options().mirror("hll-sparse-max-bytes", &g_sparseMaxBytes);
        return true;
    }
};

} // namespace cay::hyperloglog

#include "hyperloglog_plugin.moc"
