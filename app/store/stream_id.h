// The ID of a stream's entry: 128 bits that only grow, "<milliseconds>-<sequence>" in text.
#pragma once

#include "store/bytes.h"

#include <charconv>
#include <compare>
#include <cstdint>
#include <limits>

namespace cay::store {

struct StreamId
{
    std::uint64_t ms = 0;
    std::uint64_t seq = 0;

    auto operator<=>(const StreamId &) const = default;

    static constexpr StreamId max()
    {
        return {std::numeric_limits<std::uint64_t>::max(),
                std::numeric_limits<std::uint64_t>::max()};
    }
    bool isZero() const { return ms == 0 && seq == 0; }
    // The neighbours; false at the ends, where the ID stays as it is.
    bool increment()
    {
        if (*this == max())
            return false;
        ms += ++seq == 0;
        return true;
    }
    bool decrement()
    {
        if (isZero())
            return false;
        ms -= seq-- == 0;
        return true;
    }
};

// The text of an ID, as long as this object lives.
class StreamIdText
{
public:
    explicit StreamIdText(StreamId id)
    {
        char *p = std::to_chars(m_text, m_text + 20, id.ms).ptr;
        *p++ = '-';
        p = std::to_chars(p, p + 20, id.seq).ptr;
        m_size = static_cast<std::uint8_t>(p - m_text);
    }
    operator Bytes() const { return Bytes(m_text, m_size); }

private:
    char m_text[41];
    std::uint8_t m_size;
};

} // namespace cay::store
