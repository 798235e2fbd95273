// What the files of this plugin share: the handlers, how a key's stream is found, how IDs are read
// and entries are replied.
#pragma once

#include "cay/args.h"
#include "cay/call.h"
#include "store/stream.h"

namespace cay {
struct ValueType;
}

namespace cay::streams {

using store::Stream;
using store::StreamConsumer;
using store::StreamGroup;
using store::StreamId;
using store::StreamIdText;
using store::StreamWalk;

extern const ValueType kStreamValueType;
extern TypeId g_type;
// The options stream-node-max-bytes and stream-node-max-entries.
extern std::int64_t g_maxNodeBytes, g_maxNodeEntries;

inline Stream *streamOf(const Entry &entry) { return static_cast<Stream *>(entry.object()); }

// The key's stream, null if there is no key. False after kWrongType has been replied. The first
// counts a hit or a miss.
bool readStream(Call &call, const Key &key, Stream **stream);
bool writeStream(Call &call, const Key &key, Stream **stream);
// A group of a key's stream, null if there is no key or no such group. False after kWrongType.
bool readGroup(Call &call, const Key &key, Bytes name, Stream **stream, StreamGroup **group);
// Milliseconds between two times, either of which may come from a payload that somebody made up.
inline std::int64_t elapsed(UnixMs then, UnixMs now)
{
    return static_cast<std::int64_t>(static_cast<std::uint64_t>(now)
                                     - static_cast<std::uint64_t>(then));
}

// Redis puts texts into messages up to their first zero byte.
inline std::string quoted(Bytes text)
{
    return "'" + std::string(text.substr(0, text.find('\0'))) + "'";
}
// Always false.
bool failNoGroup(Call &call, Bytes key, Bytes group, Bytes where = {});
bool failNoGroupInKey(Call &call, Bytes key, Bytes group);

// How an ID may be written. Each reader replies the error and is then false.
inline constexpr Bytes kInvalidId = "ERR Invalid stream ID specified as stream command argument";
// Not replied: "ms" or "ms-seq"; `missing` is the sequence number of the first form. With
// `anySequence` also "ms-*", which sets it.
bool parseId(Bytes text, StreamId *id, std::uint64_t missing = 0, bool *anySequence = nullptr);
// The same with an error.
bool readId(Call &call, Bytes text, StreamId *id, bool *anySequence = nullptr);
// Also "-" and "+", the least and the greatest.
bool readIdOrEnd(Call &call, Bytes text, StreamId *id, std::uint64_t missing);
// Also with a "(" in front, which leaves the ID itself out.
bool readStart(Call &call, Bytes text, StreamId *id);
bool readEnd(Call &call, Bytes text, StreamId *id);
// call[from], call[from + 1] ...
bool readIds(Call &call, std::size_t from, std::vector<StreamId> *ids);

inline void replyId(resp::Reply &reply, StreamId id) { reply.bulk(StreamIdText(id)); }
// The entry that the walk stands on: its ID, and an array of names and values.
void replyEntry(resp::Reply &reply, StreamWalk &walk);
// An array of at most `count` entries (0: all); returns how many.
std::size_t replyEntries(resp::Reply &reply, StreamWalk &walk, std::size_t count);

// Makes the consumer if it is not there; tells, and propagates.
StreamConsumer *consumerFor(Call &call, const Key &key, StreamGroup &group, Bytes name);
// Propagates a pending entry as it is now, with the group's position.
void propagateClaim(Call &call, const Key &key, const StreamGroup &group, StreamId id,
                    const store::PendingEntry &entry);
// What ENTRIESREAD takes: a counter that somebody has driven over its end is unknown.
resp::Decimal entriesReadArgument(const StreamGroup &group);
void propagateGroupId(Call &call, const Key &key, const StreamGroup &group);

void xAck(Call &call);
void xAdd(Call &call);
void xAutoClaim(Call &call);
void xClaim(Call &call);
void xDel(Call &call);
void xGroupCreate(Call &call);
void xGroupCreateConsumer(Call &call);
void xGroupDelConsumer(Call &call);
void xGroupDestroy(Call &call);
void xGroupHelp(Call &call);
void xGroupSetId(Call &call);
void xInfoConsumers(Call &call);
void xInfoGroups(Call &call);
void xInfoHelp(Call &call);
void xInfoStream(Call &call);
void xLen(Call &call);
void xPending(Call &call);
void xRange(Call &call);
void xRead(Call &call);
void xReadGroup(Call &call);
void xRevRange(Call &call);
void xSetId(Call &call);
void xTrim(Call &call);

} // namespace cay::streams
