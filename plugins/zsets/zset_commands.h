// What the files of this plugin share: the handlers, finding sorted sets, ranges and replies.
#pragma once

#include "zset_value.h"

#include "cay/args.h"
#include "cay/host.h"

namespace cay::sets {
struct Api;
}

namespace cay::zsets {

extern const ValueType kZsetValueType;
extern TypeId g_type;           // the host's number for it
extern TypeId g_setType;        // and for sets,
extern const sets::Api *g_sets; // which combinations take as inputs with scores of 1

inline constexpr Bytes kNotARange = "ERR min or max is not a float";
inline constexpr Bytes kNotALexRange = "ERR min or max not valid string range item";
inline constexpr Bytes kNotANumber = "ERR resulting score is not a number (NaN)";

// A key's sorted set, or nothing: no such key, or a wrong type, which has been replied.
struct Found
{
    Entry *entry = nullptr;
    Zset zset;
    bool failed = false;

    explicit operator bool() const { return entry != nullptr; }
};
inline Found checked(Call &call, Entry *entry)
{
    if (!entry)
        return {};
    if (entry->type() != g_type) {
        call.fail(errors::kWrongType);
        return {nullptr, Zset(), true};
    }
    return {entry, Zset(entry->object()), false};
}
inline Found readZset(Call &call, const Key &key)
{
    return checked(call, const_cast<Entry *>(call.db.read(key)));
}
inline Found writeZset(Call &call, const Key &key) { return checked(call, call.db.write(key)); }

// Keeps what has become of the value; erases the key of an empty one. False when it was erased.
inline bool keep(Call &call, const Key &key, const Found &found)
{
    if (found.zset.size() > 0) {
        found.entry->setObject(found.zset.object());
        return true;
    }
    found.entry->setObject(found.zset.object());
    call.db.erase(key);
    return false;
}
// The same after members were taken out, and says so.
inline void removed(Call &call, const Key &key, const Found &found, const char *event)
{
    const bool kept = keep(call, key, found);
    call.modified(key, EventClass::SortedSet, event);
    if (!kept)
        call.notify(key, EventClass::Generic, "del");
}

// What *STORE commands do with their result: an empty one erases the key. Replies its size.
void storeResult(Call &call, const Key &key, OwnedZset &result, const char *event);

inline void replyMember(resp::Reply &reply, const Member &member)
{
    if (member.isInteger())
        reply.bulkInteger(member.integer);
    else
        reply.bulk(member.text);
}
// A member, and with it, when wanted, its score: in RESP3 the two are an array.
inline void replyPair(resp::Reply &reply, const Member &member, double score, bool withScore)
{
    if (withScore && reply.version() == 3)
        reply.array(2);
    replyMember(reply, member);
    if (withScore)
        reply.number(score);
}
// The length of an array of so many.
inline void replyLength(resp::Reply &reply, std::uint64_t n, bool withScores)
{
    reply.array(withScores && reply.version() == 2 ? n * 2 : n);
}

// Ends of ranges of scores ("(1.5", "-inf") and of members ("[a", "(b", "-", "+"). False after an
// error has been replied.
bool readScoreRange(Call &call, Bytes min, Bytes max, ScoreRange *range);
bool readLexRange(Call &call, Bytes min, Bytes max, LexRange *range);

// Ask for what a member, the second or the third argument, is going to touch.
void secondAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step);
void thirdAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step);

void bzMPop(Call &call);
void bzPopMax(Call &call);
void bzPopMin(Call &call);
void zAdd(Call &call);
void zCard(Call &call);
void zCount(Call &call);
void zDiff(Call &call);
void zDiffStore(Call &call);
void zIncrBy(Call &call);
void zInter(Call &call);
void zInterCard(Call &call);
void zInterStore(Call &call);
void zLexCount(Call &call);
void zMPop(Call &call);
void zMScore(Call &call);
void zPopMax(Call &call);
void zPopMin(Call &call);
void zRandMember(Call &call);
void zRange(Call &call);
void zRangeByLex(Call &call);
void zRangeByScore(Call &call);
void zRangeStore(Call &call);
void zRank(Call &call);
void zRem(Call &call);
void zRemRangeByLex(Call &call);
void zRemRangeByRank(Call &call);
void zRemRangeByScore(Call &call);
void zRevRange(Call &call);
void zRevRangeByLex(Call &call);
void zRevRangeByScore(Call &call);
void zRevRank(Call &call);
void zScan(Call &call);
void zScore(Call &call);
void zUnion(Call &call);
void zUnionStore(Call &call);

} // namespace cay::zsets
