#include "net/io_threads.h"

#include <algorithm>

namespace cay::net {

IoThreads::IoThreads(int helpers)
{
    for (int i = 1; i <= helpers; ++i) {
        m_helpers.emplace_back(QThread::create([this, i] { help(i); }));
        m_helpers.back()->setObjectName(QStringLiteral("io_thd_%1").arg(i));
        m_helpers.back()->start();
    }
}

IoThreads::~IoThreads()
{
    m_stop = true;
    m_count = 0;
    share();
    for (const auto &helper : m_helpers)
        helper->wait();
}

void IoThreads::share()
{
    m_next.store(0, std::memory_order_relaxed);
    m_busy.store(static_cast<int>(m_helpers.size()), std::memory_order_relaxed);
    m_run.fetch_add(1, std::memory_order_release);
    m_run.notify_all();
    take(0);
    for (int busy = m_busy.load(std::memory_order_acquire); busy > 0;
         busy = m_busy.load(std::memory_order_acquire))
        m_busy.wait(busy, std::memory_order_acquire);
}

void IoThreads::take(int thread)
{
    for (;;) {
        const std::size_t first = m_next.fetch_add(kTaken, std::memory_order_relaxed);
        if (first >= m_count)
            return;
        const std::size_t end = std::min(first + kTaken, m_count);
        for (std::size_t i = first; i < end; ++i)
            m_call(m_context, i, thread);
    }
}

void IoThreads::help(int thread)
{
    // Each run waits for every helper's report, so no run is missed.
    for (std::uint32_t seen = 0;; ++seen) {
        while (m_run.load(std::memory_order_acquire) == seen)
            m_run.wait(seen, std::memory_order_acquire);
        const bool stop = m_stop;
        take(thread);
        if (m_busy.fetch_sub(1, std::memory_order_acq_rel) == 1)
            m_busy.notify_one();
        if (stop)
            return;
    }
}

} // namespace cay::net
