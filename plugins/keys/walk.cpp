// Commands that walk over keys. An expired key is never shown; the ones that SCAN and RANDOMKEY
// meet are deleted.
#include "keys.h"

#include "resp/number.h"
#include "store/glob.h"

#include <limits>
#include <vector>

namespace keys {

using cay::Db;
using cay::Entry;

namespace {

bool isExpired(const Db &db, const Entry &entry)
{
    return entry.hasExpiry() && entry.expiry() <= db.now();
}

struct ScanOptions
{
    std::uint64_t cursor = 0;
    std::int64_t count = 10;
    Bytes pattern; // of no bytes: any key
    bool matches = false;
    int type = kAnyType;

    static constexpr int kAnyType = -1, kNoType = -2;
};

bool readOption(Call &call, std::size_t i, ScanOptions *options)
{
    if (i + 1 == call.size())
        return call.fail(cay::errors::kSyntax);
    const Bytes word = call[i], value = call[i + 1];
    if (cay::isWord(word, "COUNT")) {
        if (!cay::readInteger(call, call[i + 1], &options->count))
            return false;
        return options->count >= 1 || call.fail(cay::errors::kSyntax);
    }
    if (cay::isWord(word, "MATCH")) {
        options->pattern = value;
        options->matches = value != "*";
        return true;
    }
    if (cay::isWord(word, "TYPE")) {
        std::string name(value);
        for (char &c : name)
            c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
        const int id = call.host.typeByName(name);
        options->type = id < 0 ? ScanOptions::kNoType : id;
        return true;
    }
    return call.fail(cay::errors::kSyntax);
}

bool readOptions(Call &call, ScanOptions *options)
{
    if (!cay::readScanCursor(call, call[1], &options->cursor))
        return false;
    for (std::size_t i = 2; i < call.size(); i += 2) {
        if (!readOption(call, i, options))
            return false;
    }
    return true;
}

bool isWanted(const ScanOptions &options, const Entry &entry)
{
    if (options.matches && !cay::store::globMatch(options.pattern, entry.key()))
        return false;
    return options.type == ScanOptions::kAnyType || options.type == entry.type();
}

// One step of a walk: the keys found live in the database until it changes.
struct ScanStep
{
    std::uint64_t next = 0;
    std::vector<Bytes> found;
    std::vector<std::string> expired;
};

ScanStep walk(const Db &db, const ScanOptions &options)
{
    constexpr std::uint64_t kCursorBits = (std::uint64_t{1} << 48) - 1;
    // Sparse tables: looking at ten times as many buckets as keys wanted is enough for one call.
    constexpr std::int64_t kBucketsPerKey = 10;
    const std::int64_t maximum = std::numeric_limits<std::int64_t>::max() / kBucketsPerKey;
    ScanStep step;
    std::int64_t seen = 0;
    std::int64_t rounds = std::min(options.count, maximum) * kBucketsPerKey;
    step.next = options.cursor & kCursorBits;
    do {
        const auto left = static_cast<std::size_t>(options.count - seen);
        step.next = db.scan(step.next, left, [&](const Entry &entry) {
            ++seen;
            if (!isWanted(options, entry))
                return;
            if (isExpired(db, entry))
                step.expired.emplace_back(entry.key());
            else
                step.found.push_back(entry.key());
        });
    } while (step.next != 0 && seen < options.count && --rounds > 0);
    return step;
}

} // namespace

void keys(Call &call)
{
    const Bytes pattern = call[1];
    const bool all = pattern == "*";
    const auto list = call.reply.defer();
    std::size_t found = 0;
    call.db.forEach([&](const Entry &entry) {
        if ((!all && !cay::store::globMatch(pattern, entry.key())) || isExpired(call.db, entry))
            return;
        call.reply.bulk(entry.key());
        ++found;
    });
    call.reply.closeArray(list, found);
}

void scan(Call &call)
{
    ScanOptions options;
    if (!readOptions(call, &options))
        return;
    const ScanStep step = walk(call.db, options);
    char digits[24];
    call.reply.array(2);
    call.reply.bulk(Bytes(
        digits, static_cast<std::size_t>(cay::resp::writeUnsigned(digits, step.next) - digits)));
    call.reply.array(step.found.size());
    for (const Bytes key : step.found)
        call.reply.bulk(key);
    for (const std::string &key : step.expired)
        call.db.peek(cay::Key(key)); // deletes it
}

void randomkey(Call &call)
{
    const Entry *entry = call.db.random();
    if (!entry)
        return call.reply.null();
    call.reply.bulk(entry->key());
}

} // namespace keys
