// Start, options, data-wide operations and figures: the part of Host that is none of the other
// files' subject.
#include "core/engine.h"

#include "core/memory.h"

#include <cstdio>

namespace cay {

void InfoWriter::field(Bytes name, Bytes value)
{
    m_out.append(name).append(":").append(value).append("\r\n");
}

void InfoWriter::field(Bytes name, std::int64_t value)
{
    field(name, Bytes(std::to_string(value)));
}

void InfoWriter::decimal(Bytes name, double value, int digits)
{
    char text[64];
    const int size = std::snprintf(text, sizeof text, "%.*f", digits, value);
    field(name, Bytes(text, static_cast<std::size_t>(size)));
}

} // namespace cay

namespace cay::core {

namespace {

std::string randomHex(std::mt19937_64 &random, int digits)
{
    static constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    for (int i = 0; i < digits; ++i)
        text += kDigits[random() % 16];
    return text;
}

} // namespace

Engine::Engine(Options &options)
    : m_options(options)
    , m_runId(randomHex(m_random, 40))
{
    m_statistics.startedMs = 0;
    readClock();
    m_statistics.startedMs = now();
    QObject::connect(&m_cron, &QTimer::timeout, &m_cron, [this] { cron(); });
}

Engine::~Engine()
{
    while (!m_clients.empty())
        closed(m_clients.begin()->second);
    while (!m_internal.empty())
        closeInternal(m_internal.begin()->second);
}

bool Engine::start(QString *why)
{
    Q_UNUSED(why);
    m_keyspace.create(static_cast<int>(m_options.integer("databases")));
    m_options.mirror("maxmemory", &m_keyspace.maxMemory);
    m_options.mirror("maxmemory-samples", &m_keyspace.maxMemorySamples);
    m_options.mirror("maxmemory-eviction-tenacity", &m_keyspace.evictionTenacity);
    m_options.mirror("active-expire-effort", &m_expireEffort);
    m_options.mirror("lfu-log-factor", &m_keyspace.lfuLogFactor);
    m_options.mirror("lfu-decay-time", &m_keyspace.lfuDecayTime);
    m_options.mirror("lazyfree-lazy-expire", &m_keyspace.lazyExpire);
    m_options.mirror("lazyfree-lazy-eviction", &m_keyspace.lazyEviction);
    m_options.mirror("lazyfree-lazy-server-del", &m_keyspace.lazyServerDel);
    m_options.mirror("lazyfree-lazy-user-del", &m_keyspace.lazyUserDel);
    m_options.mirror("lazyfree-lazy-user-flush", &m_keyspace.lazyUserFlush);
    m_options.watch("maxmemory-policy", [this](QString *) {
        m_keyspace.policy = static_cast<EvictionPolicy>(m_options.integer("maxmemory-policy"));
        return true;
    });
    m_options.watch("proto-max-bulk-len", [this](QString *) {
        m_limits.maxBulk = static_cast<std::size_t>(m_options.integer("proto-max-bulk-len"));
        return true;
    });
    m_options.watch("hz", [this](QString *) {
        m_cron.start(
            static_cast<int>(1000 / std::clamp<std::int64_t>(m_options.integer("hz"), 1, 500)));
        return true;
    });
    m_options.watch("jemalloc-bg-thread", [this](QString *) {
        setBackgroundPurging(m_options.flag("jemalloc-bg-thread"));
        return true;
    });
    refreshUsedMemory();
    return true;
}

void Engine::swapDatabases(int a, int b)
{
    for (const int index : {a, b})
        m_onFlush(index);
    m_keyspace.swap(a, b);
    for (const int index : {a, b}) {
        m_onFlush(index);
        m_waiters.touchedAll(index);
    }
}

std::uint64_t Engine::flush(int index, Freeing freeing)
{
    m_onEmptied(index);
    m_onFlush(index); // first: who watches a key wants to know whether it was there
    const std::uint64_t removed
        = m_keyspace.flush(index, m_keyspace.resolve(freeing, m_keyspace.lazyUserFlush));
    m_waiters.touchedAll(index);
    return removed;
}

void Engine::freeValue(const Value &value, Freeing freeing)
{
    m_keyspace.freeValue(value, m_keyspace.resolve(freeing, m_keyspace.lazyServerDel));
}

void Engine::deleted(Db &db, Bytes key, EventClass eventClass, const char *event, bool lazily)
{
    if (propagating())
        m_effects.push_back({db.index(), {lazily ? "UNLINK" : "DEL", std::string(key)}});
    keyChanged(db, key, eventClass, event, true, nullptr);
}

void Engine::keyExpired(Db &db, Bytes key)
{
    ++m_statistics.expiredKeys;
    deleted(db, key, EventClass::Expired, "expired", m_keyspace.lazyExpire);
}

void Engine::effect(Db &db, const Key &key, EventClass eventClass, const char *event,
                    std::span<const Bytes> command)
{
    if (!command.empty() && propagating())
        m_effects.push_back({db.index(), {command.begin(), command.end()}});
    keyChanged(db, key.bytes, eventClass, event, true, nullptr);
}

void Engine::keyEvicted(Db &db, Bytes key)
{
    deleted(db, key, EventClass::Evicted, "evicted", m_keyspace.lazyEviction);
}

void Engine::keyAdded(Db &db, Bytes key)
{
    keyChanged(db, key, EventClass::New, "new", false, nullptr);
}

void Engine::keyMissed(Db &db, Bytes key)
{
    keyChanged(db, key, EventClass::KeyMiss, "keymiss", false, nullptr);
}

std::vector<const CommandInfo *> Engine::commands() const
{
    return {m_table.commands().begin(), m_table.commands().end()};
}

const CommandStatistics &Engine::statistics(const CommandInfo &info) const
{
    // Ticks become microseconds only here, where somebody looks.
    Command &command = const_cast<Command &>(static_cast<const Command &>(info));
    command.stats.microseconds = static_cast<std::uint64_t>(m_tickRate.toNs(command.ticks)) / 1000;
    return command.stats;
}

const std::vector<std::pair<std::string, std::uint64_t>> Engine::errorStatistics() const
{
    return {m_errorCounts.begin(), m_errorCounts.end()};
}

void Engine::resetStatistics()
{
    const Statistics fresh;
    const Statistics old = m_statistics;
    m_statistics = fresh;
    m_statistics.startedMs = old.startedMs;
    m_statistics.dirty = old.dirty;
    m_statistics.trackLatency = old.trackLatency;
    m_statistics.peakMemory = usedMemory();
    m_rate = {clockNs(), 0, 0, 0};
    m_errorCounts.clear();
    for (std::size_t id = 0; id < m_table.idLimit(); ++id) {
        if (Command *command = m_table.byId(static_cast<std::uint16_t>(id))) {
            command->stats = {};
            command->ticks = 0;
        }
    }
}

std::size_t Engine::usedMemory() const { return m_keyspace.usedMemory(); }

std::vector<Host::PluginState> Engine::plugins() const
{
    return m_plugins ? m_plugins->plugins() : std::vector<PluginState>();
}

bool Engine::loadPlugin(const QString &path, const QStringList &arguments,
                        const PluginSettings &settings, QString *why)
{
    return m_plugins && m_plugins->load(path, arguments, settings, why);
}

bool Engine::unloadPlugin(const QString &id, QString *why)
{
    return m_plugins && m_plugins->unload(id, why);
}

void Engine::shutdown(int exitCode)
{
    if (m_onShutdown)
        m_onShutdown(exitCode);
}

} // namespace cay::core
