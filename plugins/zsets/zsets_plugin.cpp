#include "zset_commands.h"

#include "../sets/sets_api.h"

#include "cay/plugin.h"

namespace cay::zsets {

const sets::Api *g_sets = nullptr;

namespace {

constexpr Binding kCommands[] = {
    {"bzmpop", bzMPop},
    {"bzpopmax", bzPopMax},
    {"bzpopmin", bzPopMin},
    {"zadd", zAdd, nullptr, thirdAhead},
    {"zcard", zCard},
    {"zcount", zCount},
    {"zdiff", zDiff},
    {"zdiffstore", zDiffStore},
    {"zincrby", zIncrBy, nullptr, thirdAhead},
    {"zinter", zInter},
    {"zintercard", zInterCard},
    {"zinterstore", zInterStore},
    {"zlexcount", zLexCount},
    {"zmpop", zMPop},
    {"zmscore", zMScore},
    {"zpopmax", zPopMax},
    {"zpopmin", zPopMin},
    {"zrandmember", zRandMember},
    {"zrange", zRange},
    {"zrangebylex", zRangeByLex},
    {"zrangebyscore", zRangeByScore},
    {"zrangestore", zRangeStore},
    {"zrank", zRank, nullptr, secondAhead},
    {"zrem", zRem},
    {"zremrangebylex", zRemRangeByLex},
    {"zremrangebyrank", zRemRangeByRank},
    {"zremrangebyscore", zRemRangeByScore},
    {"zrevrange", zRevRange},
    {"zrevrangebylex", zRevRangeByLex},
    {"zrevrangebyscore", zRevRangeByScore},
    {"zrevrank", zRevRank, nullptr, secondAhead},
    {"zscan", zScan},
    {"zscore", zScore, nullptr, secondAhead},
    {"zunion", zUnion},
    {"zunionstore", zUnionStore},
};

constexpr const ValueType *kTypes[] = {&kZsetValueType};

void visitFrom(const ZsetView &zset, std::uint64_t rank, std::uint64_t count, bool reverse,
               void *context, Visit visit)
{
    zset.forEach(rank, count, reverse, [&](const Member &member, double score) {
        char digits[24];
        return visit(context, member.bytes(digits), score);
    });
}

void forEachInRange(const Value &value, const ScoreRange &range, bool reverse, void *context,
                    Visit visit)
{
    const ZsetView zset(value.object);
    const RankRange ranks = zset.ranks(range);
    if (ranks.size() > 0)
        visitFrom(zset, reverse ? ranks.to - 1 : ranks.from, ranks.size(), reverse, context, visit);
}

void forEachFrom(const Value &value, std::uint64_t rank, std::uint64_t count, bool reverse,
                 void *context, Visit visit)
{
    const ZsetView zset(value.object);
    if (rank < zset.size())
        visitFrom(zset, reverse ? zset.size() - 1 - rank : rank, count, reverse, context, visit);
}

bool rankOf(const Value &value, Bytes member, std::uint64_t *rank)
{
    double score = 0;
    return ZsetView(value.object).rank(member, false, rank, &score);
}

Added addTo(Value *value, Bytes member, double score, unsigned conditions)
{
    Zset zset(value->object);
    const Added added = zset.add(member, score, conditions);
    value->object = zset.object();
    return added;
}

bool removeFrom(Value *value, Bytes member)
{
    Zset zset(value->object);
    const bool removed = zset.remove(member);
    value->object = zset.object();
    return removed;
}

constexpr Api kApi = {
    .size = [](const Value &value) -> std::size_t { return ZsetView(value.object).size(); },
    .score = [](const Value &value, Bytes member,
                double *score) { return ZsetView(value.object).score(member, score); },
    .rank = rankOf,
    .forEachInRange = forEachInRange,
    .forEachFrom = forEachFrom,
    .make = [] { return Value::ofObject(g_type, Zset::make().object()); },
    .add = addTo,
    .remove = removeFrom,
};

} // namespace

class ZsetsPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "zsets.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    std::span<const ValueType *const> types() const override { return kTypes; }
    const void *api() const override { return &kApi; }
    bool start(Host &host, QString *) override
    {
        g_type = static_cast<TypeId>(host.typeByName("zset"));
        g_setType = static_cast<TypeId>(host.typeByName("set"));
        g_sets = static_cast<const sets::Api *>(host.api("sets"));
        host.options().mirror("zset-max-listpack-entries", &g_limits.entries);
        host.options().mirror("zset-max-listpack-value", &g_limits.value);
        return true;
    }
};

} // namespace cay::zsets

#include "zsets_plugin.moc"
