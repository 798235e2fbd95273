// Time to live of fields: HEXPIRE, HPEXPIRE, HEXPIREAT, HPEXPIREAT, HTTL, HPTTL, HEXPIRETIME,
// HPEXPIRETIME, HPERSIST; and how fields are deleted when their time has come.
#include "hash_commands.h"

namespace cay::hashes {

Entry *expireFields(Host &host, Db &db, const Key &key, Entry *entry, std::size_t max)
{
    const std::string name(key.bytes); // the key's bytes may go with the entry
    const Key kept(name, key.hash);
    Hash hash(entry->object());
    std::vector<std::string> fields;
    hash.expiredFields(db.now(), max, &fields);
    std::vector<Bytes> command{"HDEL", name};
    for (const std::string &field : fields) {
        hash.erase(field);
        command.push_back(field);
    }
    entry->setObject(hash.object());
    const bool left = hash.stored() > 0;
    if (left)
        db.setDue(kept, entry, hash.nextExpiry());
    else
        db.erase(kept);
    host.statistics().expiredFields += fields.size();
    host.effect(db, kept, EventClass::Hash, "hexpired", command);
    if (!left)
        host.effect(db, kept, EventClass::Generic, "del", {});
    return left ? entry : nullptr;
}

bool readFields(Call &call, std::size_t at, Bytes countError, std::size_t *first)
{
    if (at >= call.size() || !isWord(call[at], "FIELDS"))
        return call.fail(kFieldsMissing);
    if (at + 1 >= call.size())
        return call.fail(errors::wrongArity(call.info.fullName));
    std::int64_t count;
    if (!readIntegerIn(call, call[at + 1], 1, INT64_MAX, &count, countError))
        return false;
    *first = at + 2;
    return static_cast<std::uint64_t>(count) == call.size() - *first || call.fail(kFieldsMismatch);
}

bool readFieldTime(Call &call, Bytes text, TimeUnit unit, UnixMs base, UnixMs *at)
{
    // The latest time that Redis's buckets of times can hold.
    constexpr UnixMs kLatest = (UnixMs{1} << 46) - 1;
    std::int64_t time = 0;
    if (!readInteger(call, text, &time))
        return false;
    if (time < 0)
        return call.fail("ERR invalid expire time, must be >= 0");
    const bool seconds = unit == TimeUnit::Seconds;
    if ((seconds && time > kLatest / 1000) || time * (seconds ? 1000 : 1) > kLatest - base)
        return call.fail(errors::invalidExpire(call.info.fullName));
    *at = time * (seconds ? 1000 : 1) + base;
    return true;
}

void propagateFields(Call &call, std::span<const Bytes> head, std::span<const Bytes> fields)
{
    if (fields.empty())
        return;
    std::vector<Bytes> command(head.begin(), head.end());
    command.insert(command.end(), fields.begin(), fields.end());
    call.propagateAs(command);
}

namespace {

enum class Condition : std::uint8_t { None, Nx, Xx, Gt, Lt };

enum Answer : std::int8_t { NoField = -2, NoTime = -1, NotMet = 0, Done = 1, Deleted = 2 };

Condition conditionOf(Bytes word)
{
    if (isWord(word, "NX"))
        return Condition::Nx;
    if (isWord(word, "XX"))
        return Condition::Xx;
    if (isWord(word, "GT"))
        return Condition::Gt;
    return isWord(word, "LT") ? Condition::Lt : Condition::None;
}

// A field without a time counts as one that expires at the end of all times.
bool isMet(Condition condition, UnixMs old, UnixMs at)
{
    switch (condition) {
    case Condition::None: return true;
    case Condition::Nx: return old == kNever;
    case Condition::Xx: return old != kNever;
    case Condition::Gt: return at > old;
    case Condition::Lt: return at < old;
    }
    return false;
}

Answer expireField(Edit &edit, Bytes name, UnixMs at, Condition condition)
{
    const Field field = edit.exists() ? edit.hash().find(name, edit.now()) : Field();
    if (!field)
        return NoField;
    if (!isMet(condition, edit.hash().expiry(field), at))
        return NotMet;
    if (at <= edit.now()) {
        edit.hash().erase(name);
        return Deleted;
    }
    edit.hash().setExpiry(field, name, at);
    return Done;
}

void replyForEach(Call &call, std::size_t first, Answer answer)
{
    call.reply.array(call.size() - first);
    for (std::size_t i = first; i < call.size(); ++i)
        call.reply.integer(answer);
}

void expire(Call &call, TimeUnit unit, UnixMs base)
{
    Edit edit(call);
    UnixMs at;
    if (edit.failed() || !readFieldTime(call, call[2], unit, base, &at))
        return;
    const Condition condition = conditionOf(call[3]);
    std::size_t first;
    if (!readFields(call, condition == Condition::None ? 3 : 4,
                    "ERR Parameter `numFields` should be greater than 0", &first))
        return;
    if (!edit.exists()) {
        replyForEach(call, first, NoField);
        return;
    }
    std::vector<Bytes> updated, deleted;
    call.reply.array(call.size() - first);
    for (std::size_t i = first; i < call.size(); ++i) {
        const Answer answer = expireField(edit, call[i], at, condition);
        if (answer == Done)
            updated.push_back(call[i]);
        else if (answer == Deleted)
            deleted.push_back(call[i]);
        call.reply.integer(answer);
    }
    if (updated.empty() && deleted.empty())
        return;
    const bool left = edit.keep();
    call.modified(edit.key(), EventClass::Hash, deleted.empty() ? "hexpire" : "hdel");
    call.dirty += updated.size() + deleted.size() - 1;
    if (!left)
        call.notify(edit.key(), EventClass::Generic, "del");
    const Bytes key = edit.key().bytes;
    propagateFields(call, std::array<Bytes, 2>{"HDEL", key}, deleted);
    const resp::Decimal time(at), count(static_cast<std::int64_t>(updated.size()));
    propagateFields(call, std::array<Bytes, 5>{"HPEXPIREAT", key, time, "FIELDS", count}, updated);
}

// The time of each field in seconds (rounded up) or milliseconds since `base`.
void replyTimes(Call &call, TimeUnit unit, UnixMs base)
{
    const Found found = readHash(call, call.key(1));
    std::size_t first;
    if (found.failed || !readFields(call, 2, kFieldsNotPositive, &first))
        return;
    if (!found) {
        replyForEach(call, first, NoField);
        return;
    }
    call.reply.array(call.size() - first);
    for (std::size_t i = first; i < call.size(); ++i) {
        const Field field = found.hash.find(call[i], call.db.expiryNow());
        const UnixMs at = field ? found.hash.expiry(field) : kNever;
        if (at == kNever)
            call.reply.integer(field ? NoTime : NoField);
        else
            call.reply.integer(unit == TimeUnit::Seconds ? (at - base + 999) / 1000 : at - base);
    }
}

} // namespace

void hExpire(Call &call) { expire(call, TimeUnit::Seconds, call.db.now()); }
void hPExpire(Call &call) { expire(call, TimeUnit::Milliseconds, call.db.now()); }
void hExpireAt(Call &call) { expire(call, TimeUnit::Seconds, 0); }
void hPExpireAt(Call &call) { expire(call, TimeUnit::Milliseconds, 0); }

void hTtl(Call &call) { replyTimes(call, TimeUnit::Seconds, call.db.now()); }
void hPTtl(Call &call) { replyTimes(call, TimeUnit::Milliseconds, call.db.now()); }
void hExpireTime(Call &call) { replyTimes(call, TimeUnit::Seconds, 0); }
void hPExpireTime(Call &call) { replyTimes(call, TimeUnit::Milliseconds, 0); }

void hPersist(Call &call)
{
    Edit edit(call);
    std::size_t first;
    if (edit.failed() || !readFields(call, 2, kFieldsNotPositive, &first))
        return;
    bool changed = false;
    call.reply.array(call.size() - first);
    for (std::size_t i = first; i < call.size(); ++i) {
        const Field field = edit.exists() ? edit.hash().find(call[i], edit.now()) : Field();
        if (!field) {
            call.reply.integer(NoField);
        } else if (edit.hash().expiry(field) == kNever) {
            call.reply.integer(NoTime);
        } else {
            edit.hash().setExpiry(field, call[i], kNever);
            changed = true;
            call.reply.integer(Done);
        }
    }
    if (changed) {
        edit.keep();
        call.modified(edit.key(), EventClass::Hash, "hpersist");
    }
}

} // namespace cay::hashes
