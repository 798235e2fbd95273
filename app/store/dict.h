// The hash table: extendible hashing over segments of cache-line buckets.
//
//   directory (2^depth words)            segment: 1 to 255 buckets
//   +----------------------------+      +--------+--------+--------+     bucket, one cache line:
//   | depth 6 | n 10 | address 48| ---> | header | bucket | bucket |     | tag x7 | overflow | slot
//   x7 |
//   +----------------------------+      +--------+--------+--------+     slot: position 16 |
//   address 48
//
// A hash is read from the top: `depth` bits choose the segment, the next 16 are the position in it
// (the home bucket is position * n / 65536), and the lowest 8 are the tag (0 stands for "empty" and
// becomes 1). An item whose home bucket is full lies in the next one with room; each bucket that
// was passed counts it in `overflow`, so a search ends at the first bucket with none (a count of
// 255 sticks until the segment is rebuilt). Tag and position together are 24 bits, so a wrong item
// is almost never touched.
//
// Segments grow a size class at a time, without touching the items: the position and the tag are in
// the bucket. A full segment of the largest size splits in two, which hashes about 1600 keys and
// touches 48 KiB of fresh memory: some 50 microseconds, the longest step there is, at any number of
// items; not all segments split at one size, and so not at one time. The directory doubles by
// copying 8 bytes a segment, 64 KiB at 10 million items. Segments shrink and merge the same way.
// Segments of twice the size stalled for over 400 microseconds fifty times as often (while 10
// million keys were inserted) and saved no memory. Smaller ones would lie in an allocator's slabs,
// whose remains, once all segments have grown out of them, cost more than a seventh of the memory
// of everything; 16 KiB is the first size that comes in pages.
//
// The order of the hashes is the order of segments and of home buckets, at any size. So a scan's
// cursor is a hash: all below it have been visited, whatever splits or merges meanwhile, and
// nothing is visited twice.
//
// Memory: 64 / 7 bytes a slot at 70 to 90% load: 10 to 13 bytes an item. Look-up: one directory
// word (cached), one bucket (1.1 on average), the item.
//
// Turned down: chaining with two tables and incremental rehash (Redis: two look-ups while it lasts,
// twice the memory at once), one flat open-addressing array (a pause or a second array at each
// doubling), buckets with child buckets (Valkey: a dependent miss on overflow), and 6-byte pointers
// without position bits (2 bytes less an item, but growing would read every key).
#pragma once

#include "store/prefetch.h"
#include "store/siphash.h"

#include <algorithm>
#include <bit>
#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>

namespace cay::store {

// Traits: `static Bytes key(const Item *)`. Items belong to the caller; their addresses fit 48
// bits.
template <typename Item, typename Traits>
class Dict
{
    struct Bucket;
    struct Segment;

public:
    // A place that holds an item; good until the next insert or erase.
    using Slot = std::uint64_t;
    static Item *item(Slot slot) { return reinterpret_cast<Item *>(slot & kAddress); }

    Dict() = default;
    ~Dict() { clear(); }
    Dict(const Dict &) = delete;
    Dict &operator=(const Dict &) = delete;

    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    std::size_t tableBytes() const
    {
        return m_tableBytes + (m_directory ? sizeof(std::uint64_t) << m_depth : 0);
    }
    std::size_t buckets() const { return m_buckets; }
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
        for (std::uint64_t m = matches(b, tagOf(hash)); m; m &= m - 1) {
            const Slot slot = b.slot[lowest(m)];
            const char *address = reinterpret_cast<const char *>(item(slot));
            prefetch(address);
            prefetch(address + 64); // a key and a short value rarely fit one line
        }
    }

    // An item that a look-up of this hash is likely to find, without a look at its key; null when
    // there is none in the home bucket.
    Item *likely(std::uint64_t hash) const
    {
        if (!m_directory)
            return nullptr;
        const std::uint64_t word = wordFor(hash);
        const Bucket &b = segmentOf(word)->bucket[home(hash, word)];
        const std::uint64_t position = positionOf(hash, depthOf(word));
        for (std::uint64_t m = matches(b, tagOf(hash)); m; m &= m - 1) {
            const Slot slot = b.slot[lowest(m)];
            if (slot >> kAddressBits == position)
                return item(slot);
        }
        return nullptr;
    }

    Slot *find(Bytes key, std::uint64_t hash) const
    {
        if (!m_directory) [[unlikely]]
            return nullptr;
        const std::uint64_t word = wordFor(hash);
        Segment *segment = segmentOf(word);
        const std::uint32_t n = bucketsOf(word);
        const std::uint64_t position = positionOf(hash, depthOf(word));
        const std::uint8_t tag = tagOf(hash);
        std::uint32_t at = homeOf(position, n);
        for (std::uint32_t probed = 0; probed < n; ++probed) {
            Bucket &b = segment->bucket[at];
            for (std::uint64_t m = matches(b, tag); m; m &= m - 1) {
                Slot &slot = b.slot[lowest(m)];
                if (slot >> kAddressBits == position && Traits::key(item(slot)) == key) [[likely]]
                    return &slot;
            }
            if (b.overflow == 0) [[likely]]
                return nullptr;
            at = at + 1 == n ? 0 : at + 1;
        }
        return nullptr;
    }

    // The item has moved; its key has not changed.
    static void setItem(Slot *slot, Item *moved)
    {
        *slot = (*slot & ~kAddress) | reinterpret_cast<std::uintptr_t>(moved);
    }

    // REQUIRES: the key is not there.
    void insert(Item *added, std::uint64_t hash)
    {
        if (!m_directory) [[unlikely]]
            makeFirst();
        std::uint64_t word = wordFor(hash);
        while (segmentOf(word)->used >= limit(bucketsOf(word)))
            [[unlikely]]
            {
                grow(hash, word);
                word = wordFor(hash);
            }
        place(segmentOf(word), bucketsOf(word), positionOf(hash, depthOf(word)), tagOf(hash),
              added);
        ++m_size;
    }

    // Empties a slot that find() has returned for this hash. The item is the caller's again.
    void erase(Slot *slot, std::uint64_t hash)
    {
        const std::uint64_t word = wordFor(hash);
        Segment *segment = segmentOf(word);
        const std::uint32_t n = bucketsOf(word);
        Bucket *there = reinterpret_cast<Bucket *>(reinterpret_cast<std::uintptr_t>(slot)
                                                   & ~(sizeof(Bucket) - 1));
        const auto end = static_cast<std::uint32_t>(there - segment->bucket);
        for (std::uint32_t at = homeOf(*slot >> kAddressBits, n); at != end;
             at = at + 1 == n ? 0 : at + 1) {
            if (segment->bucket[at].overflow != kSticky)
                --segment->bucket[at].overflow;
        }
        there->tag[slot - there->slot] = 0;
        *slot = 0;
        --m_size;
        if (--segment->used < n * kSlots / 4) [[unlikely]]
            shrink(hash, word);
    }

    // Calls visit(Item *) for each item, in the order of their home buckets.
    template <typename Visit>
    void forEach(Visit visit) const
    {
        for (std::size_t i = 0; m_directory && i < directorySize();) {
            const std::uint64_t word = m_directory[i];
            const Segment *segment = segmentOf(word);
            for (std::uint32_t b = 0; b < bucketsOf(word); ++b) {
                for (std::uint64_t m = occupied(segment->bucket[b]); m; m &= m - 1)
                    visit(item(segment->bucket[b].slot[lowest(m)]));
            }
            i += std::size_t{1} << (m_depth - depthOf(word));
        }
    }

    // Visits the items of one home bucket at or after the cursor; returns the cursor behind them, 0
    // at the end.
    template <typename Visit>
    std::uint64_t scan(std::uint64_t cursor, Visit visit) const
    {
        if (!m_directory || cursor >> kCursorBits)
            return 0;
        const std::uint64_t hash = cursor << (64 - kCursorBits);
        const std::uint64_t word = wordFor(hash);
        const std::uint32_t n = bucketsOf(word), depth = depthOf(word);
        const std::uint64_t position = positionOf(hash, depth);
        const std::uint32_t first = homeOf(position, n);
        std::uint32_t at = first;
        for (std::uint32_t probed = 0; probed < n; ++probed) {
            const Bucket &b = segmentOf(word)->bucket[at];
            for (std::uint64_t m = occupied(b); m; m &= m - 1) {
                const Slot slot = b.slot[lowest(m)];
                if (slot >> kAddressBits >= position && homeOf(slot >> kAddressBits, n) == first)
                    visit(item(slot));
            }
            if (b.overflow == 0)
                break;
            at = at + 1 == n ? 0 : at + 1;
        }
        const std::uint64_t prefix = depth ? hash >> (64 - depth) : 0;
        std::uint64_t next;
        if (first + 1 < n) {
            const std::uint64_t low = ((std::uint64_t{first} + 1) * kPositions + n - 1) / n;
            next = (depth ? prefix << (64 - depth) : 0) | (low << (48 - depth));
        } else {
            next = depth ? (prefix + 1) << (64 - depth) : 0; // the last segment wraps to 0
        }
        return next >> (64 - kCursorBits);
    }

    // An item chosen uniformly; `next` gives random 64-bit numbers. Null when empty.
    template <typename Random>
    Item *random(Random next) const
    {
        if (m_size == 0)
            return nullptr;
        for (int tries = 0; tries < 10'000; ++tries) {
            const std::size_t i = static_cast<std::size_t>(next() & (directorySize() - 1));
            const std::uint64_t word = m_directory[i];
            // Every bucket of every segment has the same chance: a segment counts once, and so does
            // a bucket that is not there.
            if (i & ((std::size_t{1} << (m_depth - depthOf(word))) - 1))
                continue;
            const std::uint64_t r = next();
            const std::uint32_t b
                = static_cast<std::uint32_t>(r >> 32) % (m_depth ? kMaxBuckets : bucketsOf(word));
            if (b >= bucketsOf(word))
                continue;
            const Bucket &bucket = segmentOf(word)->bucket[b];
            const std::uint32_t s = static_cast<std::uint32_t>(r & 0xffffffff) % kSlots;
            if (bucket.tag[s])
                return item(bucket.slot[s]);
        }
        return anyFrom(next() >> (64 - kCursorBits));
    }

    // Forgets every item and gives the tables back.
    void clear()
    {
        for (std::size_t i = 0; m_directory && i < directorySize();) {
            const std::uint64_t word = m_directory[i];
            i += std::size_t{1} << (m_depth - depthOf(word));
            freeSegment(word);
        }
        std::free(m_directory);
        m_directory = nullptr;
        m_depth = 0;
        m_atDepth = 0;
        m_size = 0;
    }

    void swap(Dict &other)
    {
        std::swap(m_directory, other.m_directory);
        std::swap(m_depth, other.m_depth);
        std::swap(m_atDepth, other.m_atDepth);
        std::swap(m_size, other.m_size);
        std::swap(m_tableBytes, other.m_tableBytes);
        std::swap(m_buckets, other.m_buckets);
        std::swap(m_segments, other.m_segments);
    }

private:
    static constexpr std::uint32_t kSlots = 7;
    static constexpr int kAddressBits = 48;
    static constexpr std::uint64_t kAddress = (std::uint64_t{1} << kAddressBits) - 1;
    static constexpr std::uint64_t kPositions = 65536;
    static constexpr int kCursorBits = 48;
    static constexpr std::uint8_t kSticky = 255;
    static constexpr std::uint64_t kTagTops = 0x0080808080808080ull;
#ifdef CAY_TORTURE
    static constexpr std::uint32_t kMaxBuckets = 2;
#else
    static constexpr std::uint32_t kMaxBuckets = 255;
#endif
    static constexpr int kMaxDepth = 32;

    struct Bucket
    {
        std::uint8_t tag[kSlots];
        std::uint8_t overflow; // items whose search passes this bucket
        Slot slot[kSlots];
    };
    struct alignas(64) Segment
    {
        std::uint32_t used;
        std::uint8_t unused[60];
        Bucket bucket[];
    };
    static_assert(sizeof(Bucket) == 64 && sizeof(Segment) == 64, "a bucket is a cache line");
    static_assert(std::endian::native == std::endian::little,
                  "tags are matched in the low bytes of a word");

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
    // A word with the top bit of byte i set where tag i is the one sought. The overflow byte is
    // masked off.
    static std::uint64_t matches(const Bucket &b, std::uint8_t tag)
    {
        std::uint64_t tags;
        std::memcpy(&tags, b.tag, 8);
        return ~nonZero(tags ^ (0x0101010101010101ull * tag)) & kTagTops;
    }
    // Top bit of every byte that is not 0.
    static std::uint64_t nonZero(std::uint64_t x)
    {
        return ((x & 0x7f7f7f7f7f7f7f7full) + 0x7f7f7f7f7f7f7f7full) | x;
    }
    static std::uint64_t occupied(const Bucket &b)
    {
        std::uint64_t tags;
        std::memcpy(&tags, b.tag, 8);
        return nonZero(tags) & kTagTops;
    }
    static int lowest(std::uint64_t mask) { return std::countr_zero(mask) >> 3; }

    // Items at which n buckets are full: one bucket entirely, more to 90%.
    static std::uint32_t limit(std::uint32_t n) { return n == 1 ? kSlots : n * kSlots * 9 / 10; }
    // Bucket counts for which a segment fills an allocator's size class: 64 * (n + 1) is 4 to 8
    // times a power of two.
    static std::uint32_t roundUp(std::uint32_t n)
    {
        if (n >= kMaxBuckets)
            return kMaxBuckets;
        const std::uint32_t lines = n + 1;
        if (lines <= 8)
            return std::min(n, kMaxBuckets);
        const std::uint32_t step = std::bit_floor(lines - 1) / 4;
        return std::min((lines + step - 1) / step * step - 1, kMaxBuckets);
    }
    static std::uint32_t bucketsFor(std::uint32_t items)
    {
        std::uint32_t n = roundUp(std::max<std::uint32_t>(1, (items + kSlots - 1) / kSlots));
        while (n < kMaxBuckets && limit(n) <= items)
            n = roundUp(n + 1);
        return n;
    }

    Segment *newSegment(std::uint32_t n)
    {
        const std::size_t bytes = sizeof(Segment) + n * sizeof(Bucket);
        void *memory = std::aligned_alloc(64, bytes);
        if (!memory)
            throw std::bad_alloc();
        std::memset(memory, 0, bytes);
        m_tableBytes += bytes;
        m_buckets += n;
        ++m_segments;
        return static_cast<Segment *>(memory);
    }
    void freeSegment(std::uint64_t word)
    {
        m_tableBytes -= sizeof(Segment) + bucketsOf(word) * sizeof(Bucket);
        m_buckets -= bucketsOf(word);
        --m_segments;
        std::free(segmentOf(word));
    }
    void makeFirst()
    {
        m_directory = static_cast<std::uint64_t *>(std::malloc(sizeof(std::uint64_t)));
        if (!m_directory)
            throw std::bad_alloc();
        m_directory[0] = makeWord(newSegment(1), 1, 0);
        m_depth = 0;
        m_atDepth = 1;
    }

    static void place(Segment *segment, std::uint32_t n, std::uint64_t position, std::uint8_t tag,
                      Item *added)
    {
        std::uint32_t at = homeOf(position, n);
        for (;;) {
            Bucket &b = segment->bucket[at];
            const std::uint64_t free = ~occupied(b) & kTagTops;
            if (free) [[likely]] {
                const int i = lowest(free);
                b.tag[i] = tag;
                b.slot[i] = (position << kAddressBits) | reinterpret_cast<std::uintptr_t>(added);
                ++segment->used;
                return;
            }
            if (b.overflow != kSticky)
                ++b.overflow;
            at = at + 1 == n ? 0 : at + 1;
        }
    }

    template <typename Visit>
    static void forEachSlot(std::uint64_t word, Visit visit)
    {
        Segment *segment = segmentOf(word);
        for (std::uint32_t b = 0; b < bucketsOf(word); ++b) {
            for (std::uint64_t m = occupied(segment->bucket[b]); m; m &= m - 1) {
                const int i = lowest(m);
                visit(segment->bucket[b].slot[i], segment->bucket[b].tag[i]);
            }
        }
    }

    // Points every directory word of a segment (all those with its prefix) at a new one.
    void publish(std::uint64_t hash, std::uint64_t word)
    {
        const std::uint32_t depth = depthOf(word);
        const std::size_t span = std::size_t{1} << (m_depth - depth);
        const std::size_t first = indexFor(hash) & ~(span - 1);
        std::fill_n(m_directory + first, span, word);
    }

    void rebuild(std::uint64_t hash, std::uint64_t word, std::uint32_t n)
    {
        Segment *to = newSegment(n);
        forEachSlot(word, [&](Slot slot, std::uint8_t tag) {
            place(to, n, slot >> kAddressBits, tag, item(slot));
        });
        publish(hash, makeWord(to, n, depthOf(word)));
        freeSegment(word);
    }

    // The size at which a segment splits differs by its prefix: were it the same for all, all would
    // fill up, and split, within one tenth of a doubling.
    static std::uint32_t largestFor(std::uint64_t hash, std::uint32_t depth)
    {
        constexpr std::uint32_t kSizes[]
            = {kMaxBuckets * 5 / 8, kMaxBuckets * 6 / 8, kMaxBuckets * 7 / 8, kMaxBuckets};
        const std::uint64_t prefix = depth ? hash >> (64 - depth) : 0;
        return roundUp(kSizes[(prefix * 0x9e3779b97f4a7c15ull) >> 62]);
    }

    void grow(std::uint64_t hash, std::uint64_t word)
    {
        if (bucketsOf(word) < largestFor(hash, depthOf(word)))
            rebuild(hash, word, roundUp(bucketsOf(word) + 1));
        else
            split(hash, word);
    }

    void split(std::uint64_t hash, std::uint64_t word)
    {
        const std::uint32_t depth = depthOf(word);
        if (depth == kMaxDepth)
            throw std::bad_alloc();
        if (depth == m_depth)
            doubleDirectory();
        forEachSlot(word, [](Slot slot, std::uint8_t) { prefetch(item(slot)); });
        std::uint32_t ones = 0, all = segmentOf(word)->used;
        forEachSlot(word, [&](Slot slot, std::uint8_t) { ones += slot >> 63; });
        // Room to take the other half's share of what comes before either splits again.
        const std::uint32_t n[2]
            = {bucketsFor(all - ones + (all - ones) / 8), bucketsFor(ones + ones / 8)};
        Segment *to[2] = {newSegment(n[0]), newSegment(n[1])};
        forEachSlot(word, [&](Slot slot, std::uint8_t tag) {
            const std::uint64_t h = hashBytes(Traits::key(item(slot)));
            const auto side = slot >> 63;
            place(to[side], n[side], positionOf(h, depth + 1), tag, item(slot));
        });
        const std::uint64_t bit = std::uint64_t{1} << (63 - depth);
        publish(hash & ~bit, makeWord(to[0], n[0], depth + 1));
        publish(hash | bit, makeWord(to[1], n[1], depth + 1));
        if (depth + 1 == m_depth)
            m_atDepth += 2;
        freeSegment(word);
    }

    void doubleDirectory()
    {
        const std::size_t size = directorySize();
        auto *wider = static_cast<std::uint64_t *>(std::malloc(2 * size * sizeof(std::uint64_t)));
        if (!wider)
            throw std::bad_alloc();
        for (std::size_t i = 0; i < size; ++i)
            wider[2 * i] = wider[2 * i + 1] = m_directory[i];
        std::free(m_directory);
        m_directory = wider;
        ++m_depth;
        m_atDepth = 0;
    }

    void halveDirectory()
    {
        --m_depth;
        m_atDepth = 0;
        for (std::size_t i = 0; i < directorySize(); ++i) {
            m_directory[i] = m_directory[2 * i];
            m_atDepth += depthOf(m_directory[i]) == m_depth;
        }
        m_directory = static_cast<std::uint64_t *>(
            std::realloc(m_directory, directorySize() * sizeof(std::uint64_t)));
    }

    void shrink(std::uint64_t hash, std::uint64_t word)
    {
        if (m_size == 0) {
            clear();
        } else if (depthOf(word) > 0 && merge(hash, word)) {
            while (m_depth > 0 && m_atDepth == 0)
                halveDirectory();
        } else {
            const std::uint32_t used = segmentOf(word)->used;
            const std::uint32_t n = bucketsFor(used + used / 4);
            if (n < bucketsOf(word))
                rebuild(hash, word, n);
        }
    }

    // Joins a sparse segment with the other half of its parent, when both are of one depth and half
    // empty.
    bool merge(std::uint64_t hash, std::uint64_t word)
    {
        const std::uint32_t depth = depthOf(word);
        const std::uint64_t bit = std::uint64_t{1} << (64 - depth);
        const std::uint64_t other = wordFor(hash ^ bit);
        const std::uint32_t both = segmentOf(word)->used + segmentOf(other)->used;
        if (depthOf(other) != depth || both > kMaxBuckets * kSlots / 2)
            return false;
        const std::uint64_t halves[2] = {(hash & bit) ? other : word, (hash & bit) ? word : other};
        const std::uint32_t n = bucketsFor(both + both / 4);
        Segment *to = newSegment(n);
        for (std::uint64_t side = 0; side < 2; ++side) {
            forEachSlot(halves[side], [&](Slot slot, std::uint8_t tag) {
                place(to, n, (slot >> (kAddressBits + 1)) | (side << 15), tag, item(slot));
            });
        }
        if (depth == m_depth)
            m_atDepth -= 2;
        publish(hash, makeWord(to, n, depth - 1));
        freeSegment(word);
        freeSegment(other);
        return true;
    }

    Item *anyFrom(std::uint64_t cursor) const
    {
        Item *found = nullptr;
        for (int rounds = 0; !found && rounds < 2; ++rounds) {
            do
                cursor = scan(cursor, [&](Item *i) { found = i; });
            while (!found && cursor);
        }
        return found;
    }

    std::uint64_t *m_directory = nullptr;
    std::uint32_t m_depth = 0;
    std::size_t m_atDepth = 0; // segments whose depth is the directory's
    std::size_t m_size = 0;
    std::size_t m_tableBytes = 0;
    std::size_t m_buckets = 0;
    std::size_t m_segments = 0;
};

} // namespace cay::store
