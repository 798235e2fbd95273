// A sorted array of distinct integers in one block, byte for byte the intset of RDB files: loading
// and saving one is a copy.
//
//   +-----------------+----------+---------+---------+-----+
//   | bytes each 32   | size 32  | integer | integer | ... |    little endian, ascending
//   +-----------------+----------+---------+---------+-----+
//   bytes each: 2, 4 or 8, what the widest that was ever added needs
//
// An integer that does not fit widens all others: O(n), as is each change; options keep intsets
// short. Nothing narrows it again. A search is O(log n).
//
// Source: the files that Redis 7.0 writes.
#pragma once

#include "store/bytes.h"

#include <cstdlib>
#include <cstring>
#include <utility>

namespace cay::store {

// Reads bytes that belong to somebody else. REQUIRES: valid() bytes, but for valid() itself.
class IntsetView
{
public:
    static constexpr std::size_t kHeader = 8;

    explicit IntsetView(const unsigned char *bytes)
        : m_bytes(bytes)
    {}

    // Whether untrusted bytes are an intset that has members: a known width, the right number of
    // bytes, ascending without doubles.
    static bool valid(Bytes bytes);

    const unsigned char *data() const { return m_bytes; }
    std::size_t size() const { return word(4); }
    bool empty() const { return size() == 0; }
    std::size_t byteSize() const { return kHeader + size() * width(); }
    Bytes all() const { return Bytes(reinterpret_cast<const char *>(m_bytes), byteSize()); }

    // In ascending order. REQUIRES: index < size().
    std::int64_t at(std::size_t index) const
    {
        switch (width()) {
        case 2: return load<std::int16_t>(index);
        case 4: return load<std::int32_t>(index);
        default: return load<std::int64_t>(index);
        }
    }
    bool contains(std::int64_t n) const
    {
        const std::size_t i = lowerBound(n);
        return i < size() && at(i) == n;
    }

protected:
    std::uint32_t width() const { return word(0); }
    // Of the first integer that is not less than n.
    std::size_t lowerBound(std::int64_t n) const;

    const unsigned char *m_bytes;

private:
    std::uint32_t word(std::size_t at) const
    {
        std::uint32_t w;
        std::memcpy(&w, m_bytes + at, 4);
        return w;
    }
    template <typename T>
    std::int64_t load(std::size_t index) const
    {
        T n;
        std::memcpy(&n, m_bytes + kHeader + index * sizeof n, sizeof n);
        return n;
    }
};

// Owns a block from malloc. release() and adopt() carry it through a bare pointer, in which a key's
// entry keeps it. Every change may move the block.
class Intset : public IntsetView
{
public:
    // As many as an intset may have: a billion; callers stay far below.
    static constexpr std::size_t kMaxSize = 1u << 30;

    Intset(); // empty; allocates
    static Intset copyOf(Bytes valid);
    static Intset adopt(unsigned char *bytes) { return Intset(bytes); }
    ~Intset() { std::free(mutableData()); }
    Intset(Intset &&other) noexcept
        : IntsetView(std::exchange(other.m_bytes, nullptr))
    {}
    Intset &operator=(Intset &&other) noexcept
    {
        std::swap(m_bytes, other.m_bytes);
        return *this;
    }
    // The block is the caller's: to be freed with std::free, or adopted again.
    [[nodiscard]] unsigned char *release()
    {
        return const_cast<unsigned char *>(std::exchange(m_bytes, nullptr));
    }

    // False when it is there already. REQUIRES: size() < kMaxSize.
    bool add(std::int64_t n);
    bool remove(std::int64_t n);

private:
    explicit Intset(unsigned char *bytes)
        : IntsetView(bytes)
    {}
    unsigned char *mutableData() { return const_cast<unsigned char *>(m_bytes); }
    void resize(std::size_t size, std::uint32_t width);
    void store(std::size_t index, std::int64_t n);
    void widen(std::uint32_t width, std::int64_t n);
};

} // namespace cay::store
