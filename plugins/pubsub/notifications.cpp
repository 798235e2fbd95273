// Keyspace notifications: what happens to a key, as a message on __keyspace@<db>__:<key> and on
// __keyevent@<db>__:<event>. The host is listened to only while notify-keyspace-events asks for
// something, so that otherwise nothing is paid.
#include "messages.h"
#include "pubsub.h"

namespace cay::pubsub {

namespace {

enum Target : std::int64_t { ToKeyspace = 1 << 0, ToKeyevent = 1 << 1 };

Host *g_host = nullptr;
std::int64_t g_wanted = 0; // Target and EventClass bits
int g_hook = 0;

void notify(const KeyEvent &event)
{
    const bool isNamed = *event.event != 0; // else a change without an event
    if (!isNamed || !(g_wanted & static_cast<std::int64_t>(event.eventClass)))
        return;
    if (registry(Kind::Channel).size() == 0 && registry(Kind::Pattern).size() == 0)
        return;
    const Bytes name(event.event);
    const std::string db = std::to_string(event.db.index());
    if (g_wanted & ToKeyspace)
        publish("__keyspace@" + db + "__:" + std::string(event.key), name, Own::AfterCommand);
    if (g_wanted & ToKeyevent)
        publish("__keyevent@" + db + "__:" + std::string(name), event.key, Own::AfterCommand);
}

void follow()
{
    g_wanted = g_host->options().integer("notify-keyspace-events");
    constexpr std::int64_t kTargets = ToKeyspace | ToKeyevent;
    const bool listen = (g_wanted & kTargets) && (g_wanted & ~kTargets);
    if (listen && !g_hook) {
        g_hook = g_host->onKeyEvent(notify);
    } else if (!listen && g_hook) {
        g_host->removeHook(g_hook);
        g_hook = 0;
    }
}

} // namespace

void setUpNotifications(Host &host)
{
    g_host = &host;
    g_hook = 0;
    host.options().watch("notify-keyspace-events", [](QString *) {
        follow();
        return true;
    });
}

} // namespace cay::pubsub
