#include "core/keyspace.h"

#include "cay/key_observer.h"
#include "core/ticks.h"

#include <algorithm>

namespace cay::core {

namespace {

// Values with more allocations than this are freed in the background where that is configured.
constexpr std::size_t kLazyEffort = 64;

} // namespace

Keyspace::Keyspace(Statistics &statistics, KeyspaceListener &listener)
    : m_statistics(statistics)
    , m_listener(listener)
{}

Keyspace::~Keyspace()
{
    for (Db *db : m_dbs) {
        destroy(std::move(db->m_data), false);
        delete db;
    }
    background.drain();
}

void Keyspace::create(int databases)
{
    for (int i = 0; i < databases; ++i) {
        Db *db = new Db;
        db->m_keyspace = this;
        db->m_index = i;
        m_dbs.push_back(db);
    }
}

void Keyspace::swap(int a, int b)
{
    std::swap(db(a).m_data, db(b).m_data);
    KeyObserver *observer = db(a).m_observer ? db(a).m_observer : db(b).m_observer;
    if (observer && a != b)
        observer->swapped(db(a), db(b));
}

std::uint64_t Keyspace::flush(int index, bool inBackground)
{
    std::uint64_t removed = 0;
    for (Db *db : m_dbs) {
        if ((index >= 0 && db->index() != index) || db->size() == 0)
            continue;
        removed += db->size();
        auto old = std::move(db->m_data);
        db->m_data = std::make_unique<DbData>();
        destroy(std::move(old), inBackground);
        if (db->m_observer)
            db->m_observer->emptied(*db);
    }
    return removed;
}

// The types' tables are constant, so the background thread may read its copy.
void Keyspace::destroy(std::unique_ptr<DbData> data, bool inBackground)
{
    const auto work = [types = m_types](DbData &old) {
        if (old.outside > 0) {
            old.dict.forEach([&](Entry *entry) {
                if (entry->isObject())
                    types[entry->type()]->free(entry->object());
                if (entry->key().size() > store::EntryArena::kMaxSlabKey)
                    old.arena.free(entry, entry->key().size());
            });
        }
    };
    if (!inBackground) {
        work(*data);
        return;
    }
    m_statistics.lazyFreed += data->dict.size();
    background.run([work, shared = std::shared_ptr<DbData>(std::move(data))] { work(*shared); });
}

bool Keyspace::addType(const ValueType *type, std::string *why)
{
    if (typeByName(type->name) >= 0) {
        *why = "a type named '" + std::string(type->name) + "' is there already";
        return false;
    }
    // Strings are type 0 for everybody, whenever their plugin comes.
    std::size_t id = Bytes(type->name) == "string" ? 0 : 1;
    while (id < m_types.size() && m_types[id])
        ++id;
    if (id == m_types.size()) {
        *why = "there is no room for another type of value";
        return false;
    }
    m_types[id] = type;
    return true;
}

void Keyspace::removeType(const ValueType *type)
{
    background.drain(); // it may be freeing values of that type
    std::replace(m_types.begin(), m_types.end(), type, static_cast<const ValueType *>(nullptr));
}

bool Keyspace::typeInUse(const ValueType *type) const
{
    const int id = typeByName(type->name);
    bool found = false;
    for (const Db *db : m_dbs)
        db->forEach([&](const Entry &entry) { found |= entry.type() == id; });
    return found;
}

int Keyspace::typeByName(Bytes name) const
{
    for (std::size_t i = 0; i < m_types.size(); ++i) {
        if (m_types[i] && name == m_types[i]->name)
            return static_cast<int>(i);
    }
    return -1;
}

int Keyspace::typeByRdbCode(std::uint8_t code) const
{
    for (std::size_t i = 0; i < m_types.size(); ++i) {
        if (m_types[i] && std::ranges::count(m_types[i]->rdbCodes, code))
            return static_cast<int>(i);
    }
    return -1;
}

void Keyspace::freeValue(const Value &value, bool inBackground)
{
    if (value.encoding != Encoding::Object)
        return;
    const ValueType *type = m_types[value.type];
    if (!inBackground || type->freeEffort(value.object) <= kLazyEffort) {
        type->free(value.object);
        return;
    }
    ++m_statistics.lazyFreed;
    background.run([type, object = value.object] { type->free(object); });
}

// Runs expire() while something in the index is due. False when time is up; *next becomes the
// soonest time that stays.
template <typename Index, typename Expire>
bool Keyspace::expireFrom(Index &index, std::int64_t end, UnixMs *next, Expire expire)
{
    while (index.size() > 0) {
        const UnixMs first = index.next();
        if (first > m_now || !expiresHere || expiryPaused) {
            *next = std::min(*next, first);
            return true;
        }
        if (clockNs() > end) {
            ++m_statistics.expireCycleCapReached;
            m_nextExpiry = first;
            return false;
        }
        expire();
    }
    return true;
}

bool Keyspace::expireDue(std::int64_t budgetNs)
{
    const std::int64_t end = clockNs() + budgetNs;
    UnixMs next = kNever;
    for (Db *db : m_dbs) {
        const auto expireKeys = [&] {
            m_due.clear();
            db->m_data->expiry.due(m_now, 64, &m_due);
            for (Entry *entry : m_due) {
                const Key key(entry->key());
                db->expire(db->m_data->dict.find(key.bytes, key.hash), key.hash);
            }
        };
        const auto expireParts = [&] { m_listener.partsDue(*db, db->m_data->due.first()); };
        if (!expireFrom(db->m_data->expiry, end, &next, expireKeys)
            || !expireFrom(db->m_data->due, end, &next, expireParts))
            return true;
    }
    m_nextExpiry = next;
    return false;
}

std::size_t Keyspace::usedMemory() const
{
    std::size_t used = core::usedMemory();
    for (const Db *db : m_dbs)
        used -= std::min(used, db->m_data->arena.freeBytes());
    return used;
}

} // namespace cay::core
