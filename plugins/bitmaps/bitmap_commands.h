// What the files of this plugin share: the handlers, and how offsets of bits are read.
#pragma once

#include "cay/args.h"
#include "cay/call.h"
#include "cay/string_edit.h"
#include "store/string_block.h"

namespace cay::bitmaps {

// The option proto-max-bulk-len: no command makes a string longer than this many bytes.
extern std::int64_t g_maxStringSize;

// Where a field that begins with a bit offset lies.
struct BitOffset
{
    std::uint64_t bit = 0;
    std::size_t byte() const { return bit / 8; }
    unsigned shift() const { return 7 - bit % 8; } // of that bit in its byte
};

// An argument as the offset of a bit: within the largest string that is allowed. With `width`, a
// leading "#" multiplies it by that many bits. False after an error has been replied.
bool readBitOffset(Call &call, Bytes text, unsigned width, BitOffset *offset);

// The text of a key for reading. False after WRONGTYPE has been replied. An absent key is empty.
bool readString(Call &call, std::size_t i, char (&digits)[24], Bytes *text, bool *exists);

void bitCount(Call &call);
void bitField(Call &call);
void bitFieldRo(Call &call);
void bitOp(Call &call);
void bitPos(Call &call);
void getBit(Call &call);
void setBit(Call &call);

// BITFIELD that only reads needs no more than that.
bool bitFieldKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out);

} // namespace cay::bitmaps
