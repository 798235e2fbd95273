#include "stream_commands.h"

#include "cay/host.h"
#include "cay/plugin.h"

namespace cay::streams {

TypeId g_type = 0;
std::int64_t g_maxNodeBytes = 4096, g_maxNodeEntries = 100;

namespace {

constexpr Binding kCommands[] = {
    {"xack", xAck},
    {"xadd", xAdd},
    {"xautoclaim", xAutoClaim},
    {"xclaim", xClaim},
    {"xdel", xDel},
    {"xgroup|create", xGroupCreate},
    {"xgroup|createconsumer", xGroupCreateConsumer},
    {"xgroup|delconsumer", xGroupDelConsumer},
    {"xgroup|destroy", xGroupDestroy},
    {"xgroup|help", xGroupHelp},
    {"xgroup|setid", xGroupSetId},
    {"xinfo|consumers", xInfoConsumers},
    {"xinfo|groups", xInfoGroups},
    {"xinfo|help", xInfoHelp},
    {"xinfo|stream", xInfoStream},
    {"xlen", xLen},
    {"xpending", xPending},
    {"xrange", xRange},
    {"xread", xRead},
    {"xreadgroup", xReadGroup},
    {"xrevrange", xRevRange},
    {"xsetid", xSetId},
    {"xtrim", xTrim},
};

constexpr const ValueType *kTypes[] = {&kStreamValueType};

} // namespace

class StreamsPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "streams.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    std::span<const ValueType *const> types() const override { return kTypes; }
    bool start(Host &host, QString *) override
    {
        g_type = static_cast<TypeId>(host.typeByName("stream"));
        host.options().mirror("stream-node-max-bytes", &g_maxNodeBytes);
        host.options().mirror("stream-node-max-entries", &g_maxNodeEntries);
        return true;
    }
};

} // namespace cay::streams

#include "streams_plugin.moc"
