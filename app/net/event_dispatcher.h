// Qt's event loop on a wait of our own: clients' sockets, QSocketNotifiers, Qt timers, posted
// events and wakeUp() come out of one system call, so that Qt's loop costs nothing on the data
// path.
//
//   processEvents():  posted events -> wait -> QSocketNotifiers -> timers -> the turn (clients)
//
// The turn is the network's: it receives, lets the engine run and sends. It is never entered twice:
// a command that runs a nested QEventLoop gets notifiers, timers and posted events served, clients
// wait until it returns.
//
// Written against QAbstractEventDispatcher of Qt 6.4, which Qt 6.8 still calls when a dispatcher is
// not a V2 one.
//
// Turned down: QEventDispatcherUNIX with a descriptor behind a QSocketNotifier (0.6 us of CPU more
// per unpipelined request; it stays available as the `notifier` backend, for foreign dispatchers).
#pragma once

#include "net/poller.h"
#include "net/timer_list.h"

#include <QtCore/QAbstractEventDispatcher>
#include <QtCore/QSocketNotifier>

#include <atomic>
#include <unordered_map>

namespace cay::net {

// What takes part in every pass of the loop.
class Turn
{
public:
    virtual ~Turn() = default;
    // Directly after the wait, also in a nested loop: take note of ended sends; run nothing.
    virtual void waited() = 0;
    // Serves the clients. True when there was something to do.
    virtual bool turn() = 0;
    // Something is left from the last turn: do not sleep.
    virtual bool hasWork() const = 0;
};

class EventDispatcher final : public QAbstractEventDispatcher
{
public:
    // Install with QCoreApplication::setEventDispatcher() before the application object is made, or
    // with QThread::setEventDispatcher() before the thread starts; Qt owns it then.
    explicit EventDispatcher(std::unique_ptr<Poller> poller, QObject *parent = nullptr);
    ~EventDispatcher() override;

    // "auto", "epoll" or "uring"; null for "notifier", which leaves Qt's own dispatcher in place,
    // and where the system refuses. `note` gets a line for the log when something else than what
    // was asked for is used.
    [[gnu::visibility("default")]] static EventDispatcher *create(Bytes backend, QString *note);
    // The dispatcher of the current thread, null when it is a foreign one.
    static EventDispatcher *current();

    Poller &poller() { return *m_poller; }
    // One at a time; null takes it out. Not owned.
    void setTurn(Turn *turn) { m_turn = turn; }
    bool inTurn() const { return m_inTurn; }

    bool processEvents(QEventLoop::ProcessEventsFlags flags) override;
    void registerSocketNotifier(QSocketNotifier *notifier) override;
    void unregisterSocketNotifier(QSocketNotifier *notifier) override;
    using QAbstractEventDispatcher::registerTimer;
    void registerTimer(int id, qint64 intervalMs, Qt::TimerType type, QObject *object) override;
    bool unregisterTimer(int id) override;
    bool unregisterTimers(QObject *object) override;
    QList<TimerInfo> registeredTimers(QObject *object) const override;
    int remainingTime(int id) override;
    void wakeUp() override;
    void interrupt() override;

private:
    struct Notifiers
    {
        QSocketNotifier *of[3] = {nullptr, nullptr, nullptr}; // by QSocketNotifier::Type
        bool alwaysReady = false; // a regular file, which epoll does not take
    };

    bool mayWait(QEventLoop::ProcessEventsFlags flags) const;
    void waitFor(std::int64_t timeoutNs, bool sockets);
    bool sendSocketEvents();
    void collectPending();
    void watch(int fd, Notifiers &notifiers);
    bool runTurn();

    std::unique_ptr<Poller> m_poller;
    TimerList m_timers;
    std::unordered_map<int, Notifiers> m_notifiers;
    std::vector<QSocketNotifier *> m_pending; // ready and not told yet
    Turn *m_turn = nullptr;
    std::size_t m_alwaysReady = 0;
    int m_depth = 0;
    bool m_inTurn = false;
    std::atomic<bool> m_interrupted = false;
    std::atomic<bool> m_awake = false;          // wakeUp() was called since the last wait
    std::atomic<Qt::HANDLE> m_thread = nullptr; // that waits here
};

} // namespace cay::net
