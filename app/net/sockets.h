// System calls on sockets, with the words that Redis's log and replies have for their errors.
#pragma once

#include "store/bytes.h"

#include <cstdint>
#include <string>

struct sockaddr_storage;

namespace cay::net {

struct ListenOptions
{
    int backlog = 511;
    std::uint32_t mark = 0;   // SO_MARK; 0 sets none
    int keepAliveSeconds = 0; // inherited by what is accepted; 0 sends no probes
};

// A TCP socket that listens on `address` ("*" and "::*" are all of IPv4 and IPv6; names are
// resolved) or -1 with errno and a reason ("bind: Address already in use").
int listenTcp(const std::string &address, int port, const ListenOptions &options, std::string *why);

struct UnixSocketOptions
{
    int backlog = 511;
    unsigned permissions = 0; // 0 leaves the umask's
    std::string group;        // empty leaves the process's
};
// A socket file that an earlier process left at the path is replaced.
int listenUnix(const std::string &path, const UnixSocketOptions &options, std::string *why);

// Probes an idle peer after `seconds`, then three times in as many seconds more. False when
// refused.
bool setKeepAlive(int fd, int seconds);

// "127.0.0.1:53112", "[::1]:53112"; empty for a unix socket.
std::string addressText(const sockaddr_storage &address);
std::string peerText(int fd);
std::string localText(int fd);
bool isLoopback(const sockaddr_storage &address);

} // namespace cay::net
