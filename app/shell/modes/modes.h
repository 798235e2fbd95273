// What the shell can do besides running commands. Each takes a connected client and returns the
// program's exit code.
#pragma once

#include "shell/client.h"

namespace cay::shell {

// --pipe: commands already encoded, from stdin to the server as fast as it takes them; replies are
// only counted.
int runPipe(Client &client, const Options &options);
// --scan: all keys that match, one a line.
int runScan(Client &client, const Options &options);
// --stat: a line of figures from INFO now and then.
int runStat(Client &client, const Options &options);
// --latency, --latency-history, --latency-dist: round-trip times of PING.
int runLatency(Client &client, const Options &options);
int runLatencyDistribution(Client &client, const Options &options);
// --bigkeys, --memkeys: the largest keys of each type. --hotkeys: those used most (LFU policies
// only).
int runBigKeys(Client &client, const Options &options);
int runHotKeys(Client &client, const Options &options);

// Prints why a request failed, to stderr; returns exit code 1.
int reportFailure(Client &client, const resp::ReplyTree &reply);

// One SCAN after another over the whole keyspace. Keys live until the next step.
class KeyScan
{
public:
    KeyScan(Client &client, const Options &options)
        : m_client(client)
        , m_options(options)
    {}
    // Fetches the next keys. False when something failed: the reply tells what.
    bool next(std::vector<std::string> *keys, resp::ReplyTree *reply);
    bool isDone() const { return m_started && m_cursor == "0"; }

private:
    Client &m_client;
    const Options &m_options;
    std::string m_cursor = "0";
    bool m_started = false;
};

} // namespace cay::shell
