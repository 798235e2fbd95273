// What the operating system and the allocator say of this process.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace cay::introspection {

std::size_t residentBytes(); // 0 where the system does not tell
std::size_t
anonymousHugeBytes();       // memory in transparent huge pages; 0 where the system does not tell
std::size_t systemMemory(); // physical memory of the machine

struct CpuSeconds
{
    double system = 0, user = 0;
};
CpuSeconds processCpu();
CpuSeconds childrenCpu();
CpuSeconds threadCpu(); // of the calling thread; of the process where threads are not told apart

// jemalloc's figures. It is looked up at run time: sanitizer builds run without it.
struct Allocator
{
    std::string name = "libc"; // "jemalloc-5.3.0"
    bool known = false;        // false: the figures below are 0
    std::size_t allocated = 0, active = 0, resident = 0, retained = 0;
};
Allocator allocator();
// Gives unused pages back to the system. False when the allocator cannot be told.
bool purgeAllocator();
// The allocator's own report; empty when it has none.
std::string allocatorReport();

} // namespace cay::introspection
