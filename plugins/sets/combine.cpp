// Several sets: SINTER SINTERCARD SINTERSTORE SUNION SUNIONSTORE SDIFF SDIFFSTORE.
#include "probes.h"
#include "set_commands.h"

#include <algorithm>
#include <limits>

namespace cay::sets {

namespace {

using Sources = std::vector<SetView>;

// From this many sets on, a union keeps what it has seen, in place of looking members up in all the
// sets before.
constexpr std::size_t kManySets = 5;

// The sets under the arguments [from, to); those that are not there are left out. False after
// WRONGTYPE has been replied.
bool readSets(Call &call, std::size_t from, std::size_t to, Sources *sets)
{
    sets->reserve(to - from);
    for (std::size_t i = from; i < to; ++i) {
        const Entry *entry = call.db.read(call.key(i));
        if (!entry)
            continue;
        if (!isSet(call, *entry))
            return false;
        sets->push_back(SetView(entry->object()));
    }
    return true;
}

void sortAscending(std::span<SetView> sets)
{
    std::sort(sets.begin(), sets.end(),
              [](const SetView &a, const SetView &b) { return a.size() < b.size(); });
}

// Some members of the set at a time: passes them through filter(Probes &), and those that are left
// to use(Probes &), until that returns false.
template <typename Filter, typename Use>
void forEachGroup(const SetView &set, Filter filter, Use use)
{
    Probes probes;
    const auto finish = [&] {
        filter(probes);
        const bool goOn = probes.none() || use(probes);
        probes.clear();
        return goOn;
    };
    const bool all = set.forEachWhile([&](const Member &member) {
        probes.add(member);
        return !probes.full() || finish();
    });
    if (all)
        finish();
}

// Members of all sets. REQUIRES: there is a set.
template <typename Use>
void intersect(Sources &sets, Use use)
{
    sortAscending(sets);
    const auto filter = [&](Probes &probes) {
        for (std::size_t i = 1; i < sets.size() && !probes.none(); ++i) {
            if (sets[i].object() != sets[0].object())
                probes.keepFound(sets[i]);
        }
    };
    forEachGroup(sets[0], filter, use);
}

// Members of the first set that no other has, looked up in the others, large ones first.
template <typename Use>
void subtract(Sources &sets, Use use)
{
    const std::span<SetView> others = std::span<SetView>(sets).subspan(1);
    for (const SetView &other : others) {
        if (other.object() == sets[0].object())
            return;
    }
    sortAscending(others);
    std::reverse(others.begin(), others.end());
    const auto filter = [&](Probes &probes) {
        for (std::size_t i = 0; i < others.size() && !probes.none(); ++i)
            probes.keepMissing(others[i]);
    };
    forEachGroup(sets[0], filter, use);
}

// The same by removing: O(members of all sets).
void removeOthers(const Sources &sets, Set *result)
{
    sets[0].forEach([&](const Member &member) { result->add(member); });
    for (std::size_t i = 1; i < sets.size() && result->size() > 0; ++i) {
        sets[i].forEach([&](const Member &member) {
            char digits[24];
            result->remove(member.bytes(digits));
        });
    }
}

// Which of the two costs less.
bool isLookingUpCheaper(const Sources &sets)
{
    // Looking up does less for members that are in several sets: it has the advantage.
    std::size_t all = 0;
    for (const SetView &set : sets)
        all += set.size();
    return sets[0].size() * sets.size() / 2 <= all;
}

// Each member of any set once.
template <typename Use>
void unite(Sources &sets, Use use)
{
    // Of the largest, all members are new.
    sortAscending(sets);
    std::reverse(sets.begin(), sets.end());
    for (std::size_t i = 0; i < sets.size(); ++i) {
        const auto filter = [&](Probes &probes) {
            for (std::size_t j = 0; j < i && !probes.none(); ++j)
                probes.keepMissing(sets[j]);
        };
        forEachGroup(sets[i], filter, use);
    }
}

void uniteInto(const Sources &sets, Set *result)
{
    for (const SetView &set : sets)
        set.forEach([&](const Member &member) { result->add(member); });
}

// What is done with the members found: a reply of them, or a set.
class Replier
{
public:
    explicit Replier(resp::Reply &reply)
        : m_reply(reply)
        , m_start(reply.defer())
    {}
    auto each()
    {
        return [this](const Probes &probes) {
            probes.forEach([&](const Member &member) { replyMember(m_reply, member); });
            m_count += probes.alive();
            return true;
        };
    }
    void close() { m_reply.closeSet(m_start, m_count); }

private:
    resp::Reply &m_reply;
    resp::Reply::Deferred m_start;
    std::size_t m_count = 0;
};

auto addTo(Set *result)
{
    return [result](const Probes &probes) {
        probes.forEach([&](const Member &member) { result->add(member); });
        return true;
    };
}

void replySet(Call &call, const SetView &set)
{
    call.reply.set(set.size());
    replyAll(call.reply, set);
}

// Puts the result under the first key, or deletes that when there is none, and replies its size.
void store(Call &call, Set &&result, const char *event)
{
    const Key key = call.key(1);
    const std::size_t size = result.size();
    if (size > 0) {
        call.db.put(key, Value::ofObject(g_setType, result.release()));
        call.modified(key, EventClass::Set, event);
    } else if (call.db.erase(key, Freeing::Background)) {
        call.modified(key, EventClass::Generic, "del");
    }
    call.reply.integer(static_cast<std::int64_t>(size));
}

} // namespace

void sInter(Call &call)
{
    Sources sets;
    if (!readSets(call, 1, call.size(), &sets))
        return;
    if (sets.size() < call.size() - 1)
        return call.reply.set(0);
    Replier replier(call.reply);
    intersect(sets, replier.each());
    replier.close();
}

void sInterStore(Call &call)
{
    Sources sets;
    if (!readSets(call, 2, call.size(), &sets))
        return;
    Set result = Set::empty();
    if (sets.size() == call.size() - 2)
        intersect(sets, addTo(&result));
    store(call, std::move(result), "sinterstore");
}

void sInterCard(Call &call)
{
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::int64_t keys = 0, limit = 0;
    if (!readIntegerIn(call, call[1], 1, kMax, &keys, "ERR numkeys should be greater than 0"))
        return;
    if (static_cast<std::size_t>(keys) > call.size() - 2)
        return call.reply.error("ERR Number of keys can't be greater than number of args");
    const std::size_t end = 2 + static_cast<std::size_t>(keys);
    ArgParser args(call, end);
    while (args.more()) {
        if (args.word("LIMIT", 1))
            limit = args.integerIn(0, kMax, "ERR LIMIT can't be negative");
        else
            args.syntaxError();
    }
    Sources sets;
    if (!args.ok() || !readSets(call, 2, end, &sets))
        return;
    const std::size_t most = limit ? static_cast<std::size_t>(limit) : ~std::size_t{0};
    std::size_t count = 0;
    if (sets.size() == static_cast<std::size_t>(keys)) {
        intersect(sets, [&](const Probes &probes) {
            count += probes.alive();
            return count < most;
        });
    }
    call.reply.integer(static_cast<std::int64_t>(std::min(count, most)));
}

void sUnion(Call &call)
{
    Sources sets;
    if (!readSets(call, 1, call.size(), &sets))
        return;
    if (sets.size() < kManySets) {
        Replier replier(call.reply);
        unite(sets, replier.each());
        return replier.close();
    }
    Set result = Set::emptyTable();
    uniteInto(sets, &result);
    replySet(call, result);
    call.host.freeValue(Value::ofObject(g_setType, result.release()), Freeing::Background);
}

void sUnionStore(Call &call)
{
    Sources sets;
    if (!readSets(call, 2, call.size(), &sets))
        return;
    Set result = Set::empty();
    uniteInto(sets, &result);
    store(call, std::move(result), "sunionstore");
}

void sDiff(Call &call)
{
    Sources sets;
    if (!readSets(call, 1, call.size(), &sets))
        return;
    if (!call.db.peek(call.key(1)))
        return call.reply.set(0);
    if (isLookingUpCheaper(sets)) {
        Replier replier(call.reply);
        subtract(sets, replier.each());
        return replier.close();
    }
    Set result = Set::emptyTable();
    removeOthers(sets, &result);
    replySet(call, result);
    call.host.freeValue(Value::ofObject(g_setType, result.release()), Freeing::Background);
}

void sDiffStore(Call &call)
{
    Sources sets;
    if (!readSets(call, 2, call.size(), &sets))
        return;
    Set result = Set::empty();
    if (call.db.peek(call.key(2))) {
        if (isLookingUpCheaper(sets))
            subtract(sets, addTo(&result));
        else
            removeOthers(sets, &result);
    }
    store(call, std::move(result), "sdiffstore");
}

} // namespace cay::sets
