// TCP and unix sockets. They block; reads wait in poll(), so that a signal or a time limit ends
// them.
#include "shell/connection.h"
#include "shell/interrupt.h"

#include <cerrno>
#include <cstring>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace cay::shell {
namespace {

constexpr int kKeepAliveSeconds = 15;

class SocketConnection : public Connection
{
public:
    explicit SocketConnection(int fd)
        : m_fd(fd)
    {}
    ~SocketConnection() override { ::close(m_fd); }

    bool send(Bytes bytes) override
    {
        while (!bytes.empty()) {
            const ssize_t n = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
            if (n < 0 && errno == EINTR)
                continue;
            if (n <= 0)
                return false;
            bytes.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }

    long sendSome(Bytes bytes) override
    {
        const ssize_t n = ::send(m_fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR))
            return 0;
        return n;
    }

    ReadResult read(char *buffer, std::size_t size, int timeoutMs, std::size_t *count) override
    {
        switch (waitReadable(m_fd, timeoutMs)) {
        case Waited::Ready: break;
        case Waited::Timeout: return ReadResult::Timeout;
        case Waited::Interrupted: return ReadResult::Interrupted;
        case Waited::Failed: return ReadResult::Closed;
        }
        const ssize_t n = ::recv(m_fd, buffer, size, 0);
        if (n < 0 && errno == EINTR)
            return ReadResult::Interrupted;
        if (n <= 0)
            return ReadResult::Closed;
        *count = static_cast<std::size_t>(n);
        return ReadResult::Data;
    }

    int descriptor() const override { return m_fd; }

private:
    int m_fd;
};

int connectTo(const addrinfo &address)
{
    const int fd
        = ::socket(address.ai_family, address.ai_socktype | SOCK_CLOEXEC, address.ai_protocol);
    if (fd < 0)
        return -1;
    if (::connect(fd, address.ai_addr, address.ai_addrlen) == 0)
        return fd;
    const int reason = errno;
    ::close(fd);
    errno = reason;
    return -1;
}

void tune(int fd)
{
    const int on = 1, seconds = kKeepAliveSeconds;
    ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    ::setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
#ifdef TCP_KEEPIDLE
    ::setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &seconds, sizeof seconds);
#endif
    static_cast<void>(seconds);
}

} // namespace

std::unique_ptr<Connection> connectTcp(const std::string &host, int port, std::string *why)
{
    addrinfo hints{};
    hints.ai_family = AF_UNSPEC;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo *found = nullptr;
    const int failed = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &found);
    if (failed) {
        *why = ::gai_strerror(failed);
        return nullptr;
    }
    int fd = -1;
    for (const addrinfo *address = found; address && fd < 0; address = address->ai_next)
        fd = connectTo(*address);
    if (fd < 0)
        *why = std::strerror(errno);
    ::freeaddrinfo(found);
    if (fd < 0)
        return nullptr;
    tune(fd);
    return std::make_unique<SocketConnection>(fd);
}

std::unique_ptr<Connection> connectUnix(const std::string &path, std::string *why)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        *why = "The path of a unix socket has at most "
               + std::to_string(sizeof address.sun_path - 1) + " bytes";
        return nullptr;
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0 && ::connect(fd, reinterpret_cast<sockaddr *>(&address), sizeof address) == 0)
        return std::make_unique<SocketConnection>(fd);
    *why = std::strerror(errno);
    if (fd >= 0)
        ::close(fd);
    return nullptr;
}

} // namespace cay::shell
