// ZRANDMEMBER. Members are drawn by rank: uniformly, and in O(log n) each.
#include "zset_commands.h"

#include <unordered_set>

namespace cay::zsets {

namespace {

// A number below n, uniformly enough: of 2^64 possibilities.
std::uint64_t below(Call &call, std::uint64_t n)
{
    return static_cast<std::uint64_t>((static_cast<unsigned __int128>(call.host.random()) * n)
                                      >> 64);
}

void replyAt(Call &call, const ZsetView &zset, std::uint64_t rank, bool withScore)
{
    zset.forEach(rank, 1, false, [&](const Member &member, double score) {
        replyPair(call.reply, member, score, withScore);
        return true;
    });
}

void replyWithRepeats(Call &call, const ZsetView &zset, std::uint64_t count, bool withScores)
{
    replyLength(call.reply, count, withScores);
    const std::uint64_t size = zset.size();
    for (std::uint64_t i = 0; i < count; ++i)
        replyAt(call, zset, below(call, size), withScores);
}

// Few of many: ranks that have not been drawn before, in the order in which they were drawn.
void replyFew(Call &call, const ZsetView &zset, std::uint64_t count, bool withScores)
{
    const std::uint64_t size = zset.size();
    std::unordered_set<std::uint64_t> drawn;
    while (drawn.size() < count) {
        const std::uint64_t rank = below(call, size);
        if (drawn.insert(rank).second)
            replyAt(call, zset, rank, withScores);
    }
}

// Most of them: one walk, in which each has the chance that is left (Knuth's algorithm S).
void replyMany(Call &call, const ZsetView &zset, std::uint64_t count, bool withScores)
{
    std::uint64_t wanted = count, left = zset.size();
    zset.forEach([&](const Member &member, double score) {
        if (below(call, left--) < wanted) {
            replyPair(call.reply, member, score, withScores);
            --wanted;
        }
        return wanted > 0;
    });
}

void replyCount(Call &call, std::int64_t count, bool withScores)
{
    const Found found = readZset(call, call.key(1));
    if (found.failed)
        return;
    if (!found || count == 0) {
        call.reply.emptyArray();
        return;
    }
    if (count < 0) {
        replyWithRepeats(call, found.zset, 0 - static_cast<std::uint64_t>(count), withScores);
        return;
    }
    const std::uint64_t size = found.zset.size();
    const std::uint64_t distinct = std::min(static_cast<std::uint64_t>(count), size);
    if (distinct * 3 < size) {
        replyLength(call.reply, distinct, withScores);
        replyFew(call, found.zset, distinct, withScores);
    } else {
        replyLength(call.reply, distinct, withScores);
        replyMany(call, found.zset, distinct, withScores);
    }
}

} // namespace

void zRandMember(Call &call)
{
    if (call.size() == 2) {
        const Found found = readZset(call, call.key(1));
        if (found.failed)
            return;
        if (found)
            replyAt(call, found.zset, below(call, found.zset.size()), false);
        else
            call.reply.null();
        return;
    }
    std::int64_t count = 0;
    if (!readIntegerIn(call, call[2], -INT64_MAX, INT64_MAX, &count))
        return;
    const bool withScores = call.size() == 4 && isWord(call[3], "WITHSCORES");
    if (call.size() > 4 || (call.size() == 4 && !withScores)) {
        call.fail(errors::kSyntax);
        return;
    }
    if (withScores && (count < -INT64_MAX / 2 || count > INT64_MAX / 2)) {
        call.fail(errors::kOutOfRange);
        return;
    }
    replyCount(call, count, withScores);
}

} // namespace cay::zsets
