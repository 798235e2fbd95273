// ZRANGE and its older kin, ZRANGESTORE, ZREMRANGEBY*.
//
// All of them become a range of ranks first, which costs two walks down a tree: what follows is the
// same for all, and the reply's length is known.
#include "zset_commands.h"

namespace cay::zsets {

namespace {

enum class By : std::uint8_t { Rank, Score, Lex };

struct Query
{
    By by = By::Rank;
    bool reverse = false, withScores = false;
    std::int64_t offset = 0, limit = -1;
    std::int64_t start = 0, stop = 0;
    ScoreRange scores;
    LexRange lex;
};

// Which words a command knows, beside LIMIT.
enum Allowed : unsigned { Scores = 1, Kinds = 2, Reverse = 4 };

bool readOptions(Call &call, std::size_t from, unsigned allowed, Query *query)
{
    bool kindGiven = false, reverseGiven = false;
    ArgParser args(call, from);
    while (args.more()) {
        if (allowed & Scores && args.word("WITHSCORES")) {
            query->withScores = true;
        } else if (args.word("LIMIT", 2)) {
            query->offset = args.integer();
            query->limit = args.integer();
        } else if (allowed & Reverse && !reverseGiven && args.word("REV")) {
            query->reverse = reverseGiven = true;
        } else if (allowed & Kinds && !kindGiven && args.word("BYLEX")) {
            query->by = By::Lex;
            kindGiven = true;
        } else if (allowed & Kinds && !kindGiven && args.word("BYSCORE")) {
            query->by = By::Score;
            kindGiven = true;
        } else {
            args.syntaxError();
        }
    }
    if (!args.ok())
        return false;
    if (query->limit != -1 && query->by == By::Rank)
        return call.fail("ERR syntax error, LIMIT is only supported in combination with either "
                         "BYSCORE or BYLEX");
    if (query->withScores && query->by == By::Lex)
        return call.fail("ERR syntax error, WITHSCORES not supported in combination with BYLEX");
    return true;
}

bool readEnds(Call &call, std::size_t first, Query *query)
{
    const bool swapped = query->reverse && query->by != By::Rank;
    const Bytes min = call[first + swapped], max = call[first + !swapped];
    switch (query->by) {
    case By::Score: return readScoreRange(call, min, max, &query->scores);
    case By::Lex: return readLexRange(call, min, max, &query->lex);
    case By::Rank: break;
    }
    return readInteger(call, min, &query->start) && readInteger(call, max, &query->stop);
}

// In the order of scores, whatever the direction of the reply.
RankRange ranksOf(const ZsetView &zset, const Query &query)
{
    switch (query.by) {
    case By::Score: return zset.ranks(query.scores);
    case By::Lex: return zset.ranks(query.lex, query.reverse);
    case By::Rank: break;
    }
    const RankRange range = zset.ranks(query.start, query.stop);
    if (!query.reverse || range.size() == 0)
        return range;
    return {zset.size() - range.to, zset.size() - range.from};
}

// The rank to begin at, and how many follow in the direction of the reply.
struct Part
{
    std::uint64_t from = 0, count = 0;
};
Part partOf(const ZsetView &zset, const Query &query)
{
    const RankRange range = ranksOf(zset, query);
    std::uint64_t count = range.size();
    if (query.by == By::Rank) // takes LIMIT n -1, and does nothing with it
        return {query.reverse ? range.to - 1 : range.from, count};
    if (query.offset < 0 || static_cast<std::uint64_t>(query.offset) >= count)
        return {};
    const auto offset = static_cast<std::uint64_t>(query.offset);
    count -= offset;
    if (query.limit >= 0)
        count = std::min(count, static_cast<std::uint64_t>(query.limit));
    return {query.reverse ? range.to - 1 - offset : range.from + offset, count};
}

void replyPart(Call &call, const ZsetView &zset, const Query &query)
{
    const Part part = partOf(zset, query);
    replyLength(call.reply, part.count, query.withScores);
    zset.forEach(part.from, part.count, query.reverse, [&](const Member &member, double score) {
        replyPair(call.reply, member, score, query.withScores);
        return true;
    });
}

void range(Call &call, Query query, unsigned allowed)
{
    if (!readOptions(call, 4, allowed, &query) || !readEnds(call, 2, &query))
        return;
    const Found found = readZset(call, call.key(1));
    if (found.failed)
        return;
    if (found)
        replyPart(call, found.zset, query);
    else
        call.reply.emptyArray();
}

Query queryBy(By by, bool reverse)
{
    Query query;
    query.by = by;
    query.reverse = reverse;
    return query;
}

void removeRange(Call &call, By by, const char *event)
{
    Query query = queryBy(by, false);
    if (!readEnds(call, 2, &query))
        return;
    const Key key = call.key(1);
    Found found = writeZset(call, key);
    if (found.failed)
        return;
    const RankRange range = found ? ranksOf(found.zset, query) : RankRange();
    if (range.size() > 0) {
        found.zset.removeRange(range);
        removed(call, key, found, event);
    }
    call.reply.integer(static_cast<std::int64_t>(range.size()));
}

} // namespace

void storeResult(Call &call, const Key &key, OwnedZset &result, const char *event)
{
    const auto size = static_cast<std::int64_t>(result->size());
    if (size > 0) {
        call.db.put(key, Value::ofObject(g_type, result.release()));
        call.modified(key, EventClass::SortedSet, event);
    } else if (call.db.erase(key)) {
        call.modified(key, EventClass::Generic, "del");
    }
    call.reply.integer(size);
}

void zRange(Call &call) { range(call, queryBy(By::Rank, false), Scores | Kinds | Reverse); }

void zRevRange(Call &call) { range(call, queryBy(By::Rank, true), Scores); }

void zRangeByScore(Call &call) { range(call, queryBy(By::Score, false), Scores); }

void zRevRangeByScore(Call &call) { range(call, queryBy(By::Score, true), Scores); }

void zRangeByLex(Call &call) { range(call, queryBy(By::Lex, false), Scores); }

void zRevRangeByLex(Call &call) { range(call, queryBy(By::Lex, true), Scores); }

void zRangeStore(Call &call)
{
    Query query;
    if (!readOptions(call, 5, Kinds | Reverse, &query) || !readEnds(call, 3, &query))
        return;
    const Found found = readZset(call, call.key(2));
    if (found.failed)
        return;
    OwnedZset result;
    if (found) {
        const Part part = partOf(found.zset, query);
        if (query.by == By::Rank && part.count > static_cast<std::uint64_t>(g_limits.entries))
            result->toLarge();
        found.zset.forEach(part.from, part.count, query.reverse,
                           [&](const Member &member, double score) {
                               char digits[24];
                               result->add(member.bytes(digits), score);
                               return true;
                           });
    }
    storeResult(call, call.key(1), result, "zrangestore");
}

void zRemRangeByRank(Call &call) { removeRange(call, By::Rank, "zremrangebyrank"); }

void zRemRangeByScore(Call &call) { removeRange(call, By::Score, "zremrangebyscore"); }

void zRemRangeByLex(Call &call) { removeRange(call, By::Lex, "zremrangebylex"); }

} // namespace cay::zsets
