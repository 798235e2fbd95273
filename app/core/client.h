// A session with a socket behind it: what the network layer and the engine share of a connection.
#pragma once

#include "cay/session.h"
#include "resp/input.h"

#include <deque>
#include <vector>

namespace cay::core {

struct ConnectionInfo
{
    int fd = -1;
    std::string peer, local; // as CLIENT LIST shows them
    bool unixSocket = false;
};

// Commands of this turn that an I/O thread has parsed already.
struct Ahead
{
    std::vector<Bytes> args;
    std::vector<std::uint32_t> sizes; // arguments of each command
    std::size_t command = 0, arg = 0; // the next one to run
    bool failed = false;              // what follows them makes no sense

    bool empty() const { return command == sizes.size(); }
    std::span<const Bytes> take()
    {
        const std::span<const Bytes> taken(args.data() + arg, sizes[command]);
        arg += sizes[command++];
        return taken;
    }
    void clear()
    {
        constexpr std::size_t kKept = 64; // arguments of an idle session
        args.clear();
        sizes.clear();
        command = arg = 0;
        if (args.capacity() > kKept) {
            args.shrink_to_fit();
            sizes.shrink_to_fit();
        }
    }
};

struct Client final : Session
{
    Client()
        : Session(output)
    {}

    // A command that could not run when its turn came: the session was on hold, or its output was
    // full.
    using Deferred = std::vector<std::string>;

    resp::OutputBuffer output;
    resp::Input input;
    Ahead ahead;
    std::deque<Deferred> deferred;
    std::uint32_t putBack = 0;      // of those, in front: taken into the last batch, but not run
    void *connection = nullptr;     // the network layer's
    bool queued = false;            // in the engine's list for the next run
    bool listed = false;            // in the engine's list of clients with output
    bool failed = false;            // the input made no sense; nothing more is parsed
    std::uint32_t turnCommands = 0; // run in this turn
};

} // namespace cay::core
