#include "net/timer_list.h"

#include <QtCore/QCoreApplication>
#include <QtCore/QTimerEvent>

#include <algorithm>
#include <bit>
#include <ctime>

namespace cay::net {

namespace {

constexpr std::int64_t kNsPerMs = 1'000'000;
constexpr std::int64_t kNsPerSecond = 1'000'000'000;
// Above this a coarse timer is as good as a very coarse one (Qt's own rule).
constexpr std::int64_t kVeryCoarseMs = 20'000;

std::int64_t roundUp(std::int64_t ns, std::int64_t step) { return (ns + step - 1) / step * step; }

} // namespace

std::int64_t TimerList::monotonicNs()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * kNsPerSecond + now.tv_nsec;
}

// Coarse timers may be 5% late, so that several of them share one wake-up: their expiry is rounded
// up to a power of two of milliseconds that is at most a twentieth of the interval and divides it
// (so that a repeated timer does not drift). None fires early.
std::int64_t TimerList::expiry(const Timer &timer, std::int64_t fromNs)
{
    const std::int64_t at = fromNs + timer.intervalMs * kNsPerMs;
    if (timer.type == Qt::PreciseTimer || timer.intervalMs < 20)
        return at;
    if (timer.type == Qt::VeryCoarseTimer || timer.intervalMs >= kVeryCoarseMs)
        return roundUp(at, kNsPerSecond);
    const auto ms = static_cast<std::uint64_t>(timer.intervalMs);
    const std::uint64_t step = std::min(std::bit_floor(ms / 20), ms & (~ms + 1));
    return roundUp(at, static_cast<std::int64_t>(step) * kNsPerMs);
}

void TimerList::insert(Owned timer)
{
    const auto at = std::upper_bound(
        m_timers.begin(), m_timers.end(), timer->expiresNs,
        [](std::int64_t expires, const Owned &other) { return expires < other->expiresNs; });
    m_timers.insert(at, std::move(timer));
}

void TimerList::add(int id, std::int64_t intervalMs, Qt::TimerType type, QObject *object)
{
    // Ten years: far enough, and the sum with the clock cannot overflow.
    constexpr std::int64_t kLongestMs = 10LL * 365 * 24 * 3600 * 1000;
    intervalMs = std::clamp<std::int64_t>(intervalMs, 0, kLongestMs);
    auto timer = std::make_unique<Timer>(Timer{0, intervalMs, object, nullptr, id, type});
    timer->expiresNs = expiry(*timer, monotonicNs());
    insert(std::move(timer));
}

bool TimerList::remove(int id)
{
    const auto at = std::find_if(m_timers.begin(), m_timers.end(),
                                 [id](const Owned &timer) { return timer->id == id; });
    if (at == m_timers.end())
        return false;
    if ((*at)->delivering)
        *(*at)->delivering = nullptr;
    m_timers.erase(at);
    return true;
}

bool TimerList::removeAll(QObject *object)
{
    const auto gone = [object](const Owned &timer) {
        if (timer->object != object)
            return false;
        if (timer->delivering)
            *timer->delivering = nullptr;
        return true;
    };
    return std::erase_if(m_timers, gone) > 0;
}

QList<TimerList::Info> TimerList::of(QObject *object) const
{
    QList<Info> list;
    for (const Owned &timer : m_timers) {
        if (timer->object == object)
            list << Info(timer->id, static_cast<int>(timer->intervalMs), timer->type);
    }
    return list;
}

int TimerList::remainingMs(int id) const
{
    for (const Owned &timer : m_timers) {
        if (timer->id != id)
            continue;
        const std::int64_t left = timer->expiresNs - monotonicNs();
        return left <= 0 ? 0 : static_cast<int>((left + kNsPerMs - 1) / kNsPerMs);
    }
    return -1;
}

std::int64_t TimerList::nextNs() const
{
    for (const Owned &timer : m_timers) {
        if (!timer->delivering)
            return std::max<std::int64_t>(0, timer->expiresNs - monotonicNs());
    }
    return -1;
}

bool TimerList::activate()
{
    if (m_timers.empty())
        return false;
    const std::int64_t now = monotonicNs();
    // Only those that are due at the start: a handler that adds timers of 0 ms must not keep us
    // here.
    auto due = std::count_if(m_timers.begin(), m_timers.end(),
                             [now](const Owned &timer) { return timer->expiresNs <= now; });
    bool sent = false;
    for (; due > 0 && !m_timers.empty() && m_timers.front()->expiresNs <= now; --due) {
        Owned owned = std::move(m_timers.front());
        m_timers.erase(m_timers.begin());
        Timer *timer = owned.get();
        timer->expiresNs = expiry(*timer, timer->expiresNs);
        if (timer->expiresNs < now)
            timer->expiresNs = expiry(*timer, now); // ticks that were missed are dropped
        insert(std::move(owned));
        if (timer->delivering)
            continue;
        timer->delivering = &timer;
        QTimerEvent event(timer->id);
        QCoreApplication::sendEvent(timer->object, &event);
        if (timer)
            timer->delivering = nullptr;
        sent = true;
    }
    return sent;
}

} // namespace cay::net
