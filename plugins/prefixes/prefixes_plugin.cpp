#include "prefix_commands.h"
#include "prefix_index.h"

#include "cay/host.h"
#include "cay/plugin.h"

#include <memory>

namespace cay::prefixes {

namespace {

constexpr Binding kCommands[] = {
    {"prefix|count", prefixCount}, {"prefix|del", prefixDel},   {"prefix|help", prefixHelp},
    {"prefix|scan", prefixScan},   {"prefix|tree", prefixTree},
};

std::unique_ptr<PrefixIndex> g_index;

} // namespace

PrefixIndex &index() { return *g_index; }

class PrefixesPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "prefixes.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    bool start(Host &host, QString *) override
    {
        g_index = std::make_unique<PrefixIndex>();
        g_index->start(host);
        Options &options = host.options();
        options.watch("prefix-index-databases", [&options](QString *why) {
            return g_index->setDatabases(options.text("prefix-index-databases"), why);
        });
        host.addInfoSection(
            {"prefixes", "Prefixes", false, [](InfoWriter &out) { g_index->writeInfo(out); }});
        return true;
    }
    void stop() override
    {
        if (g_index)
            g_index->stop();
        g_index.reset();
    }
};

} // namespace cay::prefixes

#include "prefixes_plugin.moc"
