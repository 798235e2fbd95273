// One element of a listpack, read and written where it lies, without a look at the listpack around
// it: for code that writes many elements with one check of the room for all of them (a stream's
// entry), and that walks bytes which have been validated. The format is in listpack.h.
#pragma once

#include "store/listpack.h"

#include <charconv>
#include <cstdint>
#include <cstring>

namespace cay::store::packed {

// Most bytes that an integer takes, and that a text takes beside itself.
inline constexpr std::size_t kMaxInteger = 10, kTextOverhead = 10;

// Bytes of the backward length of an element of n bytes.
inline unsigned backSize(std::size_t n)
{
    return n <= 127 ? 1 : n < 16383 ? 2 : n < 2097151 ? 3 : n < 268435455 ? 4 : 5;
}
inline unsigned char *writeBack(unsigned char *p, std::size_t n)
{
    const unsigned size = backSize(n);
    for (unsigned i = size; i-- > 0;) {
        p[i] = static_cast<unsigned char>((n & 127) | (i > 0 ? 128 : 0));
        n >>= 7;
    }
    return p + size;
}

inline unsigned char *writeBytes(unsigned char *p, std::uint64_t n, unsigned bytes)
{
    std::memcpy(p, &n,
                bytes); // little endian, as the format and every machine that this is built for
    return p + bytes;
}

// Bytes of an integer without its backward length.
inline unsigned integerSize(std::int64_t n)
{
    if (n >= 0 && n <= 127)
        return 1;
    if (n >= -4096 && n <= 4095)
        return 2;
    if (n >= INT16_MIN && n <= INT16_MAX)
        return 3;
    if (n >= -(1 << 23) && n < 1 << 23)
        return 4;
    return n >= INT32_MIN && n <= INT32_MAX ? 5 : 9;
}

// Writes an integer in its shortest form; returns the end. The room needed is kMaxInteger at most.
inline unsigned char *writeInteger(unsigned char *p, std::int64_t n)
{
    const unsigned size = integerSize(n);
    const auto bits = static_cast<std::uint64_t>(n);
    switch (size) {
    case 1: *p++ = static_cast<unsigned char>(n); break;
    case 2:
        *p++ = static_cast<unsigned char>(0xc0 | ((bits >> 8) & 0x1f));
        *p++ = static_cast<unsigned char>(bits);
        break;
    default:
        *p++ = size == 9 ? 0xf4 : static_cast<unsigned char>(0xf1 + size - 3);
        p = writeBytes(p, bits, size - 1);
    }
    *p++ = static_cast<unsigned char>(size);
    return p;
}

// Whether a text is the canonical decimal form of a 64-bit integer.
inline bool isInteger(Bytes text, std::int64_t *n)
{
    const std::size_t size = text.size();
    if (size == 0 || size > 20)
        return false;
    const bool negative = text[0] == '-';
    if (size == 1 && text[0] == '0') {
        *n = 0;
        return true;
    }
    if (size == negative || text[negative] < '1' || text[negative] > '9')
        return false;
    const auto result = std::from_chars(text.data(), text.data() + size, *n);
    return result.ec == std::errc() && result.ptr == text.data() + size;
}

// Writes a text, as an integer if it is one; returns the end. Room: its size and kTextOverhead.
inline unsigned char *writeText(unsigned char *p, Bytes text)
{
    std::int64_t n;
    if (isInteger(text, &n))
        return writeInteger(p, n);
    const std::size_t size = text.size();
    unsigned char *const start = p;
    if (size < 64) {
        *p++ = static_cast<unsigned char>(0x80 | size);
    } else if (size < 4096) {
        *p++ = static_cast<unsigned char>(0xe0 | (size >> 8));
        *p++ = static_cast<unsigned char>(size);
    } else {
        *p++ = 0xf0;
        p = writeBytes(p, size, 4);
    }
    std::memcpy(p, text.data(), size);
    p += size;
    return writeBack(p, static_cast<std::size_t>(p - start));
}

inline std::int64_t readSigned(const unsigned char *p, unsigned bytes)
{
    std::uint64_t n = 0;
    std::memcpy(&n, p, bytes);
    const unsigned shift = 64 - 8 * bytes;
    return static_cast<std::int64_t>(n << shift) >> shift;
}

// Bytes of the element at p without its backward length. 0: no element starts like this.
inline std::size_t sizeAt(const unsigned char *p)
{
    const unsigned char c = *p;
    if (c < 0x80)
        return 1;
    if (c < 0xc0)
        return 1 + (c & 0x3f);
    if (c < 0xe0)
        return 2;
    if (c < 0xf0)
        return 2 + ((static_cast<std::size_t>(c & 0xf) << 8) | p[1]);
    switch (c) {
    case 0xf0: {
        std::uint32_t n;
        std::memcpy(&n, p + 1, 4);
        return 5 + std::size_t(n);
    }
    case 0xf1: return 3;
    case 0xf2: return 4;
    case 0xf3: return 5;
    case 0xf4: return 9;
    default: return 0;
    }
}

// The element behind the one at p.
inline const unsigned char *next(const unsigned char *p)
{
    const std::size_t size = sizeAt(p);
    return p + size + backSize(size);
}
// The element in front of p. REQUIRES: there is one.
inline const unsigned char *previous(const unsigned char *p)
{
    std::size_t size = 0;
    unsigned shift = 0;
    const unsigned char *back = p - 1;
    for (; *back & 128; --back, shift += 7)
        size |= static_cast<std::size_t>(*back & 127) << shift;
    size |= static_cast<std::size_t>(*back) << shift;
    return back - size;
}

// Reads the element at p; returns the one behind it.
inline const unsigned char *read(const unsigned char *p, PackedValue *out)
{
    const unsigned char c = *p;
    if (c >= 0x80 && c < 0xc0) { // the most frequent: a short text
        const unsigned size = c & 0x3f;
        out->text = Bytes(reinterpret_cast<const char *>(p + 1), size);
        return p + 2 + size;
    }
    out->text = {};
    if (c < 0x80) {
        out->integer = c;
        return p + 2;
    }
    const std::size_t size = sizeAt(p);
    if (c < 0xe0)
        out->integer
            = static_cast<std::int64_t>(static_cast<std::uint64_t>(((c & 0x1f) << 8) | p[1]) << 51)
              >> 51;
    else if (c < 0xf0)
        out->text = Bytes(reinterpret_cast<const char *>(p + 2), size - 2);
    else if (c == 0xf0)
        out->text = Bytes(reinterpret_cast<const char *>(p + 5), size - 5);
    else
        out->integer = readSigned(p + 1, static_cast<unsigned>(size - 1));
    return p + size + backSize(size);
}

// The same where an integer is known to stand; anything else counts as 0.
inline const unsigned char *readInteger(const unsigned char *p, std::int64_t *out)
{
    if (*p < 0x80) [[likely]] {
        *out = *p;
        return p + 2;
    }
    PackedValue value;
    p = read(p, &value);
    *out = value.integer;
    return p;
}

} // namespace cay::store::packed
