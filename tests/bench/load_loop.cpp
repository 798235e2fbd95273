#include "load.h"

#include "replies.h"
#include "socket.h"

#include <cerrno>
#include <cstdio>
#include <memory>
#include <vector>

#include <poll.h>
#include <sys/epoll.h>
#include <unistd.h>

namespace bench {

namespace {

struct Connection
{
    int fd = -1;
    std::string out;
    std::size_t sent = 0;
    std::uint64_t waiting = 0; // replies that are still to come
    std::int64_t since = 0;    // when the batch was sent, or was due
    std::int64_t nextDue = 0;  // open loop
    bool writing = false;      // waits to be writable
    bool subscriber = false;   // only reads
    ReplyCounter replies;
};

class Load
{
public:
    explicit Load(const Options &options)
        : m_options(options)
        , m_interval(options.rate > 0 ? static_cast<std::int64_t>(1e9 * options.connections
                                                                  * options.pipeline / options.rate)
                                      : 0)
    {}
    ~Load()
    {
        for (const auto &c : m_connections) {
            if (c->fd >= 0)
                close(c->fd);
        }
        if (m_epoll >= 0)
            close(m_epoll);
    }

    Result run()
    {
        if (!open())
            return failed();
        const std::int64_t start = nowNs();
        m_end = m_options.seconds > 0 ? start + static_cast<std::int64_t>(m_options.seconds * 1e9)
                                      : 0;
        m_left = m_options.requests;
        for (std::size_t i = 0; i < m_connections.size(); ++i) {
            m_connections[i]->nextDue = start
                                        + m_interval * static_cast<std::int64_t>(i)
                                              / static_cast<std::int64_t>(m_connections.size());
            if (m_interval == 0)
                sendBatch(*m_connections[i], start);
        }
        while (m_result.ok && turn()) {
        }
        m_result.elapsed = static_cast<double>(nowNs() - start) / 1e9;
        for (const auto &c : m_connections) {
            m_result.errors += c->replies.errors();
            if (m_result.firstError.empty())
                m_result.firstError = c->replies.firstError();
        }
        return std::move(m_result);
    }

private:
    Result failed()
    {
        m_result.ok = false;
        return std::move(m_result);
    }

    bool open()
    {
        std::string why;
        if (!m_request.parse(m_options.command, m_options.space, &why)) {
            std::fprintf(stderr, "cay-load: %s\n", why.c_str());
            return false;
        }
        m_request.setSeed(m_options.seed);
        m_request.setFirstKey(m_options.firstKey);
        m_epoll = epoll_create1(EPOLL_CLOEXEC);
        for (int i = 0; i < m_options.connections; ++i) {
            if (!connect())
                return false;
        }
        for (int i = 0; i < m_options.subscribers; ++i) {
            if (!connect() || !subscribe(*m_connections.back()))
                return false;
        }
        return true;
    }

    bool connect()
    {
        auto c = std::make_unique<Connection>();
        c->fd = connectTo(m_options.host, m_options.port, m_options.unixPath);
        if (c->fd < 0)
            return false;
        epoll_event event{EPOLLIN, {c.get()}};
        epoll_ctl(m_epoll, EPOLL_CTL_ADD, c->fd, &event);
        m_connections.push_back(std::move(c));
        return true;
    }

    // True when the server has confirmed it.
    bool subscribe(Connection &c)
    {
        static constexpr char kSubscribe[] = "*2\r\n$9\r\nSUBSCRIBE\r\n$4\r\nnews\r\n";
        c.subscriber = true;
        if (write(c.fd, kSubscribe, sizeof kSubscribe - 1) != sizeof kSubscribe - 1)
            return false;
        pollfd socket{c.fd, POLLIN, 0};
        return poll(&socket, 1, 10000) > 0;
    }

    bool over(std::int64_t now) const
    {
        return (m_end != 0 && now >= m_end) || (m_options.requests != 0 && m_left == 0);
    }

    void sendBatch(Connection &c, std::int64_t now)
    {
        if (c.subscriber || over(now))
            return;
        auto count = static_cast<std::uint64_t>(m_options.pipeline);
        if (m_options.requests != 0) {
            count = std::min(count, m_left);
            m_left -= count;
        }
        c.out.clear();
        c.sent = 0;
        for (std::uint64_t i = 0; i < count; ++i)
            m_request.append(c.out);
        c.waiting = count;
        ++m_busy;
        c.since = m_interval != 0 ? c.nextDue : nowNs();
        c.nextDue += m_interval;
        flush(c);
    }

    void flush(Connection &c)
    {
        while (c.sent < c.out.size()) {
            const ssize_t n = write(c.fd, c.out.data() + c.sent, c.out.size() - c.sent);
            if (n > 0)
                c.sent += static_cast<std::size_t>(n);
            else if (n < 0 && errno == EAGAIN)
                break;
            else if (n < 0 && errno != EINTR)
                return fail("write");
        }
        const bool wants = c.sent < c.out.size();
        if (wants != c.writing) {
            c.writing = wants;
            epoll_event event{EPOLLIN | (wants ? EPOLLOUT : 0u), {&c}};
            epoll_ctl(m_epoll, EPOLL_CTL_MOD, c.fd, &event);
        }
    }

    void receive(Connection &c)
    {
        static char buffer[256 * 1024];
        const ssize_t n = read(c.fd, buffer, sizeof buffer);
        if (n < 0 && (errno == EAGAIN || errno == EINTR))
            return;
        if (n <= 0)
            return fail("the server closed the connection");
        if (c.subscriber)
            return;
        const std::size_t complete = c.replies.feed(buffer, static_cast<std::size_t>(n));
        const std::int64_t now = nowNs();
        if (c.replies.broken() || complete > c.waiting)
            return fail("an answer that is not RESP, or one too many");
        for (std::size_t i = 0; i < complete; ++i)
            m_result.latency.add(static_cast<std::uint64_t>(now - c.since));
        m_result.requests += complete;
        c.waiting -= complete;
        if (c.waiting != 0 || complete == 0)
            return;
        --m_busy;
        if (m_interval == 0)
            sendBatch(c, now);
    }

    void fail(const char *what)
    {
        std::fprintf(stderr, "cay-load: %s\n", what);
        m_result.ok = false;
    }

    // Milliseconds to wait: an open loop's load runs hot, because it has a core of its own and a
    // timer is late.
    int timeout() const { return m_interval != 0 ? 0 : 1000; }

    bool turn()
    {
        const std::int64_t now = nowNs();
        if (m_busy == 0 && (over(now) || m_interval == 0))
            return false;
        if (m_interval != 0) {
            for (const auto &c : m_connections) {
                if (c->waiting == 0 && c->nextDue <= now)
                    sendBatch(*c, now);
            }
        }
        epoll_event events[256];
        const int count = epoll_wait(m_epoll, events, 256, timeout());
        for (int i = 0; i < count && m_result.ok; ++i) {
            auto &c = *static_cast<Connection *>(events[i].data.ptr);
            if (events[i].events & EPOLLOUT)
                flush(c);
            if (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
                receive(c);
        }
        return true;
    }

    const Options &m_options;
    const std::int64_t m_interval; // ns between the batches of one connection; 0: closed loop
    Request m_request;
    std::vector<std::unique_ptr<Connection>> m_connections;
    Result m_result;
    int m_epoll = -1;
    int m_busy = 0; // connections with a batch in flight
    std::int64_t m_end = 0;
    std::uint64_t m_left = 0;
};

} // namespace

Result runLoad(const Options &options)
{
    auto load = std::make_unique<Load>(options);
    return load->run();
}

} // namespace bench
