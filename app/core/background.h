// The thread that frees large values and does other work that nobody waits for.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>

namespace cay::core {

// Work runs in order. The destructor waits for all of it. The thread starts with the first piece.
class Background
{
public:
    Background() = default;
    ~Background();
    Background(const Background &) = delete;
    Background &operator=(const Background &) = delete;

    [[gnu::visibility("default")]] void run(std::function<void()> work);
    // Pieces given and not finished.
    std::size_t pending() const { return m_pending.load(std::memory_order_relaxed); }
    // Returns when all that was given before is done.
    void drain();

private:
    void loop();

    std::thread m_thread;
    std::mutex m_mutex;
    std::condition_variable m_changed;
    std::deque<std::function<void()>> m_work;
    std::atomic<std::size_t> m_pending{0};
    bool m_stop = false;
};

} // namespace cay::core
