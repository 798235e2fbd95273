// How much memory this process has allocated, cheaply enough to ask before every write.
#pragma once

#include <cstddef>

namespace cay::core {

// Bytes allocated and not freed: what the allocator said at the last refresh, plus what the calling
// thread has allocated and freed since. REQUIRES: always the same thread.
std::size_t usedMemory();
// Asks the allocator, for all threads: some 20 microseconds.
void refreshUsedMemory();
// Whether jemalloc's own thread gives freed memory back while nobody allocates; false where it
// cannot.
bool setBackgroundPurging(bool on);

} // namespace cay::core
