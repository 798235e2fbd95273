// Looking into jemalloc: MALLCTL, MALLCTL-STR and JMAP.
//
// The allocator is found at run time, because a build with sanitizers has another one.
#include "debug.h"

#include <dlfcn.h>

#include <cerrno>

namespace debug {

namespace {

using MallCtl
    = int (*)(const char *name, void *oldp, std::size_t *oldSize, void *newp, std::size_t newSize);

MallCtl mallCtl()
{
    static const auto function = reinterpret_cast<MallCtl>(dlsym(RTLD_DEFAULT, "mallctl"));
    return function;
}

bool hasAllocator(Call &call)
{
    return mallCtl() || call.fail("ERR this build does not allocate through jemalloc");
}

void fail(Call &call, int error) { call.reply.error("ERR " + std::string(strerror(error))); }

// The control's own size is not known: the largest that it takes is the right one.
void number(Call &call)
{
    std::int64_t value = 0, old = 0;
    const bool writes = call.size() > 3;
    if (!hasAllocator(call) || (writes && !cay::readInteger(call, call[3], &value)))
        return;
    const std::string name(call[2]);
    for (std::size_t size = sizeof old; size > 0; size /= 2) {
        std::size_t got = size;
        int error
            = mallCtl()(name.c_str(), &old, &got, writes ? &value : nullptr, writes ? size : 0);
        if (error == EPERM && writes
            && mallCtl()(name.c_str(), nullptr, nullptr, &value, size) == 0)
            return call.reply.ok();
        if (error == 0)
            return call.reply.integer(old);
        if (error != EINVAL)
            return fail(call, error);
    }
    fail(call, EINVAL);
}

// Controls that hold a text. To read a number as a text would be to follow a stray pointer.
bool isText(Bytes name)
{
    constexpr Bytes kTexts[] = {
        "version",         "config.malloc_conf",      "opt.metadata_thp",
        "opt.dss",         "opt.percpu_arena",        "opt.junk",
        "opt.thp",         "opt.stats_print_opts",    "opt.zero_realloc",
        "opt.prof_prefix", "opt.stats_interval_opts",
    };
    return std::ranges::find(kTexts, name) != std::end(kTexts)
           || (name.starts_with("arena.") && name.ends_with(".dss"));
}

bool exists(const std::string &name)
{
    std::size_t path[16], size = std::size(path);
    const auto toMib = reinterpret_cast<int (*)(const char *, std::size_t *, std::size_t *)>(
        dlsym(RTLD_DEFAULT, "mallctlnametomib"));
    return toMib && toMib(name.c_str(), path, &size) == 0;
}

void text(Call &call)
{
    if (!hasAllocator(call))
        return;
    const std::string name(call[2]);
    if (!isText(name))
        return fail(call, exists(name) ? EINVAL : ENOENT);
    const char *old = nullptr;
    std::size_t size = sizeof old;
    if (const int error = mallCtl()(name.c_str(), &old, &size, nullptr, 0))
        return fail(call, error);
    if (call.size() > 3) {
        const std::string value(call[3]);
        const char *given = value.c_str();
        if (const int error = mallCtl()(name.c_str(), nullptr, nullptr, &given, sizeof given))
            return fail(call, error);
    }
    call.reply.bulk(old ? Bytes(old) : Bytes());
}

std::uint64_t figure(const char *name)
{
    std::uint64_t value = 0;
    std::size_t size = sizeof value;
    return mallCtl() && mallCtl()(name, &value, &size, nullptr, 0) == 0 ? value : 0;
}

// The allocator keeps its figures until it is told that a new epoch has begun.
void refreshFigures()
{
    std::uint64_t epoch = 1;
    if (mallCtl())
        mallCtl()("epoch", nullptr, nullptr, &epoch, sizeof epoch);
}

void memoryMap(Call &call)
{
    refreshFigures();
    std::string page;
    const auto line = [&page](const std::string &name, std::uint64_t bytes) {
        page += name + ": " + std::to_string(bytes) + "\n";
    };
    line("used_memory", call.host.usedMemory());
    for (const char *name : {"allocated", "active", "metadata", "resident", "mapped", "retained"})
        line("allocator_" + std::string(name), figure(("stats." + std::string(name)).c_str()));
    line("background_jobs", call.host.backgroundPending());
    for (int i = 0; i < call.host.databases(); ++i) {
        const cay::Db &db = call.host.db(i);
        if (db.size() == 0)
            continue;
        const std::string name = "db" + std::to_string(i) + "_";
        line(name + "keys", db.size());
        line(name + "table_bytes", db.tableBytes());
        line(name + "expires", db.expires());
        line(name + "expiry_index_bytes", db.expiryIndexBytes());
    }
    call.reply.verbatim("txt", page);
}

constexpr Subcommand kSubcommands[] = {
    {"JMAP", 2, 2, memoryMap, "", "Shows where memory goes."},
    {"MALLCTL", 3, kAnySize, number, "<key> [<val>]", "Gets or sets an integer of the allocator."},
    {"MALLCTL-STR", 3, kAnySize, text, "<key> [<val>]", "Gets or sets a string of the allocator."},
};

} // namespace

std::span<const Subcommand> mallocSubcommands() { return kSubcommands; }

} // namespace debug
