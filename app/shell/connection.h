// A two-way stream of bytes to a server, wherever it lives.
#pragma once

#include "store/bytes.h"

#include <functional>
#include <memory>
#include <string>

namespace cay::shell {

enum class ReadResult : unsigned char { Data, Timeout, Interrupted, Closed };

class Connection
{
public:
    virtual ~Connection() = default;
    // Sends all of it, waiting as long as that takes. False when the peer is gone.
    virtual bool send(Bytes bytes) = 0;
    // Sends what fits now; the number of bytes, 0 when none does, -1 when the peer is gone.
    virtual long sendSome(Bytes bytes) = 0;
    // Waits at most timeoutMs (below 0: for ever) and reads up to `size` bytes.
    virtual ReadResult read(char *buffer, std::size_t size, int timeoutMs, std::size_t *count) = 0;
    // For poll(); -1 without one.
    virtual int descriptor() const = 0;
};

// Opens a connection, or says why not ("Connection refused").
using Connector = std::function<std::unique_ptr<Connection>(std::string *why)>;

std::unique_ptr<Connection> connectTcp(const std::string &host, int port, std::string *why);
std::unique_ptr<Connection> connectUnix(const std::string &path, std::string *why);

} // namespace cay::shell
