#include "net/network.h"

#include "cay/log.h"

#include <algorithm>
#include <fcntl.h>
#include <unistd.h>

namespace cay::net {

Network::Network(core::Engine &engine, Options &options)
    : m_engine(engine)
    , m_limits(options)
    , m_arena(std::make_unique_for_overwrite<char[]>(kArena))
{
    attach();
    m_listeners = std::make_unique<Listeners>(options, *m_poller);
    m_reserveFile = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    m_engine.setEventBackend(m_poller->name());
    options.watch("client-output-buffer-limit", [this](QString *) {
        const Limits::Output &limit = m_limits.output(ClientClass::Normal);
        m_engine.setOutputLimit(std::max(limit.hard, limit.soft));
        return true;
    });
    startIoThreads(static_cast<int>(options.integer("io-threads")));
    QObject::connect(&m_care, &QTimer::timeout, &m_care, [this] { care(); });
}

Network::~Network()
{
    stop(0);
    if (m_reserveFile >= 0)
        ::close(m_reserveFile);
}

// Under our own dispatcher its poller is used; under a foreign one we bring a poller, behind one
// notifier.
void Network::attach()
{
    m_dispatcher = EventDispatcher::current();
    if (m_dispatcher) {
        m_poller = &m_dispatcher->poller();
        m_dispatcher->setTurn(this);
        m_engine.setWakeUp([this] { m_dispatcher->wakeUp(); });
        return;
    }
    std::string why;
    m_ownPoller = makeReadinessPoller(&why);
    if (!m_ownPoller)
        qFatal("No way to wait for sockets: %s", why.c_str());
    m_poller = m_ownPoller.get();
    m_notifier = std::make_unique<QSocketNotifier>(m_poller->descriptor(), QSocketNotifier::Read);
    QObject::connect(m_notifier.get(), &QSocketNotifier::activated, m_notifier.get(),
                     [this] { turnFromForeignLoop(); });
    auto *foreign = QAbstractEventDispatcher::instance();
    if (!foreign)
        return;
    // Replies that timers and other parts of the host have made are sent before the loop sleeps.
    m_beforeBlocking = QObject::connect(foreign, &QAbstractEventDispatcher::aboutToBlock,
                                        m_notifier.get(), [this] {
                                            if (hasWork())
                                                turnFromForeignLoop();
                                        });
    m_engine.setWakeUp([foreign] { foreign->wakeUp(); });
}

void Network::startIoThreads(int threads)
{
    if (threads <= 1)
        return;
    if (m_poller->queuesSends()) {
        log(LogLevel::Notice,
            "io-threads has no effect with io_uring: the kernel receives and sends.");
        return;
    }
    m_io = std::make_unique<IoThreads>(threads - 1);
    m_arenas.resize(static_cast<std::size_t>(threads));
    for (HelperArena &arena : m_arenas)
        arena.memory = std::make_unique_for_overwrite<char[]>(kArena);
}

void Network::turnFromForeignLoop()
{
    m_poller->wait(0);
    if (m_inForeignTurn)
        return; // a command runs a nested event loop: what was collected waits
    m_inForeignTurn = true;
    turn();
    m_inForeignTurn = false;
    if (hasWork()) {
        if (auto *foreign = QAbstractEventDispatcher::instance())
            foreign->wakeUp();
    }
}

bool Network::listen(QString *why)
{
    if (!m_listeners->open(why))
        return false;
    m_care.start(100);
    return true;
}

bool Network::hasWork() const
{
    return m_poller->hasCollected() || m_engine.hasWork() || !m_engine.takeWritable().empty();
}

void Network::closeConnection(Connection &connection)
{
    if (connection.has(ConnectionClosed))
        return;
    unlinkWaiting(connection);
    m_clientsMemory -= static_cast<std::int64_t>(connection.memory);
    m_poller->remove(connection);
    ::close(connection.fd);
    connection.fd = -1;
    connection.set(ConnectionClosed);
    m_engine.closed(connection.client);
    connection.client = nullptr;
    m_closed.push_back(&connection);
}

// A closed connection stays until the lists that name it have let go.
void Network::freeClosed()
{
    if (m_closed.empty())
        return;
    const auto isClosed
        = [](const Connection *connection) { return connection->has(ConnectionClosed); };
    std::erase_if(m_held, isClosed);
    std::erase_if(m_ended, isClosed);
    std::erase_if(m_poller->ready(), isClosed);
    for (Connection *connection : m_closed)
        m_table.give(*connection);
    m_closed.clear();
}

void Network::stop(int graceMs)
{
    if (m_stopped)
        return;
    m_stopping = true;
    m_listeners->close();
    m_care.stop();
    const std::int64_t end = TimerList::monotonicNs() + graceMs * 1'000'000LL;
    const auto forEachOpen = [this](auto visit) {
        for (std::uint32_t i = 0; i < m_table.slotCount(); ++i) {
            if (m_table.at(i).client)
                visit(m_table.at(i));
        }
    };
    for (bool pending = true; pending;) {
        pending = false;
        forEachOpen([&](Connection &connection) {
            send(connection);
            pending |= connection.client && !connection.client->output.empty();
        });
        const std::int64_t left = end - TimerList::monotonicNs();
        if (!pending || left <= 0)
            break;
        m_poller->flushSends();
        m_poller->wait(std::min<std::int64_t>(left, 10'000'000));
        waited();
        for (Connection *connection : m_poller->ready()) {
            if (connection->has(ConnectionWritable))
                connection->unset(ConnectionSendFull | ConnectionWritable);
            connection->unset(ConnectionQueued);
        }
        m_poller->ready().clear();
    }
    forEachOpen([this](Connection &connection) { closeConnection(connection); });
    freeClosed();
    m_poller->wait(0); // a completion-based poller lets go of the sockets there
    m_engine.setWakeUp({});
    QObject::disconnect(m_beforeBlocking);
    m_notifier.reset();
    if (m_dispatcher)
        m_dispatcher->setTurn(nullptr);
    m_stopped = true;
}

} // namespace cay::net
