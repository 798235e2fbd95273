// XACK and XPENDING.
#include "stream_commands.h"

namespace cay::streams {

void xAck(Call &call)
{
    Stream *stream = nullptr;
    StreamGroup *group = nullptr;
    if (!readGroup(call, call.key(1), call[2], &stream, &group))
        return;
    if (!group) {
        call.reply.zero();
        return;
    }
    std::vector<StreamId> ids;
    if (!readIds(call, 3, &ids))
        return;
    std::uint64_t count = 0;
    for (const StreamId id : ids)
        count += group->acknowledge(id);
    call.dirty += count;
    call.reply.integer(static_cast<std::int64_t>(count));
}

namespace {

struct PendingOptions
{
    bool summary = false;
    std::int64_t minIdle = 0, count = 0;
    StreamId start, end;
    const Bytes *consumer = nullptr;
};

bool parsePending(Call &call, PendingOptions *options)
{
    options->summary = call.size() == 3;
    if (options->summary)
        return true;
    if (call.size() < 6 || call.size() > 9)
        return call.fail(errors::kSyntax);
    std::size_t at = 3;
    if (isWord(call[3], "IDLE")) {
        if (!readInteger(call, call[4], &options->minIdle))
            return false;
        if (call.size() < 8)
            return call.fail(errors::kSyntax);
        at = 5;
    }
    if (!readInteger(call, call[at + 2], &options->count)
        || !readStart(call, call[at], &options->start)
        || !readEnd(call, call[at + 1], &options->end)) {
        return false;
    }
    if (at + 3 < call.size())
        options->consumer = &call.args[at + 3];
    return true;
}

void replySummary(resp::Reply &reply, const StreamGroup &group)
{
    const auto &pending = group.pending();
    reply.array(4);
    reply.integer(static_cast<std::int64_t>(pending.size()));
    if (pending.empty()) {
        reply.null();
        reply.null();
        reply.nullArray();
        return;
    }
    replyId(reply, pending.first().id());
    replyId(reply, pending.last().id());
    const resp::Reply::Deferred array = reply.defer();
    std::size_t n = 0;
    for (const auto &consumer : group.consumers()) {
        if (consumer->pending.empty())
            continue;
        reply.array(2);
        reply.bulk(consumer->name);
        reply.bulkInteger(static_cast<std::int64_t>(consumer->pending.size()));
        ++n;
    }
    reply.closeArray(array, n);
}

// Replies one pending entry if it has been idle for long enough.
bool replyPending(resp::Reply &reply, StreamId id, const store::PendingEntry &entry,
                  std::int64_t minIdle, UnixMs now)
{
    const std::int64_t idle = elapsed(entry.delivered, now);
    if (minIdle != 0 && idle < minIdle)
        return false;
    reply.array(4);
    replyId(reply, id);
    reply.bulk(entry.consumer->name);
    reply.integer(idle < 0 ? 0 : idle);
    reply.integer(static_cast<std::int64_t>(entry.deliveries));
    return true;
}

// Walks either map of pending IDs; find(cursor) gives the entry.
template <typename Map, typename Find>
void replyPendingRange(Call &call, const Map &map, const PendingOptions &options, Find &&find)
{
    const resp::Reply::Deferred array = call.reply.defer();
    std::int64_t n = 0;
    for (auto at = map.lowerBound(options.start); at && at.id() <= options.end && n < options.count;
         at.next()) {
        n += replyPending(call.reply, at.id(), find(at), options.minIdle, call.db.now());
    }
    call.reply.closeArray(array, static_cast<std::size_t>(n));
}

} // namespace

void xPending(Call &call)
{
    PendingOptions options;
    Stream *stream = nullptr;
    StreamGroup *group = nullptr;
    if (!parsePending(call, &options) || !readGroup(call, call.key(1), call[2], &stream, &group)) {
        return;
    }
    if (!group) {
        failNoGroup(call, call[1], call[2]);
    } else if (options.summary) {
        replySummary(call.reply, *group);
    } else if (!options.consumer) {
        replyPendingRange(call, group->pending(), options,
                          [](const auto &at) -> const store::PendingEntry & { return at.value(); });
    } else if (const StreamConsumer *consumer = group->consumer(*options.consumer)) {
        replyPendingRange(call, consumer->pending, options,
                          [group](const auto &at) -> const store::PendingEntry & {
                              return *group->find(at.id());
                          });
    } else {
        call.reply.emptyArray();
    }
}

} // namespace cay::streams
