// ZUNION, ZINTER, ZDIFF with what stores and what counts them. Sets are taken as sorted sets in
// which each score is 1.
#include "zset_commands.h"

#include "../sets/sets_api.h"

#include <algorithm>
#include <cmath>

namespace cay::zsets {

namespace {

enum class Operation : std::uint8_t { Union, Inter, Diff };
enum class Aggregate : std::uint8_t { Sum, Min, Max };

// One input: a sorted set, a set, or nothing.
struct Source
{
    bool there = false;
    Value value;
    double weight = 1;
    std::uint64_t size = 0;

    bool isSet() const { return value.type == g_setType; }
    bool contains(Bytes member, double *score) const
    {
        if (!there)
            return false;
        if (!isSet())
            return ZsetView(value.object).score(member, score);
        *score = 1;
        return g_sets->contains(value, member);
    }
    // Until visit(Bytes, double) returns false.
    template <typename Visit>
    void forEach(Visit visit) const
    {
        if (!there)
            return;
        if (isSet()) {
            sets::forEach(*g_sets, value, [&](Bytes member) { return visit(member, 1.0); });
            return;
        }
        ZsetView(value.object).forEach([&](const Member &member, double score) {
            char digits[24];
            return visit(member.bytes(digits), score);
        });
    }
};

struct Combination
{
    Operation operation = Operation::Union;
    bool stores = false, counts = false;
    Aggregate aggregate = Aggregate::Sum;
    bool withScores = false;
    std::int64_t limit = 0;
    std::vector<Source> sources;
};

double weighted(double score, double weight)
{
    const double product = score * weight;
    return std::isnan(product) ? 0 : product;
}

double together(double a, double b, Aggregate how)
{
    switch (how) {
    case Aggregate::Min: return b < a ? b : a;
    case Aggregate::Max: return b > a ? b : a;
    case Aggregate::Sum: break;
    }
    const double sum = a + b;
    return std::isnan(sum) ? 0 : sum; // of two infinities
}

// The number of keys at `at`, and the keys behind it.
bool readSources(Call &call, std::size_t at, Combination *combination)
{
    std::int64_t count = 0;
    if (!readInteger(call, call[at], &count))
        return false;
    if (count < 1)
        return call.fail("ERR at least 1 input key is needed for '" + call.info.fullName
                         + "' command");
    if (static_cast<std::uint64_t>(count) > call.size() - at - 1)
        return call.fail(errors::kSyntax);
    combination->sources.resize(static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < combination->sources.size(); ++i) {
        Source &source = combination->sources[i];
        const Entry *entry = call.db.read(call.key(at + 1 + i));
        if (!entry)
            continue;
        if (entry->type() != g_type && entry->type() != g_setType)
            return call.fail(errors::kWrongType);
        source.there = true;
        source.value = entry->value();
        source.size
            = source.isSet() ? g_sets->size(source.value) : ZsetView(source.value.object).size();
    }
    return true;
}

bool readAggregate(ArgParser &args, Combination *combination)
{
    if (args.word("SUM"))
        combination->aggregate = Aggregate::Sum;
    else if (args.word("MIN"))
        combination->aggregate = Aggregate::Min;
    else if (args.word("MAX"))
        combination->aggregate = Aggregate::Max;
    else
        return args.syntaxError();
    return true;
}

bool readOptions(Call &call, std::size_t from, Combination *combination)
{
    const bool weighs = combination->operation != Operation::Diff && !combination->counts;
    ArgParser args(call, from);
    while (args.more()) {
        if (weighs && args.word("WEIGHTS", combination->sources.size())) {
            for (Source &source : combination->sources)
                source.weight = args.number("ERR weight value is not a float");
        } else if (weighs && args.word("AGGREGATE", 1)) {
            readAggregate(args, combination);
        } else if (!combination->stores && !combination->counts && args.word("WITHSCORES")) {
            combination->withScores = true;
        } else if (combination->counts && args.word("LIMIT", 1)) {
            combination->limit = args.integerIn(0, INT64_MAX, "ERR LIMIT can't be negative");
        } else {
            args.syntaxError();
        }
    }
    return args.ok();
}

// Calls visit(Bytes, double) for each member that is in all sources, until it returns false.
template <typename Visit>
void intersect(const Combination &combination, Visit visit)
{
    const std::vector<Source> &sources = combination.sources;
    sources[0].forEach([&](Bytes member, double score) {
        double result = weighted(score, sources[0].weight);
        for (std::size_t i = 1; i < sources.size(); ++i) {
            double other = 0;
            if (!sources[i].contains(member, &other))
                return true;
            result = together(result, other * sources[i].weight, combination.aggregate);
        }
        return static_cast<bool>(visit(member, result));
    });
}

void unite(const Combination &combination, ScoredSet &result)
{
    for (const Source &source : combination.sources) {
        const bool first = &source == combination.sources.data();
        source.forEach([&](Bytes member, double score) {
            const double product = weighted(score, source.weight);
            const std::uint64_t hash = store::hashBytes(member);
            if (ScoredItem *item = first ? nullptr : result.find(member, hash))
                result.setScore(item, together(item->score(), product, combination.aggregate));
            else
                result.add(member, hash, product);
            return true;
        });
    }
}

void subtract(const Combination &combination, Zset &result)
{
    const std::vector<Source> &sources = combination.sources;
    sources[0].forEach([&](Bytes member, double score) {
        double ignored = 0;
        for (std::size_t i = 1; i < sources.size(); ++i) {
            if (sources[i].contains(member, &ignored))
                return true;
        }
        result.add(member, score);
        return true;
    });
}

void combine(const Combination &combination, Zset &result)
{
    result.toLarge();
    switch (combination.operation) {
    case Operation::Union: unite(combination, result.large()); break;
    case Operation::Inter:
        intersect(combination, [&](Bytes member, double score) {
            result.add(member, score);
            return true;
        });
        break;
    case Operation::Diff: subtract(combination, result); break;
    }
}

void replyAll(Call &call, const Zset &zset, bool withScores)
{
    replyLength(call.reply, zset.size(), withScores);
    zset.forEach([&](const Member &member, double score) {
        replyPair(call.reply, member, score, withScores);
        return true;
    });
}

// Parses, and puts the smallest input first where that is allowed.
bool prepare(Call &call, std::size_t at, Combination *combination)
{
    if (!readSources(call, at, combination)
        || !readOptions(call, at + 1 + combination->sources.size(), combination))
        return false;
    if (combination->operation != Operation::Diff) {
        std::stable_sort(combination->sources.begin(), combination->sources.end(),
                         [](const Source &a, const Source &b) { return a.size < b.size; });
    }
    return true;
}

void reply(Call &call, Operation operation)
{
    Combination combination;
    combination.operation = operation;
    if (!prepare(call, 1, &combination))
        return;
    OwnedZset result;
    combine(combination, *result);
    replyAll(call, *result, combination.withScores);
}

void store(Call &call, Operation operation, const char *event)
{
    Combination combination;
    combination.operation = operation;
    combination.stores = true;
    if (!prepare(call, 2, &combination))
        return;
    OwnedZset result;
    combine(combination, *result);
    result->toSmallIfItFits();
    storeResult(call, call.key(1), result, event);
}

} // namespace

void zUnion(Call &call) { reply(call, Operation::Union); }

void zInter(Call &call) { reply(call, Operation::Inter); }

void zDiff(Call &call) { reply(call, Operation::Diff); }

void zInterCard(Call &call)
{
    Combination combination;
    combination.operation = Operation::Inter;
    combination.counts = true;
    if (!prepare(call, 1, &combination))
        return;
    std::int64_t count = 0;
    intersect(combination, [&](Bytes, double) { return ++count != combination.limit; });
    call.reply.integer(count);
}

void zUnionStore(Call &call) { store(call, Operation::Union, "zunionstore"); }

void zInterStore(Call &call) { store(call, Operation::Inter, "zinterstore"); }

void zDiffStore(Call &call) { store(call, Operation::Diff, "zdiffstore"); }

} // namespace cay::zsets
