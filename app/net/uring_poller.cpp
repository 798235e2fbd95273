// Completions by io_uring: multishot accept, multishot receive into a ring of provided buffers, and
// all sends of a turn submitted with the next wait, so that a turn is one io_uring_enter().
//
//   user data of an operation:  | operation 4 | generation 28 | index 32 |
//
// Sends are tried inside io_uring_enter() and never wait there (MSG_DONTWAIT | MSG_WAITALL): one
// that took everything leaves no completion (IOSQE_CQE_SKIP_SUCCESS), one that did not leaves what
// it took. So after the wait every queued send is over, and no client's output is in the kernel's
// hands while commands run.
//
// Invariants: buffers lent to arrivals go back in endTurn() and not before; receives that found no
// buffer are armed again there and not before (in a nested wait they would only fail again); a
// slot's generation tells completions for its earlier tenants apart.
//
// Watches and the wake-up live in an epoll descriptor that the ring polls: they are few, rarely
// ready, and level-triggered. Turned down: receives into the large argument's own memory (memory
// that a closing client frees would have to outlive the cancellation); readiness and recv() there
// instead.
#include "net/poller.h"

#if defined(CAY_HAVE_URING) && defined(__linux__)

#include <liburing.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <poll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace cay::net {

namespace {

constexpr unsigned kEntries = 1024;
constexpr unsigned kCompletions = 8192;
constexpr unsigned kBuffers = 256; // a power of two
constexpr std::size_t kBufferSize = 16 * 1024;
constexpr int kGroup = 0;
constexpr int kMaxReaped = 512;
constexpr std::size_t kMaxViews = 16;

enum Operation : std::uint64_t {
    OperationIgnore,
    OperationWatch,
    OperationAccept,
    OperationReceive,
    OperationPollIn,
    OperationPollOut,
    OperationPollHangUp,
    OperationPollListener,
    OperationSend,
};
constexpr std::uint32_t kGenerationMask = (1u << 28) - 1;

// Connection::ops
enum : std::uint16_t {
    OpReceive = 1,    // the multishot receive is in flight
    OpCancelling = 2, // ... and was told to end
    OpPollIn = 4,
    OpPollOut = 8,
    OpPollHangUp = 16,
    OpEnded = 32,    // nothing more will come
    OpModeShift = 8, // above it: Receiving
};

Operation operationOf(std::uint16_t op)
{
    return op == OpPollIn    ? OperationPollIn
           : op == OpPollOut ? OperationPollOut
                             : OperationPollHangUp;
}

std::uint64_t userData(Operation operation, std::uint32_t generation, std::uint32_t index)
{
    return (static_cast<std::uint64_t>(operation) << 60)
           | (static_cast<std::uint64_t>(generation & kGenerationMask) << 32) | index;
}

class UringPoller final : public Poller
{
public:
    explicit UringPoller(std::unique_ptr<Poller> watches)
        : m_watches(std::move(watches))
    {}
    ~UringPoller() override;
    bool open(std::string *why);

    const char *name() const override { return "io_uring"; }
    int wakeDescriptor() const override { return m_watches->wakeDescriptor(); }
    void clearWake() override { m_watches->clearWake(); }
    void wakeUp() override { m_watches->wakeUp(); }
    bool watch(int fd, std::uint8_t interest) override { return m_watches->watch(fd, interest); }

    bool addListener(Listener &listener) override;
    void removeListener(Listener &listener) override;
    bool add(Connection &connection) override;
    void remove(Connection &connection) override;
    void setReceiving(Connection &connection, Receiving mode) override;
    void awaitWritable(Connection &connection) override;

    bool queuesSends() const override { return true; }
    void queueSend(Connection &connection, std::span<const Bytes> views) override;
    void flushSends() override;

    void wait(std::int64_t timeoutNs) override;
    void release(const Arrival &arrival) override;
    void endTurn() override;

private:
    struct Send
    {
        Sent outcome;
        msghdr message;
        std::array<iovec, kMaxViews> views;
    };

    io_uring_sqe *next();
    void enable();
    void submit();
    void reap();
    void finishSends();
    void cancel(std::uint64_t data);
    void armReceive(Connection &connection);
    void armAccept(Listener &listener);
    void poll(Connection &connection, std::uint16_t op);
    void giveBack(std::uint16_t buffer);
    Connection *connection(std::uint64_t data) const;
    void complete(const io_uring_cqe &cqe);
    void completeReceive(const io_uring_cqe &cqe);
    void completeAccept(const io_uring_cqe &cqe);
    void completeListenerPoll(const io_uring_cqe &cqe);
    Listener *listener(std::uint64_t data) const;
    void completePoll(const io_uring_cqe &cqe, std::uint16_t op);

    io_uring m_ring{};
    bool m_open = false;
    bool m_enabled = false;
    bool m_watchArmed = false;
    std::unique_ptr<Poller> m_watches;
    io_uring_buf_ring *m_bufferRing = nullptr;
    char *m_memory = nullptr;
    std::vector<std::uint16_t> m_released;
    std::vector<Connection *> m_connections; // by index
    std::vector<Listener *> m_listeners;     // by index
    std::vector<std::pair<std::uint32_t, std::uint32_t>>
        m_starved;                      // index, generation: found no buffer
    std::vector<std::uint64_t> m_fedAt; // by connection: the number of its last arrival
    std::uint64_t m_feedings = 0;
    std::vector<std::uint32_t> m_unarmed; // listeners whose multishot accept ended
    std::deque<Send> m_sends; // stable addresses: the kernel reads them in the next enter
};

UringPoller::~UringPoller()
{
    if (m_open)
        io_uring_queue_exit(&m_ring);
    if (m_bufferRing)
        ::munmap(m_bufferRing, kBuffers * sizeof(io_uring_buf));
    if (m_memory)
        ::munmap(m_memory, kBuffers * kBufferSize);
}

bool UringPoller::open(std::string *why)
{
    io_uring_params params{};
    // A single issuer exists since Linux 6.0 as multishot receive does, so its refusal tells of an
    // older kernel. Disabled until first used: the issuer is the thread that waits, not the one
    // that builds the poller.
    params.flags = IORING_SETUP_CQSIZE | IORING_SETUP_CLAMP | IORING_SETUP_SINGLE_ISSUER
                   | IORING_SETUP_R_DISABLED | IORING_SETUP_DEFER_TASKRUN
                   | IORING_SETUP_TASKRUN_FLAG;
    params.cq_entries = kCompletions;
    int error = -io_uring_queue_init_params(kEntries, &m_ring, &params);
    if (error == 0) {
        m_open = true;
        const auto map = [](std::size_t size) {
            void *at
                = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_ANONYMOUS | MAP_PRIVATE, -1, 0);
            return at == MAP_FAILED ? nullptr : at;
        };
        m_bufferRing = static_cast<io_uring_buf_ring *>(map(kBuffers * sizeof(io_uring_buf)));
        m_memory = static_cast<char *>(map(kBuffers * kBufferSize));
        io_uring_buf_reg registration{};
        registration.ring_addr = reinterpret_cast<std::uint64_t>(m_bufferRing);
        registration.ring_entries = kBuffers;
        registration.bgid = kGroup;
        error = !m_bufferRing || !m_memory ? ENOMEM
                                           : -io_uring_register_buf_ring(&m_ring, &registration, 0);
    }
    if (error && why)
        *why = std::strerror(error);
    if (error)
        return false;
    io_uring_buf_ring_init(m_bufferRing);
    for (unsigned i = 0; i < kBuffers; ++i)
        giveBack(static_cast<std::uint16_t>(i));
    return true;
}

void UringPoller::enable()
{
    // By number: liburing 2.3 declares io_uring_enable_rings() and does not export it.
    if (!m_enabled)
        ::syscall(__NR_io_uring_register, m_ring.ring_fd, IORING_REGISTER_ENABLE_RINGS, nullptr, 0);
    m_enabled = true;
}

io_uring_sqe *UringPoller::next()
{
    io_uring_sqe *sqe = io_uring_get_sqe(&m_ring);
    while (!sqe) {
        submit();
        sqe = io_uring_get_sqe(&m_ring);
    }
    return sqe;
}

void UringPoller::submit()
{
    enable();
    // The kernel takes less than everything only when it is out of memory: what is queued must not
    // be dropped.
    while (io_uring_sq_ready(&m_ring) > 0 && io_uring_submit(&m_ring) < 0)
        ::poll(nullptr, 0, 1);
}

void UringPoller::giveBack(std::uint16_t buffer)
{
    io_uring_buf_ring_add(m_bufferRing, m_memory + buffer * kBufferSize, kBufferSize, buffer,
                          io_uring_buf_ring_mask(kBuffers), 0);
    io_uring_buf_ring_advance(m_bufferRing, 1);
}

void UringPoller::cancel(std::uint64_t data)
{
    io_uring_sqe *sqe = next();
    io_uring_prep_cancel64(sqe, data, 0);
    io_uring_sqe_set_data64(sqe, userData(OperationIgnore, 0, 0));
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
}

bool UringPoller::addListener(Listener &listener)
{
    if (std::find(m_listeners.begin(), m_listeners.end(), &listener) == m_listeners.end())
        m_listeners.push_back(&listener);
    if (!listener.armed)
        armAccept(listener);
    return true;
}

// A multishot accept takes a descriptor before it has a connection, so without a free one it fails
// again and again: then the socket is polled, and accepted from, until it works again.
void UringPoller::armAccept(Listener &listener)
{
    const auto at = std::find(m_listeners.begin(), m_listeners.end(), &listener);
    const auto index = static_cast<std::uint32_t>(at - m_listeners.begin());
    io_uring_sqe *sqe = next();
    if (listener.exhausted)
        io_uring_prep_poll_add(sqe, listener.fd, POLLIN);
    else
        io_uring_prep_multishot_accept(sqe, listener.fd, nullptr, nullptr,
                                       SOCK_CLOEXEC | SOCK_NONBLOCK);
    io_uring_sqe_set_data64(sqe,
                            userData(listener.exhausted ? OperationPollListener : OperationAccept,
                                     listener.generation, index));
    listener.armed = true;
}

void UringPoller::removeListener(Listener &listener)
{
    const auto at = std::find(m_listeners.begin(), m_listeners.end(), &listener);
    if (at == m_listeners.end())
        return;
    const auto index = static_cast<std::uint32_t>(at - m_listeners.begin());
    if (listener.armed)
        cancel(userData(listener.exhausted ? OperationPollListener : OperationAccept,
                        listener.generation, index));
    // Now, so that the kernel lets go of the address before it is bound again: the cancelled
    // operation holds the socket until its completion is made.
    submit();
    io_uring_get_events(&m_ring);
    listener.armed = false;
    std::erase(m_acceptable, &listener);
    *at = nullptr;
}

bool UringPoller::add(Connection &connection)
{
    if (connection.index >= m_connections.size())
        m_connections.resize(connection.index + 1);
    m_fedAt.resize(m_connections.size());
    m_fedAt[connection.index] = 0;
    m_connections[connection.index] = &connection;
    connection.ops = 0;
    armReceive(connection);
    return true;
}

void UringPoller::armReceive(Connection &connection)
{
    io_uring_sqe *sqe = next();
    io_uring_prep_recv_multishot(sqe, connection.fd, nullptr, 0, 0);
    sqe->flags |= IOSQE_BUFFER_SELECT;
    sqe->buf_group = kGroup;
    io_uring_sqe_set_data64(sqe,
                            userData(OperationReceive, connection.generation, connection.index));
    connection.ops |= OpReceive;
}

void UringPoller::remove(Connection &connection)
{
    const auto data = [&connection](Operation operation) {
        return userData(operation, connection.generation, connection.index);
    };
    if (connection.ops & OpReceive)
        cancel(data(OperationReceive));
    for (const std::uint16_t op : {OpPollIn, OpPollOut, OpPollHangUp}) {
        if (connection.ops & op)
            cancel(data(operationOf(op)));
    }
    m_connections[connection.index] = nullptr;
    // Nothing that names the descriptor may stay unsubmitted: its number is free for another socket
    // soon.
    submit();
}

void UringPoller::setReceiving(Connection &connection, Receiving mode)
{
    connection.ops = static_cast<std::uint16_t>((connection.ops & 0xff)
                                                | (static_cast<unsigned>(mode) << OpModeShift));
    if (connection.ops & OpEnded)
        return;
    if (mode == Receiving::Arrivals) {
        if (!(connection.ops & OpReceive))
            armReceive(connection);
        return;
    }
    if (connection.ops & OpReceive) {
        if (!(connection.ops & OpCancelling))
            cancel(userData(OperationReceive, connection.generation, connection.index));
        connection.ops |= OpCancelling;
        return;
    }
    if (mode == Receiving::Readiness)
        poll(connection, OpPollIn);
    else
        poll(connection, OpPollHangUp);
}

void UringPoller::awaitWritable(Connection &connection) { poll(connection, OpPollOut); }

void UringPoller::poll(Connection &connection, std::uint16_t op)
{
    if (connection.ops & op)
        return;
    const unsigned events = op == OpPollIn    ? POLLIN | POLLRDHUP
                            : op == OpPollOut ? POLLOUT
                                              : POLLRDHUP;
    io_uring_sqe *sqe = next();
    io_uring_prep_poll_add(sqe, connection.fd, events);
    io_uring_sqe_set_data64(sqe,
                            userData(operationOf(op), connection.generation, connection.index));
    connection.ops |= op;
}

void UringPoller::queueSend(Connection &connection, std::span<const Bytes> views)
{
    constexpr unsigned kSendFlags = MSG_DONTWAIT | MSG_WAITALL | MSG_NOSIGNAL;
    Send &send = m_sends.emplace_back();
    send.outcome = {connection.index, connection.generation, 0, 0};
    const std::size_t count = std::min(views.size(), kMaxViews);
    for (std::size_t i = 0; i < count; ++i) {
        send.views[i] = {const_cast<char *>(views[i].data()), views[i].size()};
        send.outcome.asked += views[i].size();
    }
    send.outcome.result = static_cast<std::int64_t>(send.outcome.asked);
    io_uring_sqe *sqe = next();
    if (count == 1) {
        io_uring_prep_send(sqe, connection.fd, send.views[0].iov_base, send.views[0].iov_len,
                           kSendFlags);
    } else {
        send.message = {};
        send.message.msg_iov = send.views.data();
        send.message.msg_iovlen = count;
        io_uring_prep_sendmsg(sqe, connection.fd, &send.message, kSendFlags);
    }
    sqe->flags |= IOSQE_CQE_SKIP_SUCCESS;
    io_uring_sqe_set_data64(
        sqe, userData(OperationSend, 0, static_cast<std::uint32_t>(m_sends.size() - 1)));
}

void UringPoller::flushSends()
{
    if (m_sends.empty())
        return;
    submit();
    reap();
    finishSends();
}

void UringPoller::finishSends()
{
    for (const Send &send : m_sends)
        m_sent.push_back(send.outcome);
    m_sends.clear();
}

void UringPoller::wait(std::int64_t timeoutNs)
{
    enable();
    m_watchEvents.clear();
    if (!m_watchArmed) {
        io_uring_sqe *sqe = next();
        io_uring_prep_poll_add(sqe, m_watches->descriptor(), POLLIN);
        io_uring_sqe_set_data64(sqe, userData(OperationWatch, 0, 0));
        m_watchArmed = true;
    }
    if (timeoutNs == 0) {
        io_uring_submit_and_get_events(&m_ring);
    } else if (timeoutNs < 0) {
        io_uring_submit_and_wait(&m_ring, 1);
    } else {
        constexpr std::int64_t kNsPerSecond = 1'000'000'000;
        __kernel_timespec timeout{timeoutNs / kNsPerSecond, timeoutNs % kNsPerSecond};
        io_uring_cqe *cqe = nullptr;
        io_uring_submit_and_wait_timeout(&m_ring, &cqe, 1, &timeout, nullptr);
    }
    if (io_uring_sq_ready(&m_ring) > 0)
        submit();
    reap();
    finishSends();
}

void UringPoller::reap()
{
    unsigned head;
    unsigned count = 0;
    io_uring_cqe *cqe;
    const bool sending = !m_sends.empty();
    io_uring_for_each_cqe(&m_ring, head, cqe)
    {
        // Bounded, but the outcome of a send may be anywhere.
        if (count >= kMaxReaped && !sending)
            break;
        complete(*cqe);
        ++count;
    }
    io_uring_cq_advance(&m_ring, count);
}

Connection *UringPoller::connection(std::uint64_t data) const
{
    const auto index = static_cast<std::uint32_t>(data);
    Connection *connection = index < m_connections.size() ? m_connections[index] : nullptr;
    const auto generation = static_cast<std::uint32_t>(data >> 32) & kGenerationMask;
    return connection && (connection->generation & kGenerationMask) == generation ? connection
                                                                                  : nullptr;
}

void UringPoller::complete(const io_uring_cqe &cqe)
{
    switch (cqe.user_data >> 60) {
    case OperationReceive: return completeReceive(cqe);
    case OperationAccept: return completeAccept(cqe);
    case OperationPollIn: return completePoll(cqe, OpPollIn);
    case OperationPollOut: return completePoll(cqe, OpPollOut);
    case OperationPollListener: return completeListenerPoll(cqe);
    case OperationPollHangUp: return completePoll(cqe, OpPollHangUp);
    case OperationSend:
        m_sends[static_cast<std::uint32_t>(cqe.user_data)].outcome.result = cqe.res;
        return;
    case OperationWatch:
        m_watchArmed = false;
        m_watches->wait(0);
        m_watchEvents = m_watches->watchEvents();
        return;
    default: return;
    }
}

void UringPoller::completeReceive(const io_uring_cqe &cqe)
{
    const bool hasBuffer = cqe.flags & IORING_CQE_F_BUFFER;
    const auto buffer = static_cast<std::uint16_t>(cqe.flags >> IORING_CQE_BUFFER_SHIFT);
    Connection *to = connection(cqe.user_data);
    if (!to || cqe.res <= 0) {
        if (hasBuffer)
            giveBack(buffer);
    } else {
        m_fedAt[to->index] = ++m_feedings;
        const char *data = m_memory + buffer * kBufferSize;
        m_arrivals.push_back({to->index, to->generation, data, cqe.res, buffer});
    }
    if (!to || (cqe.flags & IORING_CQE_F_MORE))
        return;
    to->ops &= static_cast<std::uint16_t>(~(OpReceive | OpCancelling));
    if (cqe.res <= 0 && cqe.res != -ECANCELED && cqe.res != -ENOBUFS && cqe.res != -EINTR) {
        to->ops |= OpEnded;
        m_arrivals.push_back({to->index, to->generation, nullptr, cqe.res, 0});
        return;
    }
    m_starved.emplace_back(to->index, to->generation);
}

Listener *UringPoller::listener(std::uint64_t data) const
{
    Listener *listener = m_listeners[static_cast<std::uint32_t>(data)];
    const auto generation = static_cast<std::uint32_t>(data >> 32) & kGenerationMask;
    return listener && (listener->generation & kGenerationMask) == generation ? listener : nullptr;
}

void UringPoller::completeAccept(const io_uring_cqe &cqe)
{
    Listener *from = listener(cqe.user_data);
    if (!from) {
        if (cqe.res >= 0)
            ::close(cqe.res);
        return;
    }
    m_accepted.push_back({from, from->generation, cqe.res});
    if (cqe.flags & IORING_CQE_F_MORE)
        return;
    from->armed = false;
    from->exhausted = cqe.res == -EMFILE || cqe.res == -ENFILE;
    m_unarmed.push_back(static_cast<std::uint32_t>(cqe.user_data));
}

void UringPoller::completeListenerPoll(const io_uring_cqe &cqe)
{
    Listener *from = listener(cqe.user_data);
    if (!from || cqe.res < 0)
        return;
    from->armed = from->exhausted = false;
    queueAcceptable(*from);
    m_unarmed.push_back(static_cast<std::uint32_t>(cqe.user_data));
}

void UringPoller::completePoll(const io_uring_cqe &cqe, std::uint16_t op)
{
    Connection *to = connection(cqe.user_data);
    if (!to)
        return;
    to->ops &= static_cast<std::uint16_t>(~op);
    const auto mode = static_cast<Receiving>(to->ops >> OpModeShift);
    if (cqe.res == -ECANCELED || (op == OpPollIn && mode != Receiving::Readiness)
        || (op == OpPollHangUp && mode != Receiving::Nothing))
        return;
    to->set(op == OpPollIn    ? ConnectionReadable
            : op == OpPollOut ? ConnectionWritable
                              : ConnectionHungUp);
    queueReady(*to);
}

void UringPoller::release(const Arrival &arrival)
{
    if (arrival.size > 0)
        m_released.push_back(arrival.buffer);
}

void UringPoller::endTurn()
{
    for (const std::uint16_t buffer : m_released)
        giveBack(buffer);
    m_released.clear();
    // Those who have waited longest go first: the first may take all of the buffers.
    std::ranges::sort(m_starved, {}, [this](const auto &who) { return m_fedAt[who.first]; });
    for (const auto &[index, generation] : m_starved) {
        Connection *to = index < m_connections.size() ? m_connections[index] : nullptr;
        if (to && to->generation == generation && !(to->ops & OpReceive))
            setReceiving(*to, static_cast<Receiving>(to->ops >> OpModeShift));
    }
    m_starved.clear();
    for (const std::uint32_t index : m_unarmed) {
        if (Listener *listener = m_listeners[index]; listener && !listener->armed)
            armAccept(*listener);
    }
    m_unarmed.clear();
}

} // namespace

std::unique_ptr<Poller> makeUringPoller(std::string *why)
{
    auto watches = makeEpollPoller(why);
    if (!watches)
        return nullptr;
    auto poller = std::make_unique<UringPoller>(std::move(watches));
    if (!poller->open(why))
        return nullptr;
    return poller;
}

} // namespace cay::net

#else

namespace cay::net {

std::unique_ptr<Poller> makeUringPoller(std::string *why)
{
    if (why)
        *why = "io_uring: this build has none";
    return nullptr;
}

} // namespace cay::net

#endif
