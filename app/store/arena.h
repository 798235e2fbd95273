// Memory for entries, and for the items of one large collection: slabs of equal-sized slots, in
// steps of 8 bytes where a general allocator steps by 16.
//
//   slab, 32 KiB (4 KiB for items), aligned to its size        | slot | slot | header 64 | slot |
//   slot | ... | slot |
//                                                            ^ found from a slot by masking its
//                                                            address
//
// The header lies at one of 64 cache-line offsets, by the slab's address: were all at the
// beginning, they would share a handful of cache sets, and each allocation would miss.
//
// A class's slabs with room form a list; its head serves allocations. Within a slab, freed slots
// form a list of 16-bit offsets in the slots themselves. A slab that becomes empty goes back to the
// system allocator, unless it is the last one of its class with room. One arena per database:
// dropping the arena drops every small entry at once, so that a flush in the background walks
// nothing but values that live outside.
//
// Entries whose key is longer than kMaxSlabKey come from malloc; the key never changes, so it
// decides both ways. A collection's items have ItemArena: small slabs, so that one of a few hundred
// items does not pay for many, and items of more than kMaxSlot bytes come from malloc.
//
// Turned down: jemalloc for entries (16-byte steps cost 8% on 86-byte entries, and freeing 10
// million keys means 10 million calls), and 32-bit handles into the slabs (they would cap a
// database at 32 GiB).
#pragma once

#include "store/bytes.h"

#include <array>

namespace cay::store {

template <std::size_t SlabSize, std::size_t MaxSlot>
class SlabArena
{
public:
    static constexpr std::size_t kSlabSize = SlabSize;
    static constexpr std::size_t kMaxSlot = MaxSlot;
    static constexpr std::size_t kMaxSlabKey = 128;

    SlabArena() = default;
    ~SlabArena();
    SlabArena(const SlabArena &) = delete;
    SlabArena &operator=(const SlabArena &) = delete;

    // At least slotFor() bytes. Throws std::bad_alloc. REQUIRES: size <= kMaxSlot when keySize <=
    // kMaxSlabKey.
    void *allocate(std::size_t size, std::size_t keySize);
    void free(void *memory, std::size_t keySize);
    // The bytes of the slot for an entry of this size. An entry lies in exactly such a slot, so
    // that what it may grow to follows from the entry itself, without a look at the slab.
    static std::size_t slotFor(std::size_t size, std::size_t keySize);

    // Bytes of slabs, and of them those that no entry uses: free for the next entries, so not "used
    // memory".
    std::size_t slabBytes() const { return m_slabs * kSlabSize; }
    std::size_t freeBytes() const { return slabBytes() - m_used; }

private:
    struct Slab;
    struct SlabList
    {
        Slab *head = nullptr;
    };
    static constexpr std::size_t kClasses = 34;
    static std::size_t classOf(std::size_t size);
    static std::size_t slotSize(std::size_t index);
    static Slab *slabOf(const void *memory);
    static void skipHeader(Slab *slab);

    Slab *newSlab(std::size_t index);
    void releaseSlab(Slab *slab);
    void link(Slab *slab);
    void unlink(Slab *slab);

    std::array<SlabList, kClasses> m_withRoom{};
    Slab *m_all = nullptr; // every slab, for the destructor
    std::size_t m_slabs = 0;
    std::size_t m_used = 0; // bytes of the slots that are taken
};

using EntryArena = SlabArena<32 * 1024, 576>;
extern template class SlabArena<32 * 1024, 576>;

// The same for items without a key apart: their size decides where they come from.
class ItemArena
{
public:
    static constexpr std::size_t kMaxSlot = 256;

    // At least slotFor() bytes. Throws std::bad_alloc.
    void *allocate(std::size_t size) { return m_arena.allocate(size, kindOf(size)); }
    // REQUIRES: an item of this size was allocated there, or one with the same slotFor().
    void free(void *memory, std::size_t size) { m_arena.free(memory, kindOf(size)); }
    static std::size_t slotFor(std::size_t size) { return Slabs::slotFor(size, kindOf(size)); }
    // Whether an item of this size is malloc's, which the arena's destructor does not free.
    static bool isOutside(std::size_t size) { return size > kMaxSlot; }

    std::size_t slabBytes() const { return m_arena.slabBytes(); }

private:
    using Slabs = SlabArena<4 * 1024, kMaxSlot>;
    static std::size_t kindOf(std::size_t size)
    {
        return isOutside(size) ? Slabs::kMaxSlabKey + 1 : 0;
    }

    Slabs m_arena;
};
extern template class SlabArena<4 * 1024, ItemArena::kMaxSlot>;

} // namespace cay::store
