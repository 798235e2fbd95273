// Switches for tests, and what is not here to be switched.
#include "debug.h"

#include "cay/rdb_image.h"

namespace debug {

namespace {

void activeExpire(Call &call)
{
    call.host.setActiveExpire(isOn(call[2]));
    call.reply.ok();
}

void pauseCron(Call &call)
{
    call.host.pauseCron(isOn(call[2]));
    call.reply.ok();
}

void skipChecksums(Call &call)
{
    cay::setRdbChecksums(!isOn(call[2]));
    call.reply.ok();
}

void clientEviction(Call &call)
{
    if (call.host.options().integer("maxmemory-clients") == 0)
        return call.reply.error("ERR maxmemory-clients is disabled.");
    call.reply.error(
        "ERR Clients are not kept in pools: the largest is looked for when it is needed");
}

void clusterLink(Call &call)
{
    call.reply.error("ERR Debug option only available for cluster mode enabled setup!");
}

void rewriteAllOptions(Call &call)
{
    std::string error;
    if (call.host.options().rewriteAll(&error))
        call.reply.ok();
    else
        call.reply.error(error);
}

// To say OK to these would let a test believe that something has been switched.
struct Missing
{
    Bytes name;
    Bytes why;
};
constexpr Missing kMissing[] = {
    {"AOF-FLUSH-SLEEP", "there is no append-only log"},
    {"CHANGE-REPL-ID", "there is no replication"},
    {"CRASH-AND-RECOVER", "what supervises the server restarts it"},
    {"DELAY-RDB-CLIENT-FREE-SECONDS", "there is no replication"},
    {"DICT-RESIZING", "tables grow by one segment at a time, and that cannot be stopped"},
    {"DROP-CLUSTER-PACKET-FILTER", "there is no cluster bus"},
    {"PAUSE-AFTER-FORK", "nothing here forks"},
    {"REPLICATE", "there is no replication"},
    {"REPLYBUFFER", "reply buffers are freed as they are sent, and have no peak to reset"},
    {"RESTART", "what supervises the server restarts it"},
    {"SET-DISABLE-DENY-SCRIPTS", "there are no scripts"},
};

void missing(Call &call)
{
    for (const Missing &entry : kMissing) {
        if (cay::isWord(call[1], entry.name)) {
            return call.reply.error("ERR DEBUG " + std::string(entry.name)
                                    + " is not supported: " + std::string(entry.why));
        }
    }
}

constexpr Subcommand kSubcommands[] = {
    {"AOF-FLUSH-SLEEP", 3, 3, missing, "<microsec>", "Not supported: there is no append-only log."},
    {"CHANGE-REPL-ID", 2, 2, missing, "", "Not supported: there is no replication."},
    {"CLIENT-EVICTION", 2, 2, clientEviction, "", "Shows the pools for client eviction."},
    {"CLUSTERLINK", 5, 5, clusterLink, "KILL <to|from|all> <node-id>",
     "Not supported: there is no cluster bus."},
    {"CONFIG-REWRITE-FORCE-ALL", 2, 2, rewriteAllOptions, "",
     "CONFIG REWRITE with every option written out."},
    {"CRASH-AND-RECOVER", 2, 3, missing, "[<milliseconds>]", "Not supported."},
    {"DELAY-RDB-CLIENT-FREE-SECONDS", 3, 3, missing, "<seconds>",
     "Not supported: there is no replication."},
    {"DICT-RESIZING", 3, 3, missing, "<0|1>", "Not supported: tables always grow."},
    {"DROP-CLUSTER-PACKET-FILTER", 3, 3, missing, "<packet-type>",
     "Not supported: there is no cluster bus."},
    {"PAUSE-AFTER-FORK", 3, 3, missing, "<0|1>", "Not supported: nothing here forks."},
    {"PAUSE-CRON", 3, 3, pauseCron, "<0|1>", "Stops the periodic jobs, or lets them go on."},
    {"REPLICATE", 3, kAnySize, missing, "<string>", "Not supported: there is no replication."},
    {"REPLYBUFFER", 4, 4, missing, "PEAK-RESET-TIME <NEVER|RESET|time> | RESIZING <0|1>",
     "Not supported: reply buffers are freed as they are sent."},
    {"RESTART", 2, 3, missing, "[<milliseconds>]", "Not supported."},
    {"SET-ACTIVE-EXPIRE", 3, 3, activeExpire, "<0|1>",
     "0 lets keys that nobody asks for stay after they have expired; 1 deletes them again."},
    {"SET-DISABLE-DENY-SCRIPTS", 3, 3, missing, "<0|1>", "Not supported: there are no scripts."},
    {"SET-SKIP-CHECKSUM-VALIDATION", 3, 3, skipChecksums, "<0|1>",
     "1 lets RESTORE and RELOAD take what has a wrong checksum."},
};

} // namespace

std::span<const Subcommand> switchSubcommands() { return kSubcommands; }

} // namespace debug
