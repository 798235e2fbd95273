// The value type "set".
#include "set_commands.h"

#include "cay/digest.h"
#include "cay/log_writer.h"
#include "cay/rdb.h"
#include "store/heap.h"

namespace cay::sets {

TypeId g_setType = 0;

namespace {

// RDB_TYPE_SET, RDB_TYPE_SET_INTSET, and RDB_TYPE_SET_LISTPACK of 7.2, which 7.0 does not read:
// never written.
enum RdbCode : std::uint8_t { Members = 2, Intset = 11, Listpack = 20 };
constexpr std::uint8_t kRdbCodes[] = {Members, Intset, Listpack};

// Members in one SADD of a log.
constexpr std::size_t kMembersPerCommand = 64;

SetView viewOf(const Value &value) { return SetView(value.object); }

void freeSet(void *object) noexcept { Set::destroy(object); }

std::size_t freeEffort(const void *object)
{
    const SetView set(const_cast<void *>(object));
    return set.form() == Form::Table ? set.table().freeEffort() : 1;
}

Value copySet(const Value &value)
{
    return Value::ofObject(value.type, Set::copyOf(viewOf(value)).release());
}

std::size_t memory(const Value &value, std::size_t)
{
    const SetView set = viewOf(value);
    if (set.form() == Form::Table)
        return store::heapSize(&set.table()) + set.table().bytes();
    return store::heapSize(set.block());
}

std::string_view encoding(const Value &value)
{
    constexpr std::string_view kNames[] = {"hashtable", "intset", "listpack"};
    return kNames[static_cast<std::size_t>(viewOf(value).form())];
}

std::uint8_t rdbCode(const Value &value)
{
    return viewOf(value).form() == Form::Intset ? Intset : Members;
}

void save(const Value &value, RdbWriter &writer)
{
    const SetView set = viewOf(value);
    if (set.form() == Form::Intset) {
        writer.string(set.intset().all());
        return;
    }
    writer.length(set.size());
    set.forEach([&](const Member &member) {
        char digits[24];
        writer.string(member.bytes(digits));
    });
}

bool loadMembers(RdbReader &reader, Set *set)
{
    const std::size_t count = reader.count();
    if (reader.ok() && count == 0)
        return reader.fail("a set without members");
    for (std::size_t i = 0; i < count; ++i) {
        const Bytes member = reader.string();
        if (!reader.ok())
            return false;
        if (i == 0)
            *set = Set::forMembers(member, count);
        if (!set->add(member))
            return reader.fail("a set with a member twice");
        if (i % 4096 == 4095)
            reader.release();
    }
    return reader.ok();
}

bool loadIntset(RdbReader &reader, Set *set)
{
    const Bytes bytes = reader.string();
    if (!reader.ok())
        return false;
    if (!store::IntsetView::valid(bytes))
        return reader.fail("a broken intset");
    *set = Set::ofIntset(store::Intset::copyOf(bytes));
    set->expect(set->size());
    return true;
}

// Adds the members one by one: that finds doubles, and texts that ought to be integers.
bool loadListpack(RdbReader &reader, Set *set)
{
    const Bytes bytes = reader.string();
    if (!reader.ok())
        return false;
    if (!store::ListpackView::valid(bytes))
        return reader.fail("a broken listpack");
    const store::ListpackView view(reinterpret_cast<const unsigned char *>(bytes.data()));
    if (view.empty())
        return reader.fail("a set without members");
    set->expect(view.size());
    for (auto at = view.first(); at != view.kEnd; at = view.next(at)) {
        if (!set->add(view.value(at)))
            return reader.fail("a set with a member twice");
    }
    return true;
}

bool load(std::uint8_t code, RdbReader &reader, Value *out)
{
    Set set = Set::empty();
    const bool loaded = code == Members  ? loadMembers(reader, &set)
                        : code == Intset ? loadIntset(reader, &set)
                                         : loadListpack(reader, &set);
    if (loaded)
        *out = Value::ofObject(g_setType, set.release());
    return loaded;
}

void rewrite(Bytes key, const Value &value, LogWriter &writer)
{
    const SetView set = viewOf(value);
    std::size_t left = set.size(), inCommand = 0;
    set.forEach([&](const Member &member) {
        if (inCommand == 0) {
            inCommand = std::min(left, kMembersPerCommand);
            writer.begin(2 + inCommand);
            writer.argument("SADD");
            writer.argument(key);
        }
        char digits[24];
        writer.argument(member.bytes(digits));
        --left;
        --inCommand;
    });
}

void digestSet(const Value &value, Digest &digest)
{
    viewOf(value).forEach([&](const Member &member) {
        char digits[24];
        digest.combine(member.bytes(digits));
    });
}

} // namespace

constexpr ValueType kSetValueType = {
    .name = "set",
    .rdbCodes = kRdbCodes,
    .free = freeSet,
    .freeEffort = freeEffort,
    .copy = copySet,
    .memory = memory,
    .encoding = encoding,
    .rdbCode = rdbCode,
    .save = save,
    .load = load,
    .rewrite = rewrite,
    .digest = digestSet,
};

} // namespace cay::sets
