// Which sessions have read a key since they were last told that it has changed.
//
//   table: key -> TrackedKey   key | sessions: id id id ... (ascending)
//
// Ids of sessions that are gone stay until the key changes, as in Redis: an id is never given
// twice. Complexities: add O(log sessions of the key), take O(1), both without a pause at any
// number of keys (store/dict.h). Memory: about 100 bytes and the key, 8 more for each further
// session. Turned down: a table of keys per session (a change would have to ask every session), and
// a Bloom filter per session (invalidates what was never read).
#pragma once

#include "cay/session.h"
#include "store/dict.h"

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

namespace cay::tracking {

struct TrackedKey
{
    std::string key;
    std::vector<SessionId> sessions; // ascending
};

class TrackedKeys
{
public:
    TrackedKeys() = default;
    ~TrackedKeys();
    TrackedKeys(const TrackedKeys &) = delete;
    TrackedKeys &operator=(const TrackedKeys &) = delete;

    void add(Bytes key, SessionId session);
    // Takes the key out with those who have read it; null when nobody has.
    std::unique_ptr<TrackedKey> take(Bytes key);
    std::size_t size() const { return m_table.size(); }
    // Pairs of a key and a session.
    std::size_t items() const { return m_items; }
    // Some key; empty when there is none. `next` gives random 64-bit numbers. Lives until the next
    // change.
    template <typename Random>
    Bytes random(Random next) const
    {
        const TrackedKey *key = m_table.random(next);
        return key ? Bytes(key->key) : Bytes();
    }
    void swap(TrackedKeys &other)
    {
        m_table.swap(other.m_table);
        std::swap(m_items, other.m_items);
    }

private:
    struct ByKey
    {
        static Bytes key(const TrackedKey *key) { return key->key; }
    };
    store::Dict<TrackedKey, ByKey> m_table;
    std::size_t m_items = 0;
};

} // namespace cay::tracking
