// What the allocator really gave.
#pragma once

#include <cstddef>

#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

namespace cay::store {

// Bytes of a block from malloc, slack included; 0 for null.
inline std::size_t heapSize(const void *block)
{
#ifdef __APPLE__
    return malloc_size(block);
#else
    return malloc_usable_size(const_cast<void *>(block));
#endif
}

// The smallest size of an allocator's block that holds n bytes: four sizes to each power of two, as
// jemalloc has them. What asks for more than it needs asks for this.
constexpr std::size_t sizeClass(std::size_t n)
{
    std::size_t step = 16;
    while (step * 8 < n)
        step *= 2;
    return (n + step - 1) / step * step;
}

} // namespace cay::store
