#include "store/string_block.h"

#include "store/heap.h"

#include <cstdlib>
#include <new>

namespace cay::store {

StringBlock *StringBlock::withCapacity(std::size_t capacity)
{
    void *memory = std::malloc(sizeof(StringBlock) + capacity);
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

std::size_t StringBlock::usableSize() const { return heapSize(this); }

std::size_t StringBlock::usableSize(std::size_t size)
{
    return sizeClass(sizeof(StringBlock) + size);
}

} // namespace cay::store
