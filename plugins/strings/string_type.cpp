// The value type "string", type 0 of every build. What is longer than an entry holds lies in a
// store::StringBlock.
#include "string_commands.h"

#include "cay/digest.h"
#include "cay/log_writer.h"
#include "cay/rdb.h"
#include "cay/value.h"

namespace cay::strings {

namespace {

using store::StringBlock;
using store::stringBlock;

// RDB_TYPE_STRING.
constexpr std::uint8_t kRdbCodes[] = {0};

// Redis keeps strings up to this size in one allocation with their object, and calls them "embstr".
constexpr std::size_t kEmbeddedInRedis = 44;

void freeString(void *object) noexcept { static_cast<StringBlock *>(object)->release(); }

// Pages to give back cost like small allocations: a block of a megabyte is worth the background
// thread.
std::size_t freeEffort(const void *object)
{
    return 1 + static_cast<const StringBlock *>(object)->capacity() / (16 * 1024);
}

// Blocks are copied when one of their owners writes.
Value copyString(const Value &value)
{
    if (value.encoding == Encoding::Object)
        stringBlock(value)->retain();
    return value;
}

std::size_t memory(const Value &value, std::size_t)
{
    return value.encoding == Encoding::Object ? stringBlock(value)->usableSize() : 0;
}

std::string_view encoding(const Value &value)
{
    switch (value.encoding) {
    case Encoding::Integer: return "int";
    case Encoding::Inline: return value.text.size() <= kEmbeddedInRedis ? "embstr" : "raw";
    case Encoding::Object:
    case Encoding::InlineRaw: break;
    }
    return "raw";
}

std::uint8_t rdbCode(const Value &) { return kRdbCodes[0]; }

void save(const Value &value, RdbWriter &writer)
{
    if (value.encoding == Encoding::Integer) {
        writer.integer(value.integer);
        return;
    }
    char digits[24];
    writer.string(store::stringText(value, digits));
}

bool load(std::uint8_t, RdbReader &reader, Value *out)
{
    const Bytes text = reader.string();
    if (!reader.ok())
        return false;
    std::int64_t n = 0;
    if (resp::parseInteger(text, &n))
        *out = Value::ofInteger(n);
    else if (text.size() <= store::kMaxInline)
        *out = Value::ofText(text);
    else
        *out = Value::ofObject(kStringType, StringBlock::fromBytes(text));
    return true;
}

void rewrite(Bytes key, const Value &value, LogWriter &writer)
{
    char digits[24];
    writer.command({"SET", key, store::stringText(value, digits)});
}

void digestString(const Value &value, Digest &digest)
{
    char digits[24];
    digest.mix(store::stringText(value, digits));
}

} // namespace

constexpr ValueType kStringValueType = {
    .name = "string",
    .rdbCodes = kRdbCodes,
    .free = freeString,
    .freeEffort = freeEffort,
    .copy = copyString,
    .memory = memory,
    .encoding = encoding,
    .rdbCode = rdbCode,
    .save = save,
    .load = load,
    .rewrite = rewrite,
    .digest = digestString,
};

} // namespace cay::strings
