// GET, SET and what SET once was: SETNX, SETEX, PSETEX, GETSET; and GETDEL, GETEX.
#include "string_commands.h"

namespace cay::strings {

namespace {

struct SetOptions
{
    enum Presence : std::uint8_t { Any, IfAbsent, IfPresent };
    Presence presence = Any;
    bool get = false;
    Expiration expiration;
    Comparison comparison;
};

bool parseComparison(ArgParser &args, SetOptions *options, Bytes word)
{
    const Comparison::Kind kind = comparisonKind(word);
    if (kind == Comparison::None || args.remaining() < 2 || options->presence != SetOptions::Any
        || (options->comparison.kind != Comparison::None && options->comparison.kind != kind)) {
        return false;
    }
    args.next();
    options->comparison = {kind, args.next()};
    return true;
}

bool parsePresence(ArgParser &args, SetOptions *options, Bytes capitals,
                   SetOptions::Presence presence)
{
    if (options->comparison.kind != Comparison::None
        || (options->presence != SetOptions::Any && options->presence != presence)
        || !args.word(capitals)) {
        return false;
    }
    options->presence = presence;
    return true;
}

bool parseSetOptions(Call &call, SetOptions *options)
{
    ArgParser args(call, 3);
    while (args.more()) {
        if (args.expiration(&options->expiration, Expiration::Times | Expiration::AllowKeep)
            || parsePresence(args, options, "NX", SetOptions::IfAbsent)
            || parsePresence(args, options, "XX", SetOptions::IfPresent)
            || parseComparison(args, options, call[args.position()])) {
            continue;
        }
        if (args.word("GET"))
            options->get = true;
        else
            args.syntaxError();
    }
    return args.ok();
}

// What to log of a SET that does not go out as it came: without GET, with an absolute time, without
// a comparison, which another server could decide differently.
void propagateSet(Call &call, const Key &key, Bytes value, const SetOptions &options, UnixMs at)
{
    if (options.expiration.isTime()) {
        call.propagateAs({"SET", key.bytes, value, "PXAT", resp::Decimal(at)});
        return;
    }
    const bool keep = options.expiration.kind == Expiration::Keep;
    const Bytes presence = options.presence == SetOptions::IfAbsent ? Bytes("NX") : Bytes("XX");
    if (options.presence == SetOptions::Any) {
        keep ? call.propagateAs({"SET", key.bytes, value, "KEEPTTL"})
             : call.propagateAs({"SET", key.bytes, value});
    } else {
        keep ? call.propagateAs({"SET", key.bytes, value, presence, "KEEPTTL"})
             : call.propagateAs({"SET", key.bytes, value, presence});
    }
}

// Stores argument `value`, tells, and propagates; replies nothing.
void store(Call &call, const Key &key, std::size_t value, const SetOptions &options, UnixMs at)
{
    const bool expires = options.expiration.isTime();
    storeArgument(call, key, value,
                  options.expiration.kind == Expiration::Keep ? Expiry::Keep : Expiry::Discard,
                  expires ? &at : nullptr);
    call.modified(key, EventClass::String, "set");
    if (expires)
        call.notify(key, EventClass::Generic, "expire");
    if (expires || options.get || options.comparison.kind != Comparison::None)
        propagateSet(call, key, call[value], options, at);
}

// Whether the conditions let the value be stored. Replies the old value if GET asks for it, else
// null when they do not.
bool admit(Call &call, const Key &key, const SetOptions &options)
{
    const bool compares = options.comparison.kind != Comparison::None;
    const Entry *entry = options.get || compares ? call.db.read(key) : call.db.write(key);
    if (entry && (options.get || compares) && !isString(*entry))
        return call.fail(errors::kWrongType);
    bool admitted = options.presence == SetOptions::Any
                    || (options.presence == SetOptions::IfPresent) == (entry != nullptr);
    if (compares) {
        bool valid = true;
        admitted = entry ? meets(call, *entry, options.comparison, &valid)
                         : options.comparison.kind == Comparison::NotEqual
                               || options.comparison.kind == Comparison::DigestNotEqual;
        if (!valid)
            return false;
    }
    if (options.get && entry)
        replyText(call.reply, *entry);
    else if (options.get || !admitted)
        call.reply.null();
    return admitted;
}

void setWithOptions(Call &call)
{
    SetOptions options;
    UnixMs at = 0;
    if (!parseSetOptions(call, &options)
        || (options.expiration.isTime() && !expirationTime(call, options.expiration, &at))) {
        return;
    }
    const Key key = call.key(1);
    const bool conditional
        = options.presence != SetOptions::Any || options.comparison.kind != Comparison::None;
    if ((conditional || options.get) && !admit(call, key, options))
        return;
    store(call, key, 2, options, at);
    if (!options.get)
        call.reply.ok();
}

void setExpiring(Call &call, Expiration::Kind kind)
{
    SetOptions options;
    options.expiration = {kind, call[2]};
    UnixMs at;
    if (!expirationTime(call, options.expiration, &at))
        return;
    store(call, call.key(1), 3, options, at);
    call.reply.ok();
}

// Replies the value, null, or an error; null if there is no string.
const Entry *replyValue(Call &call, const Key &key)
{
    const Entry *entry = call.db.read(key);
    if (!entry) {
        call.reply.null();
        return nullptr;
    }
    if (!isString(*entry)) [[unlikely]] {
        call.fail(errors::kWrongType);
        return nullptr;
    }
    replyText(call.reply, *entry);
    return entry;
}

} // namespace

void get(Call &call) { replyValue(call, call.key(1)); }

void set(Call &call)
{
    if (call.size() != 3) [[unlikely]] {
        setWithOptions(call);
        return;
    }
    const Key key = call.key(1);
    storeArgument(call, key, 2);
    call.modified(key, EventClass::String, "set");
    call.reply.ok();
}

bool setKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out)
{
    std::uint16_t flags = KeySpec::Ow | KeySpec::Update;
    for (std::size_t i = 3; i < args.size(); ++i) {
        if (isWord(args[i], "GET") || comparisonKind(args[i]) != Comparison::None)
            flags = KeySpec::Rw | KeySpec::Access | KeySpec::Update;
    }
    out.push_back({1, flags});
    return true;
}

void setNx(Call &call)
{
    const Key key = call.key(1);
    if (call.db.write(key)) {
        call.reply.zero();
        return;
    }
    storeArgument(call, key, 2);
    call.modified(key, EventClass::String, "set");
    call.reply.one();
}

void setEx(Call &call) { setExpiring(call, Expiration::Seconds); }

void pSetEx(Call &call) { setExpiring(call, Expiration::Milliseconds); }

void getSet(Call &call)
{
    const Key key = call.key(1);
    const Entry *entry = call.db.read(key);
    if (entry && !isString(*entry)) {
        call.fail(errors::kWrongType);
        return;
    }
    entry ? replyText(call.reply, *entry) : call.reply.null();
    storeArgument(call, key, 2);
    call.modified(key, EventClass::String, "set");
    call.propagateAs({"SET", key.bytes, call[2]});
}

void getDel(Call &call)
{
    const Key key = call.key(1);
    if (!replyValue(call, key) || !call.db.erase(key, Freeing::Now))
        return;
    call.modified(key, EventClass::Generic, "del");
    call.propagateAs({"DEL", key.bytes});
}

namespace {

void getAndExpire(Call &call, const Key &key, UnixMs at)
{
    call.db.setExpiry(key, call.db.write(key), at);
    call.modified(key, EventClass::Generic, "expire");
    call.propagateAs({"PEXPIREAT", key.bytes, resp::Decimal(at)});
}

void getAndDelete(Call &call, const Key &key)
{
    call.db.erase(key);
    call.modified(key, EventClass::Generic, "del");
    call.propagateAs({"DEL", key.bytes});
}

} // namespace

void getEx(Call &call)
{
    Expiration expiration;
    ArgParser args(call, 2);
    while (args.more()) {
        if (!args.expiration(&expiration, Expiration::Times | Expiration::AllowPersist))
            args.syntaxError();
    }
    if (!args.ok())
        return;
    const Key key = call.key(1);
    const Entry *entry = call.db.read(key);
    if (!entry) {
        call.reply.null();
        return;
    }
    if (!isString(*entry)) {
        call.fail(errors::kWrongType);
        return;
    }
    UnixMs at = 0;
    if (expiration.isTime() && !expirationTime(call, expiration, &at))
        return;
    replyText(call.reply, *entry);
    if (expiration.isTime()) {
        // A replica leaves it to its master to find that a key has expired.
        const bool past
            = !expiration.isRelative() && at <= call.db.now() && !call.session.has(SessionMaster);
        past ? getAndDelete(call, key) : getAndExpire(call, key, at);
    } else if (expiration.kind == Expiration::Persist && entry->hasExpiry()) {
        call.db.clearExpiry(key, call.db.write(key));
        call.modified(key, EventClass::Generic, "persist");
        call.propagateAs({"PERSIST", key.bytes});
    }
}

} // namespace cay::strings
