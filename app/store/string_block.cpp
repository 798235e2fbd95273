#include "store/string_block.h"

#include <cstdlib>
#include <new>

#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

namespace cay::store {

StringBlock *StringBlock::withCapacity(std::size_t capacity)
{
    return inMemory(std::malloc(sizeof(StringBlock) + capacity), capacity);
}

StringBlock *StringBlock::zeroed(std::size_t capacity)
{
    return inMemory(std::calloc(1, sizeof(StringBlock) + capacity), capacity);
}

StringBlock *StringBlock::inMemory(void *memory, std::size_t capacity)
{
    if (!memory)
        throw std::bad_alloc();
    StringBlock *block = new (memory) StringBlock;
    block->m_size = 0;
    block->m_capacity = capacity;
    block->m_refs.store(1, std::memory_order_relaxed);
    return block;
}

StringBlock *StringBlock::create(std::size_t size)
{
    StringBlock *block = withCapacity(size);
    block->m_size = size;
    return block;
}

StringBlock *StringBlock::fromBytes(Bytes text)
{
    StringBlock *block = create(text.size());
    std::memcpy(block->m_data, text.data(), text.size());
    return block;
}

void StringBlock::release()
{
    if (m_refs.fetch_sub(1, std::memory_order_acq_rel) == 1)
        std::free(this);
}

StringBlock *StringBlock::writable(StringBlock *block, std::size_t size)
{
    const bool shared = block->isShared();
    if (!shared && size <= block->m_capacity)
        return block;
    const std::size_t capacity = size <= block->m_capacity ? block->m_capacity : withSlack(size);
    if (!shared) {
        // realloc() moves large blocks by remapping pages, without copying them.
        void *memory = std::realloc(static_cast<void *>(block), sizeof(StringBlock) + capacity);
        if (!memory)
            throw std::bad_alloc();
        StringBlock *grown = static_cast<StringBlock *>(memory);
        grown->m_capacity = capacity;
        return grown;
    }
    StringBlock *copy = withCapacity(capacity);
    copy->m_size = block->m_size;
    std::memcpy(copy->m_data, block->m_data, block->m_size);
    block->release();
    return copy;
}

std::size_t StringBlock::usableSize() const
{
#ifdef __APPLE__
    return malloc_size(this);
#else
    return malloc_usable_size(const_cast<StringBlock *>(this));
#endif
}

std::size_t StringBlock::usableSize(std::size_t size)
{
    // The allocator's size classes: four to each power of two, from 16 bytes on.
    const std::size_t n = sizeof(StringBlock) + size;
    std::size_t step = 16;
    while (step * 8 < n)
        step *= 2;
    return (n + step - 1) / step * step;
}

} // namespace cay::store
