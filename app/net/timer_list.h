// Qt's timers of one thread, for an event dispatcher.
//
//   m_timers: [ due first | ... | due last ]     sorted by expiry; equal expiries keep their order
//
// Invariants: a timer is in the vector from add() to remove(), also while its event is being
// delivered; a timer whose event is being delivered is not delivered again by a nested loop (Qt's
// rule) and does not wake the wait. Complexities: add and remove O(n) moves of a pointer, next
// expiry O(1), one delivery O(log n) plus the moves.
//
// Turned down: a heap (registeredTimers() and removal need a search anyway, a thread has tens of
// timers), a timerfd per timer (a system call at each re-arming).
#pragma once

#include <QtCore/QAbstractEventDispatcher>

#include <cstdint>
#include <memory>
#include <vector>

namespace cay::net {

class TimerList
{
public:
    using Info = QAbstractEventDispatcher::TimerInfo;

    // Milliseconds, as Qt gives them. Re-adding an id is the caller's error, as in Qt.
    void add(int id, std::int64_t intervalMs, Qt::TimerType type, QObject *object);
    bool remove(int id);
    bool removeAll(QObject *object);
    QList<Info> of(QObject *object) const;
    // Milliseconds until the timer fires, 0 when it is due, -1 for an unknown id.
    int remainingMs(int id) const;

    bool empty() const { return m_timers.empty(); }
    // Nanoseconds until the next timer that may be delivered, 0 when one is due, -1 when there is
    // none.
    std::int64_t nextNs() const;
    // Sends a QTimerEvent for each timer that is due; each at most once. True when one was sent.
    bool activate();

    static std::int64_t monotonicNs();

private:
    struct Timer
    {
        std::int64_t expiresNs;
        std::int64_t intervalMs;
        QObject *object;
        Timer **delivering; // set while its event is being delivered; nulled by remove()
        int id;
        Qt::TimerType type;
    };
    using Owned = std::unique_ptr<Timer>;

    void insert(Owned timer);
    static std::int64_t expiry(const Timer &timer, std::int64_t fromNs);

    std::vector<Owned> m_timers;
};

} // namespace cay::net
