// The commands that were parsed and not yet run, a few dozen at a time: enough to hide the memory's
// latency behind prefetching, few enough to stay in the first-level cache.
#pragma once

#include "core/client.h"
#include "core/command_table.h"

#include <vector>

namespace cay::core {

struct Batch
{
    static constexpr std::size_t kRequests = 32;
    static constexpr std::size_t kPrefetchedKeys
        = 256; // in one batch; more would push each other out

    struct Request
    {
        Client *client;
        Command *command; // null: unknown
        std::uint32_t firstArg;
        std::uint32_t argCount;
    };

    std::vector<Bytes> args;
    std::vector<std::uint64_t> hashes; // parallel to args; 0 where there is no key
    std::vector<Request> requests;
    std::deque<Client::Deferred> owned; // what the args of deferred commands point into

    std::span<const Bytes> argsOf(const Request &r) const
    {
        return {args.data() + r.firstArg, r.argCount};
    }
    void clear()
    {
        args.clear();
        requests.clear();
        owned.clear();
    }
};

} // namespace cay::core
