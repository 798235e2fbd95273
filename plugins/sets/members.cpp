// Members one by one: SADD SREM SMOVE SISMEMBER SMISMEMBER SCARD; and all of a set: SMEMBERS SSCAN.
#include "set_commands.h"

#include "store/glob.h"

#include <array>

namespace cay::sets {

namespace {

// Calls use(argument, hash) for the arguments from `from` on, fetching the memory of several ahead.
template <typename Use>
void forEachHashed(const Call &call, const store::MemberSet &members, std::size_t from, Use use)
{
    constexpr std::size_t kAhead = 16;
    std::array<std::uint64_t, kAhead> hash;
    while (from < call.size()) {
        const std::size_t n = std::min(call.size() - from, kAhead);
        for (std::size_t i = 0; i < n; ++i) {
            hash[i] = call.hash(from + i);
            members.prefetchBucket(hash[i]);
        }
        for (std::size_t i = 0; n > 1 && i < n; ++i)
            members.prefetchItem(hash[i]);
        for (std::size_t i = 0; i < n; ++i)
            use(call[from + i], hash[i]);
        from += n;
    }
}

std::size_t addArguments(const Call &call, Set &set, std::size_t from)
{
    std::size_t added = 0;
    for (; from < call.size() && set.form() != Form::Table; ++from)
        added += set.add(call[from]);
    if (from < call.size()) {
        store::MemberSet &members = set.table();
        forEachHashed(call, members, from, [&](Bytes member, std::uint64_t hash) {
            added += members.add(member, hash);
        });
    }
    return added;
}

std::size_t removeArguments(const Call &call, Set &set, std::size_t from)
{
    std::size_t removed = 0;
    if (set.form() == Form::Table) {
        store::MemberSet &members = set.table();
        forEachHashed(call, members, from, [&](Bytes member, std::uint64_t hash) {
            removed += members.remove(member, hash);
        });
        return removed;
    }
    for (; from < call.size() && set.size() > 0; ++from)
        removed += set.remove(call[from]);
    return removed;
}

// Members of a command in a pipeline whose memory is asked for ahead.
constexpr std::size_t kMembersAhead = 4;

template <typename Fetch>
void fetchAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step,
                Fetch fetch)
{
    if (entry.type() != g_setType)
        return;
    const SetView set(entry.object());
    if (set.form() != Form::Table)
        return step == 0 ? store::prefetch(set.block()) : void();
    const store::MemberSet &members = set.table();
    for (std::size_t i = 2; i < std::min(args.size(), 2 + kMembersAhead); ++i) {
        if (step == 0)
            hashes[i] = members.hash(args[i]);
        fetch(members, hashes[i]);
    }
}

// Adds the arguments from `from` on to the set of the entry, or to a new one.
std::size_t addMembers(Call &call, const Key &key, Entry *entry, std::size_t from)
{
    const std::size_t count = call.size() - from;
    Set set = entry ? Set::adopt(entry->object()) : Set::forMembers(call[from], count);
    if (entry)
        set.expect(count);
    const std::size_t added = addArguments(call, set, from);
    if (entry)
        entry->setObject(set.release());
    else
        call.db.put(key, Value::ofObject(g_setType, set.release()));
    if (added) {
        call.modified(key, EventClass::Set, "sadd");
        call.dirty += added - 1;
    }
    return added;
}

// A step of SSCAN: the members that were met, which the set lends. A small set is one step.
std::uint64_t scanStep(const SetView &set, const ScanArguments &arguments,
                       std::vector<Member> *found)
{
    const auto visit = [&](const Member &member) {
        char digits[24];
        if (!arguments.matches || store::globMatch(arguments.pattern, member.bytes(digits)))
            found->push_back(member);
    };
    if (set.form() != Form::Table) {
        set.forEach(visit);
        return 0;
    }
    std::uint64_t cursor = arguments.cursor & ((std::uint64_t{1} << 48) - 1);
    std::int64_t seen = 0, steps = arguments.steps();
    do {
        cursor = set.table().scan(cursor, [&](Bytes text) {
            ++seen;
            visit(Member{text, 0});
        });
    } while (cursor != 0 && seen < arguments.count && --steps > 0);
    return cursor;
}

// Takes a member out of a source of SMOVE, and says so. False when it is not there.
bool moveOut(Call &call, const Key &key, Bytes member)
{
    Entry *entry = call.db.write(key);
    Set set = Set::adopt(entry->object());
    const bool removed = set.remove(member);
    const bool empty = set.size() == 0;
    entry->setObject(set.release());
    if (!removed)
        return false;
    call.modified(key, EventClass::Set, "srem");
    if (empty)
        eraseEmpty(call, key);
    return true;
}

} // namespace

void lookUpAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step)
{
    fetchAhead(entry, args, hashes, step, [=](const store::MemberSet &members, std::uint64_t hash) {
        step == 0 ? members.prefetchBucket(hash) : members.prefetchItem(hash);
    });
}

void addAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step)
{
    fetchAhead(entry, args, hashes, step, [=](const store::MemberSet &members, std::uint64_t hash) {
        if (step == 0) {
            members.prefetchBucket(hash);
            members.prefetchHeader(hash);
        } else {
            members.prefetchItem(hash);
            members.prefetchEnd(hash);
        }
    });
}

void eraseEmpty(Call &call, const Key &key)
{
    call.db.erase(key);
    call.notify(key, EventClass::Generic, "del");
}

void replyAll(resp::Reply &reply, const SetView &set)
{
    set.forEach([&](const Member &member) { replyMember(reply, member); });
}

void sAdd(Call &call)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!entry || isSet(call, *entry))
        call.reply.integer(static_cast<std::int64_t>(addMembers(call, key, entry, 2)));
}

void sRem(Call &call)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!entry)
        return call.reply.zero();
    if (!isSet(call, *entry))
        return;
    Set set = Set::adopt(entry->object());
    const std::size_t removed = removeArguments(call, set, 2);
    const bool empty = set.size() == 0;
    entry->setObject(set.release());
    if (removed) {
        call.modified(key, EventClass::Set, "srem");
        call.dirty += removed - 1;
    }
    if (empty)
        eraseEmpty(call, key);
    call.reply.integer(static_cast<std::int64_t>(removed));
}

void sMove(Call &call)
{
    const Key from = call.key(1), to = call.key(2);
    const Entry *source = call.db.peek(from);
    if (!source)
        return call.reply.zero();
    if (!isSet(call, *source))
        return;
    const Entry *destination = call.db.peek(to);
    if (destination && !isSet(call, *destination))
        return;
    if (from.bytes == to.bytes) {
        const SetView set(call.db.write(from)->object());
        return set.contains(call[3]) ? call.reply.one() : call.reply.zero();
    }
    if (!moveOut(call, from, call[3]))
        return call.reply.zero();
    addMembers(call, to, call.db.write(to), 3);
    call.reply.one();
}

void sIsMember(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry)
        return call.reply.zero();
    if (!isSet(call, *entry))
        return;
    const SetView set(entry->object());
    const bool found = set.form() == Form::Table ? set.table().contains(call[2], call.hash(2))
                                                 : set.contains(call[2]);
    found ? call.reply.one() : call.reply.zero();
}

void sMIsMember(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (entry && !isSet(call, *entry))
        return;
    call.reply.array(call.size() - 2);
    const auto answer = [&](bool found) { found ? call.reply.one() : call.reply.zero(); };
    if (entry && SetView(entry->object()).form() == Form::Table) {
        const store::MemberSet &members = SetView(entry->object()).table();
        forEachHashed(call, members, 2, [&](Bytes member, std::uint64_t hash) {
            answer(members.contains(member, hash));
        });
        return;
    }
    for (std::size_t i = 2; i < call.size(); ++i)
        answer(entry && SetView(entry->object()).contains(call[i]));
}

void sCard(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry)
        return call.reply.zero();
    if (isSet(call, *entry))
        call.reply.integer(static_cast<std::int64_t>(SetView(entry->object()).size()));
}

void sMembers(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry)
        return call.reply.set(0);
    if (!isSet(call, *entry))
        return;
    const SetView set(entry->object());
    call.reply.set(set.size());
    replyAll(call.reply, set);
}

void sScan(Call &call)
{
    ScanArguments arguments;
    if (!readScanCursor(call, call[2], &arguments.cursor))
        return;
    const Entry *entry = call.db.read(call.key(1));
    if (entry && (!isSet(call, *entry) || !readScanOptions(call, 3, &arguments)))
        return;
    std::vector<Member> found;
    const std::uint64_t next = entry ? scanStep(SetView(entry->object()), arguments, &found) : 0;
    call.reply.array(2);
    call.reply.bulk(resp::Decimal(static_cast<std::int64_t>(next)));
    call.reply.array(found.size());
    for (const Member &member : found)
        replyMember(call.reply, member);
}

} // namespace cay::sets
