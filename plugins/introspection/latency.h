// Events that took longer than latency-monitor-threshold: for each kind of event the last 160
// seconds in which it happened, with the worst time of each such second, and the worst time ever.
#pragma once

#include "cay/host.h"

#include <map>
#include <string>
#include <vector>

namespace cay::introspection {

class LatencyMonitor
{
public:
    static constexpr std::size_t kSamples = 160;

    struct Sample
    {
        std::int64_t unixSeconds;
        std::int64_t ms;
    };
    struct Series
    {
        std::vector<Sample> samples; // oldest first, at most kSamples
        std::int64_t worstMs = 0;
    };

    void start(Host &host);
    void add(Bytes event, std::int64_t ms, std::int64_t unixSeconds);

    // Null when the event has not been seen since the last reset.
    const Series *series(Bytes event) const;
    const std::map<std::string, Series, std::less<>> &all() const { return m_series; }
    std::int64_t thresholdMs() const { return m_thresholdMs; }

    std::size_t resetAll();
    // True when there was something to forget. The name in any case.
    bool reset(Bytes event);

private:
    std::map<std::string, Series, std::less<>> m_series;
    std::int64_t m_thresholdMs = 0; // 0: off
};

// The last samples as columns of characters, with how long ago each was written below it.
std::string latencyGraph(Bytes event, const LatencyMonitor::Series &series,
                         std::int64_t nowSeconds);
// All events in words, with advice.
std::string latencyReport(const LatencyMonitor &monitor, Host &host);

} // namespace cay::introspection
