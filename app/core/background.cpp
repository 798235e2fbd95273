#include "core/background.h"

#include <pthread.h>

namespace cay::core {

Background::~Background()
{
    {
        const std::lock_guard lock(m_mutex);
        m_stop = true;
    }
    m_changed.notify_all();
    if (m_thread.joinable())
        m_thread.join();
}

void Background::run(std::function<void()> work)
{
    m_pending.fetch_add(1, std::memory_order_relaxed);
    {
        const std::lock_guard lock(m_mutex);
        m_work.push_back(std::move(work));
        if (!m_thread.joinable())
            m_thread = std::thread([this] { loop(); });
    }
    m_changed.notify_all();
}

void Background::drain()
{
    std::unique_lock lock(m_mutex);
    m_changed.wait(lock, [this] { return m_pending.load() == 0; });
}

void Background::loop()
{
#ifdef __linux__
    pthread_setname_np(pthread_self(), "cay-background");
#endif
    std::unique_lock lock(m_mutex);
    for (;;) {
        m_changed.wait(lock, [this] { return m_stop || !m_work.empty(); });
        if (m_work.empty())
            return;
        std::function<void()> work = std::move(m_work.front());
        m_work.pop_front();
        lock.unlock();
        work();
        work = nullptr; // what it owned is freed here, not under the lock
        lock.lock();
        m_pending.fetch_sub(1, std::memory_order_relaxed);
        m_changed.notify_all();
    }
}

} // namespace cay::core
