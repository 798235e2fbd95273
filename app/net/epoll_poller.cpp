// Readiness by epoll.
//
// Connections and listeners are edge-triggered and registered once, for both directions: no
// epoll_ctl() after that, and no second look at a socket that was emptied. The owner must therefore
// receive until the socket gives less than was asked for, and remember (ConnectionReadable) when it
// stops earlier. Watches are level-triggered, as QSocketNotifier promises. Turned down:
// level-triggered connections, where each wait polls every socket of the last turn again, and
// backpressure costs two epoll_ctl().
#include "net/poller.h"

#ifdef __linux__

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <unistd.h>

namespace cay::net {

namespace {

// The low bits of epoll's 64 bits of user data say what the rest is.
constexpr std::uint64_t kTagMask = 7;
enum Tag : std::uint64_t { TagConnection, TagListener, TagWatch, TagWake };

template <typename T>
T *untag(std::uint64_t data)
{
    return reinterpret_cast<T *>(data & ~kTagMask);
}

class EpollPoller final : public Poller
{
public:
    EpollPoller(int epoll, int wake)
        : m_epoll(epoll)
        , m_wake(wake)
    {}
    ~EpollPoller() override
    {
        ::close(m_epoll);
        ::close(m_wake);
    }

    const char *name() const override { return "epoll"; }
    int descriptor() const override { return m_epoll; }
    int wakeDescriptor() const override { return m_wake; }

    void clearWake() override
    {
        std::uint64_t count;
        [[maybe_unused]] const ssize_t n = ::read(m_wake, &count, sizeof count);
    }

    void wakeUp() override
    {
        const std::uint64_t one = 1;
        [[maybe_unused]] const ssize_t n = ::write(m_wake, &one, sizeof one);
    }

    bool watch(int fd, std::uint8_t interest) override
    {
        epoll_event event{};
        event.data.u64 = (static_cast<std::uint64_t>(fd) << 3) | TagWatch;
        if (interest & InterestRead)
            event.events |= EPOLLIN | EPOLLRDHUP;
        if (interest & InterestWrite)
            event.events |= EPOLLOUT;
        if (interest & InterestException)
            event.events |= EPOLLPRI;
        if (!interest)
            return ::epoll_ctl(m_epoll, EPOLL_CTL_DEL, fd, &event) == 0;
        return ::epoll_ctl(m_epoll, EPOLL_CTL_MOD, fd, &event) == 0
               || (errno == ENOENT && ::epoll_ctl(m_epoll, EPOLL_CTL_ADD, fd, &event) == 0);
    }

    bool addListener(Listener &listener) override
    {
        return control(EPOLL_CTL_ADD, listener.fd, EPOLLIN | EPOLLET, &listener, TagListener);
    }
    void removeListener(Listener &listener) override
    {
        control(EPOLL_CTL_DEL, listener.fd, 0, &listener, TagListener);
        std::erase(m_acceptable, &listener);
    }

    bool add(Connection &connection) override
    {
        return control(EPOLL_CTL_ADD, connection.fd, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
                       &connection, TagConnection);
    }
    void remove(Connection &connection) override
    {
        control(EPOLL_CTL_DEL, connection.fd, 0, &connection, TagConnection);
    }

    void wait(std::int64_t timeoutNs) override
    {
        constexpr std::int64_t kNsPerMs = 1'000'000;
        m_watchEvents.clear();
        const int ms = timeoutNs < 0 ? -1
                                     : static_cast<int>(std::min<std::int64_t>(
                                         (timeoutNs + kNsPerMs - 1) / kNsPerMs, 1 << 30));
        const int n = ::epoll_wait(m_epoll, m_events.data(), static_cast<int>(m_events.size()), ms);
        for (int i = 0; i < n; ++i)
            collect(m_events[static_cast<std::size_t>(i)]);
    }

private:
    bool control(int operation, int fd, std::uint32_t events, void *object, Tag tag)
    {
        epoll_event event{};
        event.events = events;
        event.data.u64 = reinterpret_cast<std::uint64_t>(object) | tag;
        return ::epoll_ctl(m_epoll, operation, fd, &event) == 0;
    }

    void collect(const epoll_event &event)
    {
        const std::uint64_t data = event.data.u64;
        switch (data & kTagMask) {
        case TagConnection: return collectConnection(*untag<Connection>(data), event.events);
        case TagListener: return queueAcceptable(*untag<Listener>(data));
        case TagWatch: return collectWatch(static_cast<int>(data >> 3), event.events);
        default: return clearWake();
        }
    }

    void collectConnection(Connection &connection, std::uint32_t events)
    {
        if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            connection.set(ConnectionReadable);
        if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR))
            connection.set(ConnectionHungUp);
        if ((events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) && connection.has(ConnectionSendFull))
            connection.set(ConnectionWritable);
        if (connection.flags & (ConnectionReadable | ConnectionWritable))
            queueReady(connection);
    }

    void collectWatch(int fd, std::uint32_t events)
    {
        std::uint8_t what = 0;
        if (events & (EPOLLIN | EPOLLRDHUP))
            what |= InterestRead;
        if (events & EPOLLOUT)
            what |= InterestWrite;
        if (events & EPOLLPRI)
            what |= InterestException;
        if (events & (EPOLLHUP | EPOLLERR))
            what = InterestRead | InterestWrite | InterestException;
        m_watchEvents.push_back({fd, what});
    }

    int m_epoll;
    int m_wake;
    std::array<epoll_event, 512> m_events;
};

} // namespace

std::unique_ptr<Poller> makeEpollPoller(std::string *why)
{
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    const int wake = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = TagWake;
    if (epoll >= 0 && wake >= 0 && ::epoll_ctl(epoll, EPOLL_CTL_ADD, wake, &event) == 0)
        return std::make_unique<EpollPoller>(epoll, wake);
    if (why)
        *why = std::string("epoll: ") + std::strerror(errno);
    if (epoll >= 0)
        ::close(epoll);
    if (wake >= 0)
        ::close(wake);
    return nullptr;
}

std::unique_ptr<Poller> makeReadinessPoller(std::string *why) { return makeEpollPoller(why); }

} // namespace cay::net

#else

namespace cay::net {

std::unique_ptr<Poller> makeEpollPoller(std::string *why)
{
    if (why)
        *why = "epoll: not on this system";
    return nullptr;
}

} // namespace cay::net

#endif
