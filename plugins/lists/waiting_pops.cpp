// Pops from the first of several lists that has an element: LMPOP, and those that wait, BLPOP,
// BRPOP, BLMPOP.
#include "list_commands.h"

#include "cay/blocking.h"

namespace cay::lists {

namespace {

struct ManyPop
{
    std::size_t firstKey = 0, keys = 0;
    bool left = true;
    std::int64_t count = -1; // -1: not given
};

// [keys, count] from the position of "numkeys" on.
bool parseManyPop(Call &call, std::size_t position, ManyPop *pop)
{
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::int64_t keys = 0;
    if (!readIntegerIn(call, call[position], 1, kMax, &keys,
                       "ERR numkeys should be greater than 0")) {
        return false;
    }
    if (static_cast<std::uint64_t>(keys) >= call.size() - position - 1)
        return call.fail(errors::kSyntax);
    pop->firstKey = position + 1;
    pop->keys = static_cast<std::size_t>(keys);
    ArgParser args(call, pop->firstKey + pop->keys);
    if (!readSide(call, args.next(), &pop->left))
        return false;
    while (args.more()) {
        if (pop->count < 0 && args.word("COUNT", 1))
            pop->count = args.integerIn(1, kMax, "ERR count should be greater than 0");
        else
            args.syntaxError();
    }
    return args.ok();
}

// Pops from the first of the keys that holds a list, with `pop` (key, entry). False when none does:
// nothing has been replied. A command that has waited passes over what is of another type by now.
template <typename Pop>
bool popFirst(Call &call, std::size_t firstKey, std::size_t keys, Pop &&pop)
{
    for (std::size_t i = firstKey; i < firstKey + keys; ++i) {
        const Key key = call.key(i);
        Entry *entry = call.db.write(key);
        if (!entry || (call.again && entry->type() != g_listType))
            continue;
        if (checkList(call, entry))
            pop(key, entry);
        return true;
    }
    return false;
}

void waitFor(Call &call, std::size_t firstKey, std::size_t keys, UnixMs until)
{
    call.block({.keys = call.args.subspan(firstKey, keys),
                .type = g_listType,
                .until = until,
                .timedOut = [](resp::Reply &reply) { reply.nullArray(); }});
}

void popOrWait(Call &call, bool left)
{
    UnixMs until = 0;
    if (!readTimeout(call, call[call.size() - 1], &until))
        return;
    const std::size_t keys = call.size() - 2;
    const bool served = popFirst(call, 1, keys, [&](const Key &key, Entry *entry) {
        call.reply.array(2);
        call.reply.bulk(key.bytes);
        popOne(call, key, entry, left);
        call.propagateAs({left ? "LPOP" : "RPOP", key.bytes});
    });
    if (!served)
        waitFor(call, 1, keys, until);
}

bool popManyFirst(Call &call, const ManyPop &pop)
{
    return popFirst(call, pop.firstKey, pop.keys, [&](const Key &key, Entry *entry) {
        popWithKey(call, key, entry, pop.left,
                   static_cast<std::uint64_t>(std::max<std::int64_t>(pop.count, 1)));
    });
}

} // namespace

void lMPop(Call &call)
{
    ManyPop pop;
    if (parseManyPop(call, 1, &pop) && !popManyFirst(call, pop))
        call.reply.nullArray();
}

void blPop(Call &call) { popOrWait(call, true); }

void brPop(Call &call) { popOrWait(call, false); }

void blMPop(Call &call)
{
    UnixMs until = 0;
    ManyPop pop;
    if (parseManyPop(call, 2, &pop) && readTimeout(call, call[1], &until)
        && !popManyFirst(call, pop)) {
        waitFor(call, pop.firstKey, pop.keys, until);
    }
}

} // namespace cay::lists
