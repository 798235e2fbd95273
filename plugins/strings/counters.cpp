// INCR, DECR, INCRBY, DECRBY, INCRBYFLOAT.
#include "string_commands.h"

#include <algorithm>
#include <cmath>
#include <limits>

namespace cay::strings {

namespace {

// The integer that a string which is not one by encoding may still read as, such as "10" after
// APPEND.
bool parseValue(Call &call, const Entry &entry, std::int64_t *value)
{
    if (!isString(entry))
        return call.fail(errors::kWrongType);
    char digits[24];
    return readInteger(call, store::stringText(entry, digits), value);
}

void increment(Call &call, std::int64_t by)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    const bool inPlace = entry && entry->isInteger();
    std::int64_t value = inPlace ? entry->integer() : 0;
    if (entry && !inPlace && !parseValue(call, *entry, &value))
        return;
    if (__builtin_add_overflow(value, by, &value)) [[unlikely]] {
        call.fail(errors::kOverflow);
        return;
    }
    if (inPlace) [[likely]]
        entry->setInteger(value);
    else if (entry)
        call.db.replace(key, entry, Value::ofInteger(value));
    else
        call.db.putInteger(key, value);
    call.modified(key, EventClass::String, "incrby");
    call.reply.integer(value);
}

// Stores a text that stays one, even if it reads as an integer; the expiry stays.
void storeNumber(Call &call, const Key &key, Entry *entry, Bytes text)
{
    const Value value = text.size() <= store::kMaxInline
                            ? Value::ofText(text)
                            : Value::ofObject(kStringType, store::StringBlock::fromBytes(text));
    entry ? call.db.replace(key, entry, value) : call.db.put(key, value);
}

} // namespace

void incr(Call &call) { increment(call, 1); }

void decr(Call &call) { increment(call, -1); }

void incrBy(Call &call)
{
    std::int64_t by;
    if (readInteger(call, call[2], &by))
        increment(call, by);
}

void decrBy(Call &call)
{
    std::int64_t by;
    if (!readInteger(call, call[2], &by))
        return;
    if (by == std::numeric_limits<std::int64_t>::min()) {
        call.fail(errors::kDecrementOverflow);
        return;
    }
    increment(call, -by);
}

void incrByFloat(Call &call)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (entry && !isString(*entry)) {
        call.fail(errors::kWrongType);
        return;
    }
    long double value = 0, by;
    char digits[24];
    if ((entry && !resp::parseLongDouble(store::stringText(*entry, digits), &value))
        || !resp::parseLongDouble(call[2], &by)) {
        call.fail(errors::kNotFloat);
        return;
    }
    value += by;
    if (std::isnan(value) || std::isinf(value)) {
        call.fail(errors::kNanOrInfinity);
        return;
    }
    char text[resp::kMaxLongDoubleChars];
    const Bytes result(text, std::min(sizeof text, static_cast<std::size_t>(
                                                       resp::writeLongDouble(text, value) - text)));
    storeNumber(call, key, entry, result);
    call.modified(key, EventClass::String, "incrbyfloat");
    call.reply.bulk(result);
    // Another machine may add differently.
    call.propagateAs({"SET", key.bytes, result, "KEEPTTL"});
}

} // namespace cay::strings
