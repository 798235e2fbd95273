// Access clocks and eviction. Sources: Redis's evict.c for the meaning of the 24 clock bits: LRU
// keeps the low bits of the time in seconds; LFU keeps 16 bits of minutes (last decay) and an 8-bit
// logarithmic counter.
#include "core/keyspace.h"
#include "core/ticks.h"

#include <cmath>

namespace cay {

using core::EntryDict;

namespace {

constexpr std::uint32_t kLfuInitial = 5;

std::uint32_t minutes(UnixMs now) { return static_cast<std::uint32_t>(now / 60'000) & 0xffff; }

} // namespace

namespace core {

std::uint32_t Keyspace::freshClock() const
{
    return isLfu() ? (minutes(m_now) << 8) | kLfuInitial : m_lruClock;
}

// The counter after it has lost one per lfu-decay-time minutes.
std::uint32_t Keyspace::lfuDecayed(std::uint32_t clock) const
{
    const std::uint32_t counter = clock & 0xff;
    const std::uint32_t elapsed = (minutes(m_now) - (clock >> 8)) & 0xffff;
    const std::uint32_t periods
        = lfuDecayTime > 0 ? elapsed / static_cast<std::uint32_t>(lfuDecayTime) : 0;
    return periods > counter ? 0 : counter - periods;
}

void Keyspace::touch(Entry *entry) const
{
    if (noTouch) [[unlikely]]
        return;
    std::uint32_t clock = m_lruClock;
    if (isLfu()) [[unlikely]] {
        std::uint32_t counter = lfuDecayed(entry->clock());
        if (counter < 255) {
            const double base = counter > kLfuInitial ? counter - kLfuInitial : 0;
            const double chance = 1.0 / (base * static_cast<double>(lfuLogFactor) + 1);
            if (std::uniform_real_distribution<>()(m_random) < chance)
                ++counter;
        }
        clock = (minutes(m_now) << 8) | counter;
    }
    if (entry->clock() != clock)
        entry->setClock(clock);
}

// Higher goes first.
std::uint64_t Keyspace::idleScore(const Entry &entry) const
{
    if (policy == EvictionPolicy::VolatileTtl)
        return ~static_cast<std::uint64_t>(entry.expiry());
    if (isLfu())
        return 255 - lfuDecayed(entry.clock());
    return (m_lruClock - entry.clock()) & 0xffffff;
}

const Entry *Keyspace::candidate(Db &db, std::uint64_t *score)
{
    const bool all = policy == EvictionPolicy::AllkeysLru || policy == EvictionPolicy::AllkeysLfu
                     || policy == EvictionPolicy::AllkeysRandom;
    DbData &data = *db.m_data;
    if ((all ? data.dict.size() : data.expiry.size()) == 0)
        return nullptr;
    const auto draw = [&]() -> const Entry * {
        const auto random = [this] { return m_random(); };
        return all ? data.dict.random(random) : data.expiry.random(random);
    };
    const Entry *best = nullptr;
    if (policy == EvictionPolicy::VolatileTtl) {
        data.expiry.forEach([&](const Entry *entry) {
            best = entry;
            return false;
        });
        *score = idleScore(*best);
        return best;
    }
    if (policy == EvictionPolicy::AllkeysRandom || policy == EvictionPolicy::VolatileRandom) {
        *score = m_random();
        return draw();
    }
    for (std::int64_t i = 0; i < maxMemorySamples; ++i) {
        const Entry *entry = draw();
        const std::uint64_t s = idleScore(*entry);
        if (!best || s > *score) {
            best = entry;
            *score = s;
        }
    }
    return best;
}

bool Keyspace::evictOne()
{
    Db *from = nullptr;
    const Entry *best = nullptr;
    std::uint64_t bestScore = 0;
    for (Db *db : m_dbs) {
        std::uint64_t score = 0;
        const Entry *entry = candidate(*db, &score);
        if (entry && (!best || score > bestScore)) {
            best = entry;
            bestScore = score;
            from = db;
        }
    }
    if (!best)
        return false;
    const std::string name(best->key());
    const Key key{Bytes(name)};
    const Value value = best->value();
    from->unlink(from->m_data->dict.find(key.bytes, key.hash), key.hash);
    freeValue(value, lazyEviction);
    ++m_statistics.evictedKeys;
    m_listener.keyEvicted(*from, name);
    return true;
}

// How long one command may evict; 0 is without end. Source: Redis's evictionTimeLimitUs().
std::int64_t Keyspace::evictionLimitNs() const
{
    if (evictionTenacity >= 100)
        return 0;
    const auto tenacity = static_cast<double>(evictionTenacity);
    const double us = tenacity <= 10 ? 50 * tenacity : 500 * std::pow(1.15, tenacity - 10);
    return std::max<std::int64_t>(static_cast<std::int64_t>(us * 1000), 1);
}

bool Keyspace::makeRoom()
{
    if (maxMemory == 0 || usedMemory() <= static_cast<std::size_t>(maxMemory)) [[likely]]
        return true;
    refreshUsedMemory();
    if (policy == EvictionPolicy::NoEviction)
        return usedMemory() <= static_cast<std::size_t>(maxMemory);
    const std::int64_t begin = clockNs(), limit = evictionLimitNs();
    while (usedMemory() > static_cast<std::size_t>(maxMemory)) {
        if (!evictOne()) {
            background.drain(); // what was evicted a moment ago may still be on its way out
            refreshUsedMemory();
            return usedMemory() <= static_cast<std::size_t>(maxMemory);
        }
        // Time is up: the command runs, and the next ones go on evicting.
        if (limit && clockNs() - begin > limit)
            break;
    }
    m_listener.latency("eviction-cycle", (clockNs() - begin) / 1'000'000);
    return true;
}

} // namespace core

std::uint64_t Db::idleSeconds(const Entry &entry) const
{
    return (m_keyspace->m_lruClock - entry.clock()) & 0xffffff;
}

std::uint32_t Db::frequency(const Entry &entry) const
{
    return m_keyspace->lfuDecayed(entry.clock());
}

void Db::setIdleSeconds(Entry &entry, std::uint64_t seconds)
{
    if (m_keyspace->isLfu())
        return;
    entry.setClock((m_keyspace->m_lruClock - static_cast<std::uint32_t>(seconds)) & 0xffffff);
}

void Db::setFrequency(Entry &entry, std::uint32_t frequency)
{
    if (!m_keyspace->isLfu())
        return;
    entry.setClock((minutes(m_keyspace->m_now) << 8) | (frequency & 0xff));
}

} // namespace cay
