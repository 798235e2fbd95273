#include "core/memory.h"

#include <cstdint>
#include <malloc.h>

// Weak: sanitizer builds come without jemalloc.
extern "C" [[gnu::weak]] int mallctl(const char *name, void *oldValue, std::size_t *oldSize,
                                     void *newValue, std::size_t newSize);

namespace cay::core {

namespace {

struct ThreadCounters
{
    const std::uint64_t *allocated = nullptr;
    const std::uint64_t *freed = nullptr;
};

const std::uint64_t *counter(const char *name)
{
    std::uint64_t *where = nullptr;
    std::size_t size = sizeof where;
    return mallctl && mallctl(name, &where, &size, nullptr, 0) == 0 ? where : nullptr;
}

// Of the thread that asks; its difference moves with every allocation.
std::int64_t threadBalance()
{
    static const ThreadCounters counters{counter("thread.allocatedp"),
                                         counter("thread.deallocatedp")};
    if (!counters.allocated || !counters.freed)
        return 0;
    return static_cast<std::int64_t>(*counters.allocated - *counters.freed);
}

std::int64_t measure()
{
    if (mallctl) {
        std::uint64_t epoch = 1;
        std::size_t size = sizeof epoch;
        mallctl("epoch", &epoch, &size, &epoch, size);
        std::size_t allocated = 0;
        size = sizeof allocated;
        if (mallctl("stats.allocated", &allocated, &size, nullptr, 0) == 0)
            return static_cast<std::int64_t>(allocated);
    }
    return static_cast<std::int64_t>(mallinfo2().uordblks);
}

// The last measurement less the thread's balance then.
std::int64_t g_base = 0;
bool g_measured = false;

} // namespace

void refreshUsedMemory()
{
    g_base = measure() - threadBalance();
    g_measured = true;
}

std::size_t usedMemory()
{
    if (!g_measured || !mallctl)
        refreshUsedMemory();
    const std::int64_t used = g_base + threadBalance();
    return used > 0 ? static_cast<std::size_t>(used) : 0;
}

bool setBackgroundPurging(bool on)
{
    return mallctl && mallctl("background_thread", nullptr, nullptr, &on, sizeof on) == 0;
}

} // namespace cay::core
