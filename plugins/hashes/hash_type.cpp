// The value type "hash": what the host does with hashes that it does not look into.
#include "hash_commands.h"
#include "hash_load.h"
#include "hashes_api.h"

#include "cay/digest.h"
#include "cay/log_writer.h"
#include "cay/rdb.h"

#ifdef __APPLE__
#include <malloc/malloc.h>
#else
#include <malloc.h>
#endif

namespace cay::hashes {

namespace {

Hash hashOf(const Value &value) { return Hash(value.object); }

std::size_t usable(const void *block)
{
#ifdef __APPLE__
    return malloc_size(block);
#else
    return malloc_usable_size(const_cast<void *>(block));
#endif
}

void freeHash(void *object) noexcept { Hash(object).free(); }

// A table's fields lie in slabs of some hundred.
std::size_t freeEffort(const void *object)
{
    const Hash hash(const_cast<void *>(object));
    return hash.isPacked() ? 1 : 1 + hash.table().size() / 64;
}

Value copyHash(const Value &value)
{
    return Value::ofObject(value.type, hashOf(value).clone().object());
}

std::size_t memory(const Value &value, std::size_t)
{
    const Hash hash = hashOf(value);
    if (!hash.isPacked())
        return hash.table().bytes();
    return usable(hash.pack().data())
           + (hash.kind() == Kind::PackedTimes ? usable(&hash.packedTimes()) : 0);
}

std::string_view encoding(const Value &value)
{
    switch (hashOf(value).kind()) {
    case Kind::Pack: return "listpack";
    case Kind::PackedTimes: return "listpackex";
    case Kind::Table: break;
    }
    return "hashtable";
}

// Without times the codes that Redis 7.0 reads, so that it reads them.
std::uint8_t rdbCode(const Value &value)
{
    const Hash hash = hashOf(value);
    const bool timed = hash.nextExpiry() != kNever;
    if (hash.isPacked() && (timed || hash.kind() == Kind::Pack))
        return timed ? kRdbListpackEx : kRdbListpack;
    return timed ? kRdbHashMetadata : kRdbHash;
}

// Each field with its time relative to the soonest, plus 1: 0 is none.
void saveFields(const Hash &hash, bool timed, UnixMs soonest, RdbWriter &writer)
{
    char fieldDigits[24], valueDigits[24];
    hash.forEach(INT64_MIN, [&](const PackedValue &field, const PackedValue &value, UnixMs at) {
        if (timed)
            writer.length(at == kNever ? 0 : static_cast<std::uint64_t>(at - soonest) + 1);
        writer.string(field.bytes(fieldDigits));
        writer.string(value.bytes(valueDigits));
        return true;
    });
}

void save(const Value &value, RdbWriter &writer)
{
    const Hash hash = hashOf(value);
    const std::uint8_t code = rdbCode(value);
    const UnixMs soonest = hash.nextExpiry();
    const bool timed = soonest != kNever;
    if (timed)
        writer.milliseconds(soonest);
    if (code == kRdbListpack || code == kRdbListpackEx) {
        writer.string(hash.pack().all());
        return;
    }
    writer.length(hash.stored());
    saveFields(hash, timed, soonest, writer);
}

void rewrite(Bytes key, const Value &value, LogWriter &writer)
{
    // As many fields a command as Redis's rewriting puts into one.
    constexpr std::size_t kPerCommand = 64;
    const Hash hash = hashOf(value);
    std::size_t left = hash.stored(), inCommand = 0;
    char fieldDigits[24], valueDigits[24];
    hash.forEach(INT64_MIN, [&](const PackedValue &field, const PackedValue &v, UnixMs) {
        if (inCommand == 0) {
            inCommand = std::min(left, kPerCommand);
            writer.begin(2 + 2 * inCommand);
            writer.argument("HSET");
            writer.argument(key);
        }
        writer.argument(field.bytes(fieldDigits));
        writer.argument(v.bytes(valueDigits));
        --inCommand;
        --left;
        return true;
    });
    hash.forEach(INT64_MIN, [&](const PackedValue &field, const PackedValue &, UnixMs at) {
        if (at != kNever)
            writer.command(
                {"HPEXPIREAT", key, resp::Decimal(at), "FIELDS", "1", field.bytes(fieldDigits)});
        return true;
    });
}

// A field that expires adds what a key that expires adds, as in Redis 7.4.
void digestHash(const Value &value, Digest &digest)
{
    char fieldDigits[24], valueDigits[24];
    hashOf(value).forEach(INT64_MIN,
                          [&](const PackedValue &field, const PackedValue &v, UnixMs at) {
                              Digest element;
                              element.mix(field.bytes(fieldDigits));
                              element.mix(v.bytes(valueDigits));
                              if (at != kNever)
                                  element.combine("!!hexpire!!");
                              digest.combine(element);
                              return true;
                          });
}

UnixMs due(const Value &value) { return hashOf(value).due(); }

void expire(Host &host, Db &db, Entry *entry)
{
    constexpr std::size_t kAtOnce = 256;
    expireFields(host, db, Key(entry->key()), entry, kAtOnce);
}

bool apiField(const Value &value, Bytes name, UnixMs now, char (&scratch)[24], Bytes *out)
{
    const Hash hash = hashOf(value);
    const Field field = hash.find(name, now);
    if (field)
        *out = hash.value(field).bytes(scratch);
    return bool(field);
}

std::size_t apiSize(const Value &value, UnixMs now) { return hashOf(value).size(now); }

void apiForEach(const Value &value, UnixMs now, bool (*visit)(void *, Bytes, Bytes), void *context)
{
    char fieldDigits[24], valueDigits[24];
    hashOf(value).forEach(now, [&](const PackedValue &field, const PackedValue &v, UnixMs) {
        return visit(context, field.bytes(fieldDigits), v.bytes(valueDigits));
    });
}

} // namespace

constexpr ValueType kHashType = {
    .name = "hash",
    .rdbCodes = kRdbCodes,
    .free = freeHash,
    .freeEffort = freeEffort,
    .copy = copyHash,
    .memory = memory,
    .encoding = encoding,
    .rdbCode = rdbCode,
    .save = save,
    .load = loadHash,
    .rewrite = rewrite,
    .digest = digestHash,
    .due = due,
    .expire = expire,
};

constexpr HashesApi kHashesApi = {apiField, apiSize, apiForEach};

} // namespace cay::hashes
