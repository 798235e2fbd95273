// What happens to clients with time: a tenth of them is looked at ten times a second, so that there
// is no timer per client and no long pause with many.
#include "net/network.h"

#include "cay/log.h"

#include <algorithm>

namespace cay::net {

namespace {

constexpr std::uint32_t kParts = 10;

} // namespace

void Network::care()
{
    const std::int64_t now = TimerList::monotonicNs() / 1'000'000;
    closeUnauthenticated(now);
    const std::uint32_t slots = m_table.slotCount();
    for (std::uint32_t n = (slots + kParts - 1) / kParts; n > 0; --n) {
        m_careAt = m_careAt + 1 < slots ? m_careAt + 1 : 0;
        Connection &connection = m_table.at(m_careAt);
        if (connection.client)
            careFor(connection, now);
    }
    evictLargest();
    // Outside of a turn only when no list is being walked: a nested loop may have brought us here.
    if (!(m_dispatcher ? m_dispatcher->inTurn() : m_inForeignTurn))
        freeClosed();
}

void Network::careFor(Connection &connection, std::int64_t)
{
    core::Client &client = *connection.client;
    constexpr std::uint32_t kPatient
        = SessionReplica | SessionMaster | SessionBlocked | SessionPubsub;
    if (m_limits.idleMs() > 0 && !(client.flags & kPatient)
        && m_engine.now() - client.lastInteractionMs > m_limits.idleMs()) {
        log(LogLevel::Verbose, "Closing idle client");
        m_engine.close(client, false);
        return;
    }
    count(connection);
    // The soft limit passes with time alone.
    if (connection.has(ConnectionOverSoft) && overOutputLimit(connection)) {
        log(LogLevel::Warning,
            "Client id=%llu addr=%s name=%s closed for overcoming of output buffer limits.",
            static_cast<unsigned long long>(client.id), client.peer.c_str(), client.name.c_str());
        ++m_engine.statistics().outputLimitDisconnections;
        m_engine.close(client, false);
    }
}

// The list is in the order of connecting, and all have the same time.
void Network::closeUnauthenticated(std::int64_t nowMs)
{
    const std::int64_t limit = m_limits.authMs();
    while (m_oldestWaiting && (limit == 0 || nowMs - m_oldestWaiting->openedMs > limit)) {
        Connection &connection = *m_oldestWaiting;
        unlinkWaiting(connection);
        core::Client &client = *connection.client;
        if (limit == 0 || client.has(SessionAuthenticated))
            continue;
        log(LogLevel::Notice, "Closing client that did not authenticate in time: id=%llu addr=%s",
            static_cast<unsigned long long>(client.id), client.peer.c_str());
        m_engine.close(client, false);
    }
}

void Network::unlinkWaiting(Connection &connection)
{
    if (!connection.has(ConnectionWaiting))
        return;
    connection.unset(ConnectionWaiting);
    (connection.previous ? connection.previous->next : m_oldestWaiting) = connection.next;
    (connection.next ? connection.next->previous : m_newestWaiting) = connection.previous;
    connection.next = connection.previous = nullptr;
}

// Brings the sum of all clients' memory up to date with this one.
void Network::count(Connection &connection)
{
    const core::Client &client = *connection.client;
    const std::size_t memory = sizeof(Connection) + sizeof(core::Client) + client.output.capacity()
                               + client.inputCapacity + client.queuedBytes;
    m_clientsMemory
        += static_cast<std::int64_t>(memory) - static_cast<std::int64_t>(connection.memory);
    connection.memory = memory;
}

void Network::evictLargest()
{
    const std::int64_t limit = m_limits.clientsMemory();
    constexpr std::uint32_t kSpared
        = SessionNoEvict | SessionReplica | SessionMaster | SessionCloseAsap;
    while (limit > 0 && m_clientsMemory > limit) {
        Connection *largest = nullptr;
        for (std::uint32_t i = 0; i < m_table.slotCount(); ++i) {
            Connection &connection = m_table.at(i);
            if (!connection.client || (connection.client->flags & kSpared))
                continue;
            if (!largest || connection.memory > largest->memory)
                largest = &connection;
        }
        if (!largest)
            return;
        core::Client &client = *largest->client;
        log(LogLevel::Notice, "Evicting client: id=%llu addr=%s name=%s tot-mem=%zu",
            static_cast<unsigned long long>(client.id), client.peer.c_str(), client.name.c_str(),
            largest->memory);
        ++m_engine.statistics().evictedClients;
        m_clientsMemory -= static_cast<std::int64_t>(largest->memory);
        largest->memory = 0;
        m_engine.close(client, false);
    }
}

} // namespace cay::net
