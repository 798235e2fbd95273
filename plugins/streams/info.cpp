// XINFO.
#include "stream_commands.h"

#include "cay/help.h"

namespace cay::streams {

namespace {

// XINFO STREAM key FULL shows so many entries of everything.
constexpr std::size_t kFullCount = 10;

// The key's stream, which has to be there.
bool findStream(Call &call, Stream **stream)
{
    return readStream(call, call.key(2), stream) && (*stream || call.fail(errors::kNoSuchKey));
}

void field(resp::Reply &reply, Bytes name, std::uint64_t value)
{
    reply.bulk(name);
    reply.integer(static_cast<std::int64_t>(value));
}

void field(resp::Reply &reply, Bytes name, StreamId id)
{
    reply.bulk(name);
    replyId(reply, id);
}

void replyProgress(resp::Reply &reply, const Stream &stream, const StreamGroup &group)
{
    reply.bulk("entries-read");
    if (group.entriesRead == StreamGroup::kUnknown)
        reply.null();
    else
        reply.integer(group.entriesRead);
    std::int64_t lag = 0;
    const bool known = stream.lag(group, &lag);
    reply.bulk("lag");
    known ? reply.integer(lag) : reply.null();
}

UnixMs since(UnixMs then, UnixMs now) { return now < then ? 0 : elapsed(then, now); }

void replyEdge(resp::Reply &reply, Bytes name, const Stream &stream,
               StreamWalk::Direction direction)
{
    reply.bulk(name);
    StreamWalk walk(stream, {}, StreamId::max(), direction);
    if (walk.next())
        replyEntry(reply, walk);
    else
        reply.null();
}

std::int64_t atMost(std::size_t n, std::size_t count)
{
    return static_cast<std::int64_t>(count == 0 || n < count ? n : count);
}

void replyPendingOfGroup(resp::Reply &reply, const StreamGroup &group, std::size_t count)
{
    field(reply, "pel-count", group.pending().size());
    reply.bulk("pending");
    std::int64_t left = atMost(group.pending().size(), count);
    reply.array(static_cast<std::size_t>(left));
    for (auto at = group.pending().first(); left-- > 0; at.next()) {
        reply.array(4);
        replyId(reply, at.id());
        reply.bulk(at.value().consumer->name);
        reply.integer(at.value().delivered);
        reply.integer(static_cast<std::int64_t>(at.value().deliveries));
    }
}

void replyConsumer(resp::Reply &reply, StreamGroup &group, const StreamConsumer &consumer,
                   std::size_t count)
{
    reply.map(5);
    reply.bulk("name");
    reply.bulk(consumer.name);
    reply.bulk("seen-time");
    reply.integer(consumer.seen);
    reply.bulk("active-time");
    reply.integer(consumer.active);
    field(reply, "pel-count", consumer.pending.size());
    reply.bulk("pending");
    std::int64_t left = atMost(consumer.pending.size(), count);
    reply.array(static_cast<std::size_t>(left));
    for (auto at = consumer.pending.first(); left-- > 0; at.next()) {
        const store::PendingEntry *entry = group.find(at.id());
        reply.array(3);
        replyId(reply, at.id());
        reply.integer(entry->delivered);
        reply.integer(static_cast<std::int64_t>(entry->deliveries));
    }
}

void replyGroupInFull(resp::Reply &reply, const Stream &stream, StreamGroup &group,
                      std::size_t count)
{
    reply.map(7);
    reply.bulk("name");
    reply.bulk(group.name());
    field(reply, "last-delivered-id", group.lastId);
    replyProgress(reply, stream, group);
    replyPendingOfGroup(reply, group, count);
    reply.bulk("consumers");
    reply.array(group.consumers().size());
    for (const auto &consumer : group.consumers())
        replyConsumer(reply, group, *consumer, count);
}

bool parseFull(Call &call, bool *full, std::size_t *count)
{
    *full = call.size() > 3;
    if (!*full)
        return true;
    const bool counted = call.size() == 6;
    if ((call.size() != 4 && !counted) || !isWord(call[3], "FULL")
        || (counted && !isWord(call[4], "COUNT"))) {
        return failSubcommand(call);
    }
    std::int64_t n = kFullCount;
    if (counted && !readInteger(call, call[5], &n))
        return false;
    *count = n < 0 ? kFullCount : static_cast<std::size_t>(n);
    return true;
}

// Nodes of the index, its root included: Redis counts those of a radix tree.
std::uint64_t indexNodes(const Stream &stream) { return stream.nodes().size() + 1; }

} // namespace

void xInfoStream(Call &call)
{
    Stream *stream = nullptr;
    bool full = false;
    std::size_t count = 0;
    if (!findStream(call, &stream) || !parseFull(call, &full, &count))
        return;
    resp::Reply &reply = call.reply;
    reply.map(full ? 9 : 10);
    field(reply, "length", stream->length());
    field(reply, "radix-tree-keys", stream->nodes().size());
    field(reply, "radix-tree-nodes", indexNodes(*stream));
    field(reply, "last-generated-id", stream->lastId);
    field(reply, "max-deleted-entry-id", stream->maxDeletedId);
    field(reply, "entries-added", stream->entriesAdded);
    field(reply, "recorded-first-entry-id", stream->firstId());
    if (!full) {
        field(reply, "groups", stream->groups().size());
        replyEdge(reply, "first-entry", *stream, StreamWalk::Forward);
        replyEdge(reply, "last-entry", *stream, StreamWalk::Backward);
        return;
    }
    reply.bulk("entries");
    StreamWalk walk(*stream, {}, StreamId::max());
    replyEntries(reply, walk, count);
    reply.bulk("groups");
    reply.array(stream->groups().size());
    for (const auto &group : stream->groups())
        replyGroupInFull(reply, *stream, *group, count);
}

void xInfoGroups(Call &call)
{
    Stream *stream = nullptr;
    if (!findStream(call, &stream))
        return;
    resp::Reply &reply = call.reply;
    reply.array(stream->groups().size());
    for (const auto &group : stream->groups()) {
        reply.map(6);
        reply.bulk("name");
        reply.bulk(group->name());
        field(reply, "consumers", group->consumers().size());
        field(reply, "pending", group->pending().size());
        field(reply, "last-delivered-id", group->lastId);
        replyProgress(reply, *stream, *group);
    }
}

void xInfoConsumers(Call &call)
{
    Stream *stream = nullptr;
    if (!findStream(call, &stream))
        return;
    const StreamGroup *group = stream->group(call[3]);
    if (!group) {
        failNoGroupInKey(call, call[2], call[3]);
        return;
    }
    const UnixMs now = call.db.now();
    resp::Reply &reply = call.reply;
    reply.array(group->consumers().size());
    for (const auto &consumer : group->consumers()) {
        reply.map(4);
        reply.bulk("name");
        reply.bulk(consumer->name);
        field(reply, "pending", consumer->pending.size());
        reply.bulk("idle");
        reply.integer(since(consumer->seen, now));
        reply.bulk("inactive");
        reply.integer(consumer->active < 0 ? -1 : since(consumer->active, now));
    }
}

void xInfoHelp(Call &call)
{
    static constexpr Bytes kLines[] = {
        "CONSUMERS <key> <groupname>",
        "    Show consumers of <groupname>.",
        "GROUPS <key>",
        "    Show the stream consumer groups.",
        "STREAM <key> [FULL [COUNT <count>]",
        "    Show information about the stream.",
    };
    replyHelp(call, kLines);
}

} // namespace cay::streams
