// Looking at keys and databases: OBJECT, DIGEST, HTSTATS and the like, and POPULATE.
#include "debug.h"

#include "cay/digest.h"
#include "cay/rdb.h"
#include "store/string_block.h"

#include <cinttypes>
#include <limits>

namespace debug {

using cay::Entry;

namespace {

// The key that an argument names; null after the error that it is not there.
const Entry *look(Call &call, std::size_t argument)
{
    const Entry *entry = call.db.peek(call.key(argument));
    if (!entry)
        call.reply.error(cay::errors::kNoSuchKey);
    return entry;
}

const cay::ValueType &typeOf(Call &call, const Entry &entry)
{
    return call.host.type(entry.type());
}

std::size_t serializedSize(Call &call, const Entry &entry)
{
    std::string bytes;
    cay::RdbWriter writer(bytes, call.host.options().flag("rdbcompression"));
    typeOf(call, entry).save(entry.value(), writer);
    return bytes.size();
}

void object(Call &call)
{
    const Entry *entry = look(call, 2);
    if (!entry)
        return;
    const void *at = entry->isObject() ? entry->object() : entry;
    const std::string encoding(typeOf(call, *entry).encoding(entry->value()));
    char line[256];
    const int size
        = std::snprintf(line, sizeof line,
                        "Value at:%p refcount:1 encoding:%s serializedlength:%zu lru:%" PRIu32
                        " lru_seconds_idle:%" PRIu64,
                        at, encoding.c_str(), serializedSize(call, *entry), entry->clock(),
                        call.db.idleSeconds(*entry));
    const Bytes shown(line, std::min(static_cast<std::size_t>(size), sizeof line - 1));
    call.reply.simple(std::string(shown) + quicklistFigures(call, *entry));
}

void digest(Call &call) { call.reply.simple(cay::digestDataset(call.host).hex()); }

void digestValue(Call &call)
{
    call.reply.array(call.size() - 2);
    for (std::size_t i = 2; i < call.size(); ++i) {
        cay::Digest value;
        if (const Entry *entry = call.db.peek(call.key(i)))
            cay::digestValue(typeOf(call, *entry), entry->value(), entry->hasExpiry(), value);
        call.reply.simple(value.hex());
    }
}

void tableStatistics(Call &call)
{
    std::int64_t index = 0;
    if (!cay::readInteger(call, call[2], &index))
        return;
    if (index < 0 || index >= call.host.databases())
        return call.reply.error("ERR Out of range database");
    call.reply.verbatim("txt", call.host.db(static_cast<int>(index)).tableStatistics());
}

void keyTableStatistics(Call &call)
{
    if (look(call, 2)) {
        call.reply.error(
            "ERR The value stored at the specified key is not represented using an hash table");
    }
}

// Entries hold key and value without slack; what a long value has beyond its size is shown.
void stringLengths(Call &call)
{
    const Entry *entry = look(call, 2);
    if (!entry)
        return;
    if (entry->type() != cay::kStringType || entry->isInteger())
        return call.reply.error("ERR Not an sds encoded string.");
    char digits[24];
    const cay::Value value = entry->value();
    const std::size_t size = cay::store::stringText(value, digits).size();
    const std::size_t capacity
        = entry->isObject() ? cay::store::stringBlock(value)->capacity() : size;
    const std::size_t own = typeOf(call, *entry).memory(value, 0);
    char line[256];
    const int written
        = std::snprintf(line, sizeof line,
                        "key_sds_len:%zu, key_sds_avail:0, key_zmalloc: %zu, "
                        "val_sds_len:%zu, val_sds_avail:%zu, val_zmalloc: %zu",
                        entry->key().size(), entry->size(), size, capacity - size, own);
    call.reply.simple(Bytes(line, static_cast<std::size_t>(written)));
}

struct Population
{
    std::int64_t count = 0;
    std::string prefix = "key";
    std::int64_t size = 0; // 0: as long as it comes
};

bool readPopulation(Call &call, Population *population)
{
    constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
    constexpr Bytes kError = cay::errors::kMustBePositive;
    if (!cay::readIntegerIn(call, call[2], 0, kMost, &population->count, kError))
        return false;
    if (call.size() > 3)
        population->prefix = call[3];
    if (call.size() > 4 && !cay::readIntegerIn(call, call[4], 0, kMost, &population->size, kError))
        return false;
    const std::int64_t longest = call.host.options().integer("proto-max-bulk-len");
    return population->size <= longest || call.fail(cay::errors::kStringTooLong);
}

void populate(Call &call)
{
    Population population;
    if (!readPopulation(call, &population))
        return;
    std::string key, value;
    for (std::int64_t i = 0; i < population.count; ++i) {
        const std::string number = std::to_string(i);
        key.assign(population.prefix).append(":").append(number);
        const cay::Key hashed{Bytes(key)};
        if (call.db.contains(hashed))
            continue;
        value.assign("value:").append(number);
        if (population.size > 0)
            value.resize(static_cast<std::size_t>(population.size));
        call.db.putString(hashed, value);
    }
    call.reply.ok();
}

constexpr Subcommand kSubcommands[] = {
    {"DIGEST", 2, 2, digest, "",
     "Shows a signature of all data; equal data have equal signatures."},
    {"DIGEST-VALUE", 2, kAnySize, digestValue, "<key> [<key> ...]",
     "Shows a signature of the values of these keys."},
    {"HTSTATS", 3, 3, tableStatistics, "<dbid>", "Shows figures about a database's tables."},
    {"HTSTATS-KEY", 3, 3, keyTableStatistics, "<key>",
     "The same for a value that is kept in a hash table."},
    {"OBJECT", 3, 3, object, "<key>", "Shows how a key's value is stored."},
    {"POPULATE", 3, 5, populate, "<count> [<prefix>] [<size>]",
     "Creates string keys <prefix>:<number>, in place of 'key' a <prefix> of one's own,\n"
     "with values cut or filled up with zeros to <size> bytes. Keys that are there stay.\n"
     "Not propagated."},
    {"SDSLEN", 3, 3, stringLengths, "<key>", "Shows the lengths of a key and of its string value."},
};

} // namespace

std::span<const Subcommand> datasetSubcommands() { return kSubcommands; }

} // namespace debug
