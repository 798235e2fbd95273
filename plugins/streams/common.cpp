// Finding streams and groups, replying entries, and propagating what groups do.
#include "stream_commands.h"

#include <algorithm>

namespace cay::streams {

namespace {

bool takeStream(Call &call, const Entry *entry, Stream **stream)
{
    if (entry && entry->type() != g_type)
        return call.fail(errors::kWrongType);
    *stream = entry ? streamOf(*entry) : nullptr;
    return true;
}

// reply.array(2), the ID, and reply.array(n), with one check of the room for all of them.
void beginEntry(resp::Reply &reply, StreamId id, std::size_t n)
{
    const StreamIdText idText(id);
    const Bytes text = idText;
    resp::OutputBuffer &out = reply.buffer();
    char *p = out.reserve(96);
    const auto put = [&p](Bytes bytes) {
        std::memcpy(p, bytes.data(), bytes.size());
        p += bytes.size();
    };
    put("*2\r\n$");
    p = resp::writeUnsigned(p, text.size());
    put("\r\n");
    put(text);
    put("\r\n*");
    p = resp::writeUnsigned(p, n);
    put("\r\n");
    out.advance(p);
}

inline void replyPacked(resp::Reply &reply, const store::PackedValue &value)
{
    if (value.isInteger())
        reply.bulkInteger(value.integer);
    else
        reply.bulk(value.text);
}

} // namespace

bool readStream(Call &call, const Key &key, Stream **stream)
{
    return takeStream(call, call.db.read(key), stream);
}

bool writeStream(Call &call, const Key &key, Stream **stream)
{
    return takeStream(call, call.db.write(key), stream);
}

bool readGroup(Call &call, const Key &key, Bytes name, Stream **stream, StreamGroup **group)
{
    if (!readStream(call, key, stream))
        return false;
    *group = *stream ? (*stream)->group(name) : nullptr;
    return true;
}

bool failNoGroup(Call &call, Bytes key, Bytes group, Bytes where)
{
    return call.fail("NOGROUP No such key " + quoted(key) + " or consumer group " + quoted(group)
                     + std::string(where));
}

bool failNoGroupInKey(Call &call, Bytes key, Bytes group)
{
    return call.fail("NOGROUP No such consumer group " + quoted(group) + " for key name "
                     + quoted(key));
}

void replyEntry(resp::Reply &reply, StreamWalk &walk)
{
    beginEntry(reply, walk.id(), walk.entry().fields * 2);
    walk.visit([&reply](const store::PackedValue &name, const store::PackedValue &value) {
        replyPacked(reply, name);
        replyPacked(reply, value);
    });
}

std::size_t replyEntries(resp::Reply &reply, StreamWalk &walk, std::size_t count)
{
    const resp::Reply::Deferred start = reply.defer();
    std::size_t n = 0;
    while ((count == 0 || n < count) && walk.next()) {
        replyEntry(reply, walk);
        ++n;
    }
    reply.closeArray(start, n);
    return n;
}

StreamConsumer *consumerFor(Call &call, const Key &key, StreamGroup &group, Bytes name)
{
    const UnixMs now = call.db.now();
    if (StreamConsumer *consumer = group.consumer(name)) {
        consumer->seen = now;
        return consumer;
    }
    StreamConsumer *consumer = group.addConsumer(name, now);
    ++call.dirty;
    call.notify(key, EventClass::Stream, "xgroup-createconsumer");
    call.propagateAs({"XGROUP", "CREATECONSUMER", key.bytes, group.name(), name});
    return consumer;
}

void propagateClaim(Call &call, const Key &key, const StreamGroup &group, StreamId id,
                    const store::PendingEntry &entry)
{
    call.propagateAs({"XCLAIM", key.bytes, group.name(), entry.consumer->name, "0",
                      StreamIdText(id), "TIME", resp::Decimal(entry.delivered), "RETRYCOUNT",
                      resp::Decimal(static_cast<std::int64_t>(entry.deliveries)), "FORCE", "JUSTID",
                      "LASTID", StreamIdText(group.lastId)});
}

void propagateGroupId(Call &call, const Key &key, const StreamGroup &group)
{
    call.propagateAs({"XGROUP", "SETID", key.bytes, group.name(), StreamIdText(group.lastId),
                      "ENTRIESREAD", entriesReadArgument(group)});
}

} // namespace cay::streams
