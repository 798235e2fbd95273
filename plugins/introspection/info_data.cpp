// INFO persistence, stats, replication, cluster and keyspace. What belongs to families that are not
// loaded has the value that it has in a Redis which does not use them.
#include "info.h"

#include "introspection.h"
#include "text.h"

#include <algorithm>

namespace cay::introspection {

void writePersistence(InfoWriter &out, Host &host)
{
    for (const char *name : {"loading", "async_loading", "current_cow_peak", "current_cow_size",
                             "current_cow_size_age"})
        out.field(name, 0);
    out.decimal("current_fork_perc", 0, 2);
    out.field("current_save_keys_processed", 0);
    out.field("current_save_keys_total", 0);
    out.field("rdb_changes_since_last_save", host.statistics().dirty);
    out.field("rdb_bgsave_in_progress", 0);
    out.field("rdb_last_save_time", host.statistics().startedMs / 1000);
    out.field("rdb_last_bgsave_status", "ok");
    out.field("rdb_last_bgsave_time_sec", -1);
    out.field("rdb_current_bgsave_time_sec", -1);
    for (const char *name : {"rdb_saves", "rdb_last_cow_size", "rdb_last_load_keys_expired",
                             "rdb_last_load_keys_loaded", "aof_enabled", "aof_rewrite_in_progress",
                             "aof_rewrite_scheduled"})
        out.field(name, 0);
    out.field("aof_last_rewrite_time_sec", -1);
    out.field("aof_current_rewrite_time_sec", -1);
    out.field("aof_last_bgrewrite_status", "ok");
    out.field("aof_rewrites", 0);
    out.field("aof_rewrites_consecutive_failures", 0);
    out.field("aof_last_write_status", "ok");
    for (const char *name :
         {"aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size"})
        out.field(name, 0);
}

static void writeTraffic(InfoWriter &out, const Statistics &s)
{
    out.field("total_connections_received", s.connections);
    out.field("total_commands_processed", s.commands);
    out.field("instantaneous_ops_per_sec", static_cast<std::int64_t>(s.instantaneousOps));
    out.field("total_net_input_bytes", s.bytesIn);
    out.field("total_net_output_bytes", s.bytesOut);
    out.field("total_net_repl_input_bytes", 0);
    out.field("total_net_repl_output_bytes", 0);
    out.decimal("instantaneous_input_kbps", s.instantaneousInKbps, 2);
    out.decimal("instantaneous_output_kbps", s.instantaneousOutKbps, 2);
    out.decimal("instantaneous_input_repl_kbps", 0, 2);
    out.decimal("instantaneous_output_repl_kbps", 0, 2);
    out.field("rejected_connections", s.rejectedConnections);
    for (const char *name : {"sync_full", "sync_partial_ok", "sync_partial_err"})
        out.field(name, 0);
}

static void writeKeys(InfoWriter &out, const Statistics &s)
{
    out.field("expired_keys", s.expiredKeys);
    out.field("expired_subkeys", s.expiredFields);
    out.decimal("expired_stale_perc", 0,
                2); // keys leave in the order of their expiry: none is overlooked
    out.field("expired_time_cap_reached_count", s.expireCycleCapReached);
    out.field("expire_cycle_cpu_milliseconds", 0);
    out.field("evicted_keys", s.evictedKeys);
    out.field("evicted_clients", s.evictedClients);
    out.field("evicted_scripts", 0);
    out.field("total_eviction_exceeded_time", 0);
    out.field("current_eviction_exceeded_time", 0);
    out.field("keyspace_hits", s.keyspaceHits);
    out.field("keyspace_misses", s.keyspaceMisses);
    for (const char *name :
         {"pubsub_channels", "pubsub_patterns", "pubsubshard_channels", "latest_fork_usec",
          "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
          "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits",
          "active_defrag_key_misses", "total_active_defrag_time", "current_active_defrag_time",
          "tracking_total_keys", "tracking_total_items", "tracking_total_prefixes",
          "unexpected_error_replies"})
        out.field(name, 0);
}

void writeStats(InfoWriter &out, Host &host)
{
    const Statistics &s = host.statistics();
    writeTraffic(out, s);
    writeKeys(out, s);
    out.field("total_error_replies", s.errorReplies);
    out.field("dump_payload_sanitizations", 0);
    out.field("total_reads_processed", s.reads);
    out.field("total_writes_processed", s.writes);
    out.field("io_threaded_reads_processed", s.ioThreadReads);
    out.field("io_threaded_writes_processed", s.ioThreadWrites);
    out.field("reply_buffer_shrinks", 0);
    out.field("reply_buffer_expands", 0);
    out.field("client_query_buffer_limit_disconnections", s.queryLimitDisconnections);
    out.field("client_output_buffer_limit_disconnections", s.outputLimitDisconnections);
    out.field("eventloop_cycles", s.eventLoopTurns);
    out.field("eventloop_duration_sum", s.eventLoopNs / 1000);
    out.field("eventloop_duration_cmd_sum", s.commandNs / 1000);
    out.field("acl_access_denied_auth", s.aclDeniedAuth);
    out.field("acl_access_denied_cmd", s.aclDeniedCommand);
    out.field("acl_access_denied_key", s.aclDeniedKey);
    out.field("acl_access_denied_channel", s.aclDeniedChannel);
}

void writeReplication(InfoWriter &out, Host &host)
{
    const std::string backlog = host.options().text("repl-backlog-size");
    out.field("role", "master");
    out.field("connected_slaves", 0);
    out.field("master_failover_state", "no-failover");
    out.field("master_replid", state().replicationId);
    out.field("master_replid2", std::string(40, '0'));
    out.field("master_repl_offset", 0);
    out.field("second_repl_offset", -1);
    out.field("repl_backlog_active", 0);
    out.field("repl_backlog_size", backlog.empty() ? Bytes("1048576") : Bytes(backlog));
    out.field("repl_backlog_first_byte_offset", 0);
    out.field("repl_backlog_histlen", 0);
}

void writeCluster(InfoWriter &out, Host &) { out.field("cluster_enabled", 0); }

// Milliseconds that a key with an expiry still has, on average, over a sample that starts at a
// place chosen at random.
static std::int64_t averageTtl(Host &host, const Db &db)
{
    constexpr std::size_t kSample = 100;
    std::int64_t sum = 0;
    std::int64_t seen = 0;
    const auto visit = [&](const Entry &entry) {
        if (!entry.hasExpiry())
            return;
        sum += std::max<std::int64_t>(entry.expiry() - db.now(), 0);
        ++seen;
    };
    constexpr std::uint64_t kCursorMask = (std::uint64_t{1} << 48) - 1;
    const std::uint64_t start = db.size() <= kSample ? 0 : host.random() & kCursorMask;
    std::uint64_t cursor = db.scan(start, kSample, visit);
    for (int step = 0; step < 16 && seen == 0 && cursor != start; ++step)
        cursor = db.scan(cursor, kSample, visit);
    return seen == 0 ? 0 : sum / seen;
}

void writeKeyspace(InfoWriter &out, Host &host)
{
    for (int i = 0; i < host.databases(); ++i) {
        const Db &db = host.db(i);
        if (db.size() == 0)
            continue;
        std::string text = print("keys=%zu,expires=%zu,avg_ttl=%lld", db.size(), db.expires(),
                                 static_cast<long long>(db.expires() ? averageTtl(host, db) : 0));
        if (db.timed() > 0) // hashes with fields that expire; a field of INFO since Redis 7.4
            text += print(",subexpiry=%zu", db.timed());
        out.field(print("db%d", i), text);
    }
}

} // namespace cay::introspection
