// Asks for a cache line ahead of its use.
#pragma once

namespace cay::store {

// Not __builtin_prefetch: GCC 12 takes a function that only prefetches for one without effects, and
// drops the calls.
[[gnu::always_inline]] inline void prefetch(const void *address)
{
#if defined(__x86_64__)
    asm volatile("prefetcht0 %0" : : "m"(*static_cast<const char *>(address)));
#elif defined(__aarch64__)
    asm volatile("prfm pldl1keep, %0" : : "Q"(*static_cast<const char *>(address)));
#else
    __builtin_prefetch(address);
#endif
}

} // namespace cay::store
