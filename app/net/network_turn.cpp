// The receiving half of a turn.
#include "net/network.h"

#include "cay/log.h"
#include "net/sockets.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace cay::net {

namespace {

constexpr Bytes kTooMany = "-ERR max number of clients reached\r\n";
constexpr Bytes kProtected
    = "-DENIED Redis is running in protected mode because protected mode is enabled and no "
      "password "
      "is set for the default user. In this mode connections are only accepted from the loopback "
      "interface. If you want to connect from external computers to Redis you may adopt one of the "
      "following solutions: 1) Just disable protected mode sending the command 'CONFIG SET "
      "protected-mode no' from the loopback interface by connecting to Redis from the same host "
      "the "
      "server is running, however MAKE SURE Redis is not publicly accessible from internet if you "
      "do "
      "so. Use CONFIG REWRITE to make this change permanent. 2) Alternatively you can just disable "
      "the "
      "protected mode by editing the Redis configuration file, and setting the protected mode "
      "option "
      "to 'no', and then restarting the server. 3) If you started the server manually just for "
      "testing, restart it with the '--protected-mode no' option. 4) Setup a an authentication "
      "password for the default user. NOTE: You only need to do one of the above things in order "
      "for "
      "the server to start accepting connections from the outside.\r\n";

int acceptOne(int listener, sockaddr_storage *peer)
{
    socklen_t size = sizeof *peer;
#ifdef __linux__
    return ::accept4(listener, reinterpret_cast<sockaddr *>(peer), &size,
                     SOCK_CLOEXEC | SOCK_NONBLOCK);
#else
    const int fd = ::accept(listener, reinterpret_cast<sockaddr *>(peer), &size);
    if (fd >= 0) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return fd;
#endif
}

void say(int fd, Bytes text)
{
    // All of it fits into a new socket's buffer; if not, the peer is told nothing.
    [[maybe_unused]] const ssize_t n
        = ::send(fd, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool isPassing(int error) { return error == EINTR || error == ECONNABORTED || error == EPROTO; }

} // namespace

void Network::waited()
{
    for (const Sent &result : m_poller->sent()) {
        if (Connection *connection = m_table.find(result.index, result.generation))
            sent(*connection, result.asked, result.result);
    }
    m_poller->sent().clear();
}

bool Network::turn()
{
    if (m_stopping || (!hasWork() && m_held.empty() && m_ended.empty()))
        return false;
    m_arenaUsed = 0;
    waited();
    acceptWaiting();
    takeArrivals();
    receiveReady();
    m_engine.run();
    reviewReceived();
    sendReplies();
    reviewHeld();
    reviewEnded();
    evictLargest();
    m_poller->endTurn();
    freeClosed();
    return true;
}

// --- Accept

void Network::acceptWaiting()
{
    int budget = kAcceptsPerTurn;
    std::vector<Listener *> &waiting = m_poller->acceptable();
    while (!waiting.empty() && budget > 0)
        acceptFrom(*waiting.front(), &budget);
    auto &accepted = m_poller->accepted();
    const auto count = std::min(accepted.size(), static_cast<std::size_t>(budget));
    for (std::size_t i = 0; i < count; ++i) {
        if (accepted[i].fd >= 0)
            welcome(*accepted[i].listener, accepted[i].fd);
        else
            acceptFailed(*accepted[i].listener, -accepted[i].fd);
    }
    accepted.erase(accepted.begin(), accepted.begin() + static_cast<std::ptrdiff_t>(count));
}

// Edge-triggered: until there is none, or the turn's share is used up; then the listener stays in
// the list.
void Network::acceptFrom(Listener &listener, int *budget)
{
    while (*budget > 0) {
        --*budget;
        sockaddr_storage peer;
        const int fd = acceptOne(listener.fd, &peer);
        if (fd >= 0) {
            welcome(listener, fd);
            continue;
        }
        if (isPassing(errno))
            continue;
        if (errno != EAGAIN)
            acceptFailed(listener, errno);
        if (errno == EMFILE || errno == ENFILE)
            continue;
        break;
    }
    if (*budget > 0) {
        listener.queued = false;
        std::erase(m_poller->acceptable(), &listener);
    }
}

// Out of descriptors: the reserve makes room to take one client out of the queue and tell it. Sets
// errno for the caller: EAGAIN when nobody waits any more.
void Network::acceptFailed(Listener &listener, int error)
{
    const std::int64_t now = TimerList::monotonicNs() / 1'000'000;
    if (now - m_lastAcceptComplaintMs > 1000) {
        m_lastAcceptComplaintMs = now;
        log(LogLevel::Warning, "Accepting client connection: %s", std::strerror(error));
    }
    if ((error != EMFILE && error != ENFILE) || m_reserveFile < 0) {
        errno = EAGAIN;
        return;
    }
    sockaddr_storage peer;
    // A completion may be older than the descriptors that have come free since.
    int fd = acceptOne(listener.fd, &peer);
    if (fd >= 0) {
        welcome(listener, fd);
        errno = error;
        return;
    }
    ::close(m_reserveFile);
    fd = acceptOne(listener.fd, &peer);
    if (fd >= 0) {
        say(fd, kTooMany);
        ::close(fd);
        ++m_engine.statistics().rejectedConnections;
    }
    m_reserveFile = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    errno = fd >= 0 ? error : EAGAIN;
}

bool Network::turnedAway(Listener &listener, int fd, const sockaddr_storage &peer)
{
    const bool full = m_table.size() >= static_cast<std::size_t>(m_limits.maxClients());
    if (!full && (listener.unixSocket || !m_limits.onlyLocal() || isLoopback(peer)))
        return false;
    say(fd, full ? kTooMany : kProtected);
    ::close(fd);
    ++m_engine.statistics().rejectedConnections;
    return true;
}

void Network::welcome(Listener &listener, int fd)
{
    sockaddr_storage peer{};
    socklen_t size = sizeof peer;
    if (!listener.unixSocket
        && ::getpeername(fd, reinterpret_cast<sockaddr *>(&peer), &size) != 0) {
        ::close(fd); // it is gone already
        return;
    }
    if (turnedAway(listener, fd, peer))
        return;
    core::ConnectionInfo info;
    info.fd = fd;
    info.unixSocket = listener.unixSocket;
    info.peer = listener.unixSocket ? listener.address + ":0" : addressText(peer);
    info.local = listener.unixSocket ? listener.address + ":0" : localText(fd);
    Connection &connection = m_table.take();
    connection.fd = fd;
    connection.openedMs = TimerList::monotonicNs() / 1'000'000;
    connection.client = m_engine.open(std::move(info));
    connection.client->connection = &connection;
    if (!m_poller->add(connection)) {
        log(LogLevel::Warning, "Error registering fd event for the new client: %s (conn: fd=%d)",
            std::strerror(errno), fd);
        closeConnection(connection);
        return;
    }
    count(connection);
    if (connection.client->has(SessionAuthenticated))
        return;
    connection.set(ConnectionWaiting);
    connection.previous = m_newestWaiting;
    (m_newestWaiting ? m_newestWaiting->next : m_oldestWaiting) = &connection;
    m_newestWaiting = &connection;
}

// --- Receive

// At most one arrival per client and turn: its bytes are lent until the turn's end, and what
// follows keeps its order.
void Network::takeArrivals()
{
    auto &arrivals = m_poller->arrivals();
    if (arrivals.empty())
        return;
    m_later.clear();
    for (const Arrival &arrival : arrivals) {
        Connection *connection = m_table.find(arrival.index, arrival.generation);
        if (connection && connection->has(ConnectionTouched)) {
            m_later.push_back(arrival);
            continue;
        }
        if (connection)
            takeArrival(*connection, arrival);
        m_poller->release(arrival);
    }
    arrivals.swap(m_later);
}

void Network::takeArrival(Connection &connection, const Arrival &arrival)
{
    if (arrival.size <= 0) {
        ended(connection, -arrival.size);
        return;
    }
    // What came although nobody wanted it is kept by the core; then nothing more is received.
    if (!m_engine.wantsInput(*connection.client))
        hold(connection);
    connection.set(ConnectionTouched);
    m_received.push_back(&connection);
    m_engine.received(*connection.client, {arrival.data, static_cast<std::size_t>(arrival.size)});
}

void Network::receiveReady()
{
    m_work.swap(m_poller->ready());
    if (m_io && m_work.size() >= kWorthSharing)
        receiveTogether();
    for (Connection *connection : m_work) {
        connection->unset(ConnectionQueued);
        if (connection->has(ConnectionClosed))
            continue;
        if (connection->has(ConnectionWritable)) {
            connection->unset(ConnectionWritable | ConnectionSendFull);
            send(*connection);
        }
        if (connection->has(ConnectionClosed))
            continue;
        // Out of room for this turn: it keeps its place.
        if (connection->has(ConnectionReadable) && !receive(*connection))
            m_poller->queueReady(*connection);
        else if (connection->has(ConnectionHungUp) && connection->has(ConnectionHeld))
            hold(*connection);
    }
    m_work.clear();
}

// Receives and parses ahead for all connections whose bytes go to an arena. What is left of them, a
// full arena or more to receive, is for the walk over m_work that follows.
void Network::receiveTogether()
{
    m_receiveJobs.clear();
    for (Connection *connection : m_work) {
        constexpr std::uint16_t kAlone = ConnectionClosed | ConnectionWritable | ConnectionTouched;
        if (connection->has(ConnectionReadable) && !(connection->flags & kAlone)
            && m_engine.wantsInput(*connection->client)
            && !connection->client->has(SessionBlocked) // nothing of it is to be parsed
            && m_engine.directBuffer(*connection->client).empty())
            m_receiveJobs.push_back({connection, nullptr, 0, 0});
    }
    if (m_receiveJobs.size() < kWorthSharing)
        return;
    for (HelperArena &arena : m_arenas)
        arena.used = 0;
    m_io->run(m_receiveJobs.size(), [this](std::size_t index, int thread) {
        ReceiveJob &job = m_receiveJobs[index];
        HelperArena &arena = m_arenas[static_cast<std::size_t>(thread)];
        if (kArena - arena.used < kLeastReceive)
            return;
        job.asked = std::min(kReceivePerTurn, kArena - arena.used);
        job.data = arena.memory.get() + arena.used;
        const ssize_t n
            = ::recv(job.connection->fd, arena.memory.get() + arena.used, job.asked, MSG_DONTWAIT);
        job.result = n < 0 ? -errno : n;
        arena.used += n > 0 ? (static_cast<std::size_t>(n) + 63) & ~std::size_t{63} : 0;
        if (n > 0)
            m_engine.parseAhead(*job.connection->client, {job.data, static_cast<std::size_t>(n)});
    });
    for (const ReceiveJob &job : m_receiveJobs) {
        if (job.asked == 0)
            continue;
        received(*job.connection, job.result, job.asked);
        if (job.result > 0)
            m_engine.parsedAhead(*job.connection->client, static_cast<std::size_t>(job.result));
    }
}

// False when there may be more to receive in the next turn.
bool Network::receive(Connection &connection)
{
    // What arrived earlier goes first, and one chunk per turn is all that the core takes.
    if (connection.has(ConnectionTouched))
        return false;
    if (!m_engine.wantsInput(*connection.client)) {
        hold(connection);
        return true;
    }
    const std::span<char> direct = m_engine.directBuffer(*connection.client);
    if (!direct.empty()) {
        const std::size_t asked = std::min(direct.size(), kDirectPerTurn);
        const ssize_t n = ::recv(connection.fd, direct.data(), asked, MSG_DONTWAIT);
        const bool done = received(connection, n < 0 ? -errno : n, asked);
        if (n > 0)
            m_engine.receivedDirect(*connection.client, static_cast<std::size_t>(n));
        return done;
    }
    if (kArena - m_arenaUsed < kLeastReceive)
        return false;
    const std::size_t asked = std::min(kReceivePerTurn, kArena - m_arenaUsed);
    char *to = m_arena.get() + m_arenaUsed;
    const ssize_t n = ::recv(connection.fd, to, asked, MSG_DONTWAIT);
    const bool done = received(connection, n < 0 ? -errno : n, asked);
    if (n > 0) {
        m_arenaUsed += (static_cast<std::size_t>(n) + 63) & ~std::size_t{63};
        m_engine.received(*connection.client, {to, static_cast<std::size_t>(n)});
    }
    return done;
}

// Takes note of what a receive has given: bytes, the end (0), or -errno. True when the socket is
// empty.
bool Network::received(Connection &connection, std::int64_t result, std::size_t asked)
{
    if (result > 0) {
        ++m_engine.statistics().reads;
        connection.set(ConnectionTouched);
        m_received.push_back(&connection);
        // A short receive has emptied it, and an edge tells of more; the end of input must still be
        // fetched.
        if (static_cast<std::size_t>(result) == asked || connection.has(ConnectionHungUp))
            return false;
        connection.unset(ConnectionReadable);
        if (connection.has(ConnectionDirect))
            m_poller->setReceiving(connection, Poller::Receiving::Readiness);
        return true;
    }
    if (result == -EINTR)
        return false;
    connection.unset(ConnectionReadable);
    if (result != -EAGAIN)
        ended(connection, static_cast<int>(-result));
    else if (connection.has(ConnectionDirect))
        m_poller->setReceiving(connection, Poller::Receiving::Readiness);
    return true;
}

// No more input: what is here is still run and answered, unless the connection is broken.
void Network::ended(Connection &connection, int error)
{
    if (error != 0) {
        closeConnection(connection);
        return;
    }
    if (connection.has(ConnectionEnded))
        return;
    connection.set(ConnectionEnded);
    m_ended.push_back(&connection);
}

// Stops receiving. A client that waits in a blocking command and whose peer goes away is given up;
// any other one may still have commands in its socket.
void Network::hold(Connection &connection)
{
    if (connection.has(ConnectionHungUp) && connection.client->has(SessionBlocked))
        ended(connection, 0);
    if (connection.has(ConnectionHeld))
        return;
    connection.set(ConnectionHeld);
    m_held.push_back(&connection);
    m_poller->setReceiving(connection, Poller::Receiving::Nothing);
}

void Network::reviewHeld()
{
    if (m_held.empty())
        return;
    std::erase_if(m_held, [this](Connection *connection) {
        if (connection->has(ConnectionClosed))
            return true;
        if (!m_engine.wantsInput(*connection->client))
            return false;
        connection->unset(ConnectionHeld);
        m_poller->setReceiving(*connection, connection->has(ConnectionDirect)
                                                ? Poller::Receiving::Readiness
                                                : Poller::Receiving::Arrivals);
        if (connection->has(ConnectionReadable))
            m_poller->queueReady(*connection);
        return true;
    });
}

// After the turn's commands: limits of what waits to be parsed, and where the rest of a large
// argument goes.
void Network::reviewReceived()
{
    for (Connection *connection : m_received) {
        connection->unset(ConnectionTouched);
        if (connection->has(ConnectionClosed))
            continue;
        core::Client &client = *connection->client;
        const bool known = client.has(SessionAuthenticated);
        // Who has not given the password pays for arguments that are parsed already, too.
        const std::size_t used
            = known ? client.inputBytes : std::max(client.inputBytes, client.inputCapacity);
        if (used > static_cast<std::size_t>(m_limits.query(known))) [[unlikely]] {
            log(LogLevel::Warning,
                "Closing client that reached max query buffer length: id=%llu addr=%s",
                static_cast<unsigned long long>(client.id), client.peer.c_str());
            ++m_engine.statistics().queryLimitDisconnections;
            closeConnection(*connection);
            continue;
        }
        if (client.inputBytes > 0 && m_poller->queuesSends())
            receiveDirect(*connection, m_engine.directBuffer(client));
        else if (connection->has(ConnectionDirect))
            receiveDirect(*connection, {});
    }
    m_received.clear();
}

// With completions the bytes would be copied out of the ring's buffers: a large argument is
// received by readiness.
void Network::receiveDirect(Connection &connection, std::span<char> to)
{
    const bool wanted
        = to.size() >= kReceivePerTurn || (connection.has(ConnectionDirect) && !to.empty());
    if (wanted == connection.has(ConnectionDirect))
        return;
    if (wanted)
        connection.set(ConnectionDirect);
    else
        connection.unset(ConnectionDirect | ConnectionReadable);
    m_poller->setReceiving(connection,
                           wanted ? Poller::Receiving::Readiness : Poller::Receiving::Arrivals);
}

} // namespace cay::net
