// One database: keys, their values and their expiry times. Belongs to the command thread.
#pragma once

#include "cay/key.h"
#include "cay/value.h"

#include <QtCore/QtGlobal>

#include <functional>
#include <memory>

namespace cay {

class KeyObserver;

namespace core {
class Keyspace;
struct DbData;
} // namespace core

enum class Expiry : std::uint8_t {
    Discard,
    Keep
}; // what a put does with the time to live of the key it replaces
enum class Freeing : std::uint8_t { Configured, Now, Background };

// Entries move when they grow: an Entry * is good until the next call that is not const, for any
// key of this database.
class Q_DECL_EXPORT Db
{
public:
    int index() const { return m_index; }
    std::size_t size() const;
    std::size_t expires() const; // keys with an expiry
    UnixMs now() const;          // the cached clock: one reading per command or per transaction

    // Look-ups. An expired key is not there; on the node that owns the data it is deleted at once.
    const Entry *read(const Key &key); // for its value: counts a hit or a miss, marks the access
    Entry *write(const Key &key);      // to change it in place: marks the access, counts nothing
    const Entry *peek(const Key &key); // for introspection: leaves no trace
    const Entry *stored(const Key &key) const; // even if it has expired, and stays
    bool contains(const Key &key) { return peek(key) != nullptr; }

    // Stores, creating or replacing. Nobody is told: say call.modified(). With `at`, the key
    // expires then (Unix ms), and `expiry` does not matter. A text that reads as a 64-bit integer
    // is kept as one, a long one goes to the heap.
    Entry *putString(const Key &key, Bytes text, Expiry expiry = Expiry::Discard,
                     const UnixMs *at = nullptr);
    Entry *putInteger(const Key &key, std::int64_t n, Expiry expiry = Expiry::Discard,
                      const UnixMs *at = nullptr);
    // Takes the value as it is, and an object's ownership with it: no integer conversion.
    // REQUIRES: an inline text is at most store::kMaxInline bytes.
    Entry *put(const Key &key, const Value &value, Expiry expiry = Expiry::Discard,
               const UnixMs *at = nullptr);
    // Replaces the value of an entry that a look-up has just returned; its expiry stays.
    Entry *replace(const Key &key, Entry *entry, const Value &value);
    Entry *replace(Entry *entry, const Value &value)
    {
        return replace(Key(entry->key()), entry, value);
    }

    bool erase(const Key &key, Freeing freeing = Freeing::Configured);

    // The entry's expiry; a time in the past is honoured at the next look-up. Returns the entry,
    // perhaps moved.
    Entry *setExpiry(const Key &key, Entry *entry, UnixMs at);
    Entry *clearExpiry(const Key &key, Entry *entry);
    // The same where the key's hash is not at hand.
    Entry *setExpiry(Entry *entry, UnixMs at) { return setExpiry(Key(entry->key()), entry, at); }
    Entry *clearExpiry(Entry *entry) { return clearExpiry(Key(entry->key()), entry); }

    // When the first part of the entry's value expires, kNever for none: what keeps
    // ValueType::expire() informed. REQUIRES: a value of a type that has parts.
    void setDue(const Key &key, Entry *entry, UnixMs at);
    // False where something that is due is to be hidden, and deleted by others: on a replica, and
    // while expiry is paused.
    bool mayExpire() const;
    // What has a time up to this one has expired: now(), but long ago for a master's effects, which
    // say themselves what expires.
    UnixMs expiryNow() const;
    // Keys whose values have parts that expire.
    std::size_t timed() const;

    // Takes the value out of its key without freeing it, then erases the key (RENAME, MOVE).
    // An inline text lives until the next change of this database.
    bool take(const Key &key, Value *value, UnixMs *expiry, std::uint32_t *clock);

    // Calls visit(entry) for the keys of one or more buckets after `cursor`; returns the next
    // cursor, 0 at the end. A key that is there from the first call to the last is visited,
    // whatever grows or shrinks meanwhile; the visitor must not change this database. At least one
    // bucket is visited, and no more once `count` keys have been seen. A cursor is a position in
    // the space of the keys' hashes: at most 48 bits.
    std::uint64_t scan(std::uint64_t cursor, std::size_t count,
                       const std::function<void(const Entry &)> &visit) const;
    // Each live or expired key, in no order. The visitor must not change this database.
    void forEach(const std::function<void(const Entry &)> &visit) const;
    // A key chosen uniformly, expired ones excluded as far as possible; null in an empty database.
    const Entry *random();

    // In the order of expiry, at most `limit` of them.
    void forEachExpiring(std::size_t limit, const std::function<void(const Entry &)> &visit) const;
    // The same from those that expire at `from` on, until visit() answers false.
    void forEachExpiring(UnixMs from, const std::function<bool(const Entry &)> &visit) const;
    // Keys that expire before `at`. O(log n).
    std::size_t expiringBefore(UnixMs at) const;

    // Seconds since the last access (LRU) or the logarithmic access count (LFU), as OBJECT IDLETIME
    // and FREQ answer.
    std::uint64_t idleSeconds(const Entry &entry) const;
    std::uint32_t frequency(const Entry &entry) const;
    // Nothing happens under a policy that keeps the other of the two.
    void setIdleSeconds(Entry &entry, std::uint64_t seconds);
    void setFrequency(Entry &entry, std::uint32_t frequency);

    // Bytes of this key: the entry, its share of the tables, and the value's own heap.
    std::size_t memoryUsage(const Entry &entry, std::size_t samples) const;
    // Bytes of the hash table and of the index of expiry times, entries excluded.
    std::size_t tableBytes() const;
    std::size_t expiryIndexBytes() const;
    // For DEBUG HTSTATS: a readable page.
    std::string tableStatistics() const;

    // Who hears of each key that comes, changes or goes from now on, see key_observer.h; null for
    // nobody. One for all databases that are observed; it costs nothing elsewhere.
    void observe(KeyObserver *observer) { m_observer = observer; }

    Db(const Db &) = delete;
    Db &operator=(const Db &) = delete;

    // Brings what a look-up of this hash will touch nearer to the processor; the item, a while
    // after the bucket.
    void prefetchBucket(std::uint64_t hash) const;
    void prefetchEntry(std::uint64_t hash) const;
    // Whether any key has a value apart from its entry; prefetchValue() brings its beginning
    // nearer, and answers with the entry of a key that has this hash, or likely has it: null when
    // there is none, or its value is not apart.
    bool hasObjects() const;
    const Entry *prefetchValue(std::uint64_t hash) const;

private:
    friend class core::Keyspace;
    Db();
    ~Db();
    bool isExpired(const Entry &entry) const;
    std::uint64_t *findLive(const Key &key);
    Entry *insert(const Key &key, const Value &value, const UnixMs *at, std::uint32_t clock);
    Entry *overwrite(const Key &key, std::uint64_t *slot, const Value &value, const UnixMs *at);
    Entry *remake(std::uint64_t hash, Entry *entry, const UnixMs *at);
    Entry *relocate(const Key &key, std::uint64_t *slot, const Value &value, const UnixMs *at);
    void unlink(std::uint64_t *slot, std::uint64_t hash);
    Entry *changed(Entry *entry);
    void expire(std::uint64_t *slot, std::uint64_t hash);
    void linkDue(Entry *entry, std::uint64_t hash);
    void unlinkDue(Entry *entry, std::uint64_t hash);

    core::Keyspace *m_keyspace = nullptr;
    std::unique_ptr<core::DbData> m_data;
    KeyObserver *m_observer = nullptr;
    int m_index = 0;
};

} // namespace cay
