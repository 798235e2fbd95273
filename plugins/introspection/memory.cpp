#include "memory.h"

#include "introspection.h"
#include "text.h"

#include "cay/help.h"

namespace cay::introspection {

static double ratio(std::size_t a, std::size_t b)
{
    return b == 0 ? 0 : static_cast<double>(a) / static_cast<double>(b);
}
static std::int64_t difference(std::size_t a, std::size_t b)
{
    return static_cast<std::int64_t>(a) - static_cast<std::int64_t>(b);
}

std::size_t MemoryFigures::keys() const
{
    std::size_t sum = 0;
    for (const Database &db : databases)
        sum += db.keys;
    return sum;
}

std::size_t MemoryFigures::overhead() const
{
    std::size_t sum = startup + clients;
    for (const Database &db : databases)
        sum += db.table + db.expiryIndex;
    return sum;
}

double MemoryFigures::datasetPercent() const
{
    return 100 * ratio(dataset(), used - std::min(used, startup));
}
double MemoryFigures::peakPercent() const { return 100 * ratio(used, peak); }
double MemoryFigures::fragmentationRatio() const
{
    return ratio(allocator.active, allocator.allocated);
}
std::int64_t MemoryFigures::fragmentationBytes() const
{
    return difference(allocator.active, allocator.allocated);
}
double MemoryFigures::allocatorRssRatio() const
{
    return ratio(allocator.resident, allocator.active);
}
std::int64_t MemoryFigures::allocatorRssBytes() const
{
    return difference(allocator.resident, allocator.active);
}
double MemoryFigures::rssOverheadRatio() const { return ratio(resident, allocator.resident); }
std::int64_t MemoryFigures::rssOverheadBytes() const
{
    return difference(resident, allocator.resident);
}
double MemoryFigures::totalRatio() const { return ratio(resident, used); }
std::int64_t MemoryFigures::totalBytes() const { return difference(resident, used); }

MemoryFigures memoryFigures(Host &host)
{
    MemoryFigures m;
    m.used = host.usedMemory();
    Statistics &statistics = host.statistics();
    statistics.peakMemory = std::max<std::uint64_t>(statistics.peakMemory, m.used);
    m.peak = statistics.peakMemory;
    // What only the start needed may have been freed since.
    state().startupMemory = std::min(state().startupMemory, m.used);
    m.startup = state().startupMemory;
    m.resident = residentBytes();
    host.forEachSession([&m](Session &session) {
        if (session.has(SessionInternal))
            return;
        ++m.connectedClients;
        m.clients += sizeof session + session.inputCapacity + session.reply.buffer().capacity();
    });
    for (int i = 0; i < host.databases(); ++i) {
        const Db &db = host.db(i);
        if (db.size() != 0)
            m.databases.push_back({i, db.size(), db.tableBytes(), db.expiryIndexBytes()});
    }
    m.allocator = allocator();
    if (!m.allocator.known)
        m.allocator.allocated = m.allocator.active = m.allocator.resident = m.used;
    return m;
}

void memoryUsage(Call &call)
{
    std::int64_t samples = 5;
    for (std::size_t i = 3; i < call.size(); i += 2) {
        if (!equalsIgnoringCase(call[i], "samples") || i + 1 == call.size()) {
            call.fail(errors::kSyntax);
            return;
        }
        if (!resp::parseInteger(call[i + 1], &samples)) {
            call.fail(errors::kNotInteger);
            return;
        }
        if (samples < 0) {
            call.fail(errors::kSyntax);
            return;
        }
    }
    const Entry *entry = call.db.peek(call.key(2));
    if (!entry)
        call.reply.null();
    else
        call.reply.integer(static_cast<std::int64_t>(
            call.db.memoryUsage(*entry, static_cast<std::size_t>(samples))));
}

namespace {

// Counts the pairs of a map as they are written.
class MapWriter
{
public:
    explicit MapWriter(resp::Reply &reply)
        : m_reply(reply)
        , m_map(reply.defer())
    {}
    void bytes(Bytes name, std::size_t value) { integer(name, static_cast<std::int64_t>(value)); }
    void integer(Bytes name, std::int64_t value) { key(name).integer(value); }
    void number(Bytes name, double value) { key(name).number(value); }
    resp::Reply &key(Bytes name)
    {
        m_reply.bulk(name);
        ++m_pairs;
        return m_reply;
    }
    void close() { m_reply.closeMap(m_map, m_pairs); }

private:
    resp::Reply &m_reply;
    resp::Reply::Deferred m_map;
    std::size_t m_pairs = 0;
};

void writeConsumers(MapWriter &map, const MemoryFigures &m)
{
    map.bytes("peak.allocated", m.peak);
    map.bytes("total.allocated", m.used);
    map.bytes("startup.allocated", m.startup);
    map.bytes("replication.backlog", 0);
    map.bytes("clients.slaves", 0);
    map.bytes("clients.normal", m.clients);
    map.bytes("cluster.links", 0);
    map.bytes("aof.buffer", 0);
    map.bytes("lua.caches", 0);
    map.bytes("functions.caches", 0);
    for (const MemoryFigures::Database &db : m.databases) {
        resp::Reply &reply = map.key(print("db.%d", db.index));
        reply.map(3);
        reply.bulk("overhead.hashtable.main");
        reply.integer(static_cast<std::int64_t>(db.table));
        reply.bulk("overhead.hashtable.expires");
        reply.integer(static_cast<std::int64_t>(db.expiryIndex));
        reply.bulk("overhead.hashtable.slot-to-keys");
        reply.zero();
    }
}

void writeTotals(MapWriter &map, const MemoryFigures &m)
{
    const std::size_t keys = m.keys();
    map.bytes("overhead.total", m.overhead());
    map.bytes("keys.count", keys);
    map.bytes("keys.bytes-per-key", keys == 0 ? 0 : (m.used - std::min(m.used, m.startup)) / keys);
    map.bytes("dataset.bytes", m.dataset());
    map.number("dataset.percentage", m.datasetPercent());
    map.number("peak.percentage", m.peakPercent());
    map.bytes("allocator.allocated", m.allocator.allocated);
    map.bytes("allocator.active", m.allocator.active);
    map.bytes("allocator.resident", m.allocator.resident);
    map.number("allocator-fragmentation.ratio", m.fragmentationRatio());
    map.integer("allocator-fragmentation.bytes", m.fragmentationBytes());
    map.number("allocator-rss.ratio", m.allocatorRssRatio());
    map.integer("allocator-rss.bytes", m.allocatorRssBytes());
    map.number("rss-overhead.ratio", m.rssOverheadRatio());
    map.integer("rss-overhead.bytes", m.rssOverheadBytes());
    map.number("fragmentation", m.totalRatio());
    map.integer("fragmentation.bytes", m.totalBytes());
}

} // namespace

void memoryStats(Call &call)
{
    const MemoryFigures m = memoryFigures(call.host);
    MapWriter map(call.reply);
    writeConsumers(map, m);
    writeTotals(map, m);
    map.close();
}

void memoryDoctor(Call &call)
{
    call.reply.verbatim("txt", memoryReport(memoryFigures(call.host)));
}

void memoryMallocStats(Call &call)
{
    const std::string report = allocatorReport();
    call.reply.verbatim("txt", report.empty()
                                   ? Bytes("Stats not supported for the current allocator")
                                   : Bytes(report));
}

void memoryPurge(Call &call)
{
    if (allocator().known && !purgeAllocator())
        call.fail("ERR Error purging dirty pages");
    else
        call.reply.ok();
}

void memoryHelp(Call &call)
{
    static constexpr Bytes kLines[] = {
        "DOCTOR",
        "    Return memory problems reports.",
        "MALLOC-STATS",
        "    Return internal statistics report from the memory allocator.",
        "PURGE",
        "    Attempt to purge dirty pages for reclamation by the allocator.",
        "STATS",
        "    Return information about the memory usage of the server.",
        "USAGE <key> [SAMPLES <count>]",
        "    Return memory in bytes used by <key> and its value. Nested values are",
        "    sampled up to <count> times (default: 5, 0 means sample all).",
    };
    replyHelp(call, kLines);
}

// In words. The limits are the ones that Redis uses.
std::string memoryReport(const MemoryFigures &m)
{
    constexpr std::size_t kLittle = 5 * 1024 * 1024;
    constexpr std::int64_t kNoticed = 10 * 1024 * 1024;
    if (m.used < kLittle)
        return "The server uses less than 5 MB, too little to judge by.\n";
    std::string report;
    if (static_cast<double>(m.peak) / static_cast<double>(m.used) > 1.5) {
        report += print(" * Peak memory: %s were in use at some time, %s are now. The allocator "
                        "may keep what was freed; "
                        "MEMORY PURGE gives it back.\n",
                        human(m.peak).c_str(), human(m.used).c_str());
    }
    if (m.totalRatio() > 1.4 && m.totalBytes() > kNoticed) {
        report += print(" * High total RSS: the process takes %.2f times the memory that it asked "
                        "for. The lines below, or a "
                        "past peak, say why.\n",
                        m.totalRatio());
    }
    if (m.fragmentationRatio() > 1.1 && m.fragmentationBytes() > kNoticed)
        report += print(" * High allocator fragmentation: the ratio is %.2f.\n",
                        m.fragmentationRatio());
    if (m.allocatorRssRatio() > 1.1 && m.allocatorRssBytes() > kNoticed) {
        report += print(" * High allocator RSS overhead: the ratio is %.2f. Pages that were freed "
                        "are still resident; MEMORY PURGE "
                        "gives them back.\n",
                        m.allocatorRssRatio());
    }
    if (m.rssOverheadRatio() > 1.1 && m.rssOverheadBytes() > kNoticed)
        report += print(" * High process RSS overhead: the ratio is %.2f, beside the allocator.\n",
                        m.rssOverheadRatio());
    if (m.connectedClients != 0 && m.clients / m.connectedClients > 200 * 1024) {
        report += print(" * Big client buffers: %s per client on average. A client may be reading "
                        "too slowly, or sending very large "
                        "commands; CLIENT LIST shows which.\n",
                        human(m.clients / m.connectedClients).c_str());
    }
    if (report.empty())
        return "No memory problem was found.\n";
    return "These things about memory are unusual:\n\n" + report;
}

} // namespace cay::introspection
