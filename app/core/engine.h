// The heart of the server: sessions, the turn of the event loop, the life of a command, and what
// plugins see as Host.
//
// One turn: the network layer calls received() for everything that has arrived, then run(), then
// sends what takeWritable() lists. In run() commands are parsed in batches; the memory of a batch's
// keys is prefetched in two steps (buckets, then entries) while the next ones are looked up; then
// they run in the order in which they arrived. Replies are not sent before all commands of the turn
// have run, so that a log is written once per turn.
//
// Files: engine_turn.cpp (this cycle), engine_dispatch.cpp (one command), engine_sessions.cpp,
// engine_hooks.cpp, engine_host.cpp (the rest of Host).
#pragma once

#include "cay/host.h"
#include "core/batch.h"
#include "core/hooks.h"
#include "core/keyspace.h"
#include "core/ticks.h"
#include "core/waiters.h"

#include <QtCore/QTimer>

#include <map>

namespace cay::core {

// The host layer's part of Host: which plugins there are.
struct PluginManager
{
    virtual ~PluginManager() = default;
    virtual const void *api(Bytes id) const = 0;
    virtual std::vector<Host::PluginState> plugins() const = 0;
    virtual bool load(const QString &path, const QStringList &arguments,
                      const Host::PluginSettings &settings, QString *why)
        = 0;
    virtual bool unload(const QString &id, QString *why) = 0;
};

class Q_DECL_EXPORT Engine final : public Host, private KeyspaceListener, private WaitRunner
{
public:
    explicit Engine(Options &options);
    ~Engine() override;
    Engine(const Engine &) = delete;
    Engine &operator=(const Engine &) = delete;

    // --- For the network layer ---
    Client *open(ConnectionInfo info);
    // The peer is gone or the client was closed: frees it. Not while run() is running.
    void closed(Client *client);
    // The chunk is lent until run() returns. At most once per client and turn.
    void received(Client &client, Bytes chunk);
    // The two halves of received(), for more threads than one: first, on any thread (one client on
    // one thread), the chunk is lent and its commands are parsed; then, on the command thread, the
    // client is told to run.
    void parseAhead(Client &client, Bytes chunk) const;
    void parsedAhead(Client &client, std::size_t bytes);
    // Where the rest of a large argument may be received without a copy; empty: use received().
    std::span<char> directBuffer(Client &client) { return client.input.direct(); }
    void receivedDirect(Client &client, std::size_t bytes);
    void run();
    // Clients with something to send or to close, each once. The list is the engine's; clear it by
    // the next run().
    std::vector<Client *> &takeWritable();
    // False: commands are left over, or too much output is waiting. Ask again after the turn's run,
    // or when output has drained. Who waits in a command is still received from, as in Redis.
    bool wantsInput(const Client &client) const;
    // A session whose unsent output passes a limit is to be closed, and not held back before:
    // `limit` bytes, 0 for none.
    void setOutputLimit(std::int64_t limit)
    {
        m_outputRoom = std::max(kOutputRoom, limit ? limit + kOutputRoom : 0);
    }
    // Output of the client has been sent: commands that waited for room may go on.
    void drained(Client &client);
    // Commands are left over, or something is due: the loop must not sleep.
    bool hasWork() const
    {
        return !m_queue.empty() || m_keyspace.somethingDue() || !m_afterTurn.empty();
    }
    // Called when flushSoon(), release() or close() made work outside of run(): wakes the loop.
    void setWakeUp(std::function<void()> wakeUp) { m_wakeUp = std::move(wakeUp); }

    // --- For the host layer ---
    CommandTable &table() { return m_table; }
    Keyspace &keyspace() { return m_keyspace; }
    void setPlugins(PluginManager *plugins) { m_plugins = plugins; }
    // In whose name hooks, sections and session slots are taken from now on; and given back, all of
    // them.
    void actFor(const std::string &plugin) { m_actor = plugin; }
    void forget(const std::string &plugin);
    bool addType(const ValueType *type, std::string *why) { return m_keyspace.addType(type, why); }
    void removeType(const ValueType *type) { m_keyspace.removeType(type); }
    // Creates the databases and follows the options. False with a reason.
    bool start(QString *why);
    // Called by shutdown(); the server then ends its event loop.
    void setOnShutdown(std::function<void(int)> hook) { m_onShutdown = std::move(hook); }
    void setConfigFile(std::string file) { m_configFile = std::move(file); }
    void setEventBackend(std::string name) { m_eventBackend = std::move(name); }

    // --- For Call ---
    void keyChanged(Db &db, Bytes key, EventClass eventClass, const char *event, bool modified,
                    Session *session)
    {
        if (!m_waiters.empty()) [[unlikely]]
            m_waiters.touched(db.index(), key);
        if (!m_onKeyEvent.empty()) [[unlikely]]
            m_onKeyEvent(KeyEvent{db, key, eventClass, event, modified, session});
    }
    void block(Session &session, std::span<const Bytes> args, const Blocking &blocking);
    bool propagating() const { return !m_onPropagate.empty(); }

    // --- Host ---
    int databases() const override { return m_keyspace.databases(); }
    Db &db(int index) override { return m_keyspace.db(index); }
    void swapDatabases(int a, int b) override;
    std::uint64_t flush(int index, Freeing freeing) override;
    const ValueType &type(TypeId id) const override { return m_keyspace.type(id); }
    int typeByName(Bytes name) const override { return m_keyspace.typeByName(name); }
    int typeByRdbCode(std::uint8_t code) const override { return m_keyspace.typeByRdbCode(code); }
    void freeValue(const Value &value, Freeing freeing) override;

    const CommandInfo *command(Bytes name) const override { return m_table.find(name); }
    const CommandInfo *command(std::span<const Bytes> args) const override
    {
        return m_table.find(args);
    }
    std::vector<const CommandInfo *> commands() const override;
    const CommandStatistics &statistics(const CommandInfo &command) const override;
    bool execute(Session &session, std::span<const Bytes> args, resp::Reply &reply) override;
    const CommandInfo *check(Session &session, std::span<const Bytes> args,
                             resp::Reply &reply) override;
    Session *running() const override { return m_depth ? m_running : nullptr; }
    void afterCommand(std::function<void()> work) override;
    void afterTurn(std::function<void()> work) override;
    void beginGroup() override { ++m_groupDepth; }
    void endGroup() override;

    Session *session(SessionId id) override;
    void forEachSession(const std::function<void(Session &)> &visit) override;
    std::size_t sessions() const override { return m_clients.size(); }
    void close(Session &session, bool afterReply) override;
    void flushSoon(Session &session) override;
    void hold(Session &session) override;
    void release(Session &session) override;
    bool unblock(Session &session, bool withError) override
    {
        return m_waiters.unblock(session, withError);
    }
    Session *openInternal(resp::OutputBuffer &out) override;
    void closeInternal(Session *session) override;
    int sessionSlot() override;

    int addGate(Gate gate) override;
    int onKeyEvent(std::function<void(const KeyEvent &)> hook) override;
    int addObserver(std::function<void(Call &)> observer) override;
    int onFlush(std::function<void(int)> hook) override;
    int onEmptied(std::function<void(int)> hook) override;
    int onSessionOpened(std::function<void(Session &)> hook) override;
    int onSessionClosed(std::function<void(Session &)> hook) override;
    int onSessionReset(std::function<void(Session &)> hook) override;
    void reset(Session &session) override;
    int onCommand(std::function<void(Call &)> hook) override;
    int onSlowCommand(std::int64_t thresholdNs,
                      std::function<void(Call &, std::int64_t)> hook) override;
    void setSlowThreshold(int hook, std::int64_t thresholdNs) override;
    int onLatency(std::function<void(const char *, std::int64_t)> hook) override;
    void latency(const char *event, std::int64_t ms) override;
    int onPropagate(std::function<void(int, std::span<const Bytes>)> hook) override;
    void effect(Db &db, const Key &key, EventClass eventClass, const char *event,
                std::span<const Bytes> command) override;
    int onCron(std::function<void()> hook) override;
    void removeHook(int id) override;

    void addInfoSection(InfoSection section) override;
    void removeInfoSection(Bytes name) override;
    const std::vector<InfoSection> &infoSections() const override { return m_info; }

    const void *api(Bytes pluginId) const override
    {
        return m_plugins ? m_plugins->api(pluginId) : nullptr;
    }
    std::vector<PluginState> plugins() const override;
    bool loadPlugin(const QString &path, const QStringList &arguments,
                    const PluginSettings &settings, QString *why) override;
    bool unloadPlugin(const QString &id, QString *why) override;

    Options &options() override { return m_options; }
    Statistics &statistics() override { return m_statistics; }
    const std::vector<std::pair<std::string, std::uint64_t>> errorStatistics() const override;
    void resetStatistics() override;
    UnixMs now() const override { return m_keyspace.now(); }
    std::int64_t monotonicNs() const override { return clockNs(); }
    std::size_t usedMemory() const override;
    const std::string &runId() const override { return m_runId; }
    std::string configFile() const override { return m_configFile; }
    std::string eventBackend() const override { return m_eventBackend; }
    std::uint64_t random() override { return m_random(); }
    void inBackground(std::function<void()> work) override
    {
        m_keyspace.background.run(std::move(work));
    }
    std::size_t backgroundPending() const override { return m_keyspace.background.pending(); }
    void shutdown(int exitCode) override;
    void pause(Pause what, UnixMs until) override;
    Pause paused() const override { return m_pause; }
    void setActiveExpire(bool on) override { m_keyspace.setActiveExpire(on); }
    void pauseCron(bool pause) override { pause ? m_cron.stop() : m_cron.start(); }

private:
    friend struct cay::Call;

    // A propagated effect; the database, and the command with its arguments.
    struct Effect
    {
        int db;
        std::vector<std::string> command;
    };
    struct SlowHook
    {
        int id;
        std::string owner;
        std::int64_t thresholdNs;
        std::function<void(Call &, std::int64_t)> call;
    };
    struct GateEntry
    {
        std::string owner;
        Gate gate;
    };
    struct ObserverEntry
    {
        std::string owner;
        std::function<void(Call &)> observer;
    };
    using Work = std::vector<std::function<void()>>;

    template <typename Visit>
    void forEverySession(Visit visit);

    // engine_turn.cpp
    void readClock();
    bool fill(Client &client);
    bool nextCommand(Client &client);
    void addRequest(Client &client);
    void prefetch();
    void prefetchValues();
    void runBatch();
    void finishTurn();
    void enqueue(Client &client);
    void list(Client &client);
    bool outputFull(const Client &client) const;
    void cron();
    void sampleRates();

    // engine_dispatch.cpp
    void runRequest(const Batch::Request &request);
    void runOne(const Batch::Request &request);
    void runSilently(const Batch::Request &request);
    void dispatch(Call &call, Command *command);
    bool mayUseProtected(const Session &session, const Command &command) const;
    bool passGates(Call &call, Command &command);
    void observe(Call &call);
    bool refused(Call &call, Command *command);
    void reject(Session &session, Command *command, resp::Reply &reply, Bytes error);
    void discard(Session &session, resp::Reply &reply);
    void rejectUnknown(Session &session, std::span<const Bytes> args, Command *container,
                       resp::Reply &reply);
    void invoke(Call &call, Command &command);
    void account(Call &call, Command &command, std::uint64_t spent, std::uint64_t errorsBefore,
                 std::uint64_t nestedBefore);
    void propagate(Call &call);
    void flushEffects();
    void finishOutermost();
    static void runAll(Work &work);
    bool holdsForPause(const Session &session, const Command &command) const;
    void endPause();
    void slowCommand(Call &call, std::int64_t ns);
    void updateSlowThreshold();

    // WaitRunner
    void runAgain(Session &session, std::span<const Bytes> command) override;
    void letGo(Session &session) override;
    const Entry *look(int index, Bytes key) override { return db(index).peek(Key(key)); }
    UnixMs refreshClock() override;

    // KeyspaceListener
    void keyExpired(Db &db, Bytes key) override;
    void partsDue(Db &db, Entry *entry) override
    {
        m_keyspace.type(entry->type()).expire(*this, db, entry);
    }
    void keyEvicted(Db &db, Bytes key) override;
    void keyMissed(Db &db, Bytes key) override;
    void keyAdded(Db &db, Bytes key) override;
    void deleted(Db &db, Bytes key, EventClass eventClass, const char *event, bool lazily);

    Options &m_options;
    Statistics m_statistics;
    Keyspace m_keyspace{m_statistics, *this};
    CommandTable m_table;
    PluginManager *m_plugins = nullptr;

    // Hot.
    Batch m_batch;
    std::vector<Client *> m_queue; // clients with input or deferred commands, for the next run
    std::vector<Client *> m_turn;  // those of this run
    std::vector<Client *> m_writable;
    TickRate m_tickRate;
    std::uint64_t m_lastTick = 0;
    std::uint64_t m_slowTicks = UINT64_MAX;
    std::uint64_t m_nestedErrors = 0; // errors that inner commands have counted already
    int m_depth = 0;                  // commands inside commands
    int m_groupDepth = 0;
    std::vector<Effect> m_effects;
    Waiters m_waiters{*this};
    Pause m_pause = Pause::None;
    UnixMs m_pauseUntil = 0;
    bool m_inRun = false;
    Session *m_running = nullptr; // whose command runs; a left-over when none does
    Work m_afterCommand, m_afterTurn;
    std::int64_t m_expireEffort = 1; // 1 to 10: how many times its least time expiry may take
    resp::InputLimits m_limits;
    // Bytes of unsent output at which a session's commands wait.
    static constexpr std::int64_t kOutputRoom = 16ll << 20;
    std::int64_t m_outputRoom = kOutputRoom;

    std::map<SessionId, Client *> m_clients;
    std::map<SessionId, Session *> m_internal;
    std::vector<SessionId> m_pausedClients;
    SessionId m_nextId = 1;

    std::vector<GateEntry> m_gates;
    std::vector<ObserverEntry> m_observers;
    HookList<void(const KeyEvent &)> m_onKeyEvent;
    HookList<void(int)> m_onFlush, m_onEmptied;
    HookList<void(Session &)> m_onOpened, m_onClosed, m_onReset;
    HookList<void(Call &)> m_onCommand;
    HookList<void(const char *, std::int64_t)> m_onLatency;
    HookList<void(int, std::span<const Bytes>)> m_onPropagate;
    HookList<void()> m_onCron;
    std::vector<SlowHook> m_onSlow;
    int m_nextHook = 1;
    std::array<std::string, kSessionSlots> m_slotOwners;
    std::string m_actor = "host";
    std::vector<InfoSection> m_info;
    std::vector<std::string> m_infoOwners; // parallel to m_info

    std::map<std::string, std::uint64_t, std::less<>> m_errorCounts;
    std::mt19937_64 m_random{std::random_device{}()}; // before what is made with it
    std::string m_runId, m_configFile, m_eventBackend;
    std::function<void()> m_wakeUp;
    std::function<void(int)> m_onShutdown;
    QTimer m_cron;
    struct RateSample
    {
        std::int64_t ns = 0;
        std::uint64_t commands = 0, in = 0, out = 0;
    } m_rate;
};

} // namespace cay::core
