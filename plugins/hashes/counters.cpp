// HINCRBY, HINCRBYFLOAT. A field's time to live stays.
#include "hash_commands.h"

#include <algorithm>
#include <cmath>

namespace cay::hashes {

namespace {

void store(Edit &edit, const Field &field, Bytes name, Bytes value)
{
    if (field)
        edit.hash().setFound(field, name, value, FieldTable::kKeep);
    else
        edit.hash().set(name, value, edit.now());
    edit.keep();
}

// The field of a hash that may not be there yet.
Field findIn(Edit &edit)
{
    Call &call = edit.call();
    return edit.exists() ? edit.hash().find(call[2], edit.now(), hashOf(call, 2)) : Field();
}

} // namespace

void hIncrBy(Call &call)
{
    std::int64_t by;
    if (!readInteger(call, call[3], &by))
        return;
    Edit edit(call);
    if (edit.failed())
        return;
    const Field field = findIn(edit);
    std::int64_t value = 0;
    if (field) {
        const PackedValue old = edit.hash().value(field);
        value = old.integer;
        if (!old.isInteger() && !resp::parseInteger(old.text, &value)) {
            call.fail("ERR hash value is not an integer");
            return;
        }
    }
    if (__builtin_add_overflow(value, by, &value)) [[unlikely]] {
        call.fail(errors::kOverflow);
        return;
    }
    edit.begin();
    store(edit, field, call[2], resp::Decimal(value));
    call.modified(edit.key(), EventClass::Hash, "hincrby");
    call.reply.integer(value);
}

void hIncrByFloat(Call &call)
{
    long double by, value = 0;
    if (!resp::parseLongDouble(call[3], &by)) {
        call.fail(errors::kNotFloat);
        return;
    }
    if (std::isnan(by) || std::isinf(by)) {
        call.fail("ERR value is NaN or Infinity");
        return;
    }
    Edit edit(call);
    if (edit.failed())
        return;
    const Field field = findIn(edit);
    char digits[24];
    if (field && !resp::parseLongDouble(edit.hash().value(field).bytes(digits), &value)) {
        call.fail("ERR hash value is not a float");
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
    const bool expires = field && edit.hash().expiry(field) != kNever;
    edit.begin();
    store(edit, field, call[2], result);
    call.modified(edit.key(), EventClass::Hash, "hincrbyfloat");
    call.reply.bulk(result);
    // Another machine may add differently.
    if (expires)
        call.propagateAs({"HSETEX", edit.key().bytes, "KEEPTTL", "FIELDS", "1", call[2], result});
    else
        call.propagateAs({"HSET", edit.key().bytes, call[2], result});
}

} // namespace cay::hashes
