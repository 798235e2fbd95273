// The sending half of a turn.
#include "net/network.h"

#include "cay/log.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>

namespace cay::net {

namespace {

constexpr std::size_t kViews = 16;
// Below this the core has not held any command back for want of room.
constexpr std::size_t kMayBeFull = 64 * 1024;

ssize_t give(int fd, const Bytes *views, std::size_t count)
{
    if (count == 1)
        return ::send(fd, views[0].data(), views[0].size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    std::array<iovec, kViews> parts;
    for (std::size_t i = 0; i < count; ++i)
        parts[i] = {const_cast<char *>(views[i].data()), views[i].size()};
    msghdr message{};
    message.msg_iov = parts.data();
    message.msg_iovlen = static_cast<decltype(message.msg_iovlen)>(count);
    return ::sendmsg(fd, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

} // namespace

void Network::sendReplies()
{
    m_sending.swap(m_engine.takeWritable());
    for (core::Client *client : m_sending)
        client->listed = false;
    if (m_io && m_sending.size() >= kWorthSharing)
        sendTogether();
    for (core::Client *client : m_sending) {
        if (!client)
            continue; // closed by what its send gave
        Connection &connection = connectionOf(*client);
        if (client->has(SessionCloseAsap))
            closeConnection(connection);
        else
            send(connection);
    }
    m_sending.clear();
}

// One send each, ahead of the walk over m_sending that looks at what is left.
void Network::sendTogether()
{
    m_sendJobs.clear();
    for (std::size_t i = 0; i < m_sending.size(); ++i) {
        const core::Client &client = *m_sending[i];
        if (client.has(SessionCloseAsap) || client.output.empty()
            || connectionOf(*m_sending[i]).has(ConnectionSendFull))
            continue;
        SendJob &job = m_sendJobs.emplace_back();
        job.at = i;
        job.fd = client.fd;
        job.count = client.output.front(job.views.data(), job.views.size());
        job.asked = 0;
        for (std::size_t v = 0; v < job.count; ++v)
            job.asked += job.views[v].size();
    }
    if (m_sendJobs.size() < kWorthSharing)
        return;
    m_io->run(m_sendJobs.size(), [this](std::size_t index, int) {
        SendJob &job = m_sendJobs[index];
        const ssize_t n = give(job.fd, job.views.data(), job.count);
        job.result = n < 0 ? -errno : n;
    });
    for (const SendJob &job : m_sendJobs) {
        Connection &connection = connectionOf(*m_sending[job.at]);
        sent(connection, job.asked, job.result);
        if (connection.has(ConnectionClosed))
            m_sending[job.at] = nullptr;
    }
}

void Network::send(Connection &connection)
{
    if (m_poller->queuesSends()) {
        queueSend(connection);
        return;
    }
    resp::OutputBuffer &out = connection.client->output;
    const bool mayBeFull = out.capacity() > kMayBeFull;
    std::size_t budget = kSendPerTurn;
    while (!connection.has(ConnectionSendFull) && !out.empty()) {
        std::array<Bytes, kViews> views;
        const std::size_t count = out.front(views.data(), kViews);
        std::size_t asked = 0;
        for (std::size_t i = 0; i < count; ++i)
            asked += views[i].size();
        const ssize_t n = give(connection.fd, views.data(), count);
        sent(connection, asked, n < 0 ? -errno : n);
        if (connection.has(ConnectionClosed))
            return;
        if (n > 0 && static_cast<std::size_t>(n) >= budget) {
            // Others come in between; no edge tells that there is still room.
            connection.set(ConnectionWritable);
            m_poller->queueReady(connection);
            break;
        }
        budget -= n > 0 ? static_cast<std::size_t>(n) : 0;
    }
    if (mayBeFull)
        m_engine.drained(*connection.client);
    afterSend(connection);
}

void Network::queueSend(Connection &connection)
{
    resp::OutputBuffer &out = connection.client->output;
    if (connection.flags & (ConnectionSendFull | ConnectionSending) || out.empty()) {
        afterSend(connection);
        return;
    }
    std::array<Bytes, kViews> views;
    const std::size_t count = out.front(views.data(), kViews);
    connection.set(ConnectionSending);
    m_poller->queueSend(connection, {views.data(), count});
}

// What a send has given: bytes of those that were asked for, or -errno.
void Network::sent(Connection &connection, std::size_t asked, std::int64_t result)
{
    core::Client &client = *connection.client;
    const bool queued = connection.has(ConnectionSending);
    connection.unset(ConnectionSending);
    if (result < 0 && result != -EAGAIN && result != -EINTR) {
        closeConnection(connection);
        return;
    }
    const std::size_t taken = result > 0 ? static_cast<std::size_t>(result) : 0;
    const bool mayBeFull = queued && client.output.capacity() > kMayBeFull;
    if (taken > 0) {
        client.output.consume(taken);
        client.bytesOut += taken;
        m_engine.statistics().bytesOut += taken;
        ++m_engine.statistics().writes;
    }
    if (taken < asked && result != -EINTR) {
        connection.set(ConnectionSendFull);
        m_poller->awaitWritable(connection);
    }
    if (!queued)
        return;
    if (mayBeFull)
        m_engine.drained(client);
    if (!client.output.empty() && !connection.has(ConnectionSendFull)) {
        connection.set(ConnectionWritable);
        m_poller->queueReady(connection);
    }
    afterSend(connection);
}

// Closes what was to be closed after its replies, and what reads too slowly.
void Network::afterSend(Connection &connection)
{
    core::Client &client = *connection.client;
    if (client.output.empty()) [[likely]] {
        connection.unset(ConnectionOverSoft);
        if (client.has(SessionCloseAfterReply))
            closeConnection(connection);
        return;
    }
    count(connection);
    if (!overOutputLimit(connection))
        return;
    log(LogLevel::Warning,
        "Client id=%llu addr=%s name=%s closed for overcoming of output buffer limits.",
        static_cast<unsigned long long>(client.id), client.peer.c_str(), client.name.c_str());
    ++m_engine.statistics().outputLimitDisconnections;
    closeConnection(connection);
}

bool Network::overOutputLimit(Connection &connection)
{
    const Limits::Output &limit = m_limits.output(classOf(*connection.client));
    const auto used = static_cast<std::int64_t>(connection.client->output.capacity());
    if (limit.hard > 0 && used >= limit.hard)
        return true;
    if (limit.soft == 0 || used < limit.soft) {
        connection.unset(ConnectionOverSoft);
        return false;
    }
    const std::int64_t now = TimerList::monotonicNs() / 1'000'000;
    if (!connection.has(ConnectionOverSoft)) {
        connection.set(ConnectionOverSoft);
        connection.overSoftMs = now;
    }
    return now - connection.overSoftMs > limit.softMs;
}

// Peers that have sent their last byte: closed when everything they asked for is answered and sent.
void Network::reviewEnded()
{
    if (m_ended.empty())
        return;
    constexpr std::uint32_t kEndless = SessionBlocked | SessionMonitor | SessionPubsub;
    for (Connection *connection : m_ended) {
        if (connection->has(ConnectionClosed))
            continue;
        const core::Client &client = *connection->client;
        const bool running
            = (client.queued || !client.deferred.empty()) && !client.has(SessionBlocked);
        const bool sending = !client.output.empty() || connection->has(ConnectionSending);
        if ((!running && !sending) || (client.flags & kEndless))
            closeConnection(*connection);
    }
    std::erase_if(m_ended,
                  [](const Connection *connection) { return connection->has(ConnectionClosed); });
}

} // namespace cay::net
