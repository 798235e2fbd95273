#include "store/arena.h"

#include <cassert>
#include <cstdlib>
#include <new>

namespace cay::store {

namespace {
constexpr std::uint16_t kNone = 0xffff;
}

struct EntryArena::Slab
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

std::uintptr_t baseOf(const void *memory)
{
    return reinterpret_cast<std::uintptr_t>(memory) & ~(EntryArena::kSlabSize - 1);
}

std::uintptr_t headerOffset(std::uintptr_t base)
{
    return base / EntryArena::kSlabSize % kColours * kHeader;
}

} // namespace

std::size_t EntryArena::classOf(std::size_t size)
{
    if (size <= 128)
        return size <= 8 ? 0 : (size - 1) / 8;
    if (size <= 256)
        return 16 + (size - 129) / 16;
    return 24 + (size - 257) / 32;
}

std::size_t EntryArena::slotSize(std::size_t index)
{
    if (index < 16)
        return (index + 1) * 8;
    if (index < 24)
        return 128 + (index - 15) * 16;
    return 256 + (index - 23) * 32;
}

EntryArena::Slab *EntryArena::slabOf(const void *memory)
{
    const std::uintptr_t base = baseOf(memory);
    return reinterpret_cast<Slab *>(base + headerOffset(base));
}

std::size_t EntryArena::slotFor(std::size_t size, std::size_t keySize)
{
    return keySize > kMaxSlabKey ? size : slotSize(classOf(size));
}

// Moves the next fresh slot behind the header if it would touch it.
void EntryArena::skipHeader(Slab *slab)
{
    const std::size_t header = headerOffset(baseOf(slab));
    const std::size_t at = std::size_t{slab->fresh} * 8;
    if (at < header + kHeader && at + slab->slot > header)
        slab->fresh = static_cast<std::uint16_t>((header + kHeader) / 8);
}

EntryArena::~EntryArena()
{
    while (m_all) {
        Slab *next = m_all->nextAll;
        std::free(reinterpret_cast<void *>(baseOf(m_all)));
        m_all = next;
    }
}

void EntryArena::link(Slab *slab)
{
    Slab *&head = m_withRoom[slab->sizeClass].head;
    slab->prev = nullptr;
    slab->next = head;
    if (head)
        head->prev = slab;
    head = slab;
}

void EntryArena::unlink(Slab *slab)
{
    (slab->prev ? slab->prev->next : m_withRoom[slab->sizeClass].head) = slab->next;
    if (slab->next)
        slab->next->prev = slab->prev;
    slab->next = slab->prev = nullptr;
}

EntryArena::Slab *EntryArena::newSlab(std::size_t index)
{
    static_assert(sizeof(Slab) <= kHeader);
    void *memory = std::aligned_alloc(kSlabSize, kSlabSize);
    if (!memory)
        throw std::bad_alloc();
    const std::size_t header = headerOffset(baseOf(memory));
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

void EntryArena::releaseSlab(Slab *slab)
{
    unlink(slab);
    (slab->prevAll ? slab->prevAll->nextAll : m_all) = slab->nextAll;
    if (slab->nextAll)
        slab->nextAll->prevAll = slab->prevAll;
    --m_slabs;
    std::free(reinterpret_cast<void *>(baseOf(slab)));
}

void *EntryArena::allocate(std::size_t size, std::size_t keySize)
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
    char *base = reinterpret_cast<char *>(baseOf(slab));
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

void EntryArena::free(void *memory, std::size_t keySize)
{
    if (keySize > kMaxSlabKey) {
        std::free(memory);
        return;
    }
    Slab *slab = slabOf(memory);
    *static_cast<std::uint16_t *>(memory) = slab->freeHead;
    slab->freeHead = static_cast<std::uint16_t>(
        (reinterpret_cast<std::uintptr_t>(memory) - baseOf(memory)) / 8);
    m_used -= slab->slot;
    if (slab->used-- == slab->capacity)
        link(slab);
    else if (slab->used == 0 && (slab->prev || slab->next))
        releaseSlab(slab);
}

} // namespace cay::store
