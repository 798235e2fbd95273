// Sessions: opened and closed, held and released, waiting, paused.
#include "core/engine.h"

namespace cay::core {

namespace {

void freeSlots(Session &session)
{
    for (Session::Slot &slot : session.pluginData) {
        if (slot.data && slot.free)
            slot.free(slot.data);
        slot = {};
    }
}

} // namespace

Client *Engine::open(ConnectionInfo info)
{
    auto *client = new Client;
    client->id = m_nextId++;
    client->fd = info.fd;
    client->peer = std::move(info.peer);
    client->local = std::move(info.local);
    client->db = &db(0);
    client->set(SessionAuthenticated);
    if (info.unixSocket)
        client->set(SessionUnixSocket);
    readClock();
    client->createdMs = client->lastInteractionMs = now();
    m_clients.emplace(client->id, client);
    ++m_statistics.connections;
    m_onOpened(*client);
    return client;
}

void Engine::closed(Client *client)
{
    m_onClosed(*client);
    m_waiters.forget(*client);
    freeSlots(*client);
    m_clients.erase(client->id);
    if (client->queued)
        std::erase(m_queue, client);
    if (client->listed)
        std::erase(m_writable, client);
    delete client;
}

Session *Engine::session(SessionId id)
{
    const auto found = m_clients.find(id);
    return found == m_clients.end() ? nullptr : found->second;
}

void Engine::forEachSession(const std::function<void(Session &)> &visit)
{
    // Nothing is freed here: close() only marks.
    for (const auto &[id, client] : m_clients)
        visit(*client);
}

void Engine::close(Session &session, bool afterReply)
{
    session.set(afterReply ? SessionCloseAfterReply : SessionCloseAsap);
    flushSoon(session);
}

void Engine::reset(Session &session)
{
    constexpr std::uint32_t kKept = SessionUnixSocket | SessionInternal | SessionAuthenticated
                                    | SessionCloseAfterReply | SessionCloseAsap;
    m_onReset(session);
    session.flags &= kKept;
    session.gates = 0;
    session.observers = 0;
    session.db = &db(0);
    session.reply.setVersion(2);
    session.name.clear();
    session.user = "default";
    session.set(SessionAuthenticated);
    m_onOpened(session);
}

void Engine::flushSoon(Session &session)
{
    if (session.fd < 0)
        return;
    list(static_cast<Client &>(session));
    if (!m_inRun && m_wakeUp)
        m_wakeUp();
}

void Engine::hold(Session &session) { session.set(SessionBlocked); }

void Engine::release(Session &session)
{
    session.unset(SessionBlocked);
    if (session.fd < 0)
        return;
    enqueue(static_cast<Client &>(session));
    if (!m_inRun && m_wakeUp)
        m_wakeUp();
}

void Engine::block(Session &session, std::span<const Bytes> args, const Blocking &blocking)
{
    m_waiters.wait(session, args, blocking);
    hold(session);
}

void Engine::runAgain(Session &session, std::span<const Bytes> args)
{
    Command *command = m_table.find(args);
    if (!command || !command->run)
        return;
    const resp::OutputBuffer::Mark before = session.reply.buffer().mark();
    Call call{args, nullptr, *session.db, session.reply, session, *command, *this};
    call.again = true;
    m_lastTick = ticks();
    if (session.has(SessionReplyOff))
        session.set(SessionReplySkip);
    invoke(call, *command);
    session.unset(SessionReplySkip);
    // It was counted when it began to wait.
    --command->stats.calls;
    --session.commands;
    --m_statistics.commands;
    if (session.has(SessionReplyOff))
        session.reply.buffer().truncate(before);
    runAll(m_afterCommand);
    flushEffects();
}

void Engine::letGo(Session &session)
{
    release(session);
    flushSoon(session);
}

UnixMs Engine::refreshClock()
{
    if (m_depth == 0)
        readClock();
    return now();
}

Session *Engine::openInternal(resp::OutputBuffer &out)
{
    auto *session = new Session(out);
    session->id = m_nextId++;
    session->db = &db(0);
    session->set(SessionInternal);
    session->set(SessionAuthenticated);
    session->createdMs = session->lastInteractionMs = now();
    m_internal.emplace(session->id, session);
    return session;
}

void Engine::closeInternal(Session *session)
{
    m_onClosed(*session);
    freeSlots(*session);
    m_internal.erase(session->id);
    delete session;
}

int Engine::sessionSlot()
{
    for (int i = 0; i < kSessionSlots; ++i) {
        auto &owner = m_slotOwners[static_cast<std::size_t>(i)];
        if (owner.empty()) {
            owner = m_actor;
            return i;
        }
    }
    return -1;
}

void Engine::pause(Pause what, UnixMs until)
{
    if (what == Pause::None) {
        endPause();
        return;
    }
    // The stricter of two pauses holds, and the later end, as in Redis.
    m_pause = std::max(m_pause, what);
    m_pauseUntil = std::max(m_pauseUntil, until);
    m_keyspace.expiryPaused = true;
    const std::int64_t left = m_pauseUntil - now();
    QTimer::singleShot(
        static_cast<int>(std::min<std::int64_t>(std::max<std::int64_t>(left, 0), 1'000'000)) + 1,
        &m_cron, [this] { cron(); });
}

void Engine::endPause()
{
    m_pause = Pause::None;
    m_pauseUntil = 0;
    m_keyspace.expiryPaused = false;
    std::vector<SessionId> waiting;
    waiting.swap(m_pausedClients);
    for (const SessionId id : waiting) {
        if (Session *session = this->session(id))
            release(*session);
    }
}

bool Engine::holdsForPause(const Session &session, const Command &command) const
{
    if (session.flags & (SessionReplica | SessionMaster | SessionInternal))
        return false;
    if (m_pause == Pause::All)
        return true;
    // Redis holds a write already when it would only be queued.
    std::uint64_t flags = command.flags;
    if (command.fullName == "exec")
        flags |= session.queuedFlags;
    return flags & (FlagWrite | FlagMayReplicate);
}

} // namespace cay::core
