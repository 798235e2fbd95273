// The processor's time-stamp counter: a clock that costs a few nanoseconds, for timing every
// command.
#pragma once

#include <cstdint>

#if defined(__x86_64__)
#include <x86intrin.h>
#endif
#include <ctime>

namespace cay::core {

inline std::int64_t clockNs()
{
    timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1'000'000'000ll + now.tv_nsec;
}

inline std::uint64_t ticks()
{
#if defined(__x86_64__)
    return __rdtsc();
#elif defined(__aarch64__)
    std::uint64_t value;
    asm volatile("mrs %0, cntvct_el0" : "=r"(value));
    return value;
#else
    return static_cast<std::uint64_t>(clockNs());
#endif
}

// Turns differences of ticks() into nanoseconds. Calibrated against the monotonic clock: for a
// millisecond at the start, then over ever longer spans.
class TickRate
{
public:
    TickRate()
        : m_startNs(clockNs())
        , m_startTicks(ticks())
    {
        while (clockNs() - m_startNs < 1'000'000) {
        }
        calibrate();
    }
    void calibrate()
    {
        m_nsPerTick = static_cast<double>(clockNs() - m_startNs)
                      / static_cast<double>(ticks() - m_startTicks);
    }
    std::int64_t toNs(std::uint64_t difference) const
    {
        return static_cast<std::int64_t>(static_cast<double>(difference) * m_nsPerTick);
    }
    std::uint64_t fromNs(std::int64_t ns) const
    {
        return static_cast<std::uint64_t>(static_cast<double>(ns) / m_nsPerTick);
    }

private:
    std::int64_t m_startNs;
    std::uint64_t m_startTicks;
    double m_nsPerTick = 1;
};

} // namespace cay::core
