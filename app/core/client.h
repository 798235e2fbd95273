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
    std::deque<Deferred> deferred;
    void *connection = nullptr;     // the network layer's
    bool queued = false;            // in the engine's list for the next run
    bool listed = false;            // in the engine's list of clients with output
    bool failed = false;            // the input made no sense; nothing more is parsed
    std::uint32_t turnCommands = 0; // run in this turn
};

} // namespace cay::core
