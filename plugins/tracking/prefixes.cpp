#include "prefixes.h"

namespace cay::tracking {

void Prefixes::add(Session &session, Bytes prefix)
{
    const auto [found, isNew] = m_prefixes.try_emplace(std::string(prefix));
    if (isNew)
        ++m_lengths[prefix.size()];
    found->second.sessions.push_back(&session);
}

void Prefixes::remove(Session &session, Bytes prefix)
{
    const auto found = m_prefixes.find(prefix);
    std::erase(found->second.sessions, &session);
    if (!found->second.sessions.empty())
        return;
    if (--m_lengths[prefix.size()] == 0)
        m_lengths.erase(prefix.size());
    m_prefixes.erase(found);
}

bool Prefixes::changed(Bytes key, SessionId by)
{
    bool any = false;
    for (const auto &[length, count] : m_lengths) {
        if (length > key.size())
            break;
        const auto found = m_prefixes.find(key.substr(0, length));
        if (found == m_prefixes.end())
            continue;
        found->second.changed.insert_or_assign(std::string(key), by);
        any = true;
    }
    return any;
}

} // namespace cay::tracking
