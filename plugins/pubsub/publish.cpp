// Sending, and asking who listens.
#include "messages.h"
#include "pubsub.h"

#include "cay/help.h"
#include "store/glob.h"

namespace cay::pubsub {

namespace {

constexpr Bytes kHelp[] = {
    "CHANNELS [<pattern>]",
    "    Return the currently active channels matching a <pattern> (default: '*').",
    "NUMPAT",
    "    Return number of subscriptions to patterns.",
    "NUMSUB [<channel> ...]",
    "    Return the number of subscribers for the specified channels, excluding",
    "    pattern subscriptions(default: no channels).",
    "SHARDCHANNELS [<pattern>]",
    "    Return the currently active shard level channels matching a <pattern> (default: '*').",
    "SHARDNUMSUB [<shardchannel> ...]",
    "    Return the number of subscribers for the specified shard level channel(s)",
};

void replyNames(Call &call, const Registry &registry)
{
    if (call.size() > 3) {
        failSubcommand(call);
        return;
    }
    const auto array = call.reply.defer();
    std::size_t count = 0;
    for (const Topic *topic : registry.topics()) {
        if (call.size() == 3 && !store::globMatch(call[2], topic->name))
            continue;
        call.reply.bulk(topic->name);
        ++count;
    }
    call.reply.closeArray(array, count);
}

void replyCounts(Call &call, const Registry &registry)
{
    call.reply.array((call.size() - 2) * 2);
    for (const Bytes name : call.args.subspan(2)) {
        const Topic *topic = registry.find(name);
        call.reply.bulk(name);
        call.reply.integer(topic ? static_cast<std::int64_t>(topic->receivers.size()) : 0);
    }
}

} // namespace

void setUpInfo(Host &host)
{
    host.addInfoSection(
        {"stats", "Stats", true, [](InfoWriter &out) {
             out.field("pubsub_channels", std::uint64_t{registry(Kind::Channel).size()});
             out.field("pubsub_patterns", std::uint64_t{registry(Kind::Pattern).size()});
             out.field("pubsubshard_channels", std::uint64_t{registry(Kind::Shard).size()});
         }});
}

void publishCommand(Call &call)
{
    call.reply.integer(static_cast<std::int64_t>(publish(call[1], call[2], Own::AtOnce)));
}

void sPublish(Call &call)
{
    call.reply.integer(static_cast<std::int64_t>(publishToShard(call[1], call[2])));
}

void pubsubChannels(Call &call) { replyNames(call, registry(Kind::Channel)); }
void pubsubShardChannels(Call &call) { replyNames(call, registry(Kind::Shard)); }
void pubsubHelp(Call &call) { replyHelp(call, kHelp); }
void pubsubNumSub(Call &call) { replyCounts(call, registry(Kind::Channel)); }
void pubsubShardNumSub(Call &call) { replyCounts(call, registry(Kind::Shard)); }

void pubsubNumPat(Call &call)
{
    call.reply.integer(static_cast<std::int64_t>(registry(Kind::Pattern).size()));
}

} // namespace cay::pubsub
