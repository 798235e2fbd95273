#include "bitmap_commands.h"

#include "cay/host.h"
#include "cay/plugin.h"

namespace cay::bitmaps {

std::int64_t g_maxStringSize = 512ll * 1024 * 1024;

namespace {

constexpr Binding kCommands[] = {
    {"bitcount", bitCount},      {"bitfield", bitField, bitFieldKeys},
    {"bitfield_ro", bitFieldRo}, {"bitop", bitOp},
    {"bitpos", bitPos},          {"getbit", getBit},
    {"setbit", setBit},
};

} // namespace

class BitmapsPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "bitmaps.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    bool start(Host &host, QString *) override
    {
        host.options().mirror("proto-max-bulk-len", &g_maxStringSize);
        return true;
    }
};

} // namespace cay::bitmaps

#include "bitmaps_plugin.moc"
