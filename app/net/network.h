// Clients' sockets: accepts, receives, lets the engine run what came, sends what it answered.
//
//   wait -> accept -> receive from all that are ready -> Engine::run() -> one send per client ->
//   wait
//
// Fair turns: from one client at most kReceivePerTurn bytes are received and kSendPerTurn bytes
// sent in a turn, and at most kAcceptsPerTurn connections are accepted; what is left keeps its
// place in the poller's list of ready connections and the next wait does not sleep.
//
// What is received lies in the arena (or in the ring's buffers, with io_uring) until the turn ends;
// an idle connection owns a Connection, the core's Client, and no buffer.
//
// Two ways to be driven: by an EventDispatcher of ours, as its Turn, or, under any other dispatcher
// (the `notifier` backend), by a QSocketNotifier on the poller's descriptor and the dispatcher's
// aboutToBlock().
//
// Files: network.cpp (life), network_turn.cpp (accept and receive), network_send.cpp,
// network_care.cpp (time-outs and memory).
#pragma once

#include "cay/options.h"
#include "core/client.h"
#include "core/engine.h"
#include "net/connection_table.h"
#include "net/event_dispatcher.h"
#include "net/io_threads.h"
#include "net/limits.h"
#include "net/listeners.h"

#include <QtCore/QSocketNotifier>
#include <QtCore/QTimer>

#include <array>

struct sockaddr_storage;

namespace cay::net {

class Q_DECL_EXPORT Network final : private Turn
{
public:
    // In the thread whose event loop is to serve. Both outlive it.
    Network(core::Engine &engine, Options &options);
    ~Network() override;
    Network(const Network &) = delete;
    Network &operator=(const Network &) = delete;

    // Opens the listeners. False with the line that the log is to have before the server exits.
    bool listen(QString *why);
    // Accepts no more, sends what is waiting for at most `graceMs`, closes everything. Idempotent.
    void stop(int graceMs = 1000);
    // The port of the first TCP listener, 0 without one.
    int port() const { return m_listeners ? m_listeners->port() : 0; }
    // As INFO's multiplexing_api.
    const char *multiplexingApi() const { return m_poller->name(); }
    std::size_t connections() const { return m_table.size(); }

    static constexpr std::size_t kReceivePerTurn = 64 * 1024;
    static constexpr std::size_t kDirectPerTurn = 1024 * 1024;
    static constexpr std::size_t kSendPerTurn = 1024 * 1024;
    static constexpr int kAcceptsPerTurn = 256;

private:
    static constexpr std::size_t kArena = 1024 * 1024;
    static constexpr std::size_t kLeastReceive = 16 * 1024;

    // Turn
    void waited() override;
    bool turn() override;
    bool hasWork() const override;

    // network.cpp
    void attach();
    void startIoThreads(int threads);
    void turnFromForeignLoop();
    void closeConnection(Connection &connection);
    void freeClosed();
    Connection &connectionOf(core::Client &client)
    {
        return *static_cast<Connection *>(client.connection);
    }

    // network_turn.cpp
    void acceptWaiting();
    void acceptFrom(Listener &listener, int *budget);
    void acceptFailed(Listener &listener, int error);
    void welcome(Listener &listener, int fd);
    bool turnedAway(Listener &listener, int fd, const sockaddr_storage &peer);
    void takeArrivals();
    void takeArrival(Connection &connection, const Arrival &arrival);
    void receiveReady();
    void receiveTogether();
    bool receive(Connection &connection);
    bool received(Connection &connection, std::int64_t result, std::size_t asked);
    void receiveDirect(Connection &connection, std::span<char> to);
    void ended(Connection &connection, int error);
    void hold(Connection &connection);
    void reviewHeld();
    void reviewReceived();

    // network_send.cpp
    void sendReplies();
    void sendTogether();
    void send(Connection &connection);
    void queueSend(Connection &connection);
    void sent(Connection &connection, std::size_t asked, std::int64_t result);
    void afterSend(Connection &connection);
    void reviewEnded();
    bool overOutputLimit(Connection &connection);

    // network_care.cpp
    void care();
    void careFor(Connection &connection, std::int64_t nowMs);
    void closeUnauthenticated(std::int64_t nowMs);
    void count(Connection &connection);
    void evictLargest();
    void unlinkWaiting(Connection &connection);

    core::Engine &m_engine;
    Limits m_limits;
    std::unique_ptr<Poller> m_ownPoller; // under a foreign dispatcher
    EventDispatcher *m_dispatcher = nullptr;
    Poller *m_poller;
    std::unique_ptr<Listeners> m_listeners;
    ConnectionTable m_table;

    std::unique_ptr<char[]> m_arena;
    std::size_t m_arenaUsed = 0;
    std::vector<Connection *> m_work;     // those of poller.ready() that this turn serves
    std::vector<Arrival> m_later;         // arrivals that wait for the next turn
    std::vector<Connection *> m_received; // got bytes in this turn
    std::vector<Connection *> m_held;     // have bytes that the core does not want yet
    std::vector<Connection *>
        m_ended; // will get no more input; to be closed when everything is answered
    std::vector<Connection *> m_closed; // to be freed at the end of the turn
    std::vector<core::Client *> m_sending;

    // io-threads: what the helpers did in this turn. Fewer connections than kWorthSharing are not
    // worth waking them.
    static constexpr std::size_t kWorthSharing = 8;
    struct ReceiveJob
    {
        Connection *connection;
        const char *data;
        std::size_t asked; // 0: its thread's arena was full
        std::int64_t result;
    };
    struct SendJob
    {
        std::size_t at; // in m_sending
        int fd;
        std::size_t count, asked;
        std::int64_t result;
        std::array<Bytes, 16> views;
    };
    struct HelperArena
    {
        std::unique_ptr<char[]> memory;
        std::size_t used = 0;
    };
    std::unique_ptr<IoThreads> m_io;
    std::vector<HelperArena> m_arenas; // by thread
    std::vector<ReceiveJob> m_receiveJobs;
    std::vector<SendJob> m_sendJobs;

    std::unique_ptr<QSocketNotifier> m_notifier;
    QMetaObject::Connection m_beforeBlocking;
    QTimer m_care;
    std::uint32_t m_careAt = 0;
    std::int64_t m_clientsMemory = 0;
    Connection *m_oldestWaiting = nullptr; // for a password
    Connection *m_newestWaiting = nullptr;
    std::int64_t m_lastAcceptComplaintMs = 0;
    int m_reserveFile = -1; // given up for a moment when descriptors run out, to turn clients away
    bool m_inForeignTurn = false;
    bool m_stopped = false;
    bool m_stopping = false;
};

} // namespace cay::net
