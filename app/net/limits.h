// The options that bound what clients may take, mirrored for the turn.
#pragma once

#include "cay/options.h"
#include "cay/session.h"

#include <algorithm>
#include <array>

namespace cay::net {

enum class ClientClass : std::uint8_t { Normal, Replica, Pubsub };

// The class whose output limit holds for a session.
ClientClass classOf(const Session &session);

class Limits
{
public:
    struct Output
    {
        std::int64_t hard = 0;   // bytes; 0 sets no limit
        std::int64_t soft = 0;   // bytes
        std::int64_t softMs = 0; // how long it may be passed
    };

    explicit Limits(Options &options);

    const Output &output(ClientClass of) const { return m_output[static_cast<std::size_t>(of)]; }
    // Bytes of all clients together, from maxmemory-clients; 0 sets no limit.
    std::int64_t clientsMemory() const;
    // Bytes of input that may wait to be parsed.
    std::int64_t query(bool authenticated) const
    {
        return authenticated || m_unauthenticatedQuery == 0
                   ? m_query
                   : std::min(m_query, m_unauthenticatedQuery);
    }
    // Peers from other machines are turned away.
    bool onlyLocal() const { return m_protectedMode && m_noPassword; }
    std::int64_t maxClients() const { return m_maxClients; }
    std::int64_t idleMs() const { return m_timeout * 1000; }
    std::int64_t authMs() const { return m_authTimeout * 1000; }

private:
    void readOutput();

    Options &m_options;
    std::array<Output, 3> m_output;
    std::int64_t m_query = 1 << 30;
    std::int64_t m_unauthenticatedQuery = 0;
    std::int64_t m_authTimeout = 0;
    std::int64_t m_timeout = 0;
    std::int64_t m_maxClients = 10000;
    std::int64_t m_clientsMemory = 0;
    std::int64_t m_maxMemory = 0;
    bool m_protectedMode = true;
    bool m_noPassword = true;
};

} // namespace cay::net
