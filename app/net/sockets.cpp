#include "net/sockets.h"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <grp.h>
#include <memory>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace cay::net {

namespace {

bool setOption(int fd, int level, int name, int value)
{
    return ::setsockopt(fd, level, name, &value, sizeof value) == 0;
}

// Closes, keeps errno, and says which call failed.
int failed(int fd, const char *call, std::string *why)
{
    const int error = errno;
    *why = std::string(call) + ": " + std::strerror(error);
    if (fd >= 0)
        ::close(fd);
    errno = error;
    return -1;
}

int newSocket(int family)
{
#ifdef SOCK_CLOEXEC
    return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
#else
    const int fd = ::socket(family, SOCK_STREAM, 0);
    if (fd >= 0) {
        ::fcntl(fd, F_SETFD, FD_CLOEXEC);
        ::fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    return fd;
#endif
}

// What is set on the listening socket is inherited by the accepted ones: no calls per client.
void tuneListener(int fd, const ListenOptions &options)
{
    setOption(fd, IPPROTO_TCP, TCP_NODELAY, 1);
    setKeepAlive(fd, options.keepAliveSeconds);
#ifdef SO_MARK
    if (options.mark)
        ::setsockopt(fd, SOL_SOCKET, SO_MARK, &options.mark, sizeof options.mark);
#endif
}

int bindAndListen(int fd, const sockaddr *address, socklen_t size, int backlog, std::string *why)
{
    if (::bind(fd, address, size) != 0)
        return failed(fd, "bind", why);
    if (::listen(fd, backlog) != 0)
        return failed(fd, "listen", why);
    return fd;
}

int listenOn(const addrinfo &at, const ListenOptions &options, std::string *why)
{
    const int fd = newSocket(at.ai_family);
    if (fd < 0)
        return failed(-1, "socket", why);
    if (at.ai_family == AF_INET6 && !setOption(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1))
        return failed(fd, "setsockopt", why);
    if (!setOption(fd, SOL_SOCKET, SO_REUSEADDR, 1))
        return failed(fd, "setsockopt SO_REUSEADDR", why);
    tuneListener(fd, options);
    return bindAndListen(fd, at.ai_addr, at.ai_addrlen, options.backlog, why);
}

} // namespace

int listenTcp(const std::string &address, int port, const ListenOptions &options, std::string *why)
{
    const bool six = address.find(':') != std::string::npos;
    const bool all = address == "*" || address == "::*";
    addrinfo hints{};
    hints.ai_family = six ? AF_INET6 : AF_INET;
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_flags = AI_PASSIVE;
    addrinfo *list = nullptr;
    const int error = ::getaddrinfo(all ? nullptr : address.c_str(), std::to_string(port).c_str(),
                                    &hints, &list);
    if (error != 0) {
        *why = ::gai_strerror(error);
        errno = EADDRNOTAVAIL;
        return -1;
    }
    const std::unique_ptr<addrinfo, void (*)(addrinfo *)> owner(list, ::freeaddrinfo);
    int fd = -1;
    for (const addrinfo *at = list; at && fd < 0; at = at->ai_next)
        fd = listenOn(*at, options, why);
    return fd;
}

int listenUnix(const std::string &path, const UnixSocketOptions &options, std::string *why)
{
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        errno = ENAMETOOLONG;
        return failed(-1, "bind", why);
    }
    std::memcpy(address.sun_path, path.data(), path.size());
    struct stat existing;
    if (::lstat(path.c_str(), &existing) == 0 && S_ISSOCK(existing.st_mode))
        ::unlink(path.c_str());
    const int fd = newSocket(AF_UNIX);
    if (fd < 0)
        return failed(-1, "socket", why);
    if (bindAndListen(fd, reinterpret_cast<sockaddr *>(&address), sizeof address, options.backlog,
                      why)
        < 0)
        return -1;
    if (options.permissions && ::chmod(path.c_str(), options.permissions) != 0)
        return failed(fd, "chmod", why);
    if (options.group.empty())
        return fd;
    const group *entry = ::getgrnam(options.group.c_str());
    if (!entry) {
        ::close(fd);
        *why = "no such group: " + options.group;
        return -1;
    }
    if (::chown(path.c_str(), static_cast<uid_t>(-1), entry->gr_gid) != 0)
        return failed(fd, "chown", why);
    return fd;
}

bool setKeepAlive(int fd, int seconds)
{
    if (!setOption(fd, SOL_SOCKET, SO_KEEPALIVE, seconds > 0))
        return false;
    if (seconds <= 0)
        return true;
#ifdef TCP_KEEPIDLE
    const int interval = seconds / 3 > 0 ? seconds / 3 : 1;
    return setOption(fd, IPPROTO_TCP, TCP_KEEPIDLE, seconds)
           && setOption(fd, IPPROTO_TCP, TCP_KEEPINTVL, interval)
           && setOption(fd, IPPROTO_TCP, TCP_KEEPCNT, 3);
#elif defined(TCP_KEEPALIVE)
    return setOption(fd, IPPROTO_TCP, TCP_KEEPALIVE, seconds);
#else
    return true;
#endif
}

std::string addressText(const sockaddr_storage &address)
{
    char text[INET6_ADDRSTRLEN] = "";
    if (address.ss_family == AF_INET) {
        const auto &in = reinterpret_cast<const sockaddr_in &>(address);
        ::inet_ntop(AF_INET, &in.sin_addr, text, sizeof text);
        return std::string(text) + ':' + std::to_string(ntohs(in.sin_port));
    }
    if (address.ss_family == AF_INET6) {
        const auto &in = reinterpret_cast<const sockaddr_in6 &>(address);
        ::inet_ntop(AF_INET6, &in.sin6_addr, text, sizeof text);
        return '[' + std::string(text) + "]:" + std::to_string(ntohs(in.sin6_port));
    }
    return {};
}

std::string peerText(int fd)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    return ::getpeername(fd, reinterpret_cast<sockaddr *>(&address), &size) == 0
               ? addressText(address)
               : std::string();
}

std::string localText(int fd)
{
    sockaddr_storage address{};
    socklen_t size = sizeof address;
    return ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size) == 0
               ? addressText(address)
               : std::string();
}

bool isLoopback(const sockaddr_storage &address)
{
    if (address.ss_family == AF_INET) {
        const auto &in = reinterpret_cast<const sockaddr_in &>(address);
        return (ntohl(in.sin_addr.s_addr) >> 24) == 127;
    }
    if (address.ss_family == AF_INET6) {
        const auto &in = reinterpret_cast<const sockaddr_in6 &>(address);
        return IN6_IS_ADDR_LOOPBACK(&in.sin6_addr);
    }
    return true; // a unix socket
}

} // namespace cay::net
