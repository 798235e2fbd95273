// Members by chance: SPOP SRANDMEMBER. Each member has the same chance, and so has each choice of
// several.
#include "choice.h"
#include "set_commands.h"

#include <limits>

namespace cay::sets {

namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
// Members that SRANDMEMBER draws with repetition in one call, at most: the reply is made at once.
constexpr std::int64_t kMaxDraws = std::int64_t{1} << 28;
// From a table of less than this times the members wanted, they are chosen in one pass over it.
constexpr std::size_t kPassFactor = 3;

// SREM commands that say what SPOP has taken, some members in each.
class Removals
{
public:
    Removals(Call &call, const Key &key)
        : m_call(call)
        , m_key(key)
    {}
    void add(const Member &member)
    {
        char digits[24];
        m_bytes += member.bytes(digits);
        m_ends.push_back(m_bytes.size());
        if (m_ends.size() == kMembersPerCommand)
            flush();
    }
    void flush()
    {
        if (m_ends.empty())
            return;
        std::vector<Bytes> command{"SREM", m_key.bytes};
        std::size_t from = 0;
        for (const std::size_t end : m_ends) {
            command.push_back(Bytes(m_bytes).substr(from, end - from));
            from = end;
        }
        m_call.propagateAs(std::span<const Bytes>(command));
        m_bytes.clear();
        m_ends.clear();
    }

private:
    static constexpr std::size_t kMembersPerCommand = 1024;

    Call &m_call;
    const Key &m_key;
    std::string m_bytes; // of all members
    std::vector<std::size_t> m_ends;
};

auto randomOf(Call &call)
{
    return [&host = call.host] { return host.random(); };
}

// Takes `count` members out of a set that has more, replying each.
void popFromTable(Call &call, Set &set, std::size_t count, Removals &removals)
{
    store::MemberSet &members = set.table();
    while (count-- > 0) {
        const Bytes member = members.random(randomOf(call));
        call.reply.bulk(member);
        removals.add(Member{member, 0});
        members.remove(member);
    }
}

void popFromSmall(Call &call, Set &set, std::size_t count, Removals &removals)
{
    Choice choice(randomOf(call), count, set.size());
    std::vector<std::size_t> taken;
    taken.reserve(count);
    std::size_t i = 0;
    set.forEach([&](const Member &member) {
        if (choice.next()) {
            replyMember(call.reply, member);
            removals.add(member);
            taken.push_back(i);
        }
        ++i;
    });
    set.eraseAt(taken);
}

// All of the set: it is deleted, and that is what is propagated.
void popAll(Call &call, const Key &key, const SetView &set)
{
    const std::size_t size = set.size();
    call.reply.set(size);
    replyAll(call.reply, set);
    const bool lazy = call.host.options().flag("lazyfree-lazy-server-del");
    call.propagateAs({lazy ? Bytes("UNLINK") : Bytes("DEL"), key.bytes});
    call.modified(key, EventClass::Set, "spop");
    call.dirty += size - 1;
    call.db.erase(key, Freeing::Background);
    call.notify(key, EventClass::Generic, "del");
}

void popSome(Call &call)
{
    std::int64_t wanted = 0;
    if (!readIntegerIn(call, call[2], 0, kMax, &wanted, errors::kMustBePositive))
        return;
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!entry)
        return call.reply.set(0);
    if (!isSet(call, *entry))
        return;
    if (wanted == 0)
        return call.reply.set(0);
    const auto count = static_cast<std::size_t>(wanted);
    if (count >= SetView(entry->object()).size())
        return popAll(call, key, SetView(entry->object()));
    Set set = Set::adopt(entry->object());
    Removals removals(call, key);
    call.reply.set(count);
    if (set.form() == Form::Table)
        popFromTable(call, set, count, removals);
    else
        popFromSmall(call, set, count, removals);
    removals.flush();
    entry->setObject(set.release());
    call.modified(key, EventClass::Set, "spop");
    call.dirty += count - 1;
}

// The same members may come several times.
void drawWithRepetition(Call &call, const SetView &set, std::size_t count)
{
    call.reply.array(count);
    if (set.form() != Form::Listpack) {
        while (count-- > 0)
            replyMember(call.reply, set.random(randomOf(call)));
        return;
    }
    // A listpack has to be walked: once.
    std::vector<Member> members;
    set.forEach([&](const Member &member) { members.push_back(member); });
    while (count-- > 0)
        replyMember(call.reply, members[(call.host.random() >> 32) * members.size() >> 32]);
}

// REQUIRES: count < set.size().
void drawDistinct(Call &call, const SetView &set, std::size_t count)
{
    call.reply.array(count);
    if (set.form() != Form::Table || count * kPassFactor > set.size()) {
        Choice choice(randomOf(call), count, set.size());
        set.forEach([&](const Member &member) {
            if (choice.next())
                replyMember(call.reply, member);
        });
        return;
    }
    store::MemberSet drawn;
    while (drawn.size() < count) {
        const Bytes member = set.table().random(randomOf(call));
        if (drawn.add(member))
            call.reply.bulk(member);
    }
}

void drawSome(Call &call)
{
    std::int64_t wanted = 0;
    if (!readIntegerIn(call, call[2], -kMax, kMax, &wanted))
        return;
    const Entry *entry = call.db.read(call.key(1));
    if (!entry)
        return call.reply.emptyArray();
    if (!isSet(call, *entry))
        return;
    const SetView set(entry->object());
    if (wanted == 0)
        return call.reply.emptyArray();
    if (wanted < -kMaxDraws)
        return call.reply.error(errors::kOutOfRange);
    if (wanted < 0)
        return drawWithRepetition(call, set, static_cast<std::size_t>(-wanted));
    if (static_cast<std::size_t>(wanted) < set.size())
        return drawDistinct(call, set, static_cast<std::size_t>(wanted));
    call.reply.array(set.size());
    replyAll(call.reply, set);
}

} // namespace

void sPop(Call &call)
{
    if (call.size() == 3)
        return popSome(call);
    if (call.size() > 3)
        return call.reply.error(errors::kSyntax);
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!entry)
        return call.reply.null();
    if (!isSet(call, *entry))
        return;
    Set set = Set::adopt(entry->object());
    char digits[24];
    const Member member = set.random(randomOf(call));
    const Bytes text = member.bytes(digits);
    call.reply.bulk(text);
    call.propagateAs({"SREM", key.bytes, text});
    set.remove(text);
    const bool empty = set.size() == 0;
    entry->setObject(set.release());
    call.modified(key, EventClass::Set, "spop");
    if (empty)
        eraseEmpty(call, key);
}

void sRandMember(Call &call)
{
    if (call.size() == 3)
        return drawSome(call);
    if (call.size() > 3)
        return call.reply.error(errors::kSyntax);
    const Entry *entry = call.db.read(call.key(1));
    if (!entry)
        return call.reply.null();
    if (isSet(call, *entry))
        replyMember(call.reply, SetView(entry->object()).random(randomOf(call)));
}

} // namespace cay::sets
