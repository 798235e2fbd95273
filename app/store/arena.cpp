#include "store/arena.h"

#include <cassert>
#include <cstdlib>
#include <new>

namespace cay::store {

namespace {
constexpr std::uint16_t kNone = 0xffff;
}

template <std::size_t SlabSize, std::size_t MaxSlot>
struct SlabArena<SlabSize, MaxSlot>::Slab
{
    Slab *next = nullptr, *prev = nullptr;       // of the same class, with room
    Slab *nextAll = nullptr, *prevAll = nullptr; // every slab
    std::uint16_t sizeClass = 0;
    std::uint16_t slot = 0;         // bytes
    std::uint16_t used = 0;         // slots
    std::uint16_t capacity = 0;     // slots
    std::uint16_t freeHead = kNone; // offset / 8 of a freed slot
    std::uint16_t fresh = 0;        // offset / 8 of the first slot that was never used
};

namespace {

constexpr std::size_t kHeader = 64;
constexpr std::uintptr_t kColours = 64;

template <std::size_t SlabSize>
std::uintptr_t baseOf(const void *memory)
{
    return reinterpret_cast<std::uintptr_t>(memory) & ~(SlabSize - 1);
}

template <std::size_t SlabSize>
std::uintptr_t headerOffset(std::uintptr_t base)
{
    return base / SlabSize % kColours * kHeader;
}

} // namespace

template <std::size_t SlabSize, std::size_t MaxSlot>
std::size_t SlabArena<SlabSize, MaxSlot>::classOf(std::size_t size)
{
    if (size <= 128)
        return size <= 8 ? 0 : (size - 1) / 8;
    if (size <= 256)
        return 16 + (size - 129) / 16;
    return 24 + (size - 257) / 32;
}

template <std::size_t SlabSize, std::size_t MaxSlot>
std::size_t SlabArena<SlabSize, MaxSlot>::slotSize(std::size_t index)
{
    if (index < 16)
        return (index + 1) * 8;
    if (index < 24)
        return 128 + (index - 15) * 16;
    return 256 + (index - 23) * 32;
}

template <std::size_t SlabSize, std::size_t MaxSlot>
typename SlabArena<SlabSize, MaxSlot>::Slab *
SlabArena<SlabSize, MaxSlot>::slabOf(const void *memory)
{
    const std::uintptr_t base = baseOf<SlabSize>(memory);
    return reinterpret_cast<Slab *>(base + headerOffset<SlabSize>(base));
}

template <std::size_t SlabSize, std::size_t MaxSlot>
std::size_t SlabArena<SlabSize, MaxSlot>::slotFor(std::size_t size, std::size_t keySize)
{
    return keySize > kMaxSlabKey ? size : slotSize(classOf(size));
}

// Moves the next fresh slot behind the header if it would touch it.
template <std::size_t SlabSize, std::size_t MaxSlot>
void SlabArena<SlabSize, MaxSlot>::skipHeader(Slab *slab)
{
    const std::size_t header = headerOffset<SlabSize>(baseOf<SlabSize>(slab));
    const std::size_t at = std::size_t{slab->fresh} * 8;
    if (at < header + kHeader && at + slab->slot > header)
        slab->fresh = static_cast<std::uint16_t>((header + kHeader) / 8);
}

template <std::size_t SlabSize, std::size_t MaxSlot>
SlabArena<SlabSize, MaxSlot>::~SlabArena()
{
    while (m_all) {
        Slab *next = m_all->nextAll;
        std::free(reinterpret_cast<void *>(baseOf<SlabSize>(m_all)));
        m_all = next;
    }
}

template <std::size_t SlabSize, std::size_t MaxSlot>
void SlabArena<SlabSize, MaxSlot>::link(Slab *slab)
{
    Slab *&head = m_withRoom[slab->sizeClass].head;
    slab->prev = nullptr;
    slab->next = head;
    if (head)
        head->prev = slab;
    head = slab;
}

template <std::size_t SlabSize, std::size_t MaxSlot>
void SlabArena<SlabSize, MaxSlot>::unlink(Slab *slab)
{
    (slab->prev ? slab->prev->next : m_withRoom[slab->sizeClass].head) = slab->next;
    if (slab->next)
        slab->next->prev = slab->prev;
    slab->next = slab->prev = nullptr;
}

template <std::size_t SlabSize, std::size_t MaxSlot>
typename SlabArena<SlabSize, MaxSlot>::Slab *
SlabArena<SlabSize, MaxSlot>::newSlab(std::size_t index)
{
    static_assert(sizeof(Slab) <= kHeader);
    void *memory = std::aligned_alloc(kSlabSize, kSlabSize);
    if (!memory)
        throw std::bad_alloc();
    const std::size_t header = headerOffset<SlabSize>(baseOf<SlabSize>(memory));
    Slab *slab = new (static_cast<char *>(memory) + header) Slab;
    slab->sizeClass = static_cast<std::uint16_t>(index);
    slab->slot = static_cast<std::uint16_t>(slotSize(index));
    slab->capacity = static_cast<std::uint16_t>(header / slab->slot
                                                + (kSlabSize - header - kHeader) / slab->slot);
    skipHeader(slab);
    slab->nextAll = m_all;
    if (m_all)
        m_all->prevAll = slab;
    m_all = slab;
    ++m_slabs;
    link(slab);
    return slab;
}

template <std::size_t SlabSize, std::size_t MaxSlot>
void SlabArena<SlabSize, MaxSlot>::releaseSlab(Slab *slab)
{
    unlink(slab);
    (slab->prevAll ? slab->prevAll->nextAll : m_all) = slab->nextAll;
    if (slab->nextAll)
        slab->nextAll->prevAll = slab->prevAll;
    --m_slabs;
    std::free(reinterpret_cast<void *>(baseOf<SlabSize>(slab)));
}

template <std::size_t SlabSize, std::size_t MaxSlot>
void *SlabArena<SlabSize, MaxSlot>::allocate(std::size_t size, std::size_t keySize)
{
    if (keySize > kMaxSlabKey) {
        void *memory = std::malloc(size);
        if (!memory)
            throw std::bad_alloc();
        return memory;
    }
    assert(size <= kMaxSlot);
    const std::size_t index = classOf(size);
    Slab *slab = m_withRoom[index].head;
    if (!slab) [[unlikely]]
        slab = newSlab(index);
    char *base = reinterpret_cast<char *>(baseOf<SlabSize>(slab));
    std::uint16_t place = slab->freeHead;
    if (place != kNone) {
        slab->freeHead = *reinterpret_cast<std::uint16_t *>(base + place * 8);
    } else {
        place = slab->fresh;
        slab->fresh = static_cast<std::uint16_t>(place + slab->slot / 8);
        skipHeader(slab);
    }
    m_used += slab->slot;
    if (++slab->used == slab->capacity)
        unlink(slab);
    return base + place * 8;
}

template <std::size_t SlabSize, std::size_t MaxSlot>
void SlabArena<SlabSize, MaxSlot>::free(void *memory, std::size_t keySize)
{
    if (keySize > kMaxSlabKey) {
        std::free(memory);
        return;
    }
    Slab *slab = slabOf(memory);
    *static_cast<std::uint16_t *>(memory) = slab->freeHead;
    slab->freeHead = static_cast<std::uint16_t>(
        (reinterpret_cast<std::uintptr_t>(memory) - baseOf<SlabSize>(memory)) / 8);
    m_used -= slab->slot;
    if (slab->used-- == slab->capacity)
        link(slab);
    else if (slab->used == 0 && (slab->prev || slab->next))
        releaseSlab(slab);
}

template class SlabArena<32 * 1024, 576>;
template class SlabArena<4 * 1024, ItemArena::kMaxSlot>;

} // namespace cay::store
