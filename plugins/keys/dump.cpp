// DUMP and RESTORE: one value in the encoding of RDB files, exchanged with other servers.
#include "keys.h"

#include "cay/rdb_image.h"
#include "resp/number.h"

#include <vector>

namespace keys {

using cay::Entry;
using cay::EventClass;
using cay::Freeing;
using cay::Key;
using cay::UnixMs;
using cay::Value;

namespace {

struct RestoreOptions
{
    bool replace = false;
    bool absolute = false;  // the time to live is a Unix time
    std::int64_t idle = -1; // seconds
    std::int64_t frequency = -1;
};

bool readOption(Call &call, std::size_t *i, RestoreOptions *options)
{
    const Bytes word = call[*i];
    const bool hasValue = *i + 1 < call.size();
    if (cay::isWord(word, "REPLACE")) {
        options->replace = true;
        return true;
    }
    if (cay::isWord(word, "ABSTTL")) {
        options->absolute = true;
        return true;
    }
    if (cay::isWord(word, "IDLETIME") && hasValue && options->frequency == -1) {
        if (!cay::readInteger(call, call[++*i], &options->idle))
            return false;
        return options->idle >= 0 || call.fail("ERR Invalid IDLETIME value, must be >= 0");
    }
    if (cay::isWord(word, "FREQ") && hasValue && options->idle == -1) {
        if (!cay::readInteger(call, call[++*i], &options->frequency))
            return false;
        return (options->frequency >= 0 && options->frequency <= 255)
               || call.fail("ERR Invalid FREQ value, must be >= 0 and <= 255");
    }
    return call.fail(cay::errors::kSyntax);
}

bool readOptions(Call &call, RestoreOptions *options)
{
    for (std::size_t i = 4; i < call.size(); ++i) {
        if (!readOption(call, &i, options))
            return false;
    }
    return true;
}

bool readTimeToLive(Call &call, const RestoreOptions &options, UnixMs *at)
{
    if (!cay::readInteger(call, call[2], at))
        return false;
    if (*at < 0)
        return call.fail("ERR Invalid TTL value, must be >= 0");
    // Wraps as Redis's does: a time so far off has then passed already.
    if (*at != 0 && !options.absolute)
        *at = static_cast<UnixMs>(static_cast<std::uint64_t>(*at)
                                  + static_cast<std::uint64_t>(call.db.now()));
    return true;
}

// Relative times become absolute ones on their way to the log and to replicas.
void propagateAbsolute(Call &call, UnixMs at)
{
    char digits[24];
    std::vector<Bytes> args(call.args.begin(), call.args.end());
    args[2] = Bytes(digits, static_cast<std::size_t>(cay::resp::writeInteger(digits, at) - digits));
    args.push_back("ABSTTL");
    call.propagateAs(std::span<const Bytes>(args));
}

void deleteOnly(Call &call, const Key &key)
{
    const bool lazy = call.host.options().flag("lazyfree-lazy-server-del");
    call.propagateAs({lazy ? Bytes("UNLINK") : Bytes("DEL"), key.bytes});
    call.modified(key, EventClass::Generic, "del");
}

void finish(Call &call, const Key &key, const Value &value, const RestoreOptions &options,
            UnixMs at)
{
    Entry *entry = cay::putLoaded(call.db, key, value);
    if (options.frequency >= 0)
        call.db.setFrequency(*entry, static_cast<std::uint32_t>(options.frequency));
    else if (options.idle >= 0)
        call.db.setIdleSeconds(*entry, static_cast<std::uint64_t>(options.idle));
    if (at != 0) {
        call.db.setExpiry(entry, at);
        if (!options.absolute)
            propagateAbsolute(call, at);
    }
    call.modified(key, EventClass::Generic, "restore");
    call.reply.ok();
}

} // namespace

void dump(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry)
        return call.reply.null();
    std::string payload;
    const bool compress = call.host.options().flag("rdbcompression");
    cay::writeDump(call.host.type(entry->type()), entry->value(), compress, payload);
    call.reply.bulk(payload);
}

void restore(Call &call)
{
    RestoreOptions options;
    if (!readOptions(call, &options))
        return;
    const Key key = call.key(1);
    if (!options.replace && call.db.write(key))
        return call.reply.error(cay::errors::kBusyKey);
    UnixMs at;
    if (!readTimeToLive(call, options, &at))
        return;
    Bytes body;
    if (!cay::checkDump(call[3], &body))
        return call.reply.error(cay::errors::kBadPayload);
    cay::RdbReader reader(body);
    Value value;
    if (!cay::loadDump(call.host, reader, &value))
        return call.reply.error(cay::errors::kBadFormat);
    const bool deleted = options.replace && overwrite(call, call.db, key);
    if (at != 0 && at <= call.db.now() && !call.session.has(cay::SessionMaster)) {
        call.host.freeValue(value, Freeing::Now);
        if (deleted)
            deleteOnly(call, key);
        return call.reply.ok();
    }
    finish(call, key, value, options, at);
}

} // namespace keys
