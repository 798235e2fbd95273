#include "process.h"

#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <sys/resource.h>
#include <unistd.h>

#ifdef __APPLE__
#include <mach/mach.h>
#endif

namespace cay::introspection {

#ifdef __APPLE__
std::size_t residentBytes()
{
    mach_task_basic_info info;
    mach_msg_type_number_t count = MACH_TASK_BASIC_INFO_COUNT;
    const auto result = task_info(mach_task_self(), MACH_TASK_BASIC_INFO,
                                  reinterpret_cast<task_info_t>(&info), &count);
    return result == KERN_SUCCESS ? info.resident_size : 0;
}

std::size_t anonymousHugeBytes() { return 0; }
#else
std::size_t residentBytes()
{
    std::FILE *file = std::fopen("/proc/self/statm", "re");
    if (!file)
        return 0;
    unsigned long size = 0, resident = 0;
    const int fields = std::fscanf(file, "%lu %lu", &size, &resident);
    std::fclose(file);
    return fields == 2 ? resident * static_cast<std::size_t>(sysconf(_SC_PAGESIZE)) : 0;
}

std::size_t anonymousHugeBytes()
{
    std::FILE *file = std::fopen("/proc/self/smaps_rollup", "re");
    if (!file)
        return 0;
    char line[256];
    unsigned long kilobytes = 0;
    while (std::fgets(line, sizeof line, file)) {
        if (std::sscanf(line, "AnonHugePages: %lu kB", &kilobytes) == 1)
            break;
    }
    std::fclose(file);
    return kilobytes * 1024;
}
#endif

std::size_t systemMemory()
{
    const long pages = sysconf(_SC_PHYS_PAGES);
    const long size = sysconf(_SC_PAGESIZE);
    return pages > 0 && size > 0 ? static_cast<std::size_t>(pages) * static_cast<std::size_t>(size)
                                 : 0;
}

static CpuSeconds usage(int who)
{
    rusage u{};
    getrusage(who, &u);
    const auto seconds = [](const timeval &t) {
        return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
    };
    return {seconds(u.ru_stime), seconds(u.ru_utime)};
}

CpuSeconds processCpu() { return usage(RUSAGE_SELF); }
CpuSeconds childrenCpu() { return usage(RUSAGE_CHILDREN); }
CpuSeconds threadCpu()
{
#ifdef RUSAGE_THREAD
    return usage(RUSAGE_THREAD);
#else
    return usage(RUSAGE_SELF);
#endif
}

using MallctlFunction = int (*)(const char *, void *, std::size_t *, void *, std::size_t);
using StatsFunction = void (*)(void (*)(void *, const char *), void *, const char *);

template <typename Function>
static Function allocatorSymbol(const char *name)
{
    return reinterpret_cast<Function>(dlsym(RTLD_DEFAULT, name));
}

static MallctlFunction mallctlFunction()
{
    static const auto function = allocatorSymbol<MallctlFunction>("mallctl");
    return function;
}

static std::size_t figure(const char *name)
{
    std::size_t value = 0;
    std::size_t size = sizeof value;
    return mallctlFunction()(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

Allocator allocator()
{
    Allocator result;
    if (!mallctlFunction())
        return result;
    result.known = true;
    const char *version = nullptr;
    std::size_t size = sizeof version;
    if (mallctlFunction()("version", &version, &size, nullptr, 0) == 0 && version)
        result.name = "jemalloc-" + std::string(version, std::strcspn(version, "-"));
    // The figures are those of the last epoch: start a new one.
    std::uint64_t epoch = 1;
    size = sizeof epoch;
    mallctlFunction()("epoch", &epoch, &size, &epoch, size);
    result.allocated = figure("stats.allocated");
    result.active = figure("stats.active");
    result.resident = figure("stats.resident");
    result.retained = figure("stats.retained");
    return result;
}

bool purgeAllocator()
{
    if (!mallctlFunction())
        return false;
    // 4096 is MALLCTL_ARENAS_ALL: every arena.
    return mallctlFunction()("arena.4096.purge", nullptr, nullptr, nullptr, 0) == 0;
}

std::string allocatorReport()
{
    static const auto function = allocatorSymbol<StatsFunction>("malloc_stats_print");
    std::string report;
    if (function) {
        function([](void *to, const char *text) { *static_cast<std::string *>(to) += text; },
                 &report, nullptr);
    }
    return report;
}

} // namespace cay::introspection
