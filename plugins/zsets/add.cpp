// ZADD, ZINCRBY, ZREM.
#include "zset_commands.h"

namespace cay::zsets {

namespace {

constexpr std::size_t kFewScores = 16;

struct AddArguments
{
    unsigned conditions = Always;
    bool changed = false; // CH
    std::size_t from = 2; // the first score
    std::size_t pairs = 0;

    bool increments() const { return conditions & Increment; }
};

// ZADD's words, which stand in front of the first score.
void readWords(Call &call, AddArguments *arguments)
{
    for (; arguments->from < call.size(); ++arguments->from) {
        const Bytes word = call[arguments->from];
        if (isWord(word, "NX"))
            arguments->conditions |= OnlyNew;
        else if (isWord(word, "XX"))
            arguments->conditions |= OnlyExisting;
        else if (isWord(word, "CH"))
            arguments->changed = true;
        else if (isWord(word, "INCR"))
            arguments->conditions |= Increment;
        else if (isWord(word, "GT"))
            arguments->conditions |= OnlyGreater;
        else if (isWord(word, "LT"))
            arguments->conditions |= OnlyLess;
        else
            break;
    }
}

bool readArguments(Call &call, AddArguments *arguments)
{
    readWords(call, arguments);
    const std::size_t rest = call.size() - arguments->from;
    if (rest == 0 || rest % 2 != 0)
        return call.fail(errors::kSyntax);
    arguments->pairs = rest / 2;
    const unsigned conditions = arguments->conditions;
    const bool nx = conditions & OnlyNew, gt = conditions & OnlyGreater, lt = conditions & OnlyLess;
    if (nx && conditions & OnlyExisting)
        return call.fail("ERR XX and NX options at the same time are not compatible");
    if ((gt && nx) || (lt && nx) || (gt && lt))
        return call.fail("ERR GT, LT, and/or NX options at the same time are not compatible");
    if (arguments->increments() && arguments->pairs > 1)
        return call.fail("ERR INCR option supports a single increment-element pair");
    return true;
}

bool readScores(Call &call, const AddArguments &arguments, double *scores)
{
    for (std::size_t i = 0; i < arguments.pairs; ++i) {
        if (!readDouble(call, call[arguments.from + 2 * i], &scores[i]))
            return false;
    }
    return true;
}

// The reply of INCR, and the number of members that were added or changed.
struct Outcome
{
    bool refused = true;
    double score = 0;
    std::int64_t added = 0, changed = 0;
};

// False after an error.
bool addPairs(Call &call, const AddArguments &arguments, const double *scores, Zset &zset,
              Outcome *outcome)
{
    for (std::size_t i = 0; i < arguments.pairs; ++i) {
        const std::size_t member = arguments.from + 2 * i + 1;
        const Added added = zset.add(call[member], scores[i], arguments.conditions,
                                     call.hashes ? call.hashes[member] : 0);
        if (added.outcome == Added::NotANumber)
            return call.fail(kNotANumber);
        outcome->added += added.outcome == Added::New;
        outcome->changed += added.outcome == Added::Changed;
        if (added.outcome != Added::Refused) {
            outcome->refused = false;
            outcome->score = added.score;
        }
    }
    return true;
}

void replyOutcome(Call &call, const AddArguments &arguments, const Outcome &outcome)
{
    if (!arguments.increments())
        call.reply.integer(outcome.added + (arguments.changed ? outcome.changed : 0));
    else if (outcome.refused)
        call.reply.null();
    else
        call.reply.number(outcome.score);
}

void addScores(Call &call, const AddArguments &arguments, const double *scores)
{
    const Key key = call.key(1);
    Found found = writeZset(call, key);
    if (found.failed)
        return;
    Outcome outcome;
    if (!found && arguments.conditions & OnlyExisting) {
        replyOutcome(call, arguments, outcome);
        return;
    }
    if (found) {
        const bool fine = addPairs(call, arguments, scores, found.zset, &outcome);
        found.entry->setObject(found.zset.object());
        if (!fine)
            return;
    } else {
        OwnedZset made;
        if (!addPairs(call, arguments, scores, *made, &outcome))
            return;
        call.db.put(key, Value::ofObject(g_type, made.release()));
    }
    if (outcome.added > 0 || outcome.changed > 0)
        call.modified(key, EventClass::SortedSet, arguments.increments() ? "zincr" : "zadd");
    replyOutcome(call, arguments, outcome);
}

void add(Call &call, unsigned conditions)
{
    AddArguments arguments;
    arguments.conditions = conditions;
    if (!readArguments(call, &arguments))
        return;
    double few[kFewScores];
    std::vector<double> many;
    double *scores = few;
    if (arguments.pairs > kFewScores) {
        many.resize(arguments.pairs);
        scores = many.data();
    }
    if (readScores(call, arguments, scores))
        addScores(call, arguments, scores);
}

} // namespace

void zAdd(Call &call) { add(call, Always); }

void zIncrBy(Call &call) { add(call, Increment); }

void zRem(Call &call)
{
    const Key key = call.key(1);
    Found found = writeZset(call, key);
    if (found.failed)
        return;
    std::int64_t count = 0;
    for (std::size_t i = 2; found && i < call.size() && found.zset.size() > 0; ++i)
        count += found.zset.remove(call[i]);
    if (count > 0)
        removed(call, key, found, "zrem");
    call.reply.integer(count);
}

} // namespace cay::zsets
