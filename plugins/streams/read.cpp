// XREAD and XREADGROUP, at once or when something arrives.
#include "stream_commands.h"

#include "cay/blocking.h"

namespace cay::streams {

namespace {

// A woken command that gave no COUNT takes this many: whoever waited may have given an old ID, and
// is not to get a whole stream at once.
constexpr std::size_t kCountWhenWoken = 1000;

struct ReadOptions
{
    bool grouped = false; // XREADGROUP
    bool blocks = false, noAck = false, hasGroup = false;
    UnixMs until = 0;
    std::size_t count = 0; // 0: all
    std::size_t keys = 0;  // position of the first key
    std::size_t streams = 0;
    Bytes group, consumer;
};

// From where on a stream is read.
struct Position
{
    StreamGroup *group = nullptr;
    StreamId after;
    bool isNew = false; // ">": what nobody in the group has got
};

bool parseStreams(Call &call, ReadOptions *options, std::size_t at)
{
    options->keys = at;
    options->streams = (call.size() - at) / 2;
    if ((call.size() - at) % 2 == 0)
        return true;
    return call.fail("ERR Unbalanced XREAD list of streams: for each stream key an ID or '$' must "
                     "be specified.");
}

// Takes one option but STREAMS.
bool parseOption(Call &call, ArgParser &args, ReadOptions *options)
{
    if (args.word("BLOCK", 1)) {
        if (call.session.has(SessionScript))
            return args.fail("ERR " + std::string(call[0])
                             + " command is not allowed with BLOCK option from scripts");
        options->blocks = true;
        return readTimeout(call, args.next(), &options->until, TimeUnit::Milliseconds);
    }
    if (args.word("COUNT", 1)) {
        const std::int64_t n = args.integer();
        options->count = n > 0 ? static_cast<std::size_t>(n) : 0;
    } else if (args.word("GROUP", 2)) {
        if (!options->grouped)
            return args.fail("ERR The GROUP option is only supported by XREADGROUP. You called "
                             "XREAD instead.");
        options->hasGroup = true;
        options->group = args.next();
        options->consumer = args.next();
    } else if (args.word("NOACK")) {
        if (!options->grouped)
            return args.fail("ERR The NOACK option is only supported by XREADGROUP. You called "
                             "XREAD instead.");
        options->noAck = true;
    } else {
        args.syntaxError();
    }
    return args.ok();
}

bool parseOptions(Call &call, ReadOptions *options)
{
    ArgParser args(call, 1);
    while (args.more() && options->keys == 0) {
        if (args.word("STREAMS", 1)) {
            if (!parseStreams(call, options, args.position()))
                return false;
        } else if (!parseOption(call, args, options)) {
            return false;
        }
    }
    if (!args.ok())
        return false;
    if (options->keys == 0)
        return call.fail(errors::kSyntax);
    if (options->grouped && !options->hasGroup)
        return call.fail("ERR Missing GROUP option for XREADGROUP");
    return true;
}

constexpr Bytes kNoDollar
    = "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of "
      "this consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID "
      "would "
      "just return an empty result set.";

// The ID in front of the last entry's.
StreamId beforeLast(const Stream *stream)
{
    if (!stream || stream->length() == 0)
        return stream ? stream->lastId : StreamId{};
    StreamId id = stream->lastLiveId();
    id.decrement();
    return id;
}

bool readPosition(Call &call, Bytes text, const ReadOptions &options, const Stream *stream,
                  Position *position)
{
    if (text == "$" && options.grouped)
        return call.fail(kNoDollar);
    if (text == "$" || (text == "+" && !options.grouped)) {
        position->after = text == "+" ? beforeLast(stream) : stream ? stream->lastId : StreamId{};
        return true;
    }
    if (text == ">") {
        position->isNew = true;
        return options.grouped
               || call.fail("ERR The > ID can be specified only when calling XREADGROUP using the "
                            "GROUP <group> <consumer> option.");
    }
    if (!readId(call, text, &position->after))
        return false;
    // The greatest ID is how Redis keeps ">".
    position->isNew = options.grouped && position->after == StreamId::max();
    return true;
}

// What a waiting XREADGROUP is told when what it waits for has gone.
bool failGone(Call &call, const Stream *stream)
{
    return call.fail(stream ? Bytes("NOGROUP the consumer group this client was blocked on no "
                                    "longer exists")
                            : Bytes("UNBLOCKED the stream key no longer exists"));
}

bool readPositions(Call &call, const ReadOptions &options, std::vector<Position> *positions)
{
    positions->resize(options.streams);
    for (std::size_t i = 0; i < options.streams; ++i) {
        const std::size_t at = options.keys + i;
        Stream *stream = nullptr;
        if (options.grouped && call.again) {
            const Entry *entry = call.db.read(call.key(at));
            stream = entry && entry->type() == g_type ? streamOf(*entry) : nullptr;
        } else if (!readStream(call, call.key(at), &stream)) {
            return false;
        }
        Position &position = (*positions)[i];
        position.group = options.grouped && stream ? stream->group(options.group) : nullptr;
        if (options.grouped && !position.group) {
            return call.again ? failGone(call, stream)
                              : failNoGroup(call, call[at], options.group,
                                            " in XREADGROUP with GROUP option");
        }
        if (!readPosition(call, call[at + options.streams], options, stream, &position))
            return false;
    }
    return true;
}

// Replies entries behind the group's position, and gives them to the consumer.
void deliverNew(Call &call, const Key &key, const Stream &stream, StreamGroup &group,
                StreamConsumer *consumer, const ReadOptions &options)
{
    StreamId start = group.lastId;
    start.increment();
    StreamWalk walk(stream, start, StreamId::max());
    const UnixMs now = call.db.now();
    const resp::Reply::Deferred array = call.reply.defer();
    std::size_t n = 0;
    while ((options.count == 0 || n < options.count) && walk.next()) {
        const StreamId id = walk.id();
        replyEntry(call.reply, walk);
        ++n;
        stream.advance(group, id);
        if (options.noAck)
            continue;
        store::PendingEntry *entry = group.deliver(id, consumer, now);
        entry->deliveries = 1;
        propagateClaim(call, key, group, id, *entry);
    }
    call.reply.closeArray(array, n);
    consumer->active = now;
    // XCLAIM says how far the group is, but not how many entries that were.
    propagateGroupId(call, key, group);
}

// Replies what is pending for the consumer; an entry that is not in the stream any more is its ID
// and null. That they were delivered once more is told, which redis-server leaves out: replicas
// would count otherwise.
void replyHistory(Call &call, const Key &key, const Stream &stream, StreamGroup &group,
                  StreamConsumer *consumer, StreamId start, std::size_t count)
{
    const resp::Reply::Deferred array = call.reply.defer();
    std::size_t n = 0;
    for (auto at = consumer->pending.lowerBound(start); at && (count == 0 || n < count);
         at.next()) {
        StreamWalk walk(stream, at.id(), at.id());
        if (walk.next()) {
            replyEntry(call.reply, walk);
            store::PendingEntry *entry = group.find(at.id());
            entry->delivered = call.db.now();
            ++entry->deliveries;
            ++call.dirty;
            propagateClaim(call, key, group, at.id(), *entry);
        } else {
            call.reply.array(2);
            replyId(call.reply, at.id());
            call.reply.nullArray();
        }
        ++n;
    }
    call.reply.closeArray(array, n);
}

// Whether a stream has something to reply at once: a consumer's history always has.
bool isReady(const Stream &stream, const Position &position, bool grouped)
{
    if (grouped && !position.isNew)
        return true;
    if (stream.length() == 0)
        return false;
    return stream.lastLiveId() > (position.group ? position.group->lastId : position.after);
}

void replyStream(Call &call, const Key &key, const Stream &stream, const Position &position,
                 StreamConsumer *consumer, const ReadOptions &options)
{
    if (call.reply.version() == 2)
        call.reply.array(2);
    call.reply.bulk(key.bytes);
    if (consumer && position.isNew) {
        deliverNew(call, key, stream, *position.group, consumer, options);
        return;
    }
    StreamId start = position.after;
    start.increment();
    if (consumer) {
        replyHistory(call, key, stream, *position.group, consumer, start, options.count);
    } else {
        StreamWalk walk(stream, start, StreamId::max());
        replyEntries(call.reply, walk, options.count);
    }
}

// Replies all that is there; false where nothing is.
bool replyReady(Call &call, const ReadOptions &options, const std::vector<Position> &positions)
{
    resp::Reply::Deferred map{};
    std::size_t replied = 0;
    for (std::size_t i = 0; i < options.streams; ++i) {
        const Key key = call.key(options.keys + i);
        const Entry *entry = call.db.read(key);
        if (!entry || entry->type() != g_type)
            continue;
        const Stream &stream = *streamOf(*entry);
        StreamConsumer *consumer
            = options.grouped ? consumerFor(call, key, *positions[i].group, options.consumer)
                              : nullptr;
        if (!isReady(stream, positions[i], options.grouped))
            continue;
        if (replied++ == 0)
            map = call.reply.defer();
        replyStream(call, key, stream, positions[i], consumer, options);
        call.dirty += options.grouped;
    }
    if (replied == 0)
        return false;
    call.reply.version() == 2 ? call.reply.closeArray(map, replied)
                              : call.reply.closeMap(map, replied);
    return true;
}

// Waits for the streams. What "$" and "+" stand for is settled now.
void wait(Call &call, const ReadOptions &options, const std::vector<Position> &positions)
{
    const auto keys = call.args.subspan(options.keys, options.streams);
    const auto timedOut = [](resp::Reply &reply) { reply.nullArray(); };
    std::vector<std::string> command;
    if (!options.grouped) {
        command.assign(call.args.begin(), call.args.end());
        for (std::size_t i = 0; i < options.streams; ++i)
            command[options.keys + options.streams + i] = Bytes(StreamIdText(positions[i].after));
    }
    call.block({.keys = keys,
                .type = g_type,
                .until = options.until,
                .timedOut = timedOut,
                .whenGone = options.grouped,
                .command = options.grouped ? nullptr : &command});
}

void read(Call &call, bool grouped)
{
    ReadOptions options;
    options.grouped = grouped;
    std::vector<Position> positions;
    if (!parseOptions(call, &options) || !readPositions(call, options, &positions))
        return;
    if (call.again && options.count == 0)
        options.count = kCountWhenWoken;
    if (grouped)
        call.propagateNothing(); // but what follows
    if (replyReady(call, options, positions))
        return;
    if (options.blocks)
        wait(call, options, positions);
    else
        call.reply.nullArray();
}

} // namespace

void xRead(Call &call) { read(call, false); }

void xReadGroup(Call &call) { read(call, true); }

} // namespace cay::streams
