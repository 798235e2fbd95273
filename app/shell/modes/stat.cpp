#include "shell/modes/modes.h"
#include "shell/text.h"

#include <cstdio>
#include <cstdlib>
#include <unistd.h>

namespace cay::shell {

using resp::ReplyTree;

namespace {

constexpr int kRowsPerHeader = 20;

// "field:value" of INFO's text; 0 without it.
long long field(Bytes info, const std::string &name)
{
    const std::size_t at = ("\n" + std::string(info)).find("\n" + name + ":");
    if (at == std::string::npos)
        return 0;
    return std::strtoll(std::string(info.substr(at + name.size() + 1, 24)).c_str(), nullptr, 10);
}

// The sum over the lines "db0:keys=1,expires=0,...".
long long countKeys(Bytes info)
{
    long long sum = 0;
    for (std::size_t at = info.find("\ndb"); at != Bytes::npos; at = info.find("\ndb", at + 1)) {
        const std::size_t keys = info.find(":keys=", at);
        if (keys != Bytes::npos && keys < info.find('\n', at + 1))
            sum += std::strtoll(std::string(info.substr(keys + 6, 24)).c_str(), nullptr, 10);
    }
    return sum;
}

const char *child(Bytes info)
{
    static const char *const kNames[]
        = {"", "SAVE", "AOF", "SAVE+AOF", "LOAD", "SAVE+LOAD", "AOF+LOAD", "SAVE+AOF+LOAD"};
    const bool save
        = field(info, "rdb_bgsave_in_progress") != 0 || field(info, "bgsave_in_progress") != 0;
    const bool log = field(info, "aof_rewrite_in_progress") != 0;
    const bool load = field(info, "loading") != 0;
    return kNames[(save ? 1 : 0) | (log ? 2 : 0) | (load ? 4 : 0)];
}

void printRow(Bytes info, long long *lastRequests)
{
    const long long requests = field(info, "total_commands_processed");
    const long long delta = *lastRequests ? requests - *lastRequests : 0;
    *lastRequests = requests;
    const std::string both = formatted("%lld (+%lld)", requests, delta);
    std::printf("%-11lld%-8s %-8lld%-8lld%-20s%-12lld%s\n", countKeys(info),
                humanBytes(field(info, "used_memory")).c_str(), field(info, "connected_clients"),
                field(info, "blocked_clients"), both.c_str(),
                field(info, "total_connections_received"), child(info));
    std::fflush(stdout);
}

} // namespace

int runStat(Client &client, const Options &options)
{
    const double interval = options.interval > 0 ? options.interval : 1;
    long long requests = 0;
    for (int row = 0;; ++row) {
        ReplyTree reply;
        if (!client.ask({"INFO"}, &reply) || !reply.root().hasText() || reply.root().isError())
            return reportFailure(client, reply);
        if (row % kRowsPerHeader == 0) {
            std::printf(
                "------- data ------ --------------------- load -------------------- - child -\n"
                "keys       mem      clients blocked requests            connections          \n");
        }
        printRow(reply.root().text(), &requests);
        ::usleep(static_cast<useconds_t>(interval * 1e6));
    }
}

} // namespace cay::shell
