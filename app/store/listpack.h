// A sequence of short strings and integers in one block, byte for byte the listpack of RDB files:
// loading and saving one is a copy.
//
//   +----------------+-------------+----------+-----+----------+------+
//   | total bytes 32 | elements 16 | element  | ... | element  | 0xff |
//   +----------------+-------------+----------+-----+----------+------+
//   elements: 65535 stands for "more; count them"
//   element:  encoding and data, then the size of the two in 1 to 5 bytes of 7 bits that are read
//             from the end
//
//   0xxxxxxx            integer 0 to 127          10xxxxxx data      string below 64 bytes
//   110xxxxx x8         13-bit signed integer     1110xxxx x8 data   string below 4096 bytes
//   11110001 i16        little endian, likewise   11110000 n32 data  longer string
//   11110010 i24   11110011 i32   11110100 i64
//
// A string that is the canonical decimal form of a 64-bit integer is always kept as the integer,
// and everything in its shortest encoding (valid() insists on it): so equal elements have equal
// bytes, and a search compares encodings. An element that grows shifts the rest: O(n), which is why
// options keep listpacks short. The size of an element follows from its first byte through a table,
// but for strings from 64 bytes on.
//
// An element is named by its position, the offset of its first byte: good until the next change.
// kEnd (0) is "no element".
//
// Source: the listpack specification (github.com/antirez/listpack) and the files that Redis 7.0
// writes.
#pragma once

#include "store/bytes.h"

#include <array>
#include <bit>
#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <utility>

namespace cay::store {

static_assert(std::endian::native == std::endian::little, "listpacks are read where they lie");

namespace listpack {

struct Encoded;

// Bytes that an element with this first byte takes, 0 where that says too little (strings from 64
// bytes on) or nothing (the end, and what no element begins with).
inline constexpr std::array<std::uint8_t, 256> kSizes = [] {
    std::array<std::uint8_t, 256> sizes{};
    for (unsigned b = 0; b < 0x80; ++b)
        sizes[b] = 2;
    for (unsigned b = 0x80; b < 0xc0; ++b)
        sizes[b] = static_cast<std::uint8_t>(2 + (b & 0x3f));
    for (unsigned b = 0xc0; b < 0xe0; ++b)
        sizes[b] = 3;
    sizes[0xf1] = 4;
    sizes[0xf2] = 5;
    sizes[0xf3] = 6;
    sizes[0xf4] = 10;
    return sizes;
}();

} // namespace listpack

// One element where it lies: an integer, or a borrowed text.
struct PackedValue
{
    Bytes text; // data() is null for an integer
    std::int64_t integer = 0;

    bool isInteger() const { return text.data() == nullptr; }
    // The text, or the integer's digits written into `scratch`, which has to live as long as the
    // result.
    Bytes bytes(char (&scratch)[24]) const;
    bool operator==(Bytes other) const;
};

// Reads bytes that belong to somebody else. REQUIRES: valid() bytes, but for valid() itself.
class ListpackView
{
public:
    using Position = std::uint32_t;
    static constexpr Position kEnd = 0;
    static constexpr std::size_t kHeader = 6, kEmptySize = 7;

    explicit ListpackView(const unsigned char *bytes)
        : m_bytes(bytes)
    {}

    // Whether untrusted bytes are a listpack: every element inside, both ways of walking agree, the
    // count is right.
    static bool valid(Bytes bytes);

    const unsigned char *data() const { return m_bytes; }
    // Header and end byte included.
    std::size_t byteSize() const
    {
        std::uint32_t n;
        std::memcpy(&n, m_bytes, 4);
        return n;
    }
    Bytes all() const { return Bytes(reinterpret_cast<const char *>(m_bytes), byteSize()); }
    std::size_t size() const; // elements; O(1) below 65535
    bool empty() const { return byteSize() == kEmptySize; }

    // Walking. next() and previous() answer kEnd at the ends. O(1) each.
    Position first() const { return orEnd(kHeader); }
    Position last() const { return previous(static_cast<Position>(byteSize() - 1)); }
    Position next(Position at) const { return orEnd(at + static_cast<Position>(elementSize(at))); }
    Position previous(Position at) const
    {
        if (at <= kHeader)
            return kEnd;
        const unsigned size = m_bytes[at - 1];
        return size < 0x80 ? at - 1 - size : largePrevious(at);
    }
    // Negative counts from the end, -1 is the last. kEnd when there is none. Walks from the nearer
    // end.
    Position at(std::int64_t index) const;
    // REQUIRES: not kEnd.
    PackedValue value(Position at) const
    {
        const unsigned b = m_bytes[at];
        if (b < 0x80)
            return {Bytes(), b};
        const char *text = reinterpret_cast<const char *>(m_bytes) + at;
        if (b < 0xc0)
            return {Bytes(text + 1, b & 0x3f), 0};
        if ((b & 0xf0) == 0xe0)
            return {Bytes(text + 2, (b & 0x0f) << 8 | m_bytes[at + 1]), 0};
        return largeValue(at);
    }
    // Bytes of the element with all that belongs to it.
    std::size_t elementSize(Position at) const
    {
        const unsigned b = m_bytes[at];
        const std::size_t n = listpack::kSizes[b];
        if (n) [[likely]]
            return n;
        if ((b & 0xf0) != 0xe0)
            return largeElementSize(at);
        const std::size_t size = 2 + ((b & 0x0f) << 8 | m_bytes[at + 1]);
        return size + (size <= 127 ? 1 : 2);
    }

    // The first element equal to `text`, looking at every (skip + 1)th from `from` on: skip 1 with
    // from = first() looks at the field names of a hash. kEnd when there is none.
    Position find(Bytes text, Position from, unsigned skip = 0) const;
    // The same for a text that has been encoded once: listpack_codec.h.
    Position find(const listpack::Encoded &wanted, Position from, unsigned skip = 0) const;

protected:
    static constexpr unsigned char kEndByte = 0xff;

    const unsigned char *m_bytes;

private:
    Position orEnd(Position at) const { return m_bytes[at] == kEndByte ? kEnd : at; }
    std::size_t largeElementSize(Position at) const;
    Position largePrevious(Position at) const;
    PackedValue largeValue(Position at) const;
};

// Owns a block from malloc that is exactly byteSize() bytes long, as far as the allocator can do
// that. Moves like a unique_ptr; release() and adopt() carry it through a bare pointer, in which a
// key's entry keeps it. Every change may move the block. Positions that a change returns or takes
// are of the listpack as it then is.
class Listpack : public ListpackView
{
public:
    // The largest that may be: longer appends are refused. Callers stay far below.
    static constexpr std::size_t kMaxBytes = 1u << 30;

    Listpack(); // empty; allocates
    explicit Listpack(
        std::size_t reserve); // the same, room for this many bytes: shrink() when it is filled
    static Listpack copyOf(Bytes valid);
    static Listpack adopt(unsigned char *bytes) { return Listpack(bytes, 0); }
    ~Listpack() { std::free(mutableData()); }
    Listpack(Listpack &&other) noexcept
        : ListpackView(std::exchange(other.m_bytes, nullptr))
        , m_capacity(other.m_capacity)
    {}
    Listpack &operator=(Listpack &&other) noexcept
    {
        std::swap(m_bytes, other.m_bytes);
        std::swap(m_capacity, other.m_capacity);
        return *this;
    }
    // The block is the caller's: to be freed with std::free, or adopted again.
    [[nodiscard]] unsigned char *release()
    {
        return const_cast<unsigned char *>(std::exchange(m_bytes, nullptr));
    }

    // `text` may not point into this listpack. What would make it longer than kMaxBytes changes
    // nothing and returns kEnd.
    Position append(Bytes text) { return insert(kEnd, text); }
    Position append(std::int64_t n) { return insert(kEnd, n); }
    Position prepend(Bytes text) { return insert(first(), text); }
    Position prepend(std::int64_t n) { return insert(first(), n); }
    // Returns the new element's position. `before` kEnd appends.
    Position insert(Position before, Bytes text);
    Position insert(Position before, std::int64_t n);
    // Returns the element's position.
    Position replace(Position at, Bytes text);
    Position replace(Position at, std::int64_t n);
    // Takes `count` elements out, at most all that follow; returns the one behind them, or kEnd.
    Position erase(Position at, std::size_t count = 1);
    // Elements from `index` (negative: from the end) on, at most `count` of them.
    void eraseRange(std::int64_t index, std::size_t count);
    void clear();
    // Appends all of the other's elements. False, changing nothing, past kMaxBytes.
    bool merge(const ListpackView &other);
    // Moves the elements from `at` on into a listpack of their own.
    Listpack split(Position at);
    // Gives back room that was reserved.
    void shrink();

    // What an element of this text adds to byteSize(), at most.
    static std::size_t sizeOf(Bytes text) { return text.size() + (text.size() < 64 ? 2 : 10); }

private:
    Listpack(unsigned char *bytes, std::size_t capacity)
        : ListpackView(bytes)
        , m_capacity(capacity)
    {}
    unsigned char *mutableData() { return const_cast<unsigned char *>(m_bytes); }
    void resize(std::size_t size);
    unsigned char *splice(std::size_t at, std::size_t removed, std::size_t added);
    template <typename T>
    Position put(Position at, std::size_t removed, T element);

    std::size_t m_capacity = 0; // 0: exactly byteSize()
};

} // namespace cay::store
