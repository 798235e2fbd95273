#include "cay/db.h"

#include "cay/key_observer.h"
#include "core/keyspace.h"
#include "resp/number.h"

#include <algorithm>

namespace cay {

using core::DbData;
using core::EntryDict;
using store::EntryArena;

Db::Db()
    : m_data(std::make_unique<DbData>())
{}

Db::~Db() = default;

std::size_t Db::size() const { return m_data->dict.size(); }
std::size_t Db::expires() const { return m_data->expiry.size(); }
UnixMs Db::now() const { return m_keyspace->now(); }

void Db::prefetchBucket(std::uint64_t hash) const { m_data->dict.prefetchBucket(hash); }
void Db::prefetchEntry(std::uint64_t hash) const { m_data->dict.prefetchItem(hash); }

bool Db::hasObjects() const { return m_data->outside > 0; }

const Entry *Db::prefetchValue(std::uint64_t hash) const
{
    const Entry *entry = m_data->dict.likely(hash);
    if (!entry || !entry->isObject())
        return nullptr;
    // The low bits may be a tag of the type's.
    const auto *first = reinterpret_cast<const char *>(
        reinterpret_cast<std::uintptr_t>(entry->object()) & ~std::uintptr_t{7});
    for (int line = 0; line < 3; ++line) // small collections are that long
        store::prefetch(first + line * 64);
    return entry;
}

bool Db::isExpired(const Entry &entry) const
{
    return entry.hasExpiry() && entry.expiry() <= m_keyspace->now() && !m_keyspace->following;
}

// The slot of a key that is there and not expired; an expired one is deleted on the way.
std::uint64_t *Db::findLive(const Key &key)
{
    std::uint64_t *slot = m_data->dict.find(key.bytes, key.hash);
    if (slot && isExpired(*EntryDict::item(*slot))) [[unlikely]] {
        if (m_keyspace->expiresHere && !m_keyspace->expiryPaused)
            expire(slot, key.hash);
        return nullptr;
    }
    return slot;
}

void Db::expire(std::uint64_t *slot, std::uint64_t hash)
{
    const std::string name(EntryDict::item(*slot)->key());
    const Value value = EntryDict::item(*slot)->value();
    unlink(slot, hash);
    m_keyspace->freeValue(value, m_keyspace->lazyExpire);
    m_keyspace->m_listener.keyExpired(*this, name);
}

const Entry *Db::read(const Key &key)
{
    const std::uint64_t *slot = findLive(key);
    if (!slot) {
        ++m_keyspace->m_statistics.keyspaceMisses;
        if (m_keyspace->tellDetails) [[unlikely]]
            m_keyspace->m_listener.keyMissed(*this, key.bytes);
        return nullptr;
    }
    ++m_keyspace->m_statistics.keyspaceHits;
    Entry *entry = EntryDict::item(*slot);
    m_keyspace->touch(entry);
    return entry;
}

Entry *Db::write(const Key &key)
{
    const std::uint64_t *slot = findLive(key);
    if (!slot)
        return nullptr;
    Entry *entry = EntryDict::item(*slot);
    m_keyspace->touch(entry);
    return entry;
}

const Entry *Db::peek(const Key &key)
{
    const std::uint64_t *slot = findLive(key);
    return slot ? EntryDict::item(*slot) : nullptr;
}

const Entry *Db::stored(const Key &key) const
{
    const std::uint64_t *slot = m_data->dict.find(key.bytes, key.hash);
    return slot ? EntryDict::item(*slot) : nullptr;
}

Entry *Db::putString(const Key &key, Bytes text, Expiry expiry, const UnixMs *at)
{
    std::int64_t n = 0;
    if (text.size() <= 20 && resp::parseInteger(text, &n))
        return put(key, Value::ofInteger(n), expiry, at);
    if (text.size() <= store::kMaxInline) [[likely]]
        return put(key, Value::ofText(text), expiry, at);
    return put(key, Value::ofObject(kStringType, store::StringBlock::fromBytes(text)), expiry, at);
}

Entry *Db::putInteger(const Key &key, std::int64_t n, Expiry expiry, const UnixMs *at)
{
    return put(key, Value::ofInteger(n), expiry, at);
}

Entry *Db::put(const Key &key, const Value &value, Expiry expiry, const UnixMs *at)
{
    std::uint64_t *slot = findLive(key);
    if (!slot)
        return insert(key, value, at, m_keyspace->freshClock());
    Entry *entry = EntryDict::item(*slot);
    if (entry->isObject()) {
        --m_data->outside;
        unlinkDue(entry, key.hash);
        m_keyspace->freeValue(entry->value(), m_keyspace->lazyServerDel);
    }
    const UnixMs kept = entry->hasExpiry() ? entry->expiry() : 0;
    if (!at && expiry == Expiry::Keep && entry->hasExpiry())
        at = &kept;
    entry = overwrite(key, slot, value, at);
    m_keyspace->touch(entry);
    return entry;
}

Entry *Db::replace(const Key &key, Entry *entry, const Value &value)
{
    unlinkDue(entry, key.hash);
    if (entry->isObject()
        && !(value.encoding == Encoding::Object && value.object == entry->object()))
        m_keyspace->freeValue(entry->value(), m_keyspace->lazyServerDel);
    if (entry->isObject())
        --m_data->outside;
    const UnixMs kept = entry->hasExpiry() ? entry->expiry() : 0;
    const UnixMs *at = entry->hasExpiry() ? &kept : nullptr;
    return overwrite(key, m_data->dict.find(key.bytes, key.hash), value, at);
}

Entry *Db::insert(const Key &key, const Value &value, const UnixMs *at, std::uint32_t clock)
{
    const std::size_t size = Entry::sizeFor(key.bytes.size(), at != nullptr, value);
    Entry *entry
        = Entry::make(m_data->arena.allocate(size, key.bytes.size()), key.bytes, value, clock, at);
    m_data->dict.insert(entry, key.hash);
    m_data->outside
        += (value.encoding == Encoding::Object) + (key.bytes.size() > EntryArena::kMaxSlabKey);
    if (at) {
        m_data->expiry.insert(entry, key.hash);
        m_keyspace->expiryChanged(*at);
    }
    linkDue(entry, key.hash);
    if (m_observer) [[unlikely]]
        m_observer->keyAdded(*this, *entry);
    if (m_keyspace->tellDetails) [[unlikely]]
        m_keyspace->m_listener.keyAdded(*this, key.bytes);
    return entry;
}

// Gives an entry, whose old value has been taken care of, a new value and expiry.
Entry *Db::overwrite(const Key &key, std::uint64_t *slot, const Value &value, const UnixMs *at)
{
    Entry *entry = EntryDict::item(*slot);
    m_data->outside += value.encoding == Encoding::Object;
    const std::size_t keySize = key.bytes.size();
    const std::size_t size = Entry::sizeFor(keySize, at != nullptr, value);
    const bool fits
        = EntryArena::slotFor(size, keySize) == EntryArena::slotFor(entry->size(), keySize);
    const bool sameTime = at ? entry->hasExpiry() && entry->expiry() == *at : !entry->hasExpiry();
    if (fits && sameTime) [[likely]] {
        entry->setValue(value);
        linkDue(entry, key.hash);
        return changed(entry);
    }
    return changed(relocate(key, slot, value, at));
}

Entry *Db::relocate(const Key &key, std::uint64_t *slot, const Value &value, const UnixMs *at)
{
    Entry *old = EntryDict::item(*slot);
    const std::size_t keySize = key.bytes.size();
    const std::size_t size = Entry::sizeFor(keySize, at != nullptr, value);
    if (old->hasExpiry())
        m_data->expiry.erase(old, key.hash);
    Entry *entry
        = Entry::make(m_data->arena.allocate(size, keySize), old->key(), value, old->clock(), at);
    EntryDict::setItem(slot, entry);
    m_data->arena.free(old, keySize);
    if (at) {
        m_data->expiry.insert(entry, key.hash);
        m_keyspace->expiryChanged(*at);
    }
    linkDue(entry, key.hash);
    return entry;
}

Entry *Db::setExpiry(const Key &key, Entry *entry, UnixMs at)
{
    if (entry->hasExpiry()) {
        if (entry->expiry() == at)
            return entry;
        m_data->expiry.reschedule(entry, at, key.hash);
        m_keyspace->expiryChanged(at);
        return changed(entry);
    }
    const std::size_t size = entry->size(), keySize = entry->key().size();
    if (EntryArena::slotFor(size + 8, keySize) == EntryArena::slotFor(size, keySize))
        entry->insertExpiry(at);
    else
        entry = remake(key.hash, entry, &at);
    m_data->expiry.insert(entry, key.hash);
    m_keyspace->expiryChanged(at);
    return changed(entry);
}

Entry *Db::clearExpiry(const Key &key, Entry *entry)
{
    if (!entry->hasExpiry())
        return entry;
    m_data->expiry.erase(entry, key.hash);
    return changed(remake(key.hash, entry, nullptr));
}

// The same entry in memory of the size that it has with, or without, an expiry. The expiry index is
// the caller's.
Entry *Db::remake(std::uint64_t hash, Entry *entry, const UnixMs *at)
{
    const std::size_t keySize = entry->key().size();
    const std::size_t size = Entry::sizeFor(keySize, at != nullptr, entry->value());
    Entry *moved = Entry::make(m_data->arena.allocate(size, keySize), entry->key(), entry->value(),
                               entry->clock(), at);
    if (entry->isTimed()) {
        moved->setTimed(true);
        m_data->due.moved(entry, moved, hash);
    }
    EntryDict::setItem(m_data->dict.find(entry->key(), hash), moved);
    m_data->arena.free(entry, keySize);
    return moved;
}

Entry *Db::changed(Entry *entry)
{
    if (m_observer) [[unlikely]]
        m_observer->keyChanged(*this, *entry);
    return entry;
}

// Takes the entry out of every index and frees it, but not what its value owns.
void Db::unlink(std::uint64_t *slot, std::uint64_t hash)
{
    Entry *entry = EntryDict::item(*slot);
    const std::size_t keySize = entry->key().size();
    if (m_observer) [[unlikely]]
        m_observer->keyRemoved(*this, entry->key());
    if (entry->hasExpiry())
        m_data->expiry.erase(entry, hash);
    unlinkDue(entry, hash);
    m_data->outside -= std::size_t{entry->isObject()} + (keySize > EntryArena::kMaxSlabKey);
    m_data->dict.erase(slot, hash);
    m_data->arena.free(entry, keySize);
}

// Notes when the parts of a value that has just been stored expire.
void Db::linkDue(Entry *entry, std::uint64_t hash)
{
    if (!entry->isObject())
        return;
    const ValueType &type = m_keyspace->type(entry->type());
    if (!type.due)
        return;
    const UnixMs at = type.due(entry->value());
    if (at == kNever)
        return;
    entry->setTimed(true);
    m_data->due.insert(entry, hash);
    m_keyspace->expiryChanged(at);
}

// Before the value goes, or another comes.
void Db::unlinkDue(Entry *entry, std::uint64_t hash)
{
    if (!entry->isTimed()) [[likely]]
        return;
    m_data->due.erase(entry, hash);
    entry->setTimed(false);
}

void Db::setDue(const Key &key, Entry *entry, UnixMs at)
{
    if (entry->isTimed()) {
        if (entry->due() == at)
            return;
        if (at != kNever) {
            m_data->due.reschedule(entry, at, key.hash);
            m_keyspace->expiryChanged(at);
            return;
        }
        unlinkDue(entry, key.hash);
        entry->setDue(at);
    } else if (at != kNever) {
        entry->setDue(at);
        entry->setTimed(true);
        m_data->due.insert(entry, key.hash);
        m_keyspace->expiryChanged(at);
    }
}

bool Db::mayExpire() const
{
    return m_keyspace->expiresHere && !m_keyspace->expiryPaused && !m_keyspace->following;
}
UnixMs Db::expiryNow() const { return m_keyspace->following ? INT64_MIN : m_keyspace->now(); }
std::size_t Db::timed() const { return m_data->due.size(); }

bool Db::erase(const Key &key, Freeing freeing)
{
    std::uint64_t *slot = findLive(key);
    if (!slot)
        return false;
    const Value value = EntryDict::item(*slot)->value();
    unlink(slot, key.hash);
    m_keyspace->freeValue(value, m_keyspace->resolve(freeing, m_keyspace->lazyUserDel));
    return true;
}

bool Db::take(const Key &key, Value *value, UnixMs *expiry, std::uint32_t *clock)
{
    std::uint64_t *slot = findLive(key);
    if (!slot)
        return false;
    const Entry *entry = EntryDict::item(*slot);
    *value = entry->value();
    if (expiry)
        *expiry = entry->hasExpiry() ? entry->expiry() : -1;
    if (clock)
        *clock = entry->clock();
    if (value->encoding >= Encoding::Inline) {
        // The slot may be given out again at once: keep the text in a buffer of this thread.
        static std::string text;
        text.assign(value->text);
        value->text = text;
    }
    unlink(slot, key.hash);
    return true;
}

std::uint64_t Db::scan(std::uint64_t cursor, std::size_t count,
                       const std::function<void(const Entry &)> &visit) const
{
    std::size_t seen = 0;
    // Empty buckets count a tenth, so that a sparse table cannot make one call look at all of it.
    for (std::size_t buckets = 0; seen < count && buckets < count * 10; ++buckets) {
        cursor = m_data->dict.scan(cursor, [&](Entry *entry) {
            ++seen;
            visit(*entry);
        });
        if (cursor == 0)
            break;
    }
    return cursor;
}

void Db::forEach(const std::function<void(const Entry &)> &visit) const
{
    m_data->dict.forEach([&](Entry *entry) { visit(*entry); });
}

const Entry *Db::random()
{
    for (int tries = 0; tries < 100 && size() > 0; ++tries) {
        Entry *entry = m_data->dict.random([this] { return m_keyspace->m_random(); });
        if (!isExpired(*entry))
            return entry;
        if (!m_keyspace->expiresHere || m_keyspace->expiryPaused) {
            if (tries == 99)
                return entry; // all may be expired: a replica answers with one rather than loop
            continue;
        }
        const Key key(entry->key());
        expire(m_data->dict.find(key.bytes, key.hash), key.hash);
    }
    return nullptr;
}

void Db::forEachExpiring(std::size_t limit, const std::function<void(const Entry &)> &visit) const
{
    m_data->expiry.forEach([&](Entry *entry) {
        if (limit == 0)
            return false;
        visit(*entry);
        return --limit > 0;
    });
}

void Db::forEachExpiring(UnixMs from, const std::function<bool(const Entry &)> &visit) const
{
    m_data->expiry.forEach([&](Entry *entry) { return visit(*entry); }, from);
}

std::size_t Db::expiringBefore(UnixMs at) const { return m_data->expiry.countBefore(at); }

std::size_t Db::memoryUsage(const Entry &entry, std::size_t samples) const
{
    const Value value = entry.value();
    std::size_t bytes = EntryArena::slotFor(entry.size(), entry.key().size());
    if (value.encoding == Encoding::Object)
        bytes += m_keyspace->type(value.type).memory(value, samples);
    bytes += m_data->dict.tableBytes() / std::max<std::size_t>(size(), 1);
    if (entry.hasExpiry())
        bytes += m_data->expiry.bytes() / std::max<std::size_t>(expires(), 1);
    return bytes;
}

std::size_t Db::tableBytes() const { return m_data->dict.tableBytes(); }
std::size_t Db::expiryIndexBytes() const { return m_data->expiry.bytes() + m_data->due.bytes(); }

std::string Db::tableStatistics() const
{
    const auto &dict = m_data->dict;
    const auto line = [](const char *name, std::size_t n) {
        return " " + std::string(name) + ": " + std::to_string(n) + "\n";
    };
    std::string text = "Hash table statistics (segmented, buckets of 7):\n";
    text += line("number of elements", dict.size()) + line("segments", dict.segments())
            + line("buckets", dict.buckets()) + line("table bytes", dict.tableBytes());
    if (dict.buckets())
        text += line("load percent", dict.size() * 100 / (dict.buckets() * 7));
    text += line("slab bytes", m_data->arena.slabBytes())
            + line("slab bytes free", m_data->arena.freeBytes());
    text
        += line("keys that expire", expires()) + line("expiry index bytes", m_data->expiry.bytes());
    return text;
}

} // namespace cay
