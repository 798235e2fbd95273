// XADD, XTRIM, XDEL, XSETID: what changes the entries of a stream.
#include "stream_commands.h"

#include "cay/host.h"

#include <algorithm>
#include <array>

namespace cay::streams {

namespace {

using Trim = Stream::Trim;

constexpr Bytes kExclusive
    = "ERR syntax error, MAXLEN and MINID options at the same time are not compatible";
// A trim with ~ that does not say how far it may go goes this far: so many nodes, or so many
// entries.
constexpr std::uint64_t kNodesByDefault = 100, kEntriesByDefault = 10000, kMostByDefault = 1000000;
// More nodes than this are freed in the background.
constexpr std::size_t kNodesFreedHere = 32;

struct AddOptions
{
    Trim trim;
    bool noCreate = false;
    bool hasId = false, anySequence = false;
    StreamId id;
    std::size_t next = 0;      // the first argument that is not an option: the ID's position
    std::size_t threshold = 0; // position of MAXLEN's or MINID's value
};

Stream::Limits nodeLimits()
{
    return {static_cast<std::size_t>(g_maxNodeBytes), static_cast<std::size_t>(g_maxNodeEntries)};
}

class OptionParser
{
public:
    OptionParser(Call &call, AddOptions *options, bool adds)
        : m_call(call)
        , m_options(options)
        , m_adds(adds)
    {}

    bool parse()
    {
        for (m_at = 2; m_at < m_call.size() && !m_done; ++m_at) {
            if (!parseOne())
                return false;
        }
        m_options->next = m_done ? m_at - 1 : m_at;
        return check();
    }

private:
    bool parseOne()
    {
        const Bytes word = m_call[m_at];
        const bool more = m_at + 1 < m_call.size();
        if (m_adds && word == "*") {
            m_done = true;
            return true;
        }
        if (more && isWord(word, "MAXLEN"))
            return parseStrategy(Trim::MaxLength);
        if (more && isWord(word, "MINID"))
            return parseStrategy(Trim::MinId);
        if (more && isWord(word, "LIMIT"))
            return parseLimit();
        if (!m_adds)
            return m_call.fail(errors::kSyntax);
        if (isWord(word, "NOMKSTREAM")) {
            m_options->noCreate = true;
            return true;
        }
        m_done = m_options->hasId = true;
        return readId(m_call, word, &m_options->id, &m_options->anySequence);
    }

    bool parseStrategy(Trim::Strategy strategy)
    {
        Trim &trim = m_options->trim;
        if (trim.strategy != Trim::None)
            return m_call.fail(kExclusive);
        const Bytes next = m_call[m_at + 1];
        const bool hasOperator = m_at + 2 < m_call.size() && (next == "~" || next == "=");
        trim.approximate = hasOperator && next == "~";
        m_at += hasOperator ? 2 : 1;
        if (strategy == Trim::MaxLength) {
            std::int64_t n = 0;
            if (!readInteger(m_call, m_call[m_at], &n))
                return false;
            if (n < 0)
                return m_call.fail("ERR The MAXLEN argument must be >= 0.");
            trim.maxLength = static_cast<std::uint64_t>(n);
        } else if (!readId(m_call, m_call[m_at], &trim.minId)) {
            return false;
        }
        trim.strategy = strategy;
        m_options->threshold = m_at;
        return true;
    }

    bool parseLimit()
    {
        std::int64_t n = 0;
        if (!readInteger(m_call, m_call[++m_at], &n))
            return false;
        if (n < 0)
            return m_call.fail("ERR The LIMIT argument must be >= 0.");
        m_options->trim.limit = static_cast<std::uint64_t>(n);
        m_limited = true;
        return true;
    }

    bool check()
    {
        Trim &trim = m_options->trim;
        if (trim.strategy == Trim::None && trim.limit > 0)
            return m_call.fail("ERR syntax error, LIMIT cannot be used without specifying a "
                               "trimming strategy");
        if (trim.strategy == Trim::None && !m_adds)
            return m_call.fail("ERR syntax error, XTRIM must be called with a trimming strategy");
        if (m_call.session.has(SessionMaster))
            trim.limit = 0; // the master has said exactly what is to go
        else if (m_limited && !trim.approximate)
            return m_call.fail("ERR syntax error, LIMIT cannot be used without the special ~ "
                               "option");
        else if (!m_limited && trim.approximate)
            trim.limit = defaultLimit();
        return true;
    }

    static std::uint64_t defaultLimit()
    {
        const auto entries = static_cast<std::uint64_t>(g_maxNodeEntries);
        if (entries == 0)
            return kEntriesByDefault;
        return entries > kMostByDefault / kNodesByDefault ? kMostByDefault
                                                          : entries * kNodesByDefault;
    }

    Call &m_call;
    AddOptions *m_options;
    std::size_t m_at = 0;
    bool m_adds, m_done = false, m_limited = false;
};

std::uint64_t trimStream(Call &call, Stream &stream, const Trim &trim)
{
    std::vector<void *> gone;
    const std::uint64_t count = stream.trim(trim, &gone);
    const auto freeAll = [](const std::vector<void *> &nodes) {
        for (void *node : nodes)
            std::free(node);
    };
    if (gone.size() <= kNodesFreedHere)
        freeAll(gone);
    else
        call.host.inBackground([nodes = std::move(gone), freeAll] { freeAll(nodes); });
    return count;
}

// The threshold of an exact trim that has the same result.
std::string exactThreshold(const Stream &stream, const Trim &trim)
{
    if (trim.strategy == Trim::MaxLength)
        return std::to_string(stream.length());
    const StreamId first = stream.length() > 0 ? stream.firstId() : trim.minId;
    return std::string(Bytes(StreamIdText(first)));
}

// LIMIT goes with ~ alone. The options stand from 2 to `end`.
void dropLimit(std::vector<Bytes> &args, std::size_t end)
{
    for (std::size_t i = 2; i + 1 < end;) {
        if (isWord(args[i], "LIMIT")) {
            const auto at = args.begin() + static_cast<std::ptrdiff_t>(i);
            args.erase(at, at + 2);
            end -= 2;
        } else {
            i += isWord(args[i], "MAXLEN") || isWord(args[i], "MINID") ? 3 : 1;
        }
    }
}

// XADD with the ID that it got, and XADD or XTRIM with an exact trim in the place of an approximate
// one.
void propagateExactly(Call &call, const Stream &stream, const AddOptions &options,
                      const StreamId *id)
{
    const StreamIdText idText(id ? *id : StreamId{});
    std::string threshold;
    std::vector<Bytes> args(call.args.begin(), call.args.end());
    if (id)
        args[options.next] = idText;
    if (options.trim.approximate) {
        threshold = exactThreshold(stream, options.trim);
        args[options.threshold] = threshold;
        args[options.threshold - 1] = "=";
        dropLimit(args, options.next);
    }
    call.propagateAs(args);
}

// The same for an XADD without a trim: few arguments, and nothing is allocated where nobody
// listens.
void propagateId(Call &call, std::size_t at, StreamId id)
{
    constexpr std::size_t kFew = 32;
    if (call.size() > kFew)
        return propagateExactly(call, {}, {.next = at}, &id);
    const StreamIdText idText(id);
    std::array<Bytes, kFew> args;
    std::ranges::copy(call.args, args.begin());
    args[at] = idText;
    call.propagateAs(std::span(args.data(), call.size()));
}

constexpr Bytes kTooLarge = "ERR Elements are too large to be stored";

// The ID of a new entry; false after an error, where there is none that is greater than the last
// one.
bool chooseId(Call &call, const Stream *stream, const AddOptions &options, StreamId *id)
{
    const StreamId last = stream ? stream->lastId : StreamId{};
    if (!options.hasId) {
        const auto now = static_cast<std::uint64_t>(call.db.now());
        *id = now > last.ms ? StreamId{now, 0} : last;
        return now > last.ms || id->increment();
    }
    *id = options.id;
    if (options.anySequence && options.id.ms == last.ms) {
        *id = last;
        if (last.seq == StreamId::max().seq)
            return call.fail(kTooLarge); // not the text that one would expect, but Redis's
        ++id->seq;
    }
    return *id > last
           || call.fail("ERR The ID specified in XADD is equal or smaller than the target stream "
                        "top item");
}

bool checkAdd(Call &call, const AddOptions &options)
{
    const std::size_t rest = call.size() - options.next;
    if (options.next >= call.size() || rest < 3 || rest % 2 == 0)
        return call.fail(errors::wrongArity("xadd"));
    if (options.hasId && !options.anySequence && options.id.isZero())
        return call.fail("ERR The ID specified in XADD must be greater than 0-0");
    return true;
}

} // namespace

void xAdd(Call &call)
{
    AddOptions options;
    if (!OptionParser(call, &options, true).parse() || !checkAdd(call, options))
        return;
    const Key key = call.key(1);
    Stream *stream = nullptr;
    if (!writeStream(call, key, &stream))
        return;
    if (!stream && options.noCreate) {
        call.reply.null();
        return;
    }
    if (stream && stream->lastId == StreamId::max()) {
        call.fail("ERR The stream has exhausted the last possible ID, unable to add more items");
        return;
    }
    StreamId id;
    if (!chooseId(call, stream, options, &id))
        return;
    const std::span<const Bytes> fields = call.args.subspan(options.next + 1);
    std::unique_ptr<Stream> made = stream ? nullptr : std::make_unique<Stream>();
    Stream *target = made ? made.get() : stream;
    if (!target->append(id, fields, nodeLimits())) {
        call.fail(kTooLarge);
        return;
    }
    if (made)
        call.db.put(key, Value::ofObject(g_type, made.release()));
    replyId(call.reply, id);
    call.modified(key, EventClass::Stream, "xadd");
    if (options.trim.strategy != Trim::None && trimStream(call, *target, options.trim) > 0)
        call.notify(key, EventClass::Stream, "xtrim");
    if (options.trim.approximate)
        propagateExactly(call, *target, options, &id);
    else if (!options.hasId || options.anySequence)
        propagateId(call, options.next, id);
}

void xTrim(Call &call)
{
    AddOptions options;
    Stream *stream = nullptr;
    if (!OptionParser(call, &options, false).parse() || !writeStream(call, call.key(1), &stream))
        return;
    const std::uint64_t count = stream ? trimStream(call, *stream, options.trim) : 0;
    call.reply.integer(static_cast<std::int64_t>(count));
    if (count == 0)
        return;
    call.modified(call.key(1), EventClass::Stream, "xtrim");
    call.dirty += count - 1;
    if (options.trim.approximate)
        propagateExactly(call, *stream, options, nullptr);
}

void xDel(Call &call)
{
    Stream *stream = nullptr;
    if (!writeStream(call, call.key(1), &stream))
        return;
    if (!stream) {
        call.reply.zero();
        return;
    }
    std::vector<StreamId> ids;
    if (!readIds(call, 2, &ids))
        return;
    std::uint64_t count = 0;
    for (const StreamId id : ids) {
        if (!stream->erase(id))
            continue;
        ++count;
        if (id > stream->maxDeletedId)
            stream->maxDeletedId = id;
    }
    call.reply.integer(static_cast<std::int64_t>(count));
    if (count > 0) {
        call.modified(call.key(1), EventClass::Stream, "xdel");
        call.dirty += count - 1;
    }
}

namespace {

struct SetIdOptions
{
    StreamId id, maxDeletedId;
    std::int64_t added = -1;
};

bool parseSetId(Call &call, SetIdOptions *options)
{
    if (!readId(call, call[2], &options->id))
        return false;
    ArgParser args(call, 3);
    while (args.more()) {
        if (args.word("ENTRIESADDED", 1)) {
            options->added = args.integer();
            if (options->added < 0)
                args.fail("ERR entries_added must be positive");
        } else if (args.word("MAXDELETEDID", 1)) {
            if (!readId(call, args.next(), &options->maxDeletedId))
                return false;
            if (options->id < options->maxDeletedId)
                args.fail("ERR The ID specified in XSETID is smaller than the provided "
                          "max_deleted_entry_id");
        } else {
            args.syntaxError();
        }
    }
    return args.ok();
}

bool checkSetId(Call &call, const Stream &stream, const SetIdOptions &options)
{
    if (stream.length() == 0)
        return true;
    if (options.id < stream.lastLiveId())
        return call.fail("ERR The ID specified in XSETID is smaller than the target stream top "
                         "item");
    if (options.added != -1 && stream.length() > static_cast<std::uint64_t>(options.added))
        return call.fail("ERR The entries_added specified in XSETID is smaller than the target "
                         "stream length");
    return true;
}

} // namespace

void xSetId(Call &call)
{
    SetIdOptions options;
    Stream *stream = nullptr;
    if (!parseSetId(call, &options) || !writeStream(call, call.key(1), &stream))
        return;
    if (!stream) {
        call.fail(errors::kNoSuchKey);
        return;
    }
    if (!checkSetId(call, *stream, options))
        return;
    stream->lastId = options.id;
    if (options.added != -1)
        stream->entriesAdded = static_cast<std::uint64_t>(options.added);
    if (!options.maxDeletedId.isZero())
        stream->maxDeletedId = options.maxDeletedId;
    call.reply.ok();
    ++call.dirty;
    call.notify(call.key(1), EventClass::Stream, "xsetid");
}

} // namespace cay::streams
