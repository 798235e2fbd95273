// MONITOR: each command that runs, as a line to every session that asked for them.
#pragma once

#include "cay/host.h"

#include <vector>

namespace cay::introspection {

class Monitors
{
public:
    void start(Host &host);
    void add(Call &call);

private:
    void feed(Call &call);
    void remove(SessionId id);

    Host *m_host = nullptr;
    std::vector<SessionId> m_sessions;
    int m_hook = 0; // of onCommand, while there are sessions
    int m_gate = 0; // the bit that keeps a monitoring session from the keys
};

} // namespace cay::introspection
