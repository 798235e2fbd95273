// ZCARD, ZSCORE, ZMSCORE, ZRANK, ZREVRANK, ZCOUNT, ZLEXCOUNT.
#include "zset_commands.h"

namespace cay::zsets {

namespace {

void replyRank(Call &call, bool reverse)
{
    const bool withScore = call.size() == 4;
    if (call.size() > 4 || (withScore && !isWord(call[3], "WITHSCORE"))) {
        call.fail(errors::kSyntax);
        return;
    }
    const Found found = readZset(call, call.key(1));
    if (found.failed)
        return;
    std::uint64_t rank = 0;
    double score = 0;
    if (!found || !found.zset.rank(call[2], reverse, &rank, &score)) {
        withScore ? call.reply.nullArray() : call.reply.null();
        return;
    }
    if (withScore)
        call.reply.array(2);
    call.reply.integer(static_cast<std::int64_t>(rank));
    if (withScore)
        call.reply.number(score);
}

template <typename Range>
void replyCount(Call &call, const Range &range)
{
    const Found found = readZset(call, call.key(1));
    if (!found.failed)
        call.reply.integer(found ? static_cast<std::int64_t>(found.zset.ranks(range).size()) : 0);
}

void replyScore(resp::Reply &reply, const Found &found, Bytes member)
{
    double score = 0;
    if (found && found.zset.score(member, &score))
        reply.number(score);
    else
        reply.null();
}

} // namespace

void zCard(Call &call)
{
    const Found found = readZset(call, call.key(1));
    if (!found.failed)
        call.reply.integer(found ? static_cast<std::int64_t>(found.zset.size()) : 0);
}

void zScore(Call &call)
{
    const Found found = readZset(call, call.key(1));
    if (!found.failed)
        replyScore(call.reply, found, call[2]);
}

void zMScore(Call &call)
{
    const Found found = readZset(call, call.key(1));
    if (found.failed)
        return;
    call.reply.array(call.size() - 2);
    for (std::size_t i = 2; i < call.size(); ++i)
        replyScore(call.reply, found, call[i]);
}

void zRank(Call &call) { replyRank(call, false); }

void zRevRank(Call &call) { replyRank(call, true); }

void zCount(Call &call)
{
    ScoreRange range;
    if (readScoreRange(call, call[2], call[3], &range))
        replyCount(call, range);
}

void zLexCount(Call &call)
{
    LexRange range;
    if (readLexRange(call, call[2], call[3], &range))
        replyCount(call, range);
}

} // namespace cay::zsets
