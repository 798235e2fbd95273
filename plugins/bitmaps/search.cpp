// BITCOUNT and BITPOS, with ranges in bytes or bits.
#include "bitmap_commands.h"

#include "store/bits.h"

#include <algorithm>

namespace cay::bitmaps {

namespace {

// An inclusive range as the client gave it: positions may be negative, counted from the end.
struct Range
{
    std::int64_t start = 0, end = -1;
    bool isBit = false;
    bool hasEnd = false;
};

// Half open, in bits, within the string. Empty when the range is.
struct BitRange
{
    std::uint64_t from = 0, to = 0;
    bool isEmpty() const { return from >= to; }
};

bool readUnit(Call &call, std::size_t i, Range *range)
{
    if (isWord(call[i], "BIT"))
        range->isBit = true;
    else if (!isWord(call[i], "BYTE"))
        return call.fail(errors::kSyntax);
    return true;
}

BitRange within(Bytes text, const Range &range)
{
    const auto total = static_cast<std::int64_t>(text.size()) * (range.isBit ? 8 : 1);
    std::int64_t start = range.start, end = range.end;
    if (start < 0)
        start = std::max<std::int64_t>(start + total, 0);
    if (end < 0)
        end = std::max<std::int64_t>(end + total, 0);
    end = std::min(end, total - 1);
    if (start > end)
        return {};
    const std::uint64_t unit = range.isBit ? 1 : 8;
    return {static_cast<std::uint64_t>(start) * unit, static_cast<std::uint64_t>(end + 1) * unit};
}

std::uint64_t countRange(Bytes text, const BitRange &range)
{
    const std::size_t first = range.from / 8, last = (range.to + 7) / 8;
    std::uint64_t count = store::countBits(text.substr(first, last - first));
    // Whole bytes were counted: take off what lies beside the range.
    if (const unsigned before = range.from % 8) {
        const auto mask = static_cast<char>(~(0xffu >> before));
        const char edge = static_cast<char>(text[first] & mask);
        count -= store::countBits(Bytes(&edge, 1));
    }
    if (const unsigned used = range.to % 8) {
        const auto mask = static_cast<char>(0xffu >> used);
        const char edge = static_cast<char>(text[last - 1] & mask);
        count -= store::countBits(Bytes(&edge, 1));
    }
    return count;
}

} // namespace

void bitCount(Call &call)
{
    char digits[24];
    Bytes text;
    bool exists;
    if (!readString(call, 1, digits, &text, &exists))
        return;
    if (!exists) {
        call.reply.zero();
        return;
    }
    Range range;
    if (call.size() >= 3 && call.size() <= 5) { // the end is optional since Valkey 8
        if (!readInteger(call, call[2], &range.start)
            || (call.size() > 3 && !readInteger(call, call[3], &range.end)))
            return;
        if (range.start < 0 && range.end < 0 && range.start > range.end) {
            call.reply.zero();
            return;
        }
        if (call.size() == 5 && !readUnit(call, 4, &range))
            return;
    } else if (call.size() != 2) {
        call.fail(errors::kSyntax);
        return;
    }
    const BitRange bits = within(text, range);
    call.reply.integer(bits.isEmpty() ? 0 : static_cast<std::int64_t>(countRange(text, bits)));
}

void bitPos(Call &call)
{
    std::int64_t bit;
    if (!readInteger(call, call[2], &bit))
        return;
    if (bit != 0 && bit != 1) {
        call.fail("ERR The bit argument must be 1 or 0.");
        return;
    }
    char digits[24];
    Bytes text;
    bool exists;
    if (!readString(call, 1, digits, &text, &exists))
        return;
    if (!exists) { // as if zeros without end
        call.reply.integer(bit ? -1 : 0);
        return;
    }
    Range range;
    if (call.size() > 6) {
        call.fail(errors::kSyntax);
        return;
    }
    if (call.size() >= 4 && !readInteger(call, call[3], &range.start))
        return;
    if (call.size() == 6 && !readUnit(call, 5, &range))
        return;
    range.hasEnd = call.size() >= 5;
    if (range.hasEnd && !readInteger(call, call[4], &range.end))
        return;
    const BitRange bits = within(text, range);
    if (bits.isEmpty()) {
        call.reply.integer(-1);
        return;
    }
    const std::uint64_t at = store::findBit(text, bit == 1, bits.from, bits.to);
    // Behind a string without an end in the request there are zeros.
    const bool found = at < bits.to || (bit == 0 && !range.hasEnd);
    call.reply.integer(found ? static_cast<std::int64_t>(at) : -1);
}

} // namespace cay::bitmaps
