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
    if (!found
        || !found.zset.rank(call[2], reverse, &rank, &score, call.hashes ? call.hashes[2] : 0)) {
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

void replyScore(resp::Reply &reply, const Found &found, Bytes member, std::uint64_t hash = 0)
{
    double score = 0;
    if (found && found.zset.score(member, &score, hash))
        reply.number(score);
    else
        reply.null();
}

// What is asked for ahead of a command of a pipeline: the member's place in the table, then the
// item.
void fetchAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes,
                std::size_t member, int step)
{
    if (args.size() <= member || entry.type() != g_type)
        return;
    const ZsetView zset(entry.object());
    if (zset.isSmall())
        return;
    if (step == 0) {
        hashes[member] = store::hashBytes(args[member]);
        zset.large().members().prefetchBucket(hashes[member]);
    } else if (hashes[member]) {
        zset.large().members().prefetchItem(hashes[member]);
    }
}

} // namespace

void secondAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step)
{
    fetchAhead(entry, args, hashes, 2, step);
}

void thirdAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step)
{
    if (args.size() == 4) // no words of ZADD in front
        fetchAhead(entry, args, hashes, 3, step);
}

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
        replyScore(call.reply, found, call[2], call.hashes ? call.hashes[2] : 0);
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
