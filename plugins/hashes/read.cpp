// Commands that read fields: HGET, HMGET, HGETALL, HKEYS, HVALS, HLEN, HSTRLEN, HEXISTS.
#include "hash_commands.h"

#include <algorithm>

namespace cay::hashes {

namespace {

std::size_t digits(std::int64_t n)
{
    char text[24];
    return static_cast<std::size_t>(resp::writeInteger(text, n) - text);
}

void replyField(resp::Reply &reply, const Hash &hash, Bytes name, UnixMs now,
                std::uint64_t nameHash)
{
    if (const Field field = hash.find(name, now, nameHash))
        replyValue(reply, hash.value(field));
    else
        reply.null();
}

// Fields of a table, some at a time: their memory is asked for together.
void replyItems(Call &call, const Hash &hash, UnixMs now)
{
    constexpr std::size_t kTogether = 16;
    std::uint64_t hashes[kTogether];
    for (std::size_t from = 2; from < call.size(); from += kTogether) {
        const std::size_t n = std::min(kTogether, call.size() - from);
        for (std::size_t i = 0; i < n; ++i) {
            hashes[i] = store::hashBytes(call[from + i]);
            hash.table().prefetchBucket(hashes[i]);
        }
        for (std::size_t i = 0; i < n; ++i)
            hash.table().prefetchItem(hashes[i]);
        for (std::size_t i = 0; i < n; ++i)
            replyField(call.reply, hash, call[from + i], now, hashes[i]);
    }
}

template <bool fields, bool values>
void replyAll(Call &call)
{
    const Found found = readHash(call, call.key(1));
    if (!found) {
        if (!found.failed)
            fields &&values ? call.reply.map(0) : call.reply.array(0);
        return;
    }
    const UnixMs now = call.db.expiryNow();
    const std::size_t size = found.hash.size(now);
    fields &&values ? call.reply.map(size) : call.reply.array(size);
    found.hash.forEach(now, [&](const PackedValue &field, const PackedValue &value, UnixMs) {
        if constexpr (fields)
            replyValue(call.reply, field);
        if constexpr (values)
            replyValue(call.reply, value);
        return true;
    });
}

} // namespace

// All commands that look one field up have its name in the same place.
void fieldAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step)
{
    constexpr std::size_t kName = 2;
    if (entry.type() != g_type || args.size() <= kName)
        return;
    const Hash hash(entry.object());
    if (hash.isPacked())
        return; // its beginning is on its way already
    if (step == 0) {
        hashes[kName] = store::hashBytes(args[kName]);
        hash.table().prefetchBucket(hashes[kName]);
    } else {
        hash.table().prefetchItem(hashes[kName]);
    }
}

void hGet(Call &call)
{
    const Found found = readHash(call, call.key(1));
    if (found)
        replyField(call.reply, found.hash, call[2], call.db.expiryNow(), hashOf(call, 2));
    else if (!found.failed)
        call.reply.null();
}

void hMGet(Call &call)
{
    const Found found = readHash(call, call.key(1));
    if (found.failed)
        return;
    call.reply.array(call.size() - 2);
    const UnixMs now = call.db.expiryNow();
    if (found && !found.hash.isPacked()) {
        replyItems(call, found.hash, now);
        return;
    }
    for (std::size_t i = 2; i < call.size(); ++i) {
        if (found)
            replyField(call.reply, found.hash, call[i], now, 0);
        else
            call.reply.null();
    }
}

void hGetAll(Call &call) { replyAll<true, true>(call); }
void hKeys(Call &call) { replyAll<true, false>(call); }
void hVals(Call &call) { replyAll<false, true>(call); }

void hLen(Call &call)
{
    const Found found = readHash(call, call.key(1));
    if (!found.failed)
        call.reply.integer(found ? static_cast<std::int64_t>(found.hash.size(call.db.expiryNow()))
                                 : 0);
}

void hStrLen(Call &call)
{
    const Found found = readHash(call, call.key(1));
    if (found.failed)
        return;
    const Field field
        = found ? found.hash.find(call[2], call.db.expiryNow(), hashOf(call, 2)) : Field();
    std::size_t size = 0;
    if (field) {
        const PackedValue value = found.hash.value(field);
        size = value.isInteger() ? digits(value.integer) : value.text.size();
    }
    call.reply.integer(static_cast<std::int64_t>(size));
}

void hExists(Call &call)
{
    const Found found = readHash(call, call.key(1));
    if (!found.failed)
        call.reply.integer(
            found && found.hash.find(call[2], call.db.expiryNow(), hashOf(call, 2)) ? 1 : 0);
}

} // namespace cay::hashes
