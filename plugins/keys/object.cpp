// OBJECT: how a value is stored, and when it was last used.
#include "keys.h"

#include <limits>

namespace keys {

using cay::Entry;

namespace {

// Counts a hit or a miss but tells nobody of a missing key, as Redis does for this command.
const Entry *lookUpQuietly(Call &call)
{
    const Entry *entry = call.db.peek(call.key(2));
    ++(entry ? call.host.statistics().keyspaceHits : call.host.statistics().keyspaceMisses);
    if (!entry)
        call.reply.null();
    return entry;
}

bool isLfu(Call &call) { return call.host.options().text("maxmemory-policy").ends_with("lfu"); }

// Redis keeps one object for each of these and gives it an endless reference count.
bool isSharedInteger(const Entry &entry)
{
    constexpr std::int64_t kShared = 10000;
    return entry.isInteger() && entry.integer() >= 0 && entry.integer() < kShared;
}

// With a memory limit and a policy that needs each value's own access time, Redis shares nothing.
bool sharesIntegers(Call &call)
{
    if (call.host.options().integer("maxmemory") == 0)
        return true;
    const std::string policy = call.host.options().text("maxmemory-policy");
    return !policy.ends_with("lru") && !policy.ends_with("lfu");
}

} // namespace

void objectEncoding(Call &call)
{
    if (const Entry *entry = lookUpQuietly(call))
        call.reply.bulk(call.host.type(entry->type()).encoding(entry->value()));
}

void objectFreq(Call &call)
{
    const Entry *entry = lookUpQuietly(call);
    if (!entry)
        return;
    if (!isLfu(call)) {
        return call.reply.error("ERR An LFU maxmemory policy is not selected, access frequency not "
                                "tracked. Please note "
                                "that when switching between policies at runtime LRU and LFU data "
                                "will take some time to "
                                "adjust.");
    }
    call.reply.integer(call.db.frequency(*entry));
}

void objectIdletime(Call &call)
{
    const Entry *entry = lookUpQuietly(call);
    if (!entry)
        return;
    if (isLfu(call)) {
        return call.reply.error(
            "ERR An LFU maxmemory policy is selected, idle time not tracked. Please note that when "
            "switching between policies at runtime LRU and LFU data will take some time to "
            "adjust.");
    }
    call.reply.integer(static_cast<std::int64_t>(call.db.idleSeconds(*entry)));
}

void objectRefcount(Call &call)
{
    if (const Entry *entry = lookUpQuietly(call)) {
        const bool shared = isSharedInteger(*entry) && sharesIntegers(call);
        call.reply.integer(shared ? std::numeric_limits<std::int32_t>::max() : 1);
    }
}

void objectHelp(Call &call)
{
    static constexpr Bytes kLines[] = {
        "OBJECT <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "ENCODING <key>",
        "    Return the kind of internal representation used in order to store the value",
        "    associated with a <key>.",
        "FREQ <key>",
        "    Return the access frequency index of the <key>. The returned integer is",
        "    proportional to the logarithm of the recent access frequency of the key.",
        "IDLETIME <key>",
        "    Return the idle time of the <key>, that is the approximated number of",
        "    seconds elapsed since the last access to the key.",
        "REFCOUNT <key>",
        "    Return the number of references of the value associated with the specified",
        "    <key>.",
        "HELP",
        "    Prints this help.",
    };
    call.reply.array(std::size(kLines));
    for (const Bytes line : kLines)
        call.reply.simple(line);
}

} // namespace keys
