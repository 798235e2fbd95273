// XCLAIM and XAUTOCLAIM: pending entries change hands.
#include "stream_commands.h"

namespace cay::streams {

namespace {

using store::PendingEntry;

constexpr std::int64_t kNotGiven = -1;

struct ClaimOptions
{
    std::int64_t minIdle = 0;
    std::vector<StreamId> ids;
    UnixMs time = kNotGiven;
    std::int64_t retryCount = kNotGiven;
    bool force = false, justId = false;
    StreamId lastId;
};

bool readMinIdle(Call &call, std::int64_t *minIdle)
{
    const std::string error = "ERR Invalid min-idle-time argument for "
                              + std::string(call.info.name == "xclaim" ? "XCLAIM" : "XAUTOCLAIM");
    if (!readInteger(call, call[4], minIdle, error))
        return false;
    *minIdle = *minIdle < 0 ? 0 : *minIdle;
    return true;
}

bool parseClaim(Call &call, ClaimOptions *options)
{
    if (!readMinIdle(call, &options->minIdle))
        return false;
    std::size_t at = 5;
    for (StreamId id; at < call.size() && parseId(call[at], &id); ++at)
        options->ids.push_back(id);
    const UnixMs now = call.db.now();
    ArgParser args(call, at);
    while (args.more()) {
        if (args.word("FORCE")) {
            options->force = true;
        } else if (args.word("JUSTID")) {
            options->justId = true;
        } else if (args.word("IDLE", 1)) {
            const std::int64_t idle = args.integer("ERR Invalid IDLE option argument for XCLAIM");
            options->time = static_cast<UnixMs>(static_cast<std::uint64_t>(now)
                                                - static_cast<std::uint64_t>(idle));
        } else if (args.word("TIME", 1)) {
            options->time = args.integer("ERR Invalid TIME option argument for XCLAIM");
        } else if (args.word("RETRYCOUNT", 1)) {
            options->retryCount = args.integer("ERR Invalid RETRYCOUNT option argument for XCLAIM");
        } else if (args.word("LASTID", 1)) {
            if (!readId(call, args.next(), &options->lastId))
                return false;
        } else {
            args.fail("ERR Unrecognized XCLAIM option " + quoted(args.next()));
        }
    }
    // A time in the future is the present: a client's clock may be ahead.
    if (options->time < 0 || options->time > now)
        options->time = now;
    return args.ok();
}

// Whether a pending entry's stream entry has been deleted; it is then not pending any more.
bool forgetDeleted(Call &call, const Key &key, const Stream &stream, StreamGroup &group,
                   StreamId id, const PendingEntry *entry)
{
    if (stream.contains(id))
        return false;
    if (entry) {
        // Replayed, it finds the same and forgets the entry too.
        propagateClaim(call, key, group, id, *entry);
        group.acknowledge(id);
        ++call.dirty;
    }
    return true;
}

void replyClaimed(resp::Reply &reply, const Stream &stream, StreamId id, bool justId)
{
    if (justId) {
        replyId(reply, id);
        return;
    }
    StreamWalk walk(stream, id, id);
    walk.next();
    replyEntry(reply, walk);
}

// Claims one entry; false where it is not to be had.
bool claimOne(Call &call, const Key &key, const Stream &stream, StreamGroup &group,
              StreamConsumer *consumer, StreamId id, const ClaimOptions &options)
{
    PendingEntry *entry = group.find(id);
    if (forgetDeleted(call, key, stream, group, id, entry) || (!entry && !options.force))
        return false;
    if (entry && options.minIdle > 0 && elapsed(entry->delivered, call.db.now()) < options.minIdle)
        return false;
    entry = group.deliver(id, consumer, options.time);
    if (options.retryCount >= 0)
        entry->deliveries = static_cast<std::uint64_t>(options.retryCount);
    else if (!options.justId)
        ++entry->deliveries;
    consumer->active = call.db.now();
    propagateClaim(call, key, group, id, *entry);
    ++call.dirty;
    return true;
}

} // namespace

void xClaim(Call &call)
{
    const Key key = call.key(1);
    Stream *stream = nullptr;
    StreamGroup *group = nullptr;
    if (!readGroup(call, key, call[2], &stream, &group))
        return;
    if (!group) {
        failNoGroup(call, call[1], call[2]);
        return;
    }
    ClaimOptions options;
    if (!parseClaim(call, &options))
        return;
    call.propagateNothing(); // but what follows
    const bool moves = options.lastId > group->lastId;
    if (moves)
        group->lastId = options.lastId;
    StreamConsumer *consumer = consumerFor(call, key, *group, call[3]);
    const std::uint64_t before = call.dirty;
    const resp::Reply::Deferred array = call.reply.defer();
    std::size_t n = 0;
    for (const StreamId id : options.ids) {
        if (claimOne(call, key, *stream, *group, consumer, id, options)) {
            replyClaimed(call.reply, *stream, id, options.justId);
            ++n;
        }
    }
    call.reply.closeArray(array, n);
    if (moves && call.dirty == before) {
        propagateGroupId(call, key, *group);
        ++call.dirty;
    }
}

namespace {

struct AutoClaimOptions
{
    StreamId start;
    std::int64_t minIdle = 0, count = 100;
    bool justId = false;
};

// This many entries are looked at for each one that may be claimed.
constexpr std::int64_t kAttempts = 10;
// Largest COUNT: an ID takes 16 bytes, and a long has to hold all of them.
constexpr std::int64_t kMaxCount = std::numeric_limits<std::int64_t>::max() / 16;
// From here on Redis finds no memory for the IDs.
constexpr std::int64_t kHugeCount = std::int64_t(1) << 42;

bool parseAutoClaim(Call &call, AutoClaimOptions *options)
{
    if (!readMinIdle(call, &options->minIdle) || !readStart(call, call[5], &options->start))
        return false;
    ArgParser args(call, 6);
    while (args.more()) {
        if (args.word("COUNT", 1))
            options->count = args.integerIn(1, kMaxCount, "ERR COUNT must be > 0");
        else if (args.word("JUSTID"))
            options->justId = true;
        else
            args.syntaxError();
    }
    return args.ok();
}

struct Claimed
{
    std::vector<StreamId> ids, deleted;
    StreamId next;
};

void claimIdle(Call &call, const Key &key, const Stream &stream, StreamGroup &group,
               const AutoClaimOptions &options, Claimed *claimed)
{
    StreamConsumer *consumer = consumerFor(call, key, group, call[3]);
    ClaimOptions each;
    each.minIdle = options.minIdle;
    each.justId = options.justId;
    each.time = call.db.now();
    std::int64_t attempts = options.count * kAttempts;
    std::int64_t count = options.count;
    auto at = group.pending().lowerBound(options.start);
    while (at && attempts-- > 0 && count > 0) {
        const StreamId id = at.id();
        if (!stream.contains(id)) {
            forgetDeleted(call, key, stream, group, id, &at.value());
            claimed->deleted.push_back(id);
            --count;
            at = group.pending().lowerBound(id);
            continue;
        }
        // Claiming changes the item in its place.
        if (claimOne(call, key, stream, group, consumer, id, each)) {
            claimed->ids.push_back(id);
            --count;
        }
        at.next();
    }
    if (at)
        claimed->next = at.id();
}

void replyIds(resp::Reply &reply, const std::vector<StreamId> &ids)
{
    reply.array(ids.size());
    for (const StreamId id : ids)
        replyId(reply, id);
}

} // namespace

void xAutoClaim(Call &call)
{
    AutoClaimOptions options;
    const Key key = call.key(1);
    Stream *stream = nullptr;
    StreamGroup *group = nullptr;
    if (!parseAutoClaim(call, &options) || !readGroup(call, key, call[2], &stream, &group))
        return;
    if (!group) {
        failNoGroup(call, call[1], call[2]);
        return;
    }
    if (options.count >= kHugeCount) {
        call.fail("ERR Insufficient memory, failed allocating transient memory, COUNT too high.");
        return;
    }
    call.propagateNothing(); // but what follows
    Claimed claimed;
    claimIdle(call, key, *stream, *group, options, &claimed);
    call.reply.array(3);
    replyId(call.reply, claimed.next);
    call.reply.array(claimed.ids.size());
    for (const StreamId id : claimed.ids)
        replyClaimed(call.reply, *stream, id, options.justId);
    replyIds(call.reply, claimed.deleted);
}

} // namespace cay::streams
