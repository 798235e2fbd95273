// A hash table that holds its items' bytes itself, for the elements of large collections: sets,
// hashes. Extendible hashing over segments, as in dict.h, with packed bytes in place of pointers.
//
//   directory (2^depth words)            segment: one block, at most 40 KiB
//   +----------------------------+ +--------+--------+-----+--------+-------------------------+ |
//   depth 6 | n 10 | address 48| ---> | header | bucket | x n | bucket | item | item | dead | ..|
//   +----------------------------+ +--------+--------+-----+--------+-------------------------+
//
//   bucket, one cache line:  | tag x21 | overflow | offset 16 bits x21 |
//
// A hash is read from the top: `depth` bits choose the segment, the next 16 are the position in it
// (the home bucket is position * n / 65536), and the lowest 8 are the tag (0 stands for "empty" and
// becomes 1). An item whose home bucket is full lies in the next one with room; each bucket that
// was passed counts it in `overflow`, so a search ends at the first bucket with none (a count of
// 255 sticks until the segment is rebuilt).
//
// Items are appended to their segment's data and stay where they are until it is full; then it is
// packed into a larger block, or, at its largest, splits in two, which hashes up to 2,900 items:
// some 100 microseconds, the longest step there is, at any number of items. Not all segments split
// at one size, and so not at one time. What is erased leaves dead bytes, until the segment is
// packed. Segments shrink and merge the same way.
//
// The order of the hashes is the order of segments and of home buckets, at any size: a scan's
// cursor is a hash. All below it have been visited, whatever splits or merges meanwhile.
//
// Memory: 3 bytes a slot at 45 to 87% load, and the item's bytes with a tenth of slack: 16 to 18
// bytes for a 10-byte member with its length. Look-up: one directory word (cached), one bucket, the
// item; one of 14 touches a wrong item first. Freeing costs a block for thousands of items.
//
// Turned down: dict.h with items in slabs (11 bytes more an item, steps of 8 bytes, a slab per size
// that a small collection cannot fill), position bits in the slot as dict.h has (2 bytes an item,
// to save hashing when a segment's buckets grow, which is seldom here), and buckets that hold the
// bytes themselves (members differ in length too much).
#pragma once

#include "store/prefetch.h"
#include "store/siphash.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <new>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace cay::store {

// Traits: `static Bytes key(const unsigned char *item)`, and `static std::size_t size(const
// unsigned char *item)`, all its bytes in the table. What an item points to outside is the caller's
// affair.
template <typename Traits>
class PackedTable
{
    struct Bucket;
    struct Segment;

public:
    // Bytes of the largest item; callers keep longer things outside, behind a pointer.
#ifdef CAY_TORTURE
    static constexpr std::size_t kMaxItem = 300;
#else
    static constexpr std::size_t kMaxItem = 1024;
#endif

    // Where an item is: good until the next change of the table.
    class Place
    {
    public:
        explicit operator bool() const { return item != nullptr; }
        unsigned char *item = nullptr;

    private:
        friend class PackedTable;
        Bucket *bucket = nullptr;
        unsigned slot = 0;
    };

    PackedTable() = default;
    ~PackedTable() { clear(); }
    PackedTable(const PackedTable &) = delete;
    PackedTable &operator=(const PackedTable &) = delete;

    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    // Bytes on the heap.
    std::size_t bytes() const
    {
        return m_bytes + (m_directory ? sizeof(std::uint64_t) << m_depth : 0);
    }
    std::size_t segments() const { return m_segments; }

    // Brings the home bucket of a hash, then (a while later) the items that it may mean, nearer to
    // the processor.
    void prefetchBucket(std::uint64_t hash) const
    {
        if (m_directory) {
            const std::uint64_t word = wordFor(hash);
            prefetch(&segmentOf(word)->bucket[home(hash, word)]);
        }
    }
    void prefetchItem(std::uint64_t hash) const
    {
        if (!m_directory)
            return;
        const std::uint64_t word = wordFor(hash);
        const Bucket &b = segmentOf(word)->bucket[home(hash, word)];
        for (std::uint32_t m = matches(b, tagOf(hash)); m; m &= m - 1) {
            const unsigned char *item = dataOf(word) + b.offset[std::countr_zero(m)];
            prefetch(item);
            prefetch(item + 20); // a short key may reach into the next line
        }
    }

    // The same for what insert() will write: the segment's header, then (a while later) the end of
    // its data.
    void prefetchHeader(std::uint64_t hash) const
    {
        if (m_directory)
            prefetch(segmentOf(wordFor(hash)));
    }
    void prefetchEnd(std::uint64_t hash) const
    {
        if (!m_directory)
            return;
        const std::uint64_t word = wordFor(hash);
        prefetch(dataOf(word) + segmentOf(word)->end);
    }

    Place find(Bytes key, std::uint64_t hash) const
    {
        Place place;
        if (!m_directory) [[unlikely]]
            return place;
        const std::uint64_t word = wordFor(hash);
        const std::uint32_t n = bucketsOf(word);
        const std::uint8_t tag = tagOf(hash);
        unsigned char *data = dataOf(word);
        std::uint32_t at = home(hash, word);
        for (std::uint32_t probed = 0; probed < n; ++probed) {
            Bucket &b = segmentOf(word)->bucket[at];
            for (std::uint32_t m = matches(b, tag); m; m &= m - 1) {
                const auto slot = static_cast<unsigned>(std::countr_zero(m));
                unsigned char *item = data + b.offset[slot];
                if (Traits::key(item) == key) [[likely]] {
                    place.item = item;
                    place.bucket = &b;
                    place.slot = slot;
                    return place;
                }
            }
            if (b.overflow == 0) [[likely]]
                return place;
            at = at + 1 == n ? 0 : at + 1;
        }
        return place;
    }

    // Room for an item of `size` bytes under this hash, for the caller to fill at once: its key has
    // to be there before the next call. REQUIRES: the key is not there, size <= kMaxItem.
    unsigned char *insert(std::uint64_t hash, std::size_t size)
    {
        assert(size > 0 && size <= kMaxItem);
        if (!m_directory) [[unlikely]]
            makeFirst(1, size);
        std::uint64_t word = wordFor(hash);
        while (!hasRoom(word, size))
            [[unlikely]]
            {
                makeRoom(hash, word, size);
                word = wordFor(hash);
            }
        Segment *segment = segmentOf(word);
        unsigned char *item = dataOf(word) + segment->end;
        place(segment, bucketsOf(word), home(hash, word), tagOf(hash), segment->end);
        segment->end += static_cast<std::uint32_t>(size);
        ++m_size;
        return item;
    }

    // The item is to have another size: returns its memory, perhaps elsewhere, all to be written
    // anew, with the same key. REQUIRES: find() has just returned the place for this hash.
    unsigned char *resize(const Place &where, std::uint64_t hash, std::size_t size)
    {
        const std::size_t old = Traits::size(where.item);
        if (size <= old) {
            segmentOf(wordFor(hash))->dead += static_cast<std::uint32_t>(old - size);
            return where.item;
        }
        remove(where, hash);
        return insert(hash, size);
    }

    // REQUIRES: find() has just returned the place for this hash.
    void erase(const Place &where, std::uint64_t hash)
    {
        remove(where, hash);
        const std::uint64_t word = wordFor(hash);
        const Segment *segment = segmentOf(word);
        if (segment->used < limit(bucketsOf(word)) / 4 || segment->live() < segment->capacity / 4)
            [[unlikely]]
            shrink(hash, word);
    }

    // Calls visit(unsigned char *item) for each item, in the order of their buckets.
    template <typename Visit>
    void forEach(Visit visit) const
    {
        forEachSegment([&](std::uint64_t word) { forEachItem(word, visit); });
    }

    // The same until visit() returns false; false then.
    template <typename Visit>
    bool forEachWhile(Visit visit) const
    {
        for (std::size_t i = 0; m_directory && i < directorySize();) {
            const std::uint64_t word = m_directory[i];
            for (std::uint32_t at = 0; at < bucketsOf(word); ++at) {
                const Bucket &b = segmentOf(word)->bucket[at];
                for (std::uint32_t m = occupied(b); m; m &= m - 1) {
                    if (!visit(dataOf(word) + b.offset[std::countr_zero(m)]))
                        return false;
                }
            }
            i += std::size_t{1} << (m_depth - depthOf(word));
        }
        return true;
    }

    // Visits the items of one home bucket at or after the cursor; returns the cursor behind them, 0
    // at the end. A cursor has 48 bits.
    template <typename Visit>
    std::uint64_t scan(std::uint64_t cursor, Visit visit) const
    {
        if (!m_directory || cursor >> kCursorBits)
            return 0;
        const std::uint64_t from = cursor << (64 - kCursorBits);
        const std::uint64_t word = wordFor(from);
        const std::uint32_t n = bucketsOf(word), depth = depthOf(word);
        const std::uint64_t position = positionOf(from, depth);
        const std::uint32_t first = homeOf(position, n);
        std::uint32_t at = first;
        for (std::uint32_t probed = 0; probed < n; ++probed) {
            const Bucket &b = segmentOf(word)->bucket[at];
            for (std::uint32_t m = occupied(b); m; m &= m - 1) {
                unsigned char *item = dataOf(word) + b.offset[std::countr_zero(m)];
                const std::uint64_t there = positionOf(hashBytes(Traits::key(item)), depth);
                if (there >= position && homeOf(there, n) == first)
                    visit(item);
            }
            if (b.overflow == 0)
                break;
            at = at + 1 == n ? 0 : at + 1;
        }
        return cursorBehind(from, depth, first, n);
    }

    // An item chosen uniformly; `next` gives random 64-bit numbers. Null when empty.
    template <typename Random>
    unsigned char *random(Random next) const
    {
        if (m_size == 0)
            return nullptr;
        for (int tries = 0; tries < 10'000; ++tries) {
            const std::size_t i = static_cast<std::size_t>(next() & (directorySize() - 1));
            const std::uint64_t word = m_directory[i];
            // Every slot of every segment has the same chance: a segment counts once, and so does a
            // bucket that is not there.
            if (i & ((std::size_t{1} << (m_depth - depthOf(word))) - 1))
                continue;
            const std::uint64_t r = next();
            const std::uint32_t at
                = below(static_cast<std::uint32_t>(r >> 32), m_depth ? m_widest : bucketsOf(word));
            if (at >= bucketsOf(word))
                continue;
            const Bucket &b = segmentOf(word)->bucket[at];
            const std::uint32_t slot = below(static_cast<std::uint32_t>(r), kSlots);
            if (b.tag[slot])
                return dataOf(word) + b.offset[slot];
        }
        return anyFrom(next() >> (64 - kCursorBits));
    }

    // Forgets every item and gives the memory back.
    void clear()
    {
        forEachSegment([this](std::uint64_t word) { freeSegment(word); });
        std::free(m_directory);
        m_directory = nullptr;
        m_depth = 0;
        m_atDepth = 0;
        m_size = 0;
        m_widest = 0;
    }

    // Becomes a copy of the other, byte for byte: pointers in items are the caller's affair.
    // REQUIRES: empty(). O(bytes).
    void copyFrom(const PackedTable &other)
    {
        clear();
        if (!other.m_directory)
            return;
        m_directory = allocateDirectory(other.m_depth);
        m_depth = other.m_depth;
        m_atDepth = other.m_atDepth;
        m_size = other.m_size;
        m_widest = other.m_widest;
        for (std::size_t i = 0; i < directorySize();) {
            const std::uint64_t word = other.m_directory[i];
            const Segment *from = segmentOf(word);
            const std::size_t span = std::size_t{1} << (m_depth - depthOf(word));
            Segment *to = newSegment(bucketsOf(word), from->end);
            const std::uint32_t capacity = to->capacity;
            std::memcpy(static_cast<void *>(to), from, blockSize(bucketsOf(word), from->end));
            to->capacity = capacity;
            std::fill_n(m_directory + i, span, makeWord(to, bucketsOf(word), depthOf(word)));
            i += span;
        }
    }

    // Makes room for about so many items of so many bytes together. REQUIRES: empty().
    void reserve(std::size_t items, std::size_t bytes)
    {
        clear();
        const std::size_t n = std::min<std::size_t>(items / kSlots * 5 / 4 + 1, kMaxBuckets);
        makeFirst(static_cast<std::uint32_t>(n), std::min(bytes + bytes / 16, kMaxData));
    }

private:
    static constexpr std::uint32_t kSlots = 21;
    static constexpr std::uint32_t kSlotMask = (1u << kSlots) - 1;
    static constexpr int kAddressBits = 48;
    static constexpr std::uint64_t kAddress = (std::uint64_t{1} << kAddressBits) - 1;
    static constexpr std::uint64_t kPositions = 65536;
    static constexpr int kCursorBits = 48;
    static constexpr std::uint8_t kSticky = 255;
    static constexpr std::size_t kMaxCapacity = 65535; // so that an offset has 16 bits
#ifdef CAY_TORTURE
    static constexpr std::uint32_t kMaxBuckets = 2;
    static constexpr std::size_t kMaxData = 2048;
#else
    // Together with the header they fill a size class of the allocator, 40 KiB.
    static constexpr std::uint32_t kMaxBuckets = 159;
    static constexpr std::size_t kMaxData = 30 * 1024;
#endif
    static constexpr std::uint32_t kMaxDepth = 32;

    struct Bucket
    {
        std::uint8_t tag[kSlots];
        std::uint8_t overflow; // items whose search passes this bucket
        std::uint16_t offset[kSlots];
    };
    struct alignas(64) Segment
    {
        std::uint32_t used;     // items
        std::uint32_t end;      // bytes of data given out
        std::uint32_t dead;     // of them, bytes that no item uses
        std::uint32_t capacity; // bytes of data
        std::uint8_t unused[48];
        Bucket bucket[];

        std::uint32_t live() const { return end - dead; }
    };
    static_assert(sizeof(Bucket) == 64 && sizeof(Segment) == 64, "a bucket is a cache line");
    static_assert(kMaxItem * 4 <= kMaxData, "a segment that splits has room for what was to come");

    std::size_t directorySize() const { return std::size_t{1} << m_depth; }
    static Segment *segmentOf(std::uint64_t word)
    {
        return reinterpret_cast<Segment *>(word & kAddress);
    }
    static std::uint32_t bucketsOf(std::uint64_t word) { return (word >> kAddressBits) & 0x3ff; }
    static std::uint32_t depthOf(std::uint64_t word)
    {
        return static_cast<std::uint32_t>(word >> 58);
    }
    static unsigned char *dataOf(std::uint64_t word)
    {
        return reinterpret_cast<unsigned char *>(segmentOf(word)->bucket + bucketsOf(word));
    }
    static std::uint64_t makeWord(Segment *segment, std::uint32_t n, std::uint32_t depth)
    {
        return reinterpret_cast<std::uintptr_t>(segment) | (std::uint64_t{n} << kAddressBits)
               | (std::uint64_t{depth} << 58);
    }
    std::size_t indexFor(std::uint64_t hash) const { return m_depth ? hash >> (64 - m_depth) : 0; }
    std::uint64_t wordFor(std::uint64_t hash) const { return m_directory[indexFor(hash)]; }
    static std::uint64_t positionOf(std::uint64_t hash, std::uint32_t depth)
    {
        return (hash << depth) >> 48;
    }
    static std::uint32_t homeOf(std::uint64_t position, std::uint32_t n)
    {
        return static_cast<std::uint32_t>((position * n) >> 16);
    }
    static std::uint32_t home(std::uint64_t hash, std::uint64_t word)
    {
        return homeOf(positionOf(hash, depthOf(word)), bucketsOf(word));
    }
    static std::uint8_t tagOf(std::uint64_t hash)
    {
        const auto tag = static_cast<std::uint8_t>(hash);
        return tag ? tag : 1;
    }
    // Evenly in [0, n): the high half of a product.
    static std::uint32_t below(std::uint32_t random, std::uint32_t n)
    {
        return static_cast<std::uint32_t>((std::uint64_t{random} * n) >> 32);
    }

    // A word with bit i set where tag i is the one sought.
    static std::uint32_t matches(const Bucket &b, std::uint8_t tag)
    {
#if defined(__SSE2__)
        const __m128i sought = _mm_set1_epi8(static_cast<char>(tag));
        const auto *p = reinterpret_cast<const __m128i *>(&b);
        const auto low
            = static_cast<unsigned>(_mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(p), sought)));
        const auto high = static_cast<unsigned>(
            _mm_movemask_epi8(_mm_cmpeq_epi8(_mm_load_si128(p + 1), sought)));
        return (low | high << 16) & kSlotMask;
#else
        std::uint32_t found = 0;
        for (std::uint32_t i = 0; i < kSlots; ++i)
            found |= static_cast<std::uint32_t>(b.tag[i] == tag) << i;
        return found;
#endif
    }
    static std::uint32_t occupied(const Bucket &b) { return ~matches(b, 0) & kSlotMask; }

    // Items at which n buckets are full: one bucket entirely, more to seven eighths.
    static std::uint32_t limit(std::uint32_t n) { return n == 1 ? kSlots : n * kSlots * 7 / 8; }
    static std::uint32_t bucketsFor(std::size_t items)
    {
        return static_cast<std::uint32_t>(items <= kSlots ? 1 : items * 8 / (kSlots * 7) + 1);
    }
    bool hasRoom(std::uint64_t word, std::size_t size) const
    {
        const Segment *segment = segmentOf(word);
        return segment->used < limit(bucketsOf(word)) && segment->capacity - segment->end >= size;
    }

    // The size at which a segment splits differs by its prefix, in eighths of the largest: were it
    // the same for all, all would fill up, and split, at one time.
    static std::uint32_t eighthsFor(std::uint64_t hash, std::uint32_t depth)
    {
        const std::uint64_t prefix = depth ? hash >> (64 - depth) : 0;
        return 5 + static_cast<std::uint32_t>((prefix * 0x9e3779b97f4a7c15ull) >> 62);
    }
    static std::uint32_t bucketLimit(std::uint64_t hash, std::uint32_t depth)
    {
        return std::max(1u, kMaxBuckets * eighthsFor(hash, depth) / 8);
    }
    // Of live bytes. A sixteenth is left, so that packing is worth its while.
    static std::size_t dataLimit(std::uint64_t hash, std::uint32_t depth)
    {
        return kMaxData * eighthsFor(hash, depth) / 8 - kMaxData / 16;
    }
    static std::size_t withSlack(std::size_t bytes) { return bytes + bytes / 16 + 16; }

    static std::size_t blockSize(std::size_t n, std::size_t data)
    {
        return sizeof(Segment) + n * sizeof(Bucket) + data;
    }
    // Up to a size class of the allocator: 4 to 8 times a power of two, and a multiple of 64.
    static std::size_t roundUp(std::size_t bytes)
    {
        const std::size_t step = std::max<std::size_t>(64, std::bit_floor(bytes - 1) / 4);
        return (bytes + step - 1) / step * step;
    }
    static Segment *allocate(std::size_t bytes)
    {
        void *memory = std::aligned_alloc(64, bytes);
        if (!memory)
            throw std::bad_alloc();
        return static_cast<Segment *>(memory);
    }
    // Empty buckets, and room for at least so many bytes of data.
    Segment *newSegment(std::uint32_t n, std::size_t data)
    {
        const std::size_t bytes = roundUp(blockSize(n, std::min(data, kMaxCapacity)));
        Segment *segment = allocate(bytes);
        std::memset(static_cast<void *>(segment), 0, blockSize(n, 0));
        segment->capacity
            = static_cast<std::uint32_t>(std::min(bytes - blockSize(n, 0), kMaxCapacity));
        m_bytes += bytes;
        m_widest = std::max(m_widest, n);
        ++m_segments;
        return segment;
    }
    // As newSegment() made it.
    static std::size_t bytesOf(std::uint64_t word)
    {
        return roundUp(blockSize(bucketsOf(word), segmentOf(word)->capacity));
    }
    void freeSegment(std::uint64_t word)
    {
        m_bytes -= bytesOf(word);
        --m_segments;
        std::free(segmentOf(word));
    }
    static std::uint64_t *allocateDirectory(std::uint32_t depth)
    {
        auto *words = static_cast<std::uint64_t *>(std::malloc(sizeof(std::uint64_t) << depth));
        if (!words)
            throw std::bad_alloc();
        return words;
    }
    void makeFirst(std::uint32_t n, std::size_t data)
    {
        m_directory = allocateDirectory(0);
        m_directory[0] = makeWord(newSegment(n, data), n, 0);
        m_depth = 0;
        m_atDepth = 1;
    }

    static void place(Segment *segment, std::uint32_t n, std::uint32_t at, std::uint8_t tag,
                      std::size_t offset)
    {
        for (;;) {
            Bucket &b = segment->bucket[at];
            if (const std::uint32_t free = matches(b, 0)) [[likely]] {
                const int i = std::countr_zero(free);
                b.tag[i] = tag;
                b.offset[i] = static_cast<std::uint16_t>(offset);
                ++segment->used;
                return;
            }
            if (b.overflow != kSticky)
                ++b.overflow;
            at = at + 1 == n ? 0 : at + 1;
        }
    }
    // Copies an item into a segment that has room for it.
    static void add(std::uint64_t word, std::uint64_t hash, const unsigned char *item)
    {
        Segment *segment = segmentOf(word);
        const std::size_t size = Traits::size(item);
        std::memcpy(dataOf(word) + segment->end, item, size);
        place(segment, bucketsOf(word), home(hash, word), tagOf(hash), segment->end);
        segment->end += static_cast<std::uint32_t>(size);
    }

    template <typename Visit>
    static void forEachItem(std::uint64_t word, Visit &&visit)
    {
        const Segment *segment = segmentOf(word);
        for (std::uint32_t at = 0; at < bucketsOf(word); ++at) {
            const Bucket &b = segment->bucket[at];
            for (std::uint32_t m = occupied(b); m; m &= m - 1)
                visit(dataOf(word) + b.offset[std::countr_zero(m)]);
        }
    }
    template <typename Visit>
    void forEachSegment(Visit visit) const
    {
        for (std::size_t i = 0; m_directory && i < directorySize();) {
            const std::uint64_t word = m_directory[i];
            i += std::size_t{1} << (m_depth - depthOf(word));
            visit(word);
        }
    }
    static std::uint64_t hashOf(const unsigned char *item) { return hashBytes(Traits::key(item)); }

    // Points every directory word of a segment (all those with its prefix) at a new one.
    void publish(std::uint64_t hash, std::uint64_t word)
    {
        const std::size_t span = std::size_t{1} << (m_depth - depthOf(word));
        std::fill_n(m_directory + (indexFor(hash) & ~(span - 1)), span, word);
    }

    void makeRoom(std::uint64_t hash, std::uint64_t word, std::size_t size)
    {
        const Segment *segment = segmentOf(word);
        const std::uint32_t n = bucketsOf(word), depth = depthOf(word);
        const std::size_t data = segment->live() + size;
        if (data > dataLimit(hash, depth))
            split(hash, word);
        else if (segment->used < limit(n))
            pack(hash, word, withSlack(data));
        else if (n < bucketLimit(hash, depth))
            rebuild(hash, word, std::min(2 * n, bucketLimit(hash, depth)), withSlack(data));
        else
            split(hash, word);
    }

    // The same buckets, and the data without dead bytes, in a block with room for `data` bytes.
    void pack(std::uint64_t hash, std::uint64_t word, std::size_t data)
    {
        const std::uint32_t n = bucketsOf(word);
        const Segment *from = segmentOf(word);
        Segment *to = newSegment(n, data);
        const std::uint64_t packed = makeWord(to, n, depthOf(word));
        std::memcpy(to->bucket, from->bucket, n * sizeof(Bucket));
        to->used = from->used;
        if (from->dead == 0) {
            std::memcpy(dataOf(packed), dataOf(word), from->end);
            to->end = from->end;
        } else {
            packItems(word, packed);
        }
        publish(hash, packed);
        freeSegment(word);
    }
    static void packItems(std::uint64_t word, std::uint64_t packed)
    {
        Segment *to = segmentOf(packed);
        for (std::uint32_t at = 0; at < bucketsOf(packed); ++at) {
            Bucket &b = to->bucket[at];
            for (std::uint32_t m = occupied(b); m; m &= m - 1) {
                std::uint16_t &offset = b.offset[std::countr_zero(m)];
                const unsigned char *item = dataOf(word) + offset;
                const std::size_t size = Traits::size(item);
                std::memcpy(dataOf(packed) + to->end, item, size);
                offset = static_cast<std::uint16_t>(to->end);
                to->end += static_cast<std::uint32_t>(size);
            }
        }
    }

    // The same items in n buckets.
    void rebuild(std::uint64_t hash, std::uint64_t word, std::uint32_t n, std::size_t data)
    {
        const std::uint64_t rebuilt = makeWord(newSegment(n, data), n, depthOf(word));
        forEachItem(word, [&](const unsigned char *item) { add(rebuilt, hashOf(item), item); });
        publish(hash, rebuilt);
        freeSegment(word);
    }

    // Half of a segment that is split: buckets for as many items as its data will hold.
    std::uint64_t makeHalf(std::uint64_t hash, std::uint32_t depth, std::size_t items,
                           std::size_t data)
    {
        const std::size_t full = dataLimit(hash, depth) * (items + 1) / (data + 1);
        const std::size_t expected = std::clamp(full, items + items / 8 + 1, 2 * items + 1);
        const std::uint32_t n
            = std::min(bucketsFor(expected), std::max(bucketLimit(hash, depth), bucketsFor(items)));
        return makeWord(newSegment(n, withSlack(data)), n, depth);
    }

    void split(std::uint64_t hash, std::uint64_t word)
    {
        const std::uint32_t depth = depthOf(word);
        if (depth == kMaxDepth)
            throw std::bad_alloc();
        if (depth == m_depth)
            doubleDirectory();
        const auto hashes = std::make_unique<std::uint64_t[]>(segmentOf(word)->used);
        const int shift = 63 - static_cast<int>(depth);
        std::size_t items[2] = {}, data[2] = {}, i = 0;
        forEachItem(word, [&](const unsigned char *item) {
            hashes[i] = hashOf(item);
            const std::uint64_t side = hashes[i++] >> shift & 1;
            ++items[side];
            data[side] += Traits::size(item);
        });
        const std::uint64_t bit = std::uint64_t{1} << shift;
        const std::uint64_t half[2] = {makeHalf(hash & ~bit, depth + 1, items[0], data[0]),
                                       makeHalf(hash | bit, depth + 1, items[1], data[1])};
        i = 0;
        forEachItem(word, [&](const unsigned char *item) {
            const std::uint64_t h = hashes[i++];
            add(half[h >> shift & 1], h, item);
        });
        publish(hash & ~bit, half[0]);
        publish(hash | bit, half[1]);
        if (depth + 1 == m_depth)
            m_atDepth += 2;
        freeSegment(word);
    }

    void doubleDirectory()
    {
        std::uint64_t *wider = allocateDirectory(m_depth + 1);
        for (std::size_t i = 0; i < directorySize(); ++i)
            wider[2 * i] = wider[2 * i + 1] = m_directory[i];
        std::free(m_directory);
        m_directory = wider;
        ++m_depth;
        m_atDepth = 0;
    }

    void halveDirectory()
    {
        std::uint64_t *narrower = allocateDirectory(--m_depth);
        m_atDepth = 0;
        m_widest = 0;
        for (std::size_t i = 0; i < directorySize(); ++i) {
            narrower[i] = m_directory[2 * i];
            m_atDepth += depthOf(narrower[i]) == m_depth;
            m_widest = std::max(m_widest, bucketsOf(narrower[i]));
        }
        std::free(m_directory);
        m_directory = narrower;
    }

    // Takes the item out and leaves the segment as large as it is.
    void remove(const Place &where, std::uint64_t hash)
    {
        const std::uint64_t word = wordFor(hash);
        Segment *segment = segmentOf(word);
        const std::uint32_t n = bucketsOf(word);
        const auto size = static_cast<std::uint32_t>(Traits::size(where.item));
        for (Bucket *b = segment->bucket + home(hash, word); b != where.bucket;
             b = b + 1 == segment->bucket + n ? segment->bucket : b + 1) {
            if (b->overflow != kSticky)
                --b->overflow;
        }
        where.bucket->tag[where.slot] = 0;
        if (where.item + size == dataOf(word) + segment->end)
            segment->end -= size;
        else
            segment->dead += size;
        --segment->used;
        --m_size;
    }

    void shrink(std::uint64_t hash, std::uint64_t word)
    {
        if (m_size == 0) {
            clear();
        } else if (depthOf(word) > 0 && merge(hash, word)) {
            while (m_depth > 0 && m_atDepth == 0)
                halveDirectory();
        } else {
            const Segment *segment = segmentOf(word);
            const std::size_t data = 2 * withSlack(segment->live());
            const std::uint32_t n = bucketsFor(segment->used * std::size_t{2});
            if (n <= bucketsOf(word) / 2)
                rebuild(hash, word, n, data);
            else if (roundUp(blockSize(bucketsOf(word), data)) <= bytesOf(word) * 3 / 4)
                pack(hash, word, data);
        }
    }

    // Joins a sparse segment with the other half of its parent, when they fill half of one.
    bool merge(std::uint64_t hash, std::uint64_t word)
    {
        const std::uint32_t depth = depthOf(word);
        const std::uint64_t bit = std::uint64_t{1} << (64 - depth);
        const std::uint64_t other = wordFor(hash ^ bit);
        const std::size_t items = std::size_t{segmentOf(word)->used} + segmentOf(other)->used;
        const std::size_t data = segmentOf(word)->live() + segmentOf(other)->live();
        if (depthOf(other) != depth || items > limit(bucketLimit(hash, depth - 1)) / 2
            || data > dataLimit(hash, depth - 1) / 2)
            return false;
        const std::uint32_t n = bucketsFor(items + items / 2);
        const std::uint64_t joined = makeWord(newSegment(n, 2 * withSlack(data)), n, depth - 1);
        for (const std::uint64_t half : {word, other})
            forEachItem(half, [&](const unsigned char *item) { add(joined, hashOf(item), item); });
        if (depth == m_depth)
            m_atDepth -= 2;
        publish(hash, joined);
        freeSegment(word);
        freeSegment(other);
        return true;
    }

    static std::uint64_t cursorBehind(std::uint64_t from, std::uint32_t depth, std::uint32_t bucket,
                                      std::uint32_t n)
    {
        const std::uint64_t prefix = depth ? from >> (64 - depth) : 0;
        std::uint64_t next;
        if (bucket + 1 < n) {
            const std::uint64_t low = ((std::uint64_t{bucket} + 1) * kPositions + n - 1) / n;
            next = (depth ? prefix << (64 - depth) : 0) | (low << (48 - depth));
        } else {
            next = depth ? (prefix + 1) << (64 - depth) : 0; // the last segment wraps to 0
        }
        return next >> (64 - kCursorBits);
    }

    unsigned char *anyFrom(std::uint64_t cursor) const
    {
        unsigned char *found = nullptr;
        for (int rounds = 0; !found && rounds < 2; ++rounds) {
            do
                cursor = scan(cursor, [&](unsigned char *item) { found = item; });
            while (!found && cursor);
        }
        return found;
    }

    std::uint64_t *m_directory = nullptr;
    std::uint32_t m_depth = 0;
    std::uint32_t m_widest = 0; // no segment has had more buckets
    std::size_t m_atDepth = 0;  // segments whose depth is the directory's
    std::size_t m_size = 0;
    std::size_t m_bytes = 0;
    std::size_t m_segments = 0;
};

} // namespace cay::store
