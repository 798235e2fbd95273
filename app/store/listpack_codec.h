// How one element of a listpack is written: shared by the structures that keep listpacks. The
// picture is in listpack.h.
#pragma once

#include "store/listpack.h"

#include <charconv>

namespace cay::store::listpack {

inline constexpr std::uint16_t kCountUnknown = 0xffff;
inline constexpr std::size_t kMaxHead = 9, kMaxBack = 5;

// The first byte of each encoding that is not all in it.
enum Code : unsigned char {
    kString6 = 0x80,
    kInteger13 = 0xc0,
    kString12 = 0xe0,
    kString32 = 0xf0,
    kInteger16 = 0xf1,
    kInteger24 = 0xf2,
    kInteger32 = 0xf3,
    kInteger64 = 0xf4,
};

template <typename T>
T load(const unsigned char *p)
{
    T value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

// Bytes of the size that stands behind an element. The limits are the ones of the format's first
// implementation, one below what the bits could hold.
constexpr std::size_t backSize(std::size_t n)
{
    return n <= 127 ? 1 : n < 16383 ? 2 : n < 2097151 ? 3 : n < 268435455 ? 4 : 5;
}

inline unsigned char *writeBack(unsigned char *p, std::size_t n)
{
    const std::size_t size = backSize(n);
    for (std::size_t i = size; i-- > 0; n >>= 7)
        p[i] = static_cast<unsigned char>((n & 0x7f) | (i ? 0x80 : 0));
    return p + size;
}

// The size that ends in front of `end`; the bytes it takes itself are added to *taken.
inline std::size_t readBack(const unsigned char *end, std::size_t *taken)
{
    std::size_t n = 0;
    for (unsigned shift = 0; shift < 7 * kMaxBack; shift += 7) {
        const unsigned char b = *--end;
        ++*taken;
        n |= static_cast<std::size_t>(b & 0x7f) << shift;
        if (!(b & 0x80))
            break;
    }
    return n;
}

// As strictly as Redis: no sign but '-', no leading zeros, no "-0".
inline bool parseCanonical(Bytes text, std::int64_t *value)
{
    const std::size_t size = text.size();
    if (size == 0 || size > 20)
        return false;
    const char *p = text.data();
    const auto last = static_cast<unsigned char>(p[size - 1] - '0');
    if (last > 9)
        return false;
    if (size == 1) {
        *value = last;
        return true;
    }
    const char first = p[*p == '-'];
    if (first < '1' || first > '9')
        return false;
    const auto result = std::from_chars(p, p + size, *value);
    return result.ec == std::errc() && result.ptr == p + size;
}

// What stands in front of an element's bytes, if it has any, and how large all of it is.
struct Encoded
{
    explicit Encoded(Bytes text)
    {
        std::int64_t n;
        if (parseCanonical(text, &n))
            setInteger(n);
        else
            setText(text);
    }
    explicit Encoded(std::int64_t n) { setInteger(n); }

    // Head and data.
    std::size_t size() const { return headSize + data.size(); }
    std::size_t total() const { return size() + backSize(size()); }
    void write(unsigned char *p) const
    {
        std::memcpy(p, head, headSize);
        if (!data.empty())
            std::memcpy(p + headSize, data.data(), data.size());
        writeBack(p + size(), size());
    }

    unsigned char head[kMaxHead];
    std::uint8_t headSize = 1;
    Bytes data;

private:
    void setText(Bytes text)
    {
        data = text;
        const std::size_t n = text.size();
        if (n < 64) {
            head[0] = static_cast<unsigned char>(kString6 | n);
        } else if (n < 4096) {
            head[0] = static_cast<unsigned char>(kString12 | n >> 8);
            head[1] = static_cast<unsigned char>(n);
            headSize = 2;
        } else {
            setBytes(kString32, static_cast<std::int64_t>(n), 4);
        }
    }
    void setInteger(std::int64_t n)
    {
        if (n >= 0 && n <= 127) {
            head[0] = static_cast<unsigned char>(n);
        } else if (n >= -4096 && n <= 4095) {
            head[0] = static_cast<unsigned char>(kInteger13 | (n >> 8 & 0x1f));
            head[1] = static_cast<unsigned char>(n);
            headSize = 2;
        } else if (n >= INT16_MIN && n <= INT16_MAX) {
            setBytes(kInteger16, n, 2);
        } else if (n >= -(1 << 23) && n < 1 << 23) {
            setBytes(kInteger24, n, 3);
        } else if (n >= INT32_MIN && n <= INT32_MAX) {
            setBytes(kInteger32, n, 4);
        } else {
            setBytes(kInteger64, n, 8);
        }
    }
    void setBytes(Code code, std::int64_t n, std::uint8_t size)
    {
        head[0] = code;
        std::memcpy(head + 1, &n, size);
        headSize = static_cast<std::uint8_t>(1 + size);
    }
};

// The count in a listpack's header, and a new one there: more than fits is unknown.
inline std::uint16_t storedCount(const unsigned char *bytes)
{
    return load<std::uint16_t>(bytes + 4);
}
inline void addToCount(unsigned char *bytes, std::ptrdiff_t difference)
{
    const std::uint16_t old = storedCount(bytes);
    if (old == kCountUnknown)
        return;
    const std::ptrdiff_t sum = old + difference;
    const auto stored = static_cast<std::uint16_t>(sum < kCountUnknown ? sum : kCountUnknown);
    std::memcpy(bytes + 4, &stored, 2);
}
inline void setTotal(unsigned char *bytes, std::size_t size)
{
    const auto total = static_cast<std::uint32_t>(size);
    std::memcpy(bytes, &total, 4);
}

} // namespace cay::store::listpack
