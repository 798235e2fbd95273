// Helpers of the command thread: the receives or the sends of one turn, shared out, and joined
// before the turn goes on.
//
//   command thread:  publish the jobs | take jobs too | wait for the helpers | use the results
//   helper:          sleep ...........| take jobs ....| report              | sleep
//
// Jobs are taken from one counter, a few at a time, so a slow one holds up nobody's share. Between
// two runs no helper touches anything, so jobs need no lock: a run starts with a release and ends
// with an acquire.
//
// Turned down: a queue per thread with connections pinned to it (an uneven load leaves threads
// idle), and helpers that spin as Redis's do (they burn the cores that the clients may need).
#pragma once

#include <QtCore/QThread>

#include <atomic>
#include <memory>
#include <vector>

namespace cay::net {

class IoThreads
{
public:
    // `helpers` threads beside the calling one.
    explicit IoThreads(int helpers);
    ~IoThreads();
    IoThreads(const IoThreads &) = delete;
    IoThreads &operator=(const IoThreads &) = delete;

    // The helpers and the caller.
    int threads() const { return static_cast<int>(m_helpers.size()) + 1; }

    // Calls job(index, thread) once for each index below count, thread 0 being the caller; returns
    // when all have been called. REQUIRES: always the same calling thread, not from a job.
    template <typename Job>
    void run(std::size_t count, Job &&job)
    {
        m_call = [](void *context, std::size_t index, int thread) {
            (*static_cast<std::remove_reference_t<Job> *>(context))(index, thread);
        };
        m_context = &job;
        m_count = count;
        share();
    }

private:
    static constexpr std::size_t kTaken = 4; // jobs at a time

    void share();
    void take(int thread);
    void help(int thread);

    std::vector<std::unique_ptr<QThread>> m_helpers;
    void (*m_call)(void *, std::size_t, int) = nullptr;
    void *m_context = nullptr;
    std::size_t m_count = 0;
    bool m_stop = false;
    alignas(64) std::atomic<std::size_t> m_next = 0;
    alignas(64) std::atomic<std::uint32_t> m_run = 0; // grows with each run; what helpers sleep on
    alignas(64) std::atomic<int> m_busy = 0;          // helpers that have not reported
};

} // namespace cay::net
