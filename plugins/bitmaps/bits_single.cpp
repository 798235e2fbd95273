// One bit at a time: SETBIT, GETBIT; and the reading of offsets and strings.
#include "bitmap_commands.h"

namespace cay::bitmaps {

namespace {

constexpr Bytes kBadOffset = "ERR bit offset is not an integer or out of range";
constexpr Bytes kBadBit = "ERR bit is not an integer or out of range";

} // namespace

bool readBitOffset(Call &call, Bytes text, unsigned width, BitOffset *offset)
{
    const bool counted = width > 0 && text.starts_with('#');
    std::int64_t n = 0;
    if (!resp::parseInteger(text.substr(counted), &n) || n < 0)
        return call.fail(kBadOffset);
    if (counted && __builtin_mul_overflow(n, static_cast<std::int64_t>(width), &n))
        return call.fail(kBadOffset);
    if (n >> 3 >= g_maxStringSize && !call.session.has(SessionMaster))
        return call.fail(kBadOffset);
    offset->bit = static_cast<std::uint64_t>(n);
    return true;
}

bool readString(Call &call, std::size_t i, char (&digits)[24], Bytes *text, bool *exists)
{
    const Entry *entry = call.db.read(call.key(i));
    *exists = entry != nullptr;
    *text = {};
    if (!entry)
        return true;
    if (entry->type() != kStringType)
        return call.fail(errors::kWrongType);
    *text = store::stringText(*entry, digits);
    return true;
}

void setBit(Call &call)
{
    BitOffset offset;
    if (!readBitOffset(call, call[2], 0, &offset))
        return;
    std::int64_t on;
    if (!readInteger(call, call[3], &on, kBadBit))
        return;
    if (on != 0 && on != 1) {
        call.fail(kBadBit);
        return;
    }
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (entry && entry->type() != kStringType) {
        call.fail(errors::kWrongType);
        return;
    }
    char digits[24];
    const bool grows = !entry || store::stringText(*entry, digits).size() < offset.byte() + 1;
    char *byte = editString(call.db, key, entry, offset.byte() + 1) + offset.byte();
    const auto mask = static_cast<char>(1u << offset.shift());
    const bool was = *byte & mask;
    if (grows || was != (on == 1)) {
        *byte = static_cast<char>(on ? *byte | mask : *byte & ~mask);
        call.modified(key, EventClass::String, "setbit");
    }
    was ? call.reply.one() : call.reply.zero();
}

void getBit(Call &call)
{
    BitOffset offset;
    if (!readBitOffset(call, call[2], 0, &offset))
        return;
    char digits[24];
    Bytes text;
    bool exists;
    if (!readString(call, 1, digits, &text, &exists))
        return;
    if (offset.byte() < text.size() && (text[offset.byte()] >> offset.shift()) & 1)
        call.reply.one();
    else
        call.reply.zero();
}

} // namespace cay::bitmaps
