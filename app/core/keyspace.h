// The databases, the types of value in them, expiry and eviction. Belongs to the command thread.
#pragma once

#include "cay/db.h"
#include "cay/host.h"
#include "core/background.h"
#include "core/memory.h"
#include "store/arena.h"
#include "store/dict.h"
#include "store/expiry_index.h"

#include <array>
#include <memory>
#include <random>
#include <vector>

namespace cay::core {

struct EntryTraits
{
    static Bytes key(const Entry *entry) { return entry->key(); }
};
using EntryDict = store::Dict<Entry, EntryTraits>;

// What a Db holds; a flush or a swap replaces it whole.
struct DbData
{
    EntryDict dict;
    store::EntryArena arena;
    store::ExpiryIndex expiry;
    store::DueIndex due;     // entries whose values have parts that expire
    std::size_t outside = 0; // entries that own memory outside the arena: objects, long keys
};

enum class EvictionPolicy : std::uint8_t { // in the order of the option's values
    VolatileLru,
    VolatileLfu,
    VolatileRandom,
    VolatileTtl,
    AllkeysLru,
    AllkeysLfu,
    AllkeysRandom,
    NoEviction,
};

// What the keyspace tells of what it does on its own.
struct KeyspaceListener
{
    virtual ~KeyspaceListener() = default;
    virtual void keyExpired(Db &db, Bytes key) = 0;
    virtual void partsDue(Db &db, Entry *entry) = 0;
    virtual void keyEvicted(Db &db, Bytes key) = 0;
    virtual void keyMissed(Db &db, Bytes key) = 0;
    virtual void keyAdded(Db &db, Bytes key) = 0;
    virtual void latency(const char *event, std::int64_t ms) = 0;
};

class Keyspace
{
public:
    Keyspace(Statistics &statistics, KeyspaceListener &listener);
    ~Keyspace();

    void create(int databases);
    int databases() const { return static_cast<int>(m_dbs.size()); }
    Db &db(int index) { return *m_dbs[static_cast<std::size_t>(index)]; }
    void swap(int a, int b);
    std::uint64_t flush(int index, bool inBackground);

    // Types of value. False when the table is full or the name is taken.
    bool addType(const ValueType *type, std::string *why);
    void removeType(const ValueType *type);
    // Whether any key has the type: an entry-by-entry look, for unloading a plugin.
    bool typeInUse(const ValueType *type) const;
    const ValueType &type(TypeId id) const { return *m_types[id]; }
    int typeByName(Bytes name) const;
    int typeByRdbCode(std::uint8_t code) const;

    void freeValue(const Value &value, bool inBackground);
    bool resolve(Freeing freeing, const bool &configured) const
    {
        return freeing == Freeing::Configured ? configured : freeing == Freeing::Background;
    }

    // Once per turn of the loop, and per command that took long.
    void setClock(UnixMs now)
    {
        m_now = now;
        m_lruClock = static_cast<std::uint32_t>(now / 1000) & 0xffffff;
    }
    UnixMs now() const { return m_now; }

    // Deletes what is due until budgetNs are spent. True when something due is left.
    bool expireDue(std::int64_t budgetNs);
    bool somethingDue() const { return m_activeExpire && m_nextExpiry <= m_now; }
    UnixMs nextExpiry() const { return m_nextExpiry; }
    void setActiveExpire(bool on) { m_activeExpire = on; }

    // Evicts until used memory is at most maxmemory. False when that was not possible.
    bool makeRoom();
    // Bytes allocated, less the slots of slabs that wait for the next entries.
    std::size_t usedMemory() const;

    // Options, mirrored.
    std::int64_t maxMemory = 0;
    EvictionPolicy policy = EvictionPolicy::NoEviction;
    std::int64_t maxMemorySamples = 5;
    std::int64_t evictionTenacity = 10;
    std::int64_t lfuLogFactor = 10, lfuDecayTime = 1;
    bool lazyExpire = false, lazyEviction = false, lazyServerDel = false, lazyUserDel = false,
         lazyUserFlush = false;
    bool expiresHere
        = true; // false on a replica: expired keys are hidden, and deleted when the master says so
    bool expiryPaused = false; // CLIENT PAUSE and loading: nothing is deleted
    bool noTouch = false;      // for the session whose command runs
    bool following = false;   // that session brings a master's effects: keys expire when it says so
    bool tellDetails = false; // misses and new keys: while somebody listens to key events
    Background background;

private:
    friend class cay::Db;

    bool isLfu() const
    {
        return policy == EvictionPolicy::VolatileLfu || policy == EvictionPolicy::AllkeysLfu;
    }
    std::uint32_t freshClock() const;
    void touch(Entry *entry) const;
    std::uint32_t lfuDecayed(std::uint32_t clock) const;
    std::uint64_t idleScore(const Entry &entry) const;
    bool evictOne();
    std::int64_t evictionLimitNs() const;
    const Entry *candidate(Db &db, std::uint64_t *score);
    template <typename Index, typename Expire>
    bool expireFrom(Index &index, std::int64_t end, UnixMs *next, Expire expire);
    void expiryChanged(UnixMs at) { m_nextExpiry = std::min(m_nextExpiry, at); }
    void destroy(std::unique_ptr<DbData> data, bool inBackground);

    std::vector<Db *> m_dbs;
    std::array<const ValueType *, store::kMaxTypes> m_types{};
    Statistics &m_statistics;
    KeyspaceListener &m_listener;
    UnixMs m_now = 0;
    UnixMs m_nextExpiry = INT64_MAX;
    std::uint32_t m_lruClock = 0;
    bool m_activeExpire = true;
    int m_evictFrom = 0; // database that random and ttl policies look at next
    mutable std::mt19937_64 m_random{std::random_device{}()};
    std::vector<Entry *> m_due;
};

} // namespace cay::core
