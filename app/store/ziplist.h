// Reads ziplists, which RDB files of Redis before 7.0 have where newer ones have listpacks.
//
//   +----------------+-------------------+-------------+-------+-----+-------+------+
//   | total bytes 32 | last entry at 32  | entries 16  | entry | ... | entry | 0xff |
//   +----------------+-------------------+-------------+-------+-----+-------+------+
//   entry: size of the one before it (1 byte, from 254 on 0xfe and 32 bits), encoding, data
//
//   00xxxxxx data       string below 64 bytes    11000000 i16   11010000 i32   11100000 i64
//   01xxxxxx x8 data    string below 16 KB       11110000 i24   11111110 i8
//   10000000 n32 data   longer string            1111xxxx       integer xxxx - 1, 0 to 12
//
// Lengths of strings have their high byte first, all else is little endian.
//
// Source: the files that Redis 3.2 to 6.2 write (their ziplist.c).
#pragma once

#include "store/listpack.h"

namespace cay::store {

// Reads bytes that it borrows and that nobody trusts, once from the front to the end.
class ZiplistReader
{
public:
    explicit ZiplistReader(Bytes bytes);

    // The next entry, which borrows the bytes; false at the end and where they make no sense.
    bool next(PackedValue *value);
    // Whether all made sense so far: to be asked when next() has been false.
    bool ok() const { return m_ok; }

private:
    bool fail();
    bool readString(PackedValue *value);
    bool readInteger(PackedValue *value);
    bool checkSizeBefore();

    const unsigned char *m_start, *m_at, *m_end; // m_end: the last byte
    std::size_t m_entries = 0;
    std::size_t m_last = 0; // bytes of the entry before
    bool m_ok = true;
};

} // namespace cay::store
