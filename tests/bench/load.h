// The load generator's options and its two modes.
#pragma once

#include "histogram.h"
#include "request.h"

#include <string>

namespace bench {

struct Options
{
    std::string host = "127.0.0.1", unixPath, command = "GET {key}";
    int port = 6379, connections = 50, pipeline = 1, core = -1;
    std::uint64_t requests = 0; // 0: until `seconds` are over
    double seconds = 0;
    double rate = 0; // requests per second, open loop; 0: closed loop
    std::uint64_t seed = 1, firstKey = 0;
    KeySpace space;
    int subscribers = 0; // connections that subscribe to the channel "news", and read
    bool pinger = false;
    std::int64_t intervalUs = 1000; // of the pinger
};

struct Result
{
    Histogram latency;
    std::uint64_t requests = 0, errors = 0;
    double elapsed = 0; // seconds
    std::string firstError;
    bool ok = true;
};

// N connections, each with `pipeline` requests in flight. A closed loop sends the next batch when
// the last is answered; an open loop sends when a batch is due, and counts its latency from then
// on, answered late or not.
Result runLoad(const Options &options);
// One PING each interval, until standard input ends or the time is over. Runs before all else on
// its core where the system allows it, so that it measures the server and not the load generator
// beside it.
Result runPinger(const Options &options);

} // namespace bench
