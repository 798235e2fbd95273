// The slow log: the most recent commands that took longer than slowlog-log-slower-than, newest
// first. Entries own trimmed copies of the arguments: at most 32 of them, of at most 128 bytes
// each.
#pragma once

#include "cay/host.h"

#include <deque>
#include <string>
#include <vector>

namespace cay::introspection {

class SlowLog
{
public:
    void start(Host &host);

    void get(Call &call) const;
    void reset() { m_entries.clear(); }
    std::size_t size() const { return m_entries.size(); }

private:
    struct Entry
    {
        std::int64_t id;
        std::int64_t unixSeconds;
        std::int64_t microseconds;
        std::vector<std::string> args;
        std::string peer, name;
    };

    void add(const Call &call, std::int64_t ns);
    void trim();
    static void write(resp::Reply &reply, const Entry &entry);

    std::deque<Entry> m_entries; // newest first
    std::int64_t m_nextId = 0;
    std::int64_t m_slowerThanUs = 0; // negative: off
    std::int64_t m_maxEntries = 0;
};

} // namespace cay::introspection
