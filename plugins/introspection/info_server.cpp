// INFO server, clients, cpu and modules.
#include "info.h"

#include "process.h"
#include "text.h"

#include "cay/version.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QJsonArray>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <sys/utsname.h>
#include <unistd.h>

namespace cay::introspection {

static void writeBuild(InfoWriter &out)
{
    out.field("redis_version", kRedisVersion);
    out.field("cay_version", kCayVersion);
    out.field("redis_git_sha1", "00000000");
    out.field("redis_git_dirty", 0);
    out.field("redis_build_id",
              print("%llx", static_cast<unsigned long long>(store::hashBytes(kCayVersion))));
    out.field("redis_mode", "standalone");
    utsname system{};
    uname(&system);
    out.field("os", print("%s %s %s", system.sysname, system.release, system.machine));
    out.field("arch_bits", static_cast<int>(sizeof(void *) * 8));
    out.field("monotonic_clock", "POSIX clock_gettime");
}

static std::string supervisor(Host &host)
{
    const std::string chosen = host.options().text("supervised");
    if (chosen != "auto" && chosen != "systemd")
        return chosen == "upstart" ? chosen : "no";
    return std::getenv("NOTIFY_SOCKET") ? "systemd" : "no";
}

void writeServer(InfoWriter &out, Host &host)
{
    writeBuild(out);
    out.field("multiplexing_api", host.eventBackend());
    out.field("atomicvar_api", "c11-builtin");
#if defined(__GNUC__) && !defined(__clang__)
    out.field("gcc_version", print("%d.%d.%d", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__));
#else
    out.field("gcc_version", "0.0.0");
#endif
    out.field("process_id", static_cast<std::int64_t>(getpid()));
    out.field("process_supervised", supervisor(host));
    out.field("run_id", host.runId());
    Options &options = host.options();
    out.field("tcp_port", options.integer("port"));
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    out.field("server_time_usec",
              static_cast<std::int64_t>(
                  std::chrono::duration_cast<std::chrono::microseconds>(now).count()));
    const std::int64_t uptime
        = std::max<std::int64_t>((host.now() - host.statistics().startedMs) / 1000, 0);
    out.field("uptime_in_seconds", uptime);
    out.field("uptime_in_days", uptime / 86400);
    out.field("hz", options.integer("hz"));
    out.field("configured_hz", options.integer("hz"));
    out.field("lru_clock", (host.now() / 1000) & 0xffffff);
    out.field("executable", QCoreApplication::applicationFilePath().toStdString());
    out.field("config_file", host.configFile());
    out.field("io_threads_active", options.integer("io-threads") > 1 ? 1 : 0);
}

void writeClients(InfoWriter &out, Host &host)
{
    std::int64_t connected = 0, blocked = 0, tracking = 0, pubsub = 0, watching = 0, watched = 0;
    std::size_t largestInput = 0, largestOutput = 0;
    host.forEachSession([&](Session &session) {
        if (session.has(SessionInternal))
            return;
        ++connected;
        blocked += session.has(SessionBlocked);
        tracking += session.has(SessionTracking);
        pubsub += session.has(SessionPubsub);
        watching += session.watched != 0;
        watched += session.watched;
        largestInput = std::max(largestInput, session.inputCapacity);
        largestOutput = std::max(largestOutput, session.reply.buffer().pending());
    });
    out.field("connected_clients", connected);
    out.field("cluster_connections", 0);
    out.field("maxclients", host.options().integer("maxclients"));
    out.field("client_recent_max_input_buffer", static_cast<std::int64_t>(largestInput));
    out.field("client_recent_max_output_buffer", static_cast<std::int64_t>(largestOutput));
    out.field("blocked_clients", blocked);
    out.field("tracking_clients", tracking);
    out.field("pubsub_clients", pubsub);
    out.field("watching_clients", watching);
    out.field("clients_in_timeout_table", 0);
    out.field("total_watched_keys", watched);
}

static void writeCpuPair(InfoWriter &out, const char *suffix, CpuSeconds seconds)
{
    out.decimal(print("used_cpu_sys%s", suffix), seconds.system, 6);
    out.decimal(print("used_cpu_user%s", suffix), seconds.user, 6);
}

void writeCpu(InfoWriter &out, Host &)
{
    writeCpuPair(out, "", processCpu());
    writeCpuPair(out, "_children", childrenCpu());
    writeCpuPair(out, "_main_thread", threadCpu());
}

// "0.1.0" as the single number that MODULE LIST shows: 100.
static int versionNumber(const std::string &version)
{
    int major = 0, minor = 0, patch = 0;
    std::sscanf(version.c_str(), "%d.%d.%d", &major, &minor, &patch);
    return major * 10000 + minor * 100 + patch;
}

static std::string joined(const QStringList &names)
{
    return '[' + names.join(QLatin1Char('|')).toStdString() + ']';
}

void writeModules(InfoWriter &out, Host &host)
{
    const std::vector<Host::PluginState> plugins = host.plugins();
    for (const Host::PluginState &plugin : plugins) {
        if (!plugin.loaded)
            continue;
        QStringList uses, usedBy;
        for (const QJsonValue &id : plugin.metadata.value(QLatin1String("requires")).toArray())
            uses << id.toString();
        const QString own = QString::fromStdString(plugin.id);
        for (const Host::PluginState &other : plugins) {
            if (other.metadata.value(QLatin1String("requires")).toArray().contains(own))
                usedBy << QString::fromStdString(other.id);
        }
        out.field("module", print("name=%s,ver=%d,api=1,filters=0,usedby=%s,using=%s,options=[]",
                                  plugin.id.c_str(), versionNumber(plugin.version),
                                  joined(usedBy).c_str(), joined(uses).c_str()));
    }
}

} // namespace cay::introspection
