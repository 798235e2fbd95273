// Broadcasting: who wants to know of all keys that begin in some way, and which have changed in
// this turn of the event loop.
//
//   prefix "user:" -> sessions, changed keys (ascending, each with the session that changed it
//   last)
//
// Complexities: a changed key is looked up once for each length that prefixes have, O(lengths *
// log prefixes), where Redis compares it with every prefix.
#pragma once

#include "cay/host.h"

#include <map>

namespace cay::tracking {

class Prefixes
{
public:
    struct Prefix
    {
        std::vector<Session *> sessions;
        std::map<std::string, SessionId, std::less<>> changed; // 0: the server itself
    };

    void add(Session &session, Bytes prefix);
    void remove(Session &session, Bytes prefix);
    // False when no prefix fits.
    bool changed(Bytes key, SessionId by);
    std::size_t size() const { return m_prefixes.size(); }

    // Calls visit(prefix) for those with changed keys, which are then forgotten.
    template <typename Visit>
    void takeChanged(Visit visit)
    {
        for (auto &[text, prefix] : m_prefixes) {
            if (prefix.changed.empty())
                continue;
            visit(prefix);
            prefix.changed.clear();
        }
    }

private:
    std::map<std::string, Prefix, std::less<>> m_prefixes;
    std::map<std::size_t, int> m_lengths; // how many prefixes have each
};

} // namespace cay::tracking
