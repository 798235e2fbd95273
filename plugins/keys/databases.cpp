// Commands about whole databases.
#include "keys.h"

#include <limits>

namespace keys {

namespace {

// SYNC, ASYNC or the configured way; false after an error reply.
bool readFreeing(Call &call, cay::Freeing *freeing)
{
    using cay::Freeing;
    if (call.size() == 1)
        *freeing = Freeing::Configured;
    else if (call.size() == 2 && cay::isWord(call[1], "SYNC"))
        *freeing = Freeing::Now;
    else if (call.size() == 2 && cay::isWord(call[1], "ASYNC"))
        *freeing = Freeing::Background;
    else
        return call.fail(cay::errors::kSyntax);
    return true;
}

void flush(Call &call, int database)
{
    cay::Freeing freeing;
    if (!readFreeing(call, &freeing))
        return;
    // Goes to the log and to replicas even when there was nothing here to remove.
    call.dirty += std::max<std::uint64_t>(call.host.flush(database, freeing), 1);
    call.reply.ok();
}

} // namespace

void dbsize(Call &call) { call.reply.integer(static_cast<std::int64_t>(call.db.size())); }

void flushdb(Call &call) { flush(call, call.db.index()); }

void flushall(Call &call) { flush(call, -1); }

void swapdb(Call &call)
{
    using Limits = std::numeric_limits<int>;
    std::int64_t first, second;
    if (!cay::readIntegerIn(call, call[1], Limits::min(), Limits::max(), &first,
                            "ERR invalid first DB index")
        || !cay::readIntegerIn(call, call[2], Limits::min(), Limits::max(), &second,
                               "ERR invalid second DB index"))
        return;
    const int databases = call.host.databases();
    if (first < 0 || first >= databases || second < 0 || second >= databases)
        return call.reply.error(cay::errors::kDbOutOfRange);
    if (first != second)
        call.host.swapDatabases(static_cast<int>(first), static_cast<int>(second));
    ++call.dirty;
    call.reply.ok();
}

} // namespace keys
