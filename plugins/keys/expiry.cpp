// Setting, reading and taking away the time at which a key expires.
//
// Times are kept in Unix milliseconds. What reaches the log and the replicas is always PEXPIREAT
// with an absolute time, or a deletion when that time has passed.
#include "keys.h"

#include "resp/number.h"

#include <limits>

namespace keys {

using cay::Entry;
using cay::EventClass;
using cay::Key;
using cay::UnixMs;

namespace {

constexpr UnixMs kMaxTime = std::numeric_limits<UnixMs>::max();
constexpr UnixMs kMinTime = std::numeric_limits<UnixMs>::min();

enum Condition : unsigned { IfNone = 1, IfAny = 2, IfLater = 4, IfEarlier = 8 };

enum class Unit { Seconds, Milliseconds };
enum class Base { Now, Epoch };

bool readConditions(Call &call, unsigned *conditions)
{
    unsigned seen = 0;
    for (std::size_t i = 3; i < call.size(); ++i) {
        const Bytes word = call[i];
        if (cay::isWord(word, "NX"))
            seen |= IfNone;
        else if (cay::isWord(word, "XX"))
            seen |= IfAny;
        else if (cay::isWord(word, "GT"))
            seen |= IfLater;
        else if (cay::isWord(word, "LT"))
            seen |= IfEarlier;
        else
            return call.fail("ERR Unsupported option "
                             + std::string(word.substr(0, word.find('\0'))));
    }
    if ((seen & IfNone) && (seen & ~IfNone)) {
        return call.fail("ERR NX and XX, GT or LT options at the same time are not compatible");
    }
    if ((seen & IfLater) && (seen & IfEarlier))
        return call.fail("ERR GT and LT options at the same time are not compatible");
    *conditions = seen;
    return true;
}

bool readTime(Call &call, Unit unit, Base base, UnixMs *at)
{
    std::int64_t when = 0;
    if (!cay::readInteger(call, call[2], &when))
        return false;
    const UnixMs from = base == Base::Now ? call.db.now() : 0;
    if (unit == Unit::Seconds) {
        if (when > kMaxTime / 1000 || when < kMinTime / 1000)
            return call.fail(cay::errors::invalidExpire(call.info.fullName));
        when *= 1000;
    }
    if (when > kMaxTime - from)
        return call.fail(cay::errors::invalidExpire(call.info.fullName));
    *at = when + from;
    return true;
}

// A key that never expires is later than any time.
bool holds(unsigned conditions, const Entry &entry, UnixMs at)
{
    const bool expires = entry.hasExpiry();
    const UnixMs current = expires ? entry.expiry() : 0;
    if (((conditions & IfNone) && expires) || ((conditions & IfAny) && !expires))
        return false;
    if ((conditions & IfLater) && (!expires || at <= current))
        return false;
    return !(conditions & IfEarlier) || !expires || at < current;
}

// The time may have been relative, or in seconds; conditions that were given stay.
void propagateTime(Call &call, UnixMs at)
{
    char digits[24];
    const Bytes time(digits,
                     static_cast<std::size_t>(cay::resp::writeInteger(digits, at) - digits));
    switch (call.size()) {
    case 3: return call.propagateAs({"PEXPIREAT", call[1], time});
    case 4: return call.propagateAs({"PEXPIREAT", call[1], time, call[3]});
    default: return call.propagateAs({"PEXPIREAT", call[1], time, call[3], call[4]});
    }
}

void expireNow(Call &call, const Key &key)
{
    const bool lazy = call.host.options().flag("lazyfree-lazy-expire");
    call.db.erase(key, lazy ? cay::Freeing::Background : cay::Freeing::Now);
    call.propagateAs({lazy ? Bytes("UNLINK") : Bytes("DEL"), key.bytes});
    call.modified(key, EventClass::Generic, "del");
    call.reply.one();
}

void setExpiry(Call &call, Unit unit, Base base)
{
    unsigned conditions = 0;
    if (call.size() > 3 && !readConditions(call, &conditions))
        return;
    UnixMs at;
    if (!readTime(call, unit, base, &at))
        return;
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!entry || !holds(conditions, *entry, at))
        return call.reply.zero();
    // A replica keeps the key until its master says otherwise.
    if (at <= call.db.now() && !call.session.has(cay::SessionMaster))
        return expireNow(call, key);
    call.db.setExpiry(key, entry, at);
    if (unit == Unit::Seconds || base == Base::Now)
        propagateTime(call, at);
    call.modified(key, EventClass::Generic, "expire");
    call.reply.one();
}

enum class Shown { Remaining, Absolute };

void showExpiry(Call &call, Unit unit, Shown shown)
{
    const Entry *entry = lookUp(call, 1);
    if (!entry)
        return call.reply.integer(-2);
    if (!entry->hasExpiry())
        return call.reply.integer(-1);
    UnixMs time = entry->expiry();
    if (shown == Shown::Remaining)
        time = std::max<UnixMs>(time - call.db.now(), 0);
    if (unit == Unit::Seconds) // rounded; without a sign, or the far end of time would overflow
        time = time < 0 ? (time + 500) / 1000
                        : static_cast<UnixMs>((static_cast<std::uint64_t>(time) + 500) / 1000);
    call.reply.integer(time);
}

} // namespace

void expire(Call &call) { setExpiry(call, Unit::Seconds, Base::Now); }
void pexpire(Call &call) { setExpiry(call, Unit::Milliseconds, Base::Now); }
void expireat(Call &call) { setExpiry(call, Unit::Seconds, Base::Epoch); }
void pexpireat(Call &call) { setExpiry(call, Unit::Milliseconds, Base::Epoch); }

void ttl(Call &call) { showExpiry(call, Unit::Seconds, Shown::Remaining); }
void pttl(Call &call) { showExpiry(call, Unit::Milliseconds, Shown::Remaining); }
void expiretime(Call &call) { showExpiry(call, Unit::Seconds, Shown::Absolute); }
void pexpiretime(Call &call) { showExpiry(call, Unit::Milliseconds, Shown::Absolute); }

void persist(Call &call)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!entry || !entry->hasExpiry())
        return call.reply.zero();
    call.db.clearExpiry(key, entry);
    call.modified(key, EventClass::Generic, "persist");
    call.reply.one();
}

} // namespace keys
