// The plugin's state and its commands. There is one of it, as there is one server in a process.
#pragma once

#include "latency.h"
#include "monitor.h"
#include "slowlog.h"

namespace cay::introspection {

struct State
{
    SlowLog slowLog;
    LatencyMonitor latency;
    Monitors monitors;
    std::vector<double> infoPercentiles; // latency-tracking-info-percentiles
    std::size_t startupMemory = 0;       // bytes in use when all plugins had started
    std::string replicationId;           // 40 hex digits, until replication provides its own
};

// REQUIRES: the plugin has started.
State &state();

void info(Call &call);
void slowlogGet(Call &call);
void slowlogLen(Call &call);
void slowlogReset(Call &call);
void slowlogHelp(Call &call);
void latencyDoctor(Call &call);
void latencyGraphCommand(Call &call);
void latencyHelp(Call &call);
void latencyHistogram(Call &call);
void latencyHistory(Call &call);
void latencyLatest(Call &call);
void latencyReset(Call &call);
void memoryDoctor(Call &call);
void memoryHelp(Call &call);
void memoryMallocStats(Call &call);
void memoryPurge(Call &call);
void memoryStats(Call &call);
void memoryUsage(Call &call);
void monitor(Call &call);
void time(Call &call);
void lolwut(Call &call);
void shutdown(Call &call);

} // namespace cay::introspection
