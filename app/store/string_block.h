// The heap block of a string value that is too long for its key's entry.
//
//   +---------+-------------+---------+------+---------------------+-------+
//   | size 64 | capacity 64 | refs 32 | 0 32 | bytes ...           | slack |
//   +---------+-------------+---------+------+---------------------+-------+
//   24 bytes of header, then `capacity` bytes of which `size` are the value.
//
// A string value is an entry whose encoding is Integer, Inline, InlineRaw, or Object with type 0
// and a StringBlock. The count lets another thread (a snapshot, a reply on its way out) keep the
// bytes while the key moves on: whoever changes bytes makes sure with writable() that the block is
// his alone.
//
// Turned down: lengths of 32 bits (8 bytes less on a block of at least 400, against a 4 GB limit
// that Redis does not have); a pointer to std::string (two allocations).
#pragma once

#include "store/entry.h"

#include <atomic>
#include <charconv>

namespace cay::store {

// Texts up to this size lie in the entry; longer ones in a StringBlock.
#ifdef CAY_TORTURE
inline constexpr std::size_t kMaxInline = 44; // the least at which "embstr" means what Redis means
#else
inline constexpr std::size_t kMaxInline = 384;
#endif

class StringBlock
{
public:
    // A block of exactly `size` bytes, uninitialised, with one reference. Throws std::bad_alloc.
    static StringBlock *create(std::size_t size);
    static StringBlock *fromBytes(Bytes text);
    // A block with one reference, room for `capacity` bytes, and a size of 0.
    static StringBlock *withCapacity(std::size_t capacity);
    // The same with zeros in it; far less work than filling it for a large one.
    static StringBlock *zeroed(std::size_t capacity);

    StringBlock(const StringBlock &) = delete;
    StringBlock &operator=(const StringBlock &) = delete;

    std::size_t size() const { return m_size; }
    std::size_t capacity() const { return m_capacity; }
    Bytes text() const { return Bytes(m_data, m_size); }
    char *data() { return m_data; }
    // REQUIRES: n <= capacity(). Bytes beyond the old size are what the caller wrote there.
    void setSize(std::size_t n) { m_size = n; }

    void retain() { m_refs.fetch_add(1, std::memory_order_relaxed); }
    // Frees with the last reference. Any thread.
    void release();
    bool isShared() const { return m_refs.load(std::memory_order_acquire) != 1; }

    // The block to edit so that it can hold `size` bytes: itself, itself grown with slack (double
    // the need up to 1 MB, then 1 MB more, as Redis's sds), or a copy when it is shared. Takes the
    // caller's reference to `block` and gives one to the result; the size is unchanged.
    static StringBlock *writable(StringBlock *block, std::size_t size);
    // The capacity that grown() and withSlack() choose for a value of `size` bytes that is being
    // extended.
    static std::size_t withSlack(std::size_t size)
    {
        constexpr std::size_t kMaxSlack = 1024 * 1024;
        return size < kMaxSlack ? size * 2 : size + kMaxSlack;
    }

    // Bytes that the allocator gave for this block, header and slack included.
    std::size_t usableSize() const;
    // The same for a block that create(size) would make.
    static std::size_t usableSize(std::size_t size);

private:
    StringBlock() = default;
    static StringBlock *inMemory(void *memory, std::size_t capacity);

    std::size_t m_size;
    std::size_t m_capacity;
    std::atomic<std::uint32_t> m_refs;
    char m_pad[4];
    char m_data[];
};

static_assert(sizeof(StringBlock) == 24);

inline StringBlock *stringBlock(const Value &value)
{
    return static_cast<StringBlock *>(value.object);
}

// The text of any string value; an integer's digits go to `scratch`. Lives as long as the value and
// the scratch.
inline Bytes stringText(const Value &value, char (&scratch)[24])
{
    switch (value.encoding) {
    case Encoding::Integer: {
        const char *end = std::to_chars(scratch, scratch + sizeof scratch, value.integer).ptr;
        return Bytes(scratch, static_cast<std::size_t>(end - scratch));
    }
    case Encoding::Object: return static_cast<const StringBlock *>(value.object)->text();
    case Encoding::Inline:
    case Encoding::InlineRaw: break;
    }
    return value.text;
}

// The same for an entry. REQUIRES: entry.type() == 0.
inline Bytes stringText(const Entry &entry, char (&scratch)[24])
{
    if (entry.isInline()) [[likely]]
        return entry.text();
    return stringText(entry.value(), scratch);
}

} // namespace cay::store
