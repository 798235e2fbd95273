// INFO memory.
#include "memory.h"

#include "info.h"
#include "text.h"

#include <algorithm>

namespace cay::introspection {

static void writeBoth(InfoWriter &out, const char *name, std::size_t bytes)
{
    out.field(name, static_cast<std::int64_t>(bytes));
    out.field(print("%s_human", name), human(bytes));
}

static void writeUsed(InfoWriter &out, const MemoryFigures &m)
{
    writeBoth(out, "used_memory", m.used);
    writeBoth(out, "used_memory_rss", m.resident);
    writeBoth(out, "used_memory_peak", m.peak);
    out.field("used_memory_peak_perc", print("%.2f%%", m.peakPercent()));
    out.field("used_memory_overhead", static_cast<std::int64_t>(m.overhead()));
    out.field("used_memory_startup", static_cast<std::int64_t>(m.startup));
    out.field("used_memory_dataset", static_cast<std::int64_t>(m.dataset()));
    out.field("used_memory_dataset_perc", print("%.2f%%", m.datasetPercent()));
    out.field("allocator_allocated", static_cast<std::int64_t>(m.allocator.allocated));
    out.field("allocator_active", static_cast<std::int64_t>(m.allocator.active));
    out.field("allocator_resident", static_cast<std::int64_t>(m.allocator.resident));
    writeBoth(out, "total_system_memory", systemMemory());
}

// Nothing is there to count until scripts and functions are.
static void writeScripts(InfoWriter &out)
{
    out.field("used_memory_lua", 0);
    out.field("used_memory_vm_eval", 0);
    out.field("used_memory_lua_human", human(0));
    out.field("used_memory_scripts_eval", 0);
    out.field("number_of_cached_scripts", 0);
    out.field("number_of_functions", 0);
    out.field("number_of_libraries", 0);
    out.field("used_memory_vm_functions", 0);
    writeBoth(out, "used_memory_vm_total", 0);
    out.field("used_memory_functions", 0);
    writeBoth(out, "used_memory_scripts", 0);
}

static void writeRatios(InfoWriter &out, const MemoryFigures &m)
{
    out.decimal("allocator_frag_ratio", m.fragmentationRatio(), 2);
    out.field("allocator_frag_bytes", m.fragmentationBytes());
    out.decimal("allocator_rss_ratio", m.allocatorRssRatio(), 2);
    out.field("allocator_rss_bytes", m.allocatorRssBytes());
    out.decimal("rss_overhead_ratio", m.rssOverheadRatio(), 2);
    out.field("rss_overhead_bytes", m.rssOverheadBytes());
    out.decimal("mem_fragmentation_ratio", m.totalRatio(), 2);
    out.field("mem_fragmentation_bytes", m.totalBytes());
}

void writeMemory(InfoWriter &out, Host &host)
{
    const MemoryFigures m = memoryFigures(host);
    writeUsed(out, m);
    writeScripts(out);
    writeBoth(out, "maxmemory", static_cast<std::size_t>(host.options().integer("maxmemory")));
    out.field("maxmemory_policy", host.options().text("maxmemory-policy"));
    writeRatios(out, m);
    out.field("mem_not_counted_for_evict", 0);
    out.field("mem_replication_backlog", 0);
    out.field("mem_total_replication_buffers", 0);
    out.field("mem_clients_slaves", 0);
    out.field("mem_clients_normal", static_cast<std::int64_t>(m.clients));
    out.field("mem_cluster_links", 0);
    out.field("mem_aof_buffer", 0);
    out.field("mem_allocator", m.allocator.name);
    out.field("mem_overhead_db_hashtable_rehashing", 0);
    out.field("active_defrag_running", 0);
    out.field("lazyfree_pending_objects", static_cast<std::int64_t>(host.backgroundPending()));
    out.field("lazyfreed_objects", host.statistics().lazyFreed);
}

} // namespace cay::introspection
