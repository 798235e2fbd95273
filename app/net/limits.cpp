#include "net/limits.h"

#include <sstream>

namespace cay::net {

ClientClass classOf(const Session &session)
{
    if (session.has(SessionReplica) && !session.has(SessionMonitor))
        return ClientClass::Replica;
    return session.has(SessionPubsub) ? ClientClass::Pubsub : ClientClass::Normal;
}

Limits::Limits(Options &options)
    : m_options(options)
{
    options.mirror("client-query-buffer-limit", &m_query);
    options.mirror("unauthenticated-query-limit", &m_unauthenticatedQuery);
    options.mirror("auth-timeout", &m_authTimeout);
    options.mirror("timeout", &m_timeout);
    options.mirror("maxmemory-clients", &m_clientsMemory);
    options.mirror("maxmemory", &m_maxMemory);
    options.mirror("protected-mode", &m_protectedMode);
    options.watch("requirepass", [this](QString *) {
        m_noPassword = m_options.text("requirepass").empty();
        return true;
    });
    options.watch("client-output-buffer-limit", [this](QString *) {
        readOutput();
        return true;
    });
    options.mirror("maxclients", &m_maxClients);
}

void Limits::readOutput()
{
    std::istringstream words(m_options.text("client-output-buffer-limit"));
    std::string name;
    Output limit;
    while (words >> name >> limit.hard >> limit.soft >> limit.softMs) {
        limit.softMs *= 1000;
        const ClientClass of = name == "normal"   ? ClientClass::Normal
                               : name == "pubsub" ? ClientClass::Pubsub
                                                  : ClientClass::Replica;
        m_output[static_cast<std::size_t>(of)] = limit;
    }
}

std::int64_t Limits::clientsMemory() const
{
    if (m_clientsMemory >= 0)
        return m_clientsMemory;
    return m_maxMemory > 0 ? static_cast<std::int64_t>(static_cast<double>(m_maxMemory) / 100
                                                       * static_cast<double>(-m_clientsMemory))
                           : 0;
}

} // namespace cay::net
