// The value type "stream": how it is freed, copied, saved, loaded, logged and digested.
//
//   code     15 (Redis 5), 19 (7.0, the one that is written), 21 (7.2)
//   stream   nodes: n, n times { master ID (16 bytes, big endian) as a string, listpack as a string
//   }
//            length, last ID as two lengths,
//            from 19 on: first ID, greatest deleted ID, entries added
//            groups: n, n times { name, last ID, from 19 on: entries read,
//                pending: n, n times { ID (16 bytes), time (8 bytes), deliveries },
//                consumers: n, n times { name, seen (8 bytes), from 21 on: active (8 bytes),
//                    pending: n, n times { ID (16 bytes) } } }
#include "stream_commands.h"

#include "cay/digest.h"
#include "cay/log_writer.h"
#include "cay/rdb.h"
#include "cay/value.h"

#include <algorithm>
#include <bit>

namespace cay::streams {

resp::Decimal entriesReadArgument(const StreamGroup &group)
{
    return resp::Decimal(std::max(group.entriesRead, StreamGroup::kUnknown));
}

namespace {

enum Code : std::uint8_t { kRedis5 = 15, kRedis70 = 19, kRedis72 = 21 };
constexpr std::uint8_t kRdbCodes[] = {kRedis5, kRedis70, kRedis72};

constexpr std::size_t kIdBytes = 16;

const Stream &streamOf(const Value &value) { return *static_cast<const Stream *>(value.object); }

void freeStream(void *object) noexcept { delete static_cast<Stream *>(object); }

std::size_t freeEffort(const void *object)
{
    const auto &stream = *static_cast<const Stream *>(object);
    std::size_t effort = 1 + stream.nodes().size();
    for (const auto &group : stream.groups())
        effort += 1 + group->consumers().size() + group->pending().size() / 32;
    return effort;
}

Value copyStream(const Value &value)
{
    return Value::ofObject(value.type, streamOf(value).clone().release());
}

std::size_t memory(const Value &value, std::size_t) { return streamOf(value).memory(); }

std::string_view encoding(const Value &) { return "stream"; }

std::uint8_t rdbCode(const Value &) { return kRedis70; }

// The 16 bytes of an ID.
class RawId
{
public:
    explicit RawId(StreamId id)
    {
        const std::uint64_t parts[2] = {bigEndian(id.ms), bigEndian(id.seq)};
        std::memcpy(m_bytes, parts, kIdBytes);
    }
    operator Bytes() const { return Bytes(m_bytes, kIdBytes); }

    static StreamId read(Bytes bytes)
    {
        std::uint64_t parts[2];
        std::memcpy(parts, bytes.data(), kIdBytes);
        return {bigEndian(parts[0]), bigEndian(parts[1])};
    }

private:
    static std::uint64_t bigEndian(std::uint64_t n)
    {
        return std::endian::native == std::endian::little ? __builtin_bswap64(n) : n;
    }
    char m_bytes[kIdBytes];
};

void saveId(RdbWriter &writer, StreamId id)
{
    writer.length(id.ms);
    writer.length(id.seq);
}

void saveGroup(const StreamGroup &group, RdbWriter &writer)
{
    writer.string(group.name());
    saveId(writer, group.lastId);
    writer.length(static_cast<std::uint64_t>(group.entriesRead));
    writer.length(group.pending().size());
    for (auto at = group.pending().first(); at; at.next()) {
        writer.raw(RawId(at.id()));
        writer.milliseconds(at.value().delivered);
        writer.length(at.value().deliveries);
    }
    writer.length(group.consumers().size());
    for (const auto &consumer : group.consumers()) {
        writer.string(consumer->name);
        writer.milliseconds(consumer->seen);
        writer.length(consumer->pending.size());
        for (auto at = consumer->pending.first(); at; at.next())
            writer.raw(RawId(at.id()));
    }
}

void save(const Value &value, RdbWriter &writer)
{
    const Stream &stream = streamOf(value);
    writer.length(stream.nodes().size());
    for (auto at = stream.nodes().first(); at; at.next()) {
        writer.string(RawId(at.id()));
        writer.string(Bytes(reinterpret_cast<const char *>(at.value()),
                            store::StreamNode::byteSize(at.value())));
    }
    writer.length(stream.length());
    saveId(writer, stream.lastId);
    saveId(writer, stream.firstId());
    saveId(writer, stream.maxDeletedId);
    writer.length(stream.entriesAdded);
    writer.length(stream.groups().size());
    for (const auto &group : stream.groups())
        saveGroup(*group, writer);
}

StreamId loadId(RdbReader &reader)
{
    const std::uint64_t ms = reader.length();
    return {ms, reader.length()};
}

StreamId loadRawId(RdbReader &reader)
{
    const Bytes raw = reader.raw(kIdBytes);
    return reader.ok() ? RawId::read(raw) : StreamId{};
}

bool loadNodes(Stream &stream, RdbReader &reader)
{
    for (std::size_t n = reader.count(kIdBytes + store::ListpackView::kEmptySize); n > 0; --n) {
        const Bytes master = reader.string();
        const Bytes node = reader.string();
        if (!reader.ok())
            return false;
        if (master.size() != kIdBytes)
            return reader.fail("a stream node's key is no ID");
        if (!stream.adoptNode(RawId::read(master), node))
            return reader.fail("a stream node is damaged");
    }
    return reader.ok();
}

bool loadCounters(Stream &stream, std::uint8_t code, RdbReader &reader)
{
    if (reader.length() != stream.length() && reader.ok())
        return reader.fail("a stream's length is not that of its nodes");
    stream.lastId = loadId(reader);
    stream.updateFirstId();
    stream.entriesAdded = stream.length();
    if (code >= kRedis70) {
        loadId(reader); // the first one, which is known
        stream.maxDeletedId = loadId(reader);
        stream.entriesAdded = reader.length();
    }
    if (reader.ok() && stream.lastLiveId() > stream.lastId)
        return reader.fail("a stream's last ID is less than an entry's");
    return reader.ok();
}

bool loadConsumer(StreamGroup &group, std::uint8_t code, RdbReader &reader)
{
    const Bytes name = reader.string();
    const UnixMs seen = reader.milliseconds();
    if (!reader.ok() || group.consumer(name))
        return reader.fail("a stream's consumer is there twice");
    StreamConsumer *consumer = group.addConsumer(name, seen);
    // Older files do not tell: whoever has entries has been active.
    consumer->active = code >= kRedis72 ? reader.milliseconds() : seen;
    for (std::size_t n = reader.count(kIdBytes); n > 0; --n) {
        const StreamId id = loadRawId(reader);
        if (!reader.ok() || !group.give(id, consumer))
            return reader.fail("a consumer's pending entry is not its group's");
    }
    return reader.ok();
}

bool loadGroup(Stream &stream, std::uint8_t code, RdbReader &reader)
{
    const Bytes name = reader.string();
    const StreamId last = loadId(reader);
    if (!reader.ok() || stream.group(name))
        return reader.fail("a stream's group is there twice");
    const std::int64_t read
        = code >= kRedis70 ? static_cast<std::int64_t>(reader.length()) : stream.countUpTo(last);
    StreamGroup &group = *stream.addGroup(name, last, read);
    for (std::size_t n = reader.count(kIdBytes + 9); n > 0; --n) {
        const StreamId id = loadRawId(reader);
        const UnixMs at = reader.milliseconds();
        const std::uint64_t deliveries = reader.length();
        if (!reader.ok() || !group.addUnowned(id, at, deliveries))
            return reader.fail("a group's pending entry is there twice");
    }
    for (std::size_t n = reader.count(10); n > 0; --n) {
        if (!loadConsumer(group, code, reader))
            return false;
    }
    if (reader.ok() && !group.allOwned())
        return reader.fail("a group's pending entry has no consumer");
    return reader.ok();
}

bool load(std::uint8_t code, RdbReader &reader, Value *out)
{
    auto stream = std::make_unique<Stream>();
    if (!loadNodes(*stream, reader) || !loadCounters(*stream, code, reader))
        return false;
    for (std::size_t n = reader.count(5); n > 0; --n) {
        if (!loadGroup(*stream, code, reader))
            return false;
    }
    if (!reader.ok())
        return false;
    *out = Value::ofObject(g_type, stream.release());
    return true;
}

// XADD for each entry. A stream without entries is one that has been trimmed to nothing.
void rewriteEntries(Bytes key, const Stream &stream, LogWriter &writer)
{
    if (stream.length() == 0) {
        StreamId id = stream.lastId;
        if (id.isZero())
            id.increment();
        writer.command({"XADD", key, "MAXLEN", "0", StreamIdText(id), "x", "y"});
        return;
    }
    StreamWalk walk(stream, {}, StreamId::max());
    while (walk.next()) {
        writer.begin(3 + 2 * walk.entry().fields);
        writer.argument("XADD");
        writer.argument(key);
        writer.argument(StreamIdText(walk.id()));
        const auto write = [&writer](const store::PackedValue &value) {
            value.isInteger() ? writer.argument(value.integer) : writer.argument(value.text);
        };
        walk.visit([&write](const store::PackedValue &name, const store::PackedValue &value) {
            write(name);
            write(value);
        });
    }
}

void rewriteGroup(Bytes key, const StreamGroup &group, LogWriter &writer)
{
    writer.command({"XGROUP", "CREATE", key, group.name(), StreamIdText(group.lastId),
                    "ENTRIESREAD", entriesReadArgument(group)});
    for (const auto &consumer : group.consumers())
        writer.command({"XGROUP", "CREATECONSUMER", key, group.name(), consumer->name});
    for (auto at = group.pending().first(); at; at.next()) {
        const store::PendingEntry &entry = at.value();
        writer.command({"XCLAIM", key, group.name(), entry.consumer->name, "0",
                        StreamIdText(at.id()), "TIME", resp::Decimal(entry.delivered), "RETRYCOUNT",
                        resp::Decimal(static_cast<std::int64_t>(entry.deliveries)), "JUSTID",
                        "FORCE"});
    }
}

void rewrite(Bytes key, const Value &value, LogWriter &writer)
{
    const Stream &stream = streamOf(value);
    rewriteEntries(key, stream, writer);
    writer.command({"XSETID", key, StreamIdText(stream.lastId), "ENTRIESADDED",
                    resp::Decimal(static_cast<std::int64_t>(stream.entriesAdded)), "MAXDELETEDID",
                    StreamIdText(stream.maxDeletedId)});
    for (const auto &group : stream.groups())
        rewriteGroup(key, *group, writer);
}

void digestStream(const Value &value, Digest &digest)
{
    StreamWalk walk(streamOf(value), {}, StreamId::max());
    const auto mix = [&digest](const store::PackedValue &part) {
        part.isInteger() ? digest.mixInteger(part.integer) : digest.mix(part.text);
    };
    while (walk.next()) {
        digest.mix(std::to_string(walk.id().ms) + "." + std::to_string(walk.id().seq));
        walk.visit([&mix](const store::PackedValue &name, const store::PackedValue &field) {
            mix(name);
            mix(field);
        });
    }
}

} // namespace

constexpr ValueType kStreamValueType = {
    .name = "stream",
    .rdbCodes = kRdbCodes,
    .free = freeStream,
    .freeEffort = freeEffort,
    .copy = copyStream,
    .memory = memory,
    .encoding = encoding,
    .rdbCode = rdbCode,
    .save = save,
    .load = load,
    .rewrite = rewrite,
    .digest = digestStream,
};

} // namespace cay::streams
