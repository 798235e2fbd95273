#include "net/event_dispatcher.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QThread>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>

namespace cay::net {

EventDispatcher::EventDispatcher(std::unique_ptr<Poller> poller, QObject *parent)
    : QAbstractEventDispatcher(parent)
    , m_poller(std::move(poller))
{}

EventDispatcher::~EventDispatcher() = default;

EventDispatcher *EventDispatcher::create(Bytes backend, QString *note)
{
    std::string why;
    std::unique_ptr<Poller> poller;
    if (backend == "uring") {
        poller = makeUringPoller(&why);
        if (!poller && note)
            *note = QStringLiteral("io_uring is not available (%1), using epoll")
                        .arg(QString::fromStdString(why));
    }
    // auto is epoll: see app/net/README.md for the measurement.
    if (!poller && backend != "notifier")
        poller = makeEpollPoller(&why);
    if (!poller && backend != "notifier" && note)
        *note = QString::fromStdString(why);
    return poller ? new EventDispatcher(std::move(poller)) : nullptr;
}

EventDispatcher *EventDispatcher::current()
{
    return dynamic_cast<EventDispatcher *>(QAbstractEventDispatcher::instance());
}

bool EventDispatcher::mayWait(QEventLoop::ProcessEventsFlags flags) const
{
    return (flags & QEventLoop::WaitForMoreEvents) && !m_awake.load(std::memory_order_acquire)
           && !m_interrupted.load(std::memory_order_acquire);
}

bool EventDispatcher::processEvents(QEventLoop::ProcessEventsFlags flags)
{
    m_interrupted.store(false, std::memory_order_relaxed);
    m_thread.store(QThread::currentThreadId(), std::memory_order_relaxed);
    Q_EMIT awake();
    ++m_depth;
    QCoreApplication::sendPostedEvents();

    const bool sockets = !(flags & QEventLoop::ExcludeSocketNotifiers);
    const bool timers = !(flags & QEventLoop::X11ExcludeTimers);
    const bool work
        = sockets && !m_inTurn && (m_poller->hasCollected() || (m_turn && m_turn->hasWork()));
    std::int64_t timeoutNs = 0;
    if (!work && !(sockets && m_alwaysReady) && mayWait(flags)) {
        Q_EMIT aboutToBlock();
        if (mayWait(flags))
            timeoutNs = timers ? m_timers.nextNs() : -1;
    }
    waitFor(timeoutNs, sockets);
    // After the wait and before anything runs: what is posted from here on keeps the next pass from
    // waiting.
    m_awake.store(false, std::memory_order_release);
    bool did = false;
    if (sockets)
        did |= sendSocketEvents();
    if (timers)
        did |= m_timers.activate();
    if (sockets)
        did |= runTurn();
    // What a nested loop left for the outer one (a deferred deletion) must not wait for the next
    // event.
    if (--m_depth > 0)
        m_awake.store(true, std::memory_order_release);
    return did;
}

void EventDispatcher::waitFor(std::int64_t timeoutNs, bool sockets)
{
    if (sockets) {
        m_poller->wait(timeoutNs);
        if (m_turn)
            m_turn->waited();
        collectPending();
        return;
    }
    // Sockets are excluded: what is ready there stays, and must not end this wait.
    m_poller->flushSends();
    pollfd wake{m_poller->wakeDescriptor(), POLLIN, 0};
    constexpr std::int64_t kNsPerMs = 1'000'000;
    const std::int64_t ms = timeoutNs < 0 ? -1 : (timeoutNs + kNsPerMs - 1) / kNsPerMs;
    if (::poll(&wake, 1, static_cast<int>(std::min<std::int64_t>(ms, 1 << 30))) > 0)
        m_poller->clearWake();
}

void EventDispatcher::collectPending()
{
    static constexpr std::uint8_t kInterest[] = {InterestRead, InterestWrite, InterestException};
    const auto add = [this](const Notifiers &notifiers, std::uint8_t what) {
        for (int type = 0; type < 3; ++type) {
            QSocketNotifier *notifier = notifiers.of[type];
            if (notifier && (what & kInterest[type])
                && std::find(m_pending.begin(), m_pending.end(), notifier) == m_pending.end())
                m_pending.push_back(notifier);
        }
    };
    for (const WatchEvent &event : m_poller->watchEvents()) {
        if (const auto at = m_notifiers.find(event.fd); at != m_notifiers.end())
            add(at->second, event.what);
    }
    if (m_alwaysReady == 0)
        return;
    for (const auto &[fd, notifiers] : m_notifiers) {
        if (notifiers.alwaysReady)
            add(notifiers, InterestRead | InterestWrite);
    }
}

bool EventDispatcher::sendSocketEvents()
{
    bool sent = false;
    // A nested loop takes what is left; unregistering takes a notifier out.
    while (!m_pending.empty()) {
        QSocketNotifier *notifier = m_pending.front();
        m_pending.erase(m_pending.begin());
        QEvent event(QEvent::SockAct);
        QCoreApplication::sendEvent(notifier, &event);
        sent = true;
    }
    return sent;
}

bool EventDispatcher::runTurn()
{
    if (!m_turn || m_inTurn)
        return false;
    m_inTurn = true;
    const bool did = m_turn->turn();
    m_inTurn = false;
    return did;
}

void EventDispatcher::watch(int fd, Notifiers &notifiers)
{
    std::uint8_t interest = 0;
    if (notifiers.of[QSocketNotifier::Read])
        interest |= InterestRead;
    if (notifiers.of[QSocketNotifier::Write])
        interest |= InterestWrite;
    if (notifiers.of[QSocketNotifier::Exception])
        interest |= InterestException;
    const bool was = notifiers.alwaysReady;
    notifiers.alwaysReady = false;
    if (!m_poller->watch(fd, interest) && interest) {
        notifiers.alwaysReady = errno == EPERM;
        if (errno != EPERM)
            qWarning("QSocketNotifier: descriptor %d cannot be watched: %s", fd,
                     std::strerror(errno));
    }
    m_alwaysReady
        += static_cast<std::size_t>(notifiers.alwaysReady) - static_cast<std::size_t>(was);
}

void EventDispatcher::registerSocketNotifier(QSocketNotifier *notifier)
{
    const int fd = static_cast<int>(notifier->socket());
    Notifiers &notifiers = m_notifiers[fd];
    notifiers.of[notifier->type()] = notifier;
    watch(fd, notifiers);
}

void EventDispatcher::unregisterSocketNotifier(QSocketNotifier *notifier)
{
    std::erase(m_pending, notifier);
    const int fd = static_cast<int>(notifier->socket());
    const auto at = m_notifiers.find(fd);
    if (at == m_notifiers.end() || at->second.of[notifier->type()] != notifier)
        return;
    Notifiers &notifiers = at->second;
    notifiers.of[notifier->type()] = nullptr;
    watch(fd, notifiers);
    if (!notifiers.of[0] && !notifiers.of[1] && !notifiers.of[2])
        m_notifiers.erase(at);
}

void EventDispatcher::registerTimer(int id, qint64 intervalMs, Qt::TimerType type, QObject *object)
{
    m_timers.add(id, intervalMs, type, object);
}

bool EventDispatcher::unregisterTimer(int id) { return m_timers.remove(id); }

bool EventDispatcher::unregisterTimers(QObject *object) { return m_timers.removeAll(object); }

QList<QAbstractEventDispatcher::TimerInfo> EventDispatcher::registeredTimers(QObject *object) const
{
    return m_timers.of(object);
}

int EventDispatcher::remainingTime(int id) { return m_timers.remainingMs(id); }

void EventDispatcher::wakeUp()
{
    if (m_awake.exchange(true, std::memory_order_acq_rel))
        return;
    // The thread that waits here sees the flag before its next wait.
    if (m_thread.load(std::memory_order_relaxed) != QThread::currentThreadId())
        m_poller->wakeUp();
}

void EventDispatcher::interrupt()
{
    m_interrupted.store(true, std::memory_order_release);
    wakeUp();
}

} // namespace cay::net
