// Counts complete RESP replies in a stream, skipping over their contents.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace bench {

class ReplyCounter
{
public:
    // Takes received bytes; returns how many replies became complete.
    std::size_t feed(const char *data, std::size_t size);
    std::uint64_t errors() const { return m_errors; }
    const std::string &firstError() const { return m_firstError; }
    bool broken() const { return m_broken; }

private:
    bool line(const char *data, std::size_t size);

    std::string m_line;          // a header line that has not arrived whole
    std::uint64_t m_skip = 0;    // bytes of a bulk string that are still to come, CRLF included
    std::uint64_t m_pending = 0; // elements of aggregates that are still to come
    std::uint64_t m_errors = 0;
    std::string m_firstError;
    bool m_broken = false;
};

} // namespace bench
