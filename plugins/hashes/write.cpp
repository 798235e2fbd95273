// Commands that set fields and delete them: HSET, HMSET, HSETNX, HDEL; and what all that change a
// hash share.
#include "hash_commands.h"

namespace cay::hashes {

bool Edit::keep()
{
    Hash &hash = m_found.hash;
    if (m_owned) {
        m_owned = false;
        if (hash.stored() == 0) {
            hash.free();
            return false;
        }
        if (hash.kind() != Kind::Pack)
            hash.setDue(hash.nextExpiry());
        m_call.db.put(m_key, Value::ofObject(g_type, hash.object()));
        return true;
    }
    m_found.entry->setObject(hash.object());
    if (hash.stored() == 0) {
        m_call.db.erase(m_key);
        return false;
    }
    if (hash.kind() != Kind::Pack) {
        const UnixMs next = hash.nextExpiry();
        if (next != kNever || m_found.entry->isTimed())
            m_call.db.setDue(m_key, m_found.entry, next);
    }
    return true;
}

namespace {

// What the arguments from `i` on take in a listpack.
std::size_t packedSize(const Call &call, std::size_t i)
{
    std::size_t bytes = ListpackView::kEmptySize;
    for (; i < call.size(); ++i)
        bytes += store::Listpack::sizeOf(call[i]);
    return bytes;
}

// A new listpack with the fields of HSET's arguments, of which none is too long for one.
Hash packFields(const Call &call, std::int64_t *added)
{
    store::Listpack pack(packedSize(call, 2));
    for (std::size_t i = 2; i < call.size(); i += 2) {
        const auto at = pack.find(call[i], pack.first(), 1);
        if (at != ListpackView::kEnd) {
            pack.replace(pack.next(at), call[i + 1]);
            continue;
        }
        pack.append(call[i]);
        pack.append(call[i + 1]);
        ++*added;
    }
    pack.shrink();
    return Hash::ofPack(std::move(pack));
}

// Whether HSET's arguments make a listpack.
bool fitPack(const Call &call)
{
    if (static_cast<std::int64_t>(call.size() - 2) / 2 > g_maxEntries)
        return false;
    for (std::size_t i = 2; i < call.size(); ++i) {
        if (call[i].size() > static_cast<std::uint64_t>(g_maxValue))
            return false;
    }
    return true;
}

// False after an error has been replied.
bool setFields(Call &call, std::int64_t *added)
{
    *added = 0;
    if (call.size() % 2 == 1)
        return call.fail(errors::wrongArity(call.info.fullName));
    Edit edit(call);
    if (edit.failed())
        return false;
    if (!edit.exists() && fitPack(call)) {
        edit.begin(packFields(call, added));
    } else {
        edit.begin();
        for (std::size_t i = 2; i < call.size(); i += 2)
            *added += edit.hash().set(call[i], call[i + 1], edit.now(), kNever, hashOf(call, i));
    }
    edit.keep();
    call.modified(edit.key(), EventClass::Hash, "hset");
    call.dirty += (call.size() - 2) / 2 - 1;
    return true;
}

} // namespace

void hSet(Call &call)
{
    std::int64_t added;
    if (setFields(call, &added))
        call.reply.integer(added);
}

void hMSet(Call &call)
{
    std::int64_t added;
    if (setFields(call, &added))
        call.reply.ok();
}

void hSetNx(Call &call)
{
    Edit edit(call);
    if (edit.failed())
        return;
    if (edit.exists() && edit.hash().find(call[2], edit.now())) {
        call.reply.zero();
        return;
    }
    edit.begin();
    edit.hash().set(call[2], call[3], edit.now());
    edit.keep();
    call.modified(edit.key(), EventClass::Hash, "hset");
    call.reply.one();
}

void hDel(Call &call)
{
    Edit edit(call);
    if (edit.failed())
        return;
    std::int64_t deleted = 0;
    for (std::size_t i = 2; edit.exists() && i < call.size(); ++i)
        deleted += edit.hash().erase(call[i]);
    if (deleted > 0) {
        const bool left = edit.keep();
        call.modified(edit.key(), EventClass::Hash, "hdel");
        call.dirty += static_cast<std::uint64_t>(deleted) - 1;
        if (!left)
            call.notify(edit.key(), EventClass::Generic, "del");
    }
    call.reply.integer(deleted);
}

} // namespace cay::hashes
