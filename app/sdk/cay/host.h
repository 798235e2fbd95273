// What the host offers to plugins beyond the data path. All of it belongs to the command thread.
#pragma once

#include "cay/call.h"
#include "cay/latency_histogram.h"
#include "cay/options.h"
#include "cay/plugin.h"

#include <QtCore/QJsonObject>
#include <QtCore/QStringList>

#include <atomic>

namespace cay {

// Counters that INFO shows; plugins add to the ones that are theirs.
struct Statistics
{
    std::int64_t startedMs = 0;
    std::uint64_t commands = 0, connections = 0, rejectedConnections = 0;
    std::uint64_t bytesIn = 0, bytesOut = 0;
    std::uint64_t keyspaceHits = 0, keyspaceMisses = 0;
    std::uint64_t expiredKeys = 0, evictedKeys = 0, evictedClients = 0;
    std::uint64_t expiredFields = 0; // of hashes
    std::uint64_t lazyFreed = 0;
    std::uint64_t errorReplies = 0;
    std::uint64_t outputLimitDisconnections = 0, queryLimitDisconnections = 0;
    std::uint64_t aclDeniedAuth = 0, aclDeniedCommand = 0, aclDeniedKey = 0, aclDeniedChannel = 0;
    std::uint64_t dirty
        = 0; // changes since the start; rdb_changes_since_last_save counts from a mark
    std::uint64_t peakMemory = 0;
    std::uint64_t expireCycleCapReached = 0;
    std::uint64_t eventLoopTurns = 0, eventLoopNs = 0, commandNs = 0;
    std::uint64_t reads = 0,
                  writes = 0; // system calls on client sockets, those of io-threads included
    std::uint64_t ioThreadReads = 0, ioThreadWrites = 0;
    bool trackLatency = true; // whether CommandStatistics::histogram is filled
    double instantaneousOps = 0, instantaneousInKbps = 0, instantaneousOutKbps = 0;
};

// Per command, by CommandInfo::id.
struct CommandStatistics
{
    std::uint64_t calls = 0, microseconds = 0, rejected = 0, failed = 0;
    // Execution times. Allocated on first use, while Statistics::trackLatency is on.
    std::unique_ptr<LatencyHistogram> histogram;
};

// A gate sees a command before it runs. Only sessions whose `gates` have its bit are asked.
enum class GateResult : std::uint8_t {
    Pass,    // run it, after the other gates
    Handled, // the gate has replied (or queued the command); do not run it
    Hold,    // keep the command and all that follows on this session until Host::release()
};
using Gate = std::function<GateResult(Call &)>;

// What INFO writes: "field:value" lines under "# Name".
class Q_DECL_EXPORT InfoWriter
{
public:
    explicit InfoWriter(std::string &out)
        : m_out(out)
    {}
    void field(Bytes name, Bytes value);
    void field(Bytes name, std::int64_t value);
    void field(Bytes name, std::uint64_t value) { field(name, static_cast<std::int64_t>(value)); }
    void field(Bytes name, int value) { field(name, static_cast<std::int64_t>(value)); }
    void decimal(Bytes name, double value, int digits);

private:
    std::string &m_out;
};
struct InfoSection
{
    std::string name;      // lower case; the title has a capital
    std::string title;     // "Server"
    bool isDefault = true; // shown by INFO without arguments
    std::function<void(InfoWriter &)> write;
};

// A changed key, told synchronously on the command thread. The event name is static.
struct KeyEvent
{
    Db &db;
    Bytes key;
    EventClass eventClass;
    const char *event;
    bool modified;    // false for a notification only
    Session *session; // null when the server itself acts: expiry, eviction
};

class Q_DECL_EXPORT Host
{
public:
    virtual ~Host() = default;

    // Data.
    virtual int databases() const = 0;
    virtual Db &db(int index) = 0;
    virtual void swapDatabases(int a, int b) = 0;
    // index -1 flushes all of them. Returns the number of keys removed.
    virtual std::uint64_t flush(int index, Freeing freeing) = 0;
    virtual const ValueType &type(TypeId id) const = 0;
    // -1 when no plugin has registered the name ("string") or the RDB code.
    virtual int typeByName(Bytes name) const = 0;
    virtual int typeByRdbCode(std::uint8_t code) const = 0;
    virtual void freeValue(const Value &value, Freeing freeing) = 0;

    // Commands.
    virtual const CommandInfo *command(Bytes name) const = 0; // top level, any case
    virtual const CommandInfo *
    command(std::span<const Bytes> args) const = 0;                // down to the subcommand
    virtual std::vector<const CommandInfo *> commands() const = 0; // top level, sorted
    virtual const CommandStatistics &statistics(const CommandInfo &command) const = 0;
    // Runs a command in the name of a session, with all checks but the gates. Errors are replies.
    // Re-entrant. False when it was refused before it ran (unknown, arity, ...): nothing was
    // changed, an error was written.
    virtual bool execute(Session &session, std::span<const Bytes> args, resp::Reply &reply) = 0;
    // The checks alone, as queueing in MULTI does. Writes the error.
    virtual const CommandInfo *check(Session &session, std::span<const Bytes> args,
                                     resp::Reply &reply)
        = 0;
    // The session that asked for what runs now, a script's or a transaction's commands included;
    // null between commands, when the server acts on its own.
    virtual Session *running() const = 0;
    // Calls `work` when the outermost command has ended and its reply is complete; at once when no
    // command runs.
    virtual void afterCommand(std::function<void()> work) = 0;
    // Calls `work` once, at the end of this turn of the event loop, before its replies are sent.
    virtual void afterTurn(std::function<void()> work) = 0;
    // Propagation between begin and end is one atomic group (MULTI ... EXEC). Nests.
    virtual void beginGroup() = 0;
    virtual void endGroup() = 0;

    // Sessions.
    virtual Session *session(SessionId id) = 0;
    virtual void forEachSession(const std::function<void(Session &)> &visit)
        = 0; // by id; may close sessions
    virtual std::size_t sessions() const = 0;
    virtual void close(Session &session, bool afterReply) = 0;
    // The session's output changed outside its own command (a push, a line for MONITOR): send it
    // this turn.
    virtual void flushSoon(Session &session) = 0;
    // Hold keeps its further commands unread until release(); CLIENT UNBLOCK and time-outs are the
    // holder's business.
    virtual void hold(Session &session) = 0;
    virtual void release(Session &session) = 0;
    // Ends the waiting of a session in a blocking command, as if its time were up or with an error;
    // false when it does not wait in one.
    virtual bool unblock(Session &session, bool withError) = 0;
    // A session without a socket; output is the caller's to read. Freed with closeInternal().
    virtual Session *openInternal(resp::OutputBuffer &out) = 0;
    virtual void closeInternal(Session *session) = 0;
    // Index into Session::pluginData, for one plugin.
    virtual int sessionSlot() = 0;

    // Hooks. Return an id for remove(); all hooks of a plugin are removed when it is unloaded.
    virtual int addGate(Gate gate) = 0; // returns the bit's number
    // Told of each command that has run for a session whose `observers` has the bit, those that
    // EXEC or a script runs for it included. Returns the bit's number. Other sessions pay nothing.
    virtual int addObserver(std::function<void(Call &)> observer) = 0;
    virtual int onKeyEvent(std::function<void(const KeyEvent &)> hook) = 0;
    // A database is about to be emptied (index -1: all), or is about to be swapped, or has been:
    // told before and after.
    virtual int onFlush(std::function<void(int index)> hook) = 0;
    // A database (index -1: all) is about to be emptied: not told of a swap.
    virtual int onEmptied(std::function<void(int index)> hook) = 0;
    virtual int onSessionOpened(std::function<void(Session &)> hook) = 0;
    virtual int onSessionClosed(std::function<void(Session &)> hook) = 0;
    // RESET, or a session that changes hands: everything a plugin keeps of it goes back to how it
    // was when it was opened.
    virtual int onSessionReset(std::function<void(Session &)> hook) = 0;
    virtual void reset(Session &session) = 0;
    // After a command has run (EXEC after what it queued), for feeds such as MONITOR. Costs nothing
    // while no hook is there.
    virtual int onCommand(std::function<void(Call &)> hook) = 0;
    // After a command has run, with its time. For SLOWLOG and LATENCY; called only when it took at
    // least the smallest threshold that a hook gave. Told of each session's own commands, and of
    // those that EXEC or a script runs.
    virtual int onSlowCommand(std::int64_t thresholdNs,
                              std::function<void(Call &, std::int64_t ns)> hook)
        = 0;
    virtual void setSlowThreshold(int hook, std::int64_t thresholdNs) = 0; // negative: never
    // Events that are not commands and took long (fork, expire-cycle ...), from any part of the
    // host.
    virtual int onLatency(std::function<void(const char *event, std::int64_t ms)> hook) = 0;
    virtual void latency(const char *event, std::int64_t ms) = 0;
    // Each effect on the data, in order, as a command with its database. Groups are wrapped in
    // MULTI and EXEC.
    virtual int onPropagate(std::function<void(int db, std::span<const Bytes> command)> hook) = 0;
    // The server itself has changed a key (a field of a hash expired): tells the event, which
    // counts as a change, and propagates the command that has the same effect; {} for none.
    virtual void effect(Db &db, const Key &key, EventClass eventClass, const char *event,
                        std::span<const Bytes> command)
        = 0;
    // `hz` times a second.
    virtual int onCron(std::function<void()> hook) = 0;
    virtual void removeHook(int id) = 0;

    // INFO.
    virtual void addInfoSection(InfoSection section) = 0;
    virtual void removeInfoSection(Bytes name) = 0;
    virtual const std::vector<InfoSection> &infoSections() const = 0;

    // Plugins.
    virtual const void *api(Bytes pluginId) const = 0; // null when it is not loaded
    struct PluginState
    {
        std::string id, version, path;
        QStringList arguments; // as load-plugin or MODULE LOAD gave them
        QJsonObject metadata;
        bool loaded = false;
    };
    virtual std::vector<PluginState> plugins() const = 0;
    // Loads and starts a plugin. `settings` are values for its own options, by name. False with a
    // reason: nothing stays.
    using PluginSettings = std::vector<std::pair<std::string, std::string>>;
    virtual bool loadPlugin(const QString &path, const QStringList &arguments,
                            const PluginSettings &settings, QString *why)
        = 0;
    // False with a reason while something needs it: keys of its types, waiting clients, plugins
    // that require it. Must not be called from a command of the plugin itself.
    virtual bool unloadPlugin(const QString &id, QString *why) = 0;

    // The rest.
    virtual Options &options() = 0;
    virtual Statistics &statistics() = 0;
    virtual const std::vector<std::pair<std::string, std::uint64_t>> errorStatistics() const = 0;
    virtual void resetStatistics() = 0;
    virtual UnixMs now() const = 0;               // cached
    virtual std::int64_t monotonicNs() const = 0; // read now
    virtual std::size_t usedMemory() const = 0;
    virtual const std::string &runId() const = 0;
    virtual std::string configFile() const { return {}; }   // absolute; empty without one
    virtual std::string eventBackend() const { return {}; } // "epoll", "uring", "notifier"
    // A random 64-bit number, not for secrets.
    virtual std::uint64_t random() = 0;
    // Gives work to the background thread. `work` must own all that it touches.
    virtual void inBackground(std::function<void()> work) = 0;
    virtual std::size_t backgroundPending() const = 0;
    // Graceful end: plugins stop, sockets close, exec() returns `exitCode`.
    virtual void shutdown(int exitCode) = 0;
    enum class Pause : std::uint8_t { None, Writes, All };
    virtual void pause(Pause what, UnixMs until) = 0;
    virtual Pause paused() const = 0;
    // Stops expiry from deleting (DEBUG SET-ACTIVE-EXPIRE 0 stops only the active cycle).
    virtual void setActiveExpire(bool on) = 0;
    // Stops the periodic jobs, or lets them go on (DEBUG PAUSE-CRON).
    virtual void pauseCron(bool pause) = 0;
};

} // namespace cay
