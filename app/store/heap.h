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

} // namespace cay::store
