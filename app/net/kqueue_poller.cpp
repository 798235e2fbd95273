// Readiness by kqueue (macOS, BSD). Connections and listeners are EV_CLEAR, which is
// edge-triggered, so the contract is the one of epoll_poller.cpp. The wake-up is a pipe, so that a
// wait for nothing else can poll it.
#include "net/poller.h"

#if defined(__APPLE__) || defined(__FreeBSD__) || defined(__OpenBSD__) || defined(__NetBSD__)      \
    || defined(CAY_KQUEUE)

#include <sys/types.h>

#include <sys/event.h>
#include <sys/time.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cay::net {

namespace {

constexpr std::uint64_t kTagMask = 7;
enum Tag : std::uint64_t { TagConnection, TagListener, TagWatch, TagWake };

template <typename T>
T *untag(std::uint64_t data)
{
    return reinterpret_cast<T *>(data & ~kTagMask);
}

class KqueuePoller final : public Poller
{
public:
    KqueuePoller(int queue, int wakeRead, int wakeWrite)
        : m_queue(queue)
        , m_wakeRead(wakeRead)
        , m_wakeWrite(wakeWrite)
    {
        change(m_wakeRead, EVFILT_READ, EV_ADD, TagWake);
    }
    ~KqueuePoller() override
    {
        ::close(m_queue);
        ::close(m_wakeRead);
        ::close(m_wakeWrite);
    }

    const char *name() const override { return "kqueue"; }
    int descriptor() const override { return m_queue; }
    int wakeDescriptor() const override { return m_wakeRead; }

    void clearWake() override
    {
        char bytes[64];
        while (::read(m_wakeRead, bytes, sizeof bytes) > 0) {
        }
    }

    void wakeUp() override { [[maybe_unused]] const ssize_t n = ::write(m_wakeWrite, "", 1); }

    bool watch(int fd, std::uint8_t interest) override
    {
        const std::uint64_t data = (static_cast<std::uint64_t>(fd) << 3) | TagWatch;
        // Out-of-band data has no filter of its own in every kqueue: an exception watch is never
        // told.
        const bool read
            = change(fd, EVFILT_READ, interest & InterestRead ? EV_ADD : EV_DELETE, data)
              || !(interest & InterestRead);
        const bool write
            = change(fd, EVFILT_WRITE, interest & InterestWrite ? EV_ADD : EV_DELETE, data)
              || !(interest & InterestWrite);
        return read && write;
    }

    bool addListener(Listener &listener) override
    {
        return change(listener.fd, EVFILT_READ, EV_ADD | EV_CLEAR, tag(&listener, TagListener));
    }
    void removeListener(Listener &listener) override
    {
        change(listener.fd, EVFILT_READ, EV_DELETE, 0);
        std::erase(m_acceptable, &listener);
    }

    bool add(Connection &connection) override
    {
        const std::uint64_t data = tag(&connection, TagConnection);
        return change(connection.fd, EVFILT_READ, EV_ADD | EV_CLEAR, data)
               && change(connection.fd, EVFILT_WRITE, EV_ADD | EV_CLEAR, data);
    }
    void remove(Connection &connection) override
    {
        change(connection.fd, EVFILT_READ, EV_DELETE, 0);
        change(connection.fd, EVFILT_WRITE, EV_DELETE, 0);
    }

    void wait(std::int64_t timeoutNs) override
    {
        constexpr std::int64_t kNsPerSecond = 1'000'000'000;
        m_watchEvents.clear();
        timespec timeout{static_cast<time_t>(timeoutNs / kNsPerSecond),
                         static_cast<long>(timeoutNs % kNsPerSecond)};
        const int n
            = ::kevent(m_queue, nullptr, 0, m_events.data(), static_cast<int>(m_events.size()),
                       timeoutNs < 0 ? nullptr : &timeout);
        for (int i = 0; i < n; ++i)
            collect(m_events[static_cast<std::size_t>(i)]);
    }

private:
    template <typename T>
    static std::uint64_t tag(T *object, Tag kind)
    {
        return reinterpret_cast<std::uint64_t>(object) | kind;
    }

    bool change(int fd, int filter, int flags, std::uint64_t data)
    {
        struct kevent event;
        EV_SET(&event, static_cast<uintptr_t>(fd), static_cast<short>(filter),
               static_cast<unsigned short>(flags), 0, 0, reinterpret_cast<void *>(data));
        return ::kevent(m_queue, &event, 1, nullptr, 0, nullptr) == 0;
    }

    void collect(const struct kevent &event)
    {
        const auto data = reinterpret_cast<std::uint64_t>(event.udata);
        switch (data & kTagMask) {
        case TagConnection: return collectConnection(*untag<Connection>(data), event);
        case TagListener: return queueAcceptable(*untag<Listener>(data));
        case TagWatch:
            m_watchEvents.push_back({static_cast<int>(data >> 3),
                                     event.filter == EVFILT_READ ? std::uint8_t{InterestRead}
                                                                 : std::uint8_t{InterestWrite}});
            return;
        default: return clearWake();
        }
    }

    void collectConnection(Connection &connection, const struct kevent &event)
    {
        if (event.filter == EVFILT_READ)
            connection.set(ConnectionReadable);
        if (event.flags & EV_EOF)
            connection.set(ConnectionReadable | ConnectionHungUp);
        if (event.filter == EVFILT_WRITE && connection.has(ConnectionSendFull))
            connection.set(ConnectionWritable);
        if (connection.flags & (ConnectionReadable | ConnectionWritable))
            queueReady(connection);
    }

    int m_queue;
    int m_wakeRead;
    int m_wakeWrite;
    std::array<struct kevent, 512> m_events;
};

} // namespace

std::unique_ptr<Poller> makeKqueuePoller(std::string *why)
{
    int wake[2] = {-1, -1};
    const int queue = ::kqueue();
    if (queue >= 0 && ::pipe(wake) == 0) {
        for (const int fd : {queue, wake[0], wake[1]})
            ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        ::fcntl(wake[0], F_SETFL, O_NONBLOCK);
        ::fcntl(wake[1], F_SETFL, O_NONBLOCK);
        return std::make_unique<KqueuePoller>(queue, wake[0], wake[1]);
    }
    if (why)
        *why = std::string("kqueue: ") + std::strerror(errno);
    if (queue >= 0)
        ::close(queue);
    return nullptr;
}

#ifndef __linux__
std::unique_ptr<Poller> makeReadinessPoller(std::string *why) { return makeKqueuePoller(why); }
#endif

} // namespace cay::net

#else

namespace cay::net {

std::unique_ptr<Poller> makeKqueuePoller(std::string *why)
{
    if (why)
        *why = "kqueue: not on this system";
    return nullptr;
}

} // namespace cay::net

#endif
