// ZPOPMIN, ZPOPMAX, ZMPOP, and the same waiting: BZPOPMIN, BZPOPMAX, BZMPOP.
#include "zset_commands.h"

#include "cay/blocking.h"

namespace cay::zsets {

namespace {

struct Pop
{
    bool max = false;
    std::uint64_t count = 1;
    bool nested = false;  // each member with its score in an array
    bool showKey = false; // in front: flat or, when nested, an array of two
};

void replyPopped(Call &call, const Key &key, const ZsetView &zset, const Pop &pop,
                 std::uint64_t count)
{
    resp::Reply &reply = call.reply;
    if (pop.showKey && pop.nested) {
        reply.array(2);
        reply.bulk(key.bytes);
        reply.array(count);
    } else {
        reply.array(pop.nested ? count : 2 * count + pop.showKey);
        if (pop.showKey)
            reply.bulk(key.bytes);
    }
    const std::uint64_t from = pop.max ? zset.size() - 1 : 0;
    zset.forEach(from, count, pop.max, [&](const Member &member, double score) {
        if (pop.nested)
            reply.array(2);
        replyMember(reply, member);
        reply.number(score);
        return true;
    });
}

// Replies and takes out. What is propagated is ZPOPMIN or ZPOPMAX, whatever came in.
void popFrom(Call &call, const Key &key, Found &found, const Pop &pop)
{
    const std::uint64_t size = found.zset.size(), count = std::min(pop.count, size);
    replyPopped(call, key, found.zset, pop, count);
    if (count == 1)
        found.zset.pop(pop.max);
    else
        found.zset.removeRange(pop.max ? RankRange{size - count, size} : RankRange{0, count});
    removed(call, key, found, pop.max ? "zpopmax" : "zpopmin");
    if (pop.showKey) {
        const Bytes name = pop.max ? "ZPOPMAX" : "ZPOPMIN";
        const resp::Decimal n(static_cast<std::int64_t>(count));
        if (pop.nested)
            call.propagateAs({name, key.bytes, n});
        else
            call.propagateAs({name, key.bytes});
    }
}

// From the first of the keys that is there. False when none is; a wrong type is an error, but for
// a command that has waited, which other keys' types do not stop.
bool popFromFirst(Call &call, std::size_t first, std::size_t keys, const Pop &pop)
{
    for (std::size_t i = first; i < first + keys; ++i) {
        const Key key = call.key(i);
        Entry *entry = call.db.write(key);
        if (!entry || (call.again && entry->type() != g_type))
            continue;
        Found found = checked(call, entry);
        if (!found.failed)
            popFrom(call, key, found, pop);
        return true;
    }
    return false;
}

void wait(Call &call, std::size_t first, std::size_t keys, UnixMs until)
{
    call.block({.keys = call.args.subspan(first, keys),
                .type = g_type,
                .until = until,
                .timedOut = [](resp::Reply &reply) { reply.nullArray(); }});
}

void popOne(Call &call, bool max)
{
    if (call.size() > 3) {
        call.fail(errors::kSyntax);
        return;
    }
    std::int64_t count = 1;
    if (call.size() == 3
        && !readIntegerIn(call, call[2], 0, INT64_MAX, &count, errors::kMustBePositive))
        return;
    Found found = writeZset(call, call.key(1));
    if (found.failed)
        return;
    if (!found || count == 0) {
        call.reply.emptyArray();
        return;
    }
    const bool nested = call.size() == 3 && call.reply.version() == 3;
    popFrom(call, call.key(1), found, {max, static_cast<std::uint64_t>(count), nested, false});
}

void waitAndPopOne(Call &call, bool max)
{
    const std::size_t last = call.size() - 1;
    UnixMs until = 0;
    if (!readTimeout(call, call[last], &until))
        return;
    if (!popFromFirst(call, 1, last - 1, {max, 1, false, true}))
        wait(call, 1, last - 1, until);
}

// numkeys key ... MIN|MAX [COUNT count], from argument `at` on.
bool readPop(Call &call, std::size_t at, std::size_t *keys, Pop *pop)
{
    std::int64_t count = 0;
    if (!readIntegerIn(call, call[at], 1, INT64_MAX, &count,
                       "ERR numkeys should be greater than 0"))
        return false;
    const std::size_t rest = call.size() - at - 1;
    if (static_cast<std::uint64_t>(count) >= rest)
        return call.fail(errors::kSyntax);
    *keys = static_cast<std::size_t>(count);
    ArgParser args(call, at + 1 + *keys);
    pop->max = args.word("MAX");
    if (!pop->max && !args.word("MIN"))
        return args.syntaxError();
    bool counted = false;
    while (args.more()) {
        if (counted || !args.word("COUNT", 1))
            return args.syntaxError();
        counted = true;
        pop->count = static_cast<std::uint64_t>(
            args.integerIn(1, INT64_MAX, "ERR count should be greater than 0"));
    }
    return args.ok();
}

} // namespace

void zPopMin(Call &call) { popOne(call, false); }

void zPopMax(Call &call) { popOne(call, true); }

void bzPopMin(Call &call) { waitAndPopOne(call, false); }

void bzPopMax(Call &call) { waitAndPopOne(call, true); }

void zMPop(Call &call)
{
    std::size_t keys = 0;
    Pop pop{false, 1, true, true};
    if (readPop(call, 1, &keys, &pop) && !popFromFirst(call, 2, keys, pop))
        call.reply.nullArray();
}

void bzMPop(Call &call)
{
    std::size_t keys = 0;
    Pop pop{false, 1, true, true};
    UnixMs until = 0;
    if (readPop(call, 2, &keys, &pop) && readTimeout(call, call[1], &until)
        && !popFromFirst(call, 3, keys, pop))
        wait(call, 3, keys, until);
}

} // namespace cay::zsets
