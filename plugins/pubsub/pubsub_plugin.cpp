#include "messages.h"
#include "pubsub.h"
#include "pubsub_api.h"

#include "cay/plugin.h"

namespace cay::pubsub {

namespace {

constexpr Binding kCommands[] = {
    {"psubscribe", pSubscribe},
    {"publish", publishCommand},
    {"pubsub|channels", pubsubChannels},
    {"pubsub|help", pubsubHelp},
    {"pubsub|numpat", pubsubNumPat},
    {"pubsub|numsub", pubsubNumSub},
    {"pubsub|shardchannels", pubsubShardChannels},
    {"pubsub|shardnumsub", pubsubShardNumSub},
    {"punsubscribe", pUnsubscribe},
    {"spublish", sPublish},
    {"ssubscribe", sSubscribe},
    {"subscribe", subscribe},
    {"sunsubscribe", sUnsubscribe},
    {"unsubscribe", unsubscribe},
};

constexpr Api kApi = {
    [](Bytes channel, Bytes message) { return publish(channel, message, Own::AfterCommand); },
};

} // namespace

class PubsubPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "pubsub.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    bool start(Host &host, QString *) override
    {
        m_host = &host;
        setUpSubscribing(host);
        setUpMessages(host);
        setUpNotifications(host);
        setUpInfo(host);
        return true;
    }
    void stop() override { endSubscribing(*m_host); }
    const void *api() const override { return &kApi; }

private:
    Host *m_host = nullptr;
};

} // namespace cay::pubsub

#include "pubsub_plugin.moc"
