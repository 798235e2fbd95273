#include "tracked_keys.h"

namespace cay::tracking {

TrackedKeys::~TrackedKeys()
{
    m_table.forEach([](TrackedKey *key) { delete key; });
}

void TrackedKeys::add(Bytes key, SessionId session)
{
    const std::uint64_t hash = store::hashBytes(key);
    const auto *slot = m_table.find(key, hash);
    if (!slot) {
        m_table.insert(new TrackedKey{std::string(key), {session}}, hash);
        ++m_items;
        return;
    }
    auto &sessions = m_table.item(*slot)->sessions;
    const auto place = std::ranges::lower_bound(sessions, session);
    if (place != sessions.end() && *place == session)
        return;
    sessions.insert(place, session);
    ++m_items;
}

std::unique_ptr<TrackedKey> TrackedKeys::take(Bytes key)
{
    if (m_table.empty())
        return nullptr;
    const std::uint64_t hash = store::hashBytes(key);
    auto *slot = m_table.find(key, hash);
    if (!slot)
        return nullptr;
    std::unique_ptr<TrackedKey> taken(m_table.item(*slot));
    m_table.erase(slot, hash);
    m_items -= taken->sessions.size();
    return taken;
}

} // namespace cay::tracking
