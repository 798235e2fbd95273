#include "hash_load.h"

#include "hash_commands.h"

#include "cay/rdb.h"
#include "store/old_lists.h"

#include <unordered_set>

namespace cay::hashes {

namespace {

// Whether the names in a listpack of tuples differ. Few are compared with each other, many through
// a set.
bool namesDiffer(const ListpackView &pack, unsigned width)
{
    constexpr std::size_t kFew = 16;
    const std::size_t fields = pack.size() / width;
    char digits[24];
    std::unordered_set<std::string> seen;
    for (auto at = pack.first(); at != ListpackView::kEnd;) {
        const Bytes name = pack.value(at).bytes(digits);
        auto next = at;
        for (unsigned i = 0; i < width; ++i)
            next = pack.next(next);
        if (fields <= kFew ? next != ListpackView::kEnd
                                 && pack.find(name, next, width - 1) != ListpackView::kEnd
                           : !seen.emplace(name).second)
            return false;
        at = next;
    }
    return true;
}

// Whether the third of each triple is a time, the soonest first and those without one last.
bool timesAreInOrder(const ListpackView &pack)
{
    UnixMs before = 0;
    for (auto at = pack.first(); at != ListpackView::kEnd; at = pack.next(at)) {
        at = pack.next(pack.next(at));
        const PackedValue time = pack.value(at);
        if (!time.isInteger() || time.integer < 0)
            return false;
        const UnixMs expiry = time.integer ? time.integer : kNever;
        if (expiry < before)
            return false;
        before = expiry;
    }
    return true;
}

bool hasLongValue(const Hash &hash)
{
    bool found = false;
    char fieldDigits[24], valueDigits[24];
    const auto most = static_cast<std::size_t>(g_maxValue);
    hash.forEach(INT64_MIN, [&](const PackedValue &f, const PackedValue &v, UnixMs) {
        found = f.bytes(fieldDigits).size() > most || v.bytes(valueDigits).size() > most;
        return !found;
    });
    return found;
}

bool keep(Hash hash, Value *out)
{
    if (hash.isPacked())
        hash.convertIfLarge();
    *out = Value::ofObject(g_type, hash.object());
    return true;
}

bool checkPack(const ListpackView &pack, unsigned width, RdbReader &reader)
{
    if (pack.empty())
        return reader.fail("a hash without fields");
    if (pack.size() % width != 0)
        return reader.fail("a hash with half a field");
    if (width == 3 && !timesAreInOrder(pack))
        return reader.fail("a hash with times out of order");
    return namesDiffer(pack, width) || reader.fail("a hash with a field twice");
}

bool loadListpack(RdbReader &reader, unsigned width, Value *out)
{
    if (width == 3)
        reader.milliseconds(); // the soonest time, which stands in the listpack too
    const Bytes bytes = reader.string();
    if (!reader.ok())
        return false;
    if (!ListpackView::valid(bytes))
        return reader.fail("a damaged listpack");
    Listpack pack = Listpack::copyOf(bytes);
    if (!checkPack(pack, width, reader))
        return false;
    return keep(width == 3 ? Hash::ofPackedTimes(std::move(pack)) : Hash::ofPack(std::move(pack)),
                out);
}

bool loadOld(RdbReader &reader, bool (*append)(Bytes, Listpack *), Value *out)
{
    const Bytes bytes = reader.string();
    if (!reader.ok())
        return false;
    Listpack pack(bytes.size());
    if (!append(bytes, &pack))
        return reader.fail("a damaged ziplist or zipmap");
    pack.shrink();
    if (!checkPack(pack, 2, reader))
        return false;
    Hash hash = Hash::ofPack(std::move(pack));
    // As in Redis, a listpack or ziplist is taken as it is, but a zipmap with long values is not.
    if (append == store::appendZipmap && hasLongValue(hash))
        hash.toTable();
    return keep(std::move(hash), out);
}

// A time behind the soonest, plus 1, or 0.
UnixMs readTime(RdbReader &reader, UnixMs soonest)
{
    const std::uint64_t after = reader.length();
    UnixMs at;
    if (after == 0)
        return kNever;
    if (soonest < 0 || after - 1 > static_cast<std::uint64_t>(INT64_MAX)
        || __builtin_add_overflow(soonest, static_cast<std::int64_t>(after - 1), &at)
        || at == kNever) {
        reader.fail("a field with an impossible time");
        return kNever;
    }
    return at;
}

bool loadFields(RdbReader &reader, bool timed, Value *out)
{
    const UnixMs soonest = timed ? reader.milliseconds() : kNever;
    std::size_t count = reader.count(timed ? 3 : 2);
    if (!reader.ok())
        return false;
    if (count == 0)
        return reader.fail("a hash without fields");
    Hash hash = Hash::ofPack(Listpack());
    if (timed)
        hash.toTimed();
    if (count > static_cast<std::size_t>(g_maxEntries))
        hash.toTable();
    for (; count > 0 && reader.ok(); --count) {
        const UnixMs at = timed ? readTime(reader, soonest) : kNever;
        const Bytes name = reader.string(), value = reader.string();
        if (reader.ok() && !hash.set(name, value, INT64_MIN, at))
            reader.fail("a hash with a field twice");
    }
    if (!reader.ok()) {
        hash.free();
        return false;
    }
    if (hash.kind() != Kind::Pack)
        hash.setDue(hash.nextExpiry());
    *out = Value::ofObject(g_type, hash.object());
    return true;
}

} // namespace

bool loadHash(std::uint8_t code, RdbReader &reader, Value *out)
{
    switch (code) {
    case kRdbListpack: return loadListpack(reader, 2, out);
    case kRdbListpackEx: return loadListpack(reader, 3, out);
    case kRdbZiplist: return loadOld(reader, store::appendZiplist, out);
    case kRdbZipmap: return loadOld(reader, store::appendZipmap, out);
    case kRdbHashMetadata: return loadFields(reader, true, out);
    default: return loadFields(reader, false, out);
    }
}

} // namespace cay::hashes
