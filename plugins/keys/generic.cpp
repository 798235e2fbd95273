// Commands that treat a key as a whole: deleting, asking after, renaming, copying, moving.
#include "keys.h"

#include <string>

namespace keys {

using cay::Db;
using cay::Entry;
using cay::EventClass;
using cay::Freeing;
using cay::Key;
using cay::UnixMs;
using cay::Value;

namespace {

void deleteKeys(Call &call, Freeing freeing)
{
    std::size_t deleted = 0;
    for (std::size_t i = 1; i < call.size(); ++i) {
        const Key key = call.key(i);
        if (!call.db.erase(key, freeing))
            continue;
        call.modified(key, EventClass::Generic, "del");
        ++deleted;
    }
    call.reply.integer(static_cast<std::int64_t>(deleted));
}

// Takes the value out of a key that exists, and gives it, with its expiry and access clock, to one
// that is free.
void carry(Db &from, const Key &source, Db &to, const Key &target)
{
    Value value;
    UnixMs expiry = -1;
    std::uint32_t clock = 0;
    from.take(source, &value, &expiry, &clock);
    to.put(target, value, cay::Expiry::Discard, expiry == -1 ? nullptr : &expiry)->setClock(clock);
}

void renameKey(Call &call, bool onlyIfFree)
{
    const Key from = call.key(1), to = call.key(2);
    if (!call.db.write(from))
        return call.reply.error(cay::errors::kNoSuchKey);
    if (from.bytes == to.bytes)
        return onlyIfFree ? call.reply.zero() : call.reply.ok();
    if (onlyIfFree && call.db.write(to))
        return call.reply.zero();
    overwrite(call, call.db, to);
    carry(call.db, from, call.db, to);
    call.modified(from, EventClass::Generic, "rename_from");
    call.modified(to, EventClass::Generic, "rename_to");
    call.dirty = 1;
    onlyIfFree ? call.reply.one() : call.reply.ok();
}

struct CopyOptions
{
    Db *target;
    bool replace = false;
};

bool readOptions(Call &call, CopyOptions *options)
{
    options->target = &call.db;
    for (std::size_t i = 3; i < call.size(); ++i) {
        if (cay::isWord(call[i], "REPLACE")) {
            options->replace = true;
        } else if (cay::isWord(call[i], "DB") && i + 1 < call.size()) {
            if (!readDatabase(call, ++i, &options->target))
                return false;
        } else {
            return call.fail(cay::errors::kSyntax);
        }
    }
    return true;
}

// A value of its own with the same content. `text` holds it when it is one that entries embed.
Value duplicate(Call &call, const Entry &entry, std::string &text)
{
    Value value = entry.value();
    if (entry.isObject())
        return call.host.type(entry.type()).copy(value);
    if (entry.isInline()) {
        text.assign(value.text);
        value.text = text;
    }
    return value;
}

} // namespace

void del(Call &call) { deleteKeys(call, Freeing::Configured); }

void unlink(Call &call) { deleteKeys(call, Freeing::Background); }

void exists(Call &call)
{
    std::size_t found = 0;
    for (std::size_t i = 1; i < call.size(); ++i)
        found += lookUp(call, i) != nullptr;
    call.reply.integer(static_cast<std::int64_t>(found));
}

void touch(Call &call)
{
    std::size_t found = 0;
    for (std::size_t i = 1; i < call.size(); ++i)
        found += call.db.read(call.key(i)) != nullptr;
    call.reply.integer(static_cast<std::int64_t>(found));
}

void type(Call &call)
{
    const Entry *entry = lookUp(call, 1);
    call.reply.simple(entry ? Bytes(call.host.type(entry->type()).name) : Bytes("none"));
}

void rename(Call &call) { renameKey(call, false); }

void renamenx(Call &call) { renameKey(call, true); }

void copy(Call &call)
{
    CopyOptions options;
    if (!readOptions(call, &options))
        return;
    const Key from = call.key(1), to = call.key(2);
    Db &target = *options.target;
    if (&target == &call.db && from.bytes == to.bytes)
        return call.reply.error(cay::errors::kSameObject);
    if (!call.db.read(from))
        return call.reply.zero();
    if (target.write(to) && !options.replace)
        return call.reply.zero();
    overwrite(call, target, to);
    // Looked up again: entries may have moved meanwhile.
    const Entry *source = call.db.peek(from);
    const bool expires = source->hasExpiry();
    const UnixMs expiry = expires ? source->expiry() : 0;
    std::string text;
    target.put(to, duplicate(call, *source, text), cay::Expiry::Discard,
               expires ? &expiry : nullptr);
    call.modified(target, to, EventClass::Generic, "copy_to");
    call.reply.one();
}

void move(Call &call)
{
    Db *where;
    if (!readDatabase(call, 2, &where))
        return;
    Db &source = call.db, &target = *where;
    if (&source == &target)
        return call.reply.error(cay::errors::kSameObject);
    const Key key = call.key(1);
    if (!source.write(key) || target.write(key))
        return call.reply.zero();
    carry(source, key, target, key);
    call.modified(source, key, EventClass::Generic, "move_from");
    call.modified(target, key, EventClass::Generic, "move_to");
    call.dirty = 1;
    call.reply.one();
}

} // namespace keys
