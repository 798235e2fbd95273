#include "introspection.h"
#include "text.h"

#include "cay/host.h"
#include "cay/plugin.h"

#include <iterator>
#include <sstream>

namespace cay::introspection {

static State *theState = nullptr;

State &state() { return *theState; }

static constexpr Binding kCommands[] = {
    {"info", info},
    {"slowlog|get", slowlogGet},
    {"slowlog|help", slowlogHelp},
    {"slowlog|len", slowlogLen},
    {"slowlog|reset", slowlogReset},
    {"latency|doctor", latencyDoctor},
    {"latency|graph", latencyGraphCommand},
    {"latency|help", latencyHelp},
    {"latency|histogram", latencyHistogram},
    {"latency|history", latencyHistory},
    {"latency|latest", latencyLatest},
    {"latency|reset", latencyReset},
    {"memory|doctor", memoryDoctor},
    {"memory|help", memoryHelp},
    {"memory|malloc-stats", memoryMallocStats},
    {"memory|purge", memoryPurge},
    {"memory|stats", memoryStats},
    {"memory|usage", memoryUsage},
    {"monitor", monitor},
    {"time", time},
    {"lolwut", lolwut},
    {"shutdown", shutdown},
};

// The option has been checked: numbers from 0 to 100.
static std::vector<double> readPercentiles(const std::string &text)
{
    std::istringstream words(text);
    return {std::istream_iterator<double>(words), {}};
}

static void appendRandomHex(Host &host, std::string *hex)
{
    while (hex->size() < 40)
        *hex += print("%08llx", static_cast<unsigned long long>(host.random() & 0xffffffff));
}

class IntrospectionPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "introspection.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }

    bool start(Host &host, QString *) override
    {
        m_state = std::make_unique<State>();
        theState = m_state.get();
        appendRandomHex(host, &theState->replicationId);
        theState->slowLog.start(host);
        theState->latency.start(host);
        theState->monitors.start(host);
        host.options().watch("latency-tracking-info-percentiles", [&host](QString *) {
            theState->infoPercentiles
                = readPercentiles(host.options().text("latency-tracking-info-percentiles"));
            return true;
        });
        return true;
    }

    void ready(Host &host) override { theState->startupMemory = host.usedMemory(); }

    void stop() override
    {
        theState = nullptr;
        m_state.reset();
    }

private:
    std::unique_ptr<State> m_state;
};

} // namespace cay::introspection

#include "introspection_plugin.moc"
