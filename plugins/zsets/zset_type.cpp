// The value type "zset".
#include "zset_commands.h"

#include "cay/digest.h"
#include "cay/log_writer.h"
#include "cay/rdb.h"
#include "store/heap.h"
#include "store/old_lists.h"

#include <algorithm>
#include <cmath>
#include <unordered_set>

namespace cay::zsets {

TypeId g_type = 0;
TypeId g_setType = 0;

namespace {

// RDB_TYPE_ZSET, RDB_TYPE_ZSET_2, RDB_TYPE_ZSET_ZIPLIST, RDB_TYPE_ZSET_LISTPACK.
enum RdbCode : std::uint8_t { TextScores = 3, Members = 5, Ziplist = 12, Pack = 17 };
constexpr std::uint8_t kRdbCodes[] = {TextScores, Members, Ziplist, Pack};

// Members in one ZADD of a log.
constexpr std::size_t kMembersPerCommand = 64;

ZsetView viewOf(const Value &value) { return ZsetView(value.object); }

void freeZset(void *object) noexcept { Zset::destroy(object); }

std::size_t freeEffort(const void *object)
{
    const ZsetView zset(const_cast<void *>(object));
    return zset.isSmall() ? 1 : zset.large().blocks();
}

Value copyZset(const Value &value)
{
    const ZsetView zset = viewOf(value);
    if (zset.isSmall())
        return Value::ofObject(value.type, Listpack::copyOf(zset.pack().all()).release());
    OwnedZset copy;
    copy->toLarge();
    zset.forEach([&](const Member &member, double score) {
        copy->large().add(member.text, store::hashBytes(member.text), score);
        return true;
    });
    return Value::ofObject(value.type, copy.release());
}

std::size_t memory(const Value &value, std::size_t)
{
    const ZsetView zset = viewOf(value);
    return zset.isSmall() ? store::heapSize(zset.object()) : zset.large().bytes();
}

std::string_view encoding(const Value &value)
{
    return viewOf(value).isSmall() ? "listpack" : "skiplist";
}

std::uint8_t rdbCode(const Value &value) { return viewOf(value).isSmall() ? Pack : Members; }

void save(const Value &value, RdbWriter &writer)
{
    const ZsetView zset = viewOf(value);
    if (zset.isSmall()) {
        writer.string(zset.pack().all());
        return;
    }
    const std::uint64_t size = zset.size();
    writer.length(size);
    // From the end, as Redis does: its loader inserts each at the head of a list.
    zset.forEach(size - 1, size, true, [&](const Member &member, double score) {
        writer.string(member.text);
        writer.binaryDouble(score);
        return true;
    });
}

// A member that was added as it stands, or the reason why it cannot be.
bool addLoaded(RdbReader &reader, Zset &zset, Bytes member, double score)
{
    if (std::isnan(score))
        return reader.fail("a sorted set with a score that is not a number");
    return zset.add(member, score, OnlyNew).outcome == Added::New
           || reader.fail("a sorted set with a member twice");
}

bool loadMembers(RdbReader &reader, bool textScores, Zset &zset)
{
    const std::size_t count = reader.count(2);
    if (reader.ok() && count == 0)
        return reader.fail("a sorted set without members");
    zset.toLarge();
    for (std::size_t i = 0; i < count; ++i) {
        const Bytes member = reader.string();
        const double score = textScores ? reader.textDouble() : reader.binaryDouble();
        if (!reader.ok() || !addLoaded(reader, zset, member, score))
            return false;
        if (i % 4096 == 4095)
            reader.release();
    }
    if (reader.ok())
        zset.toSmallIfItFits();
    return reader.ok();
}

// A score as a listpack or a ziplist has it.
bool readScore(const Member &value, double *score)
{
    if (value.isInteger()) {
        *score = static_cast<double>(value.integer);
        return true;
    }
    return resp::parseDouble(value.text, score);
}

// Pairs in order, no member twice.
bool checkPairs(const ListpackView &pack, RdbReader &reader)
{
    if (pack.empty())
        return reader.fail("a sorted set without members");
    if (pack.size() % 2 != 0)
        return reader.fail("a sorted set with a member without a score");
    std::unordered_set<std::string> members;
    std::string before;
    double scoreBefore = 0;
    char digits[24];
    for (auto at = pack.first(); at != ListpackView::kEnd;) {
        const auto behind = pack.next(at);
        double score = 0;
        if (!readScore(pack.value(behind), &score))
            return reader.fail("a sorted set with a score that is not a number");
        std::string member(pack.value(at).bytes(digits));
        if (!members.empty() && (score < scoreBefore || (score == scoreBefore && member <= before)))
            return reader.fail("a sorted set out of order");
        if (!members.insert(member).second)
            return reader.fail("a sorted set with a member twice");
        before = std::move(member);
        scoreBefore = score;
        at = pack.next(behind);
    }
    return true;
}

bool loadPack(RdbReader &reader, bool ziplist, OwnedZset &zset)
{
    const Bytes bytes = reader.string();
    if (!reader.ok())
        return false;
    if (!ziplist && !ListpackView::valid(bytes))
        return reader.fail("a damaged listpack");
    Listpack pack = ziplist ? Listpack(bytes.size()) : Listpack::copyOf(bytes);
    if (ziplist && !store::appendZiplist(bytes, &pack))
        return reader.fail("a damaged ziplist");
    pack.shrink();
    if (!checkPairs(pack, reader))
        return false;
    Zset::destroy(zset.release());
    *zset = Zset::adopt(std::move(pack));
    if (zset->size() > static_cast<std::uint64_t>(g_limits.entries))
        zset->toLarge();
    return true;
}

bool load(std::uint8_t code, RdbReader &reader, Value *out)
{
    OwnedZset zset;
    const bool loaded = code == Pack || code == Ziplist
                            ? loadPack(reader, code == Ziplist, zset)
                            : loadMembers(reader, code == TextScores, *zset);
    if (loaded)
        *out = Value::ofObject(g_type, zset.release());
    return loaded;
}

Bytes digitsOf(double score, char (&digits)[40])
{
    return Bytes(digits, static_cast<std::size_t>(resp::writeDouble(digits, score) - digits));
}

void rewrite(Bytes key, const Value &value, LogWriter &writer)
{
    const ZsetView zset = viewOf(value);
    std::size_t left = zset.size(), inCommand = 0;
    zset.forEach([&](const Member &member, double score) {
        if (inCommand == 0) {
            inCommand = std::min(left, kMembersPerCommand);
            writer.begin(2 + 2 * inCommand);
            writer.argument("ZADD");
            writer.argument(key);
        }
        char digits[40], memberDigits[24];
        writer.argument(digitsOf(score, digits));
        writer.argument(member.bytes(memberDigits));
        --left;
        --inCommand;
        return true;
    });
}

void digestZset(const Value &value, Digest &digest)
{
    viewOf(value).forEach([&](const Member &member, double score) {
        char digits[40], memberDigits[24];
        Digest element;
        element.mix(member.bytes(memberDigits));
        element.mix(digitsOf(score, digits));
        digest.combine(element);
        return true;
    });
}

} // namespace

constexpr ValueType kZsetValueType = {
    .name = "zset",
    .rdbCodes = kRdbCodes,
    .free = freeZset,
    .freeEffort = freeEffort,
    .copy = copyZset,
    .memory = memory,
    .encoding = encoding,
    .rdbCode = rdbCode,
    .save = save,
    .load = load,
    .rewrite = rewrite,
    .digest = digestZset,
};

} // namespace cay::zsets
