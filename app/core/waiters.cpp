#include "core/waiters.h"

#include <algorithm>

namespace cay::core {

Waiters::Waiters(WaitRunner &runner)
    : m_runner(runner)
{
    m_timer.setSingleShot(true);
    m_timer.setTimerType(Qt::PreciseTimer);
    QObject::connect(&m_timer, &QTimer::timeout, &m_timer, [this] { expire(); });
}

Waiters::~Waiters() = default;

void Waiters::wait(Session &session, std::span<const Bytes> args, const Blocking &blocking)
{
    std::unique_ptr<Wait> &wait = m_waits[session.id];
    if (wait) {
        wait->kept = true;
        return;
    }
    wait = std::make_unique<Wait>();
    wait->session = &session;
    if (blocking.command)
        wait->command = *blocking.command;
    else
        wait->command.assign(args.begin(), args.end());
    wait->type = blocking.type;
    wait->whenGone = blocking.whenGone;
    wait->timedOut = blocking.timedOut;
    wait->until = blocking.until;
    for (const Bytes key : blocking.keys) {
        Queue &queue = queueFor(session.db->index(), key);
        // A key that is named twice has one place.
        if (!queue.waits.empty() && queue.waits.back() == wait.get())
            continue;
        queue.waits.push_back(wait.get());
        queue.whenGone += wait->whenGone;
        wait->places.push_back({&queue, std::prev(queue.waits.end())});
    }
    if (blocking.until) {
        m_deadlines.emplace(blocking.until, session.id);
        setTimer();
    }
}

Waiters::Queue &Waiters::queueFor(int db, Bytes key)
{
    if (m_queues.size() <= static_cast<std::size_t>(db))
        m_queues.resize(static_cast<std::size_t>(db) + 1);
    const auto [at, fresh] = m_queues[static_cast<std::size_t>(db)].try_emplace(std::string(key));
    if (fresh) {
        at->second.db = db;
        at->second.key = at->first;
    }
    return at->second;
}

void Waiters::touched(int db, Bytes key)
{
    if (m_queues.size() <= static_cast<std::size_t>(db))
        return;
    Queues &queues = m_queues[static_cast<std::size_t>(db)];
    const auto found = queues.find(key);
    if (found != queues.end())
        note(found->second);
}

void Waiters::touchedAll(int db)
{
    for (std::size_t i = 0; i < m_queues.size(); ++i) {
        if (db >= 0 && i != static_cast<std::size_t>(db))
            continue;
        for (auto &[key, queue] : m_queues[i])
            note(queue);
    }
}

void Waiters::note(Queue &queue)
{
    if (queue.touched)
        return;
    queue.touched = true;
    ++queue.notes;
    m_touched.push_back(&queue);
}

// What is served may write to further keys (BLMOVE): until nothing is left.
void Waiters::serve()
{
    m_serving = true;
    for (std::size_t i = 0; i < m_touched.size(); ++i) {
        Queue &queue = *m_touched[i];
        queue.touched = false;
        serve(queue);
        --queue.notes;
        dropIfUnused(queue);
    }
    m_touched.clear();
    m_serving = false;
}

void Waiters::serve(Queue &queue)
{
    // Running a wait again takes out that one at most, and adds none.
    for (auto at = queue.waits.begin(); at != queue.waits.end();) {
        Wait &wait = **at++;
        const Entry *entry = m_runner.look(queue.db, queue.key);
        if (!entry && queue.whenGone == 0)
            return;
        if (wakes(wait, entry))
            runAgain(wait);
    }
}

bool Waiters::wakes(const Wait &wait, const Entry *entry) const
{
    // What is given to a session that is about to be closed would be lost.
    return ((entry && entry->type() == wait.type) || wait.whenGone)
           && !wait.session->has(SessionCloseAsap);
}

void Waiters::runAgain(Wait &wait)
{
    Session &session = *wait.session;
    const std::vector<Bytes> args(wait.command.begin(), wait.command.end());
    wait.kept = false;
    m_runner.runAgain(session, args);
    if (!wait.kept)
        end(wait);
}

// Takes it out of the queues and lets its session go on.
void Waiters::end(Wait &wait)
{
    Session &session = *wait.session;
    leave(wait);
    m_waits.erase(session.id);
    m_runner.letGo(session);
}

void Waiters::leave(Wait &wait)
{
    for (const Place &place : wait.places) {
        place.queue->waits.erase(place.at);
        place.queue->whenGone -= wait.whenGone;
        dropIfUnused(*place.queue);
    }
    if (wait.until)
        m_deadlines.erase({wait.until, wait.session->id});
}

void Waiters::dropIfUnused(Queue &queue)
{
    if (!queue.waits.empty() || queue.notes > 0)
        return;
    Queues &queues = m_queues[static_cast<std::size_t>(queue.db)];
    queues.erase(queues.find(queue.key));
}

bool Waiters::unblock(Session &session, bool withError)
{
    const auto found = m_waits.find(session.id);
    if (found == m_waits.end())
        return false;
    if (withError)
        session.reply.error("UNBLOCKED client unblocked via CLIENT UNBLOCK");
    else
        found->second->timedOut(session.reply);
    end(*found->second);
    return true;
}

void Waiters::forget(const Session &session)
{
    const auto found = m_waits.find(session.id);
    if (found == m_waits.end())
        return;
    leave(*found->second);
    m_waits.erase(found);
}

void Waiters::expire()
{
    const UnixMs now = m_runner.refreshClock();
    while (!m_deadlines.empty() && m_deadlines.begin()->first <= now) {
        Wait &wait = *m_waits.at(m_deadlines.begin()->second);
        wait.timedOut(wait.session->reply);
        end(wait);
    }
    setTimer();
}

void Waiters::setTimer()
{
    if (m_deadlines.empty())
        return m_timer.stop();
    // A far deadline is looked at again on the way.
    const UnixMs left = m_deadlines.begin()->first - m_runner.refreshClock();
    m_timer.start(static_cast<int>(std::clamp<UnixMs>(left, 0, 3'600'000)));
}

} // namespace cay::core
