#include "tracking.h"

#include "cay/plugin.h"

#include <optional>

namespace cay::tracking {

namespace {

std::optional<Tracker> g_tracker;

constexpr Binding kCommands[] = {
    {"client|caching", clientCaching},
    {"client|tracking", clientTracking},
    {"client|trackinginfo", clientTrackingInfo},
};

} // namespace

Tracker &tracker() { return *g_tracker; }

class TrackingPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "tracking.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    bool start(Host &host, QString *) override
    {
        g_tracker.emplace(host);
        return true;
    }
    void stop() override { g_tracker->stop(); }
};

} // namespace cay::tracking

#include "tracking_plugin.moc"
