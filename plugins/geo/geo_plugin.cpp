#include "geo_commands.h"

#include "cay/host.h"
#include "cay/plugin.h"

namespace cay::geo {

const zsets::Api *g_zsets = nullptr;
TypeId g_zsetType = 0;

namespace {

constexpr Binding kCommands[] = {
    {"geoadd", geoAdd},
    {"geodist", geoDist},
    {"geohash", geoHash},
    {"geopos", geoPos},
    {"georadius", geoRadius},
    {"georadius_ro", geoRadiusRo},
    {"georadiusbymember", geoRadiusByMember},
    {"georadiusbymember_ro", geoRadiusByMemberRo},
    {"geosearch", geoSearch},
    {"geosearchstore", geoSearchStore},
};

} // namespace

class GeoPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "geo.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    bool start(Host &host, QString *why) override
    {
        g_zsets = static_cast<const zsets::Api *>(host.api("zsets"));
        const int type = host.typeByName("zset");
        if (!g_zsets || type < 0) {
            *why = QStringLiteral("the plugin of sorted sets offers no functions");
            return false;
        }
        g_zsetType = static_cast<TypeId>(type);
        return true;
    }
};

} // namespace cay::geo

#include "geo_plugin.moc"
