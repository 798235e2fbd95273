// The commands with several keys: MGET, MSET, MSETNX, MSETEX.
#include "string_commands.h"

#include <limits>

namespace cay::strings {

namespace {

bool checkPairs(Call &call)
{
    return call.size() % 2 == 1 || call.fail(errors::wrongArity(call.info.fullName));
}

void storePairs(Call &call)
{
    for (std::size_t i = 1; i < call.size(); i += 2) {
        const Key key = call.key(i);
        call.db.putString(key, call[i + 1]);
        call.modified(key, EventClass::String, "set");
    }
}

} // namespace

void mGet(Call &call)
{
    call.reply.array(call.size() - 1);
    for (std::size_t i = 1; i < call.size(); ++i) {
        const Entry *entry = call.db.read(call.key(i));
        if (entry && isString(*entry))
            replyText(call.reply, *entry);
        else
            call.reply.null();
    }
}

void mSet(Call &call)
{
    if (!checkPairs(call))
        return;
    storePairs(call);
    call.reply.ok();
}

void mSetNx(Call &call)
{
    if (!checkPairs(call))
        return;
    for (std::size_t i = 1; i < call.size(); i += 2) {
        if (call.db.write(call.key(i))) {
            call.reply.zero();
            return;
        }
    }
    storePairs(call);
    call.reply.one();
}

namespace {

struct PairsOptions
{
    std::size_t end = 0; // behind the last value
    bool ifAbsent = false, ifPresent = false;
    Expiration expiration;
};

bool parsePairs(Call &call, PairsOptions *options)
{
    std::int64_t count;
    if (!readIntegerIn(call, call[1], 1, std::numeric_limits<std::int32_t>::max(), &count,
                       "ERR invalid numkeys value"))
        return false;
    options->end = 2 + static_cast<std::size_t>(count) * 2;
    if (options->end > call.size())
        return call.fail("ERR wrong number of key-value pairs");
    ArgParser args(call, options->end);
    while (args.more()) {
        if (args.expiration(&options->expiration, Expiration::Times | Expiration::AllowKeep))
            continue;
        if (!options->ifPresent && args.word("NX"))
            options->ifAbsent = true;
        else if (!options->ifAbsent && args.word("XX"))
            options->ifPresent = true;
        else
            args.syntaxError();
    }
    return args.ok();
}

bool admitPairs(Call &call, const PairsOptions &options)
{
    if (!options.ifAbsent && !options.ifPresent)
        return true;
    for (std::size_t i = 2; i < options.end; i += 2) {
        if ((call.db.write(call.key(i)) != nullptr) != options.ifPresent)
            return false;
    }
    return true;
}

// Goes out as one SET for each key, which every version of Redis understands.
void storePair(Call &call, std::size_t i, const PairsOptions &options, UnixMs at)
{
    const Key key = call.key(i);
    const Bytes value = call[i + 1];
    if (options.expiration.kind == Expiration::None) {
        call.db.putString(key, value);
        call.modified(key, EventClass::String, "set");
        call.propagateAs({"SET", key.bytes, value});
        return;
    }
    if (options.expiration.kind == Expiration::Keep) {
        call.db.putString(key, value, Expiry::Keep);
        call.modified(key, EventClass::String, "set");
        call.propagateAs({"SET", key.bytes, value, "KEEPTTL"});
        return;
    }
    call.db.putString(key, value, Expiry::Discard, &at);
    call.modified(key, EventClass::String, "set");
    call.notify(key, EventClass::Generic, "expire");
    call.propagateAs({"SET", key.bytes, value, "PXAT", resp::Decimal(at)});
}

} // namespace

void mSetEx(Call &call)
{
    PairsOptions options;
    UnixMs at = 0;
    if (!parsePairs(call, &options)
        || (options.expiration.isTime() && !expirationTime(call, options.expiration, &at))) {
        return;
    }
    if (!admitPairs(call, options)) {
        call.reply.zero();
        return;
    }
    for (std::size_t i = 2; i < options.end; i += 2)
        storePair(call, i, options, at);
    call.reply.one();
}

} // namespace cay::strings
