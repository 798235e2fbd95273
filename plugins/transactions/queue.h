// The commands that a session has queued since MULTI.
#pragma once

#include "cay/host.h"

#include <string>
#include <vector>

namespace transactions {

struct Queue
{
    struct Command
    {
        std::vector<std::string> args;
    };
    std::vector<Command> commands;
};

// MULTI, EXEC and DISCARD keep their state in the session's slot; `setUp` says which, and registers
// the gate that queues.
void setUpQueue(cay::Host &host);

void multi(cay::Call &call);
void exec(cay::Call &call);
void discard(cay::Call &call);

} // namespace transactions
