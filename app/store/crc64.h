// CRC-64 as Redis puts it at the end of an RDB file and of a DUMP payload: the Jones polynomial
// 0xad93d23594c935a9, reflected in and out, start value 0, no final exclusive or.
//
//   crc64(0, "123456789") == 0xe9c6d914c4b8d9ca
//
// Eight table look-ups take eight bytes at once ("slicing by 8", Kounavis and Berry, "A Systematic
// Approach to Building High Performance Software-Based CRC Generators", 2005): 16 KiB of tables,
// made at compile time. Turned down: carry-less multiplication, several times as fast, but with a
// second implementation for machines without the instruction, and loading is bound by other work.
#pragma once

#include "store/bytes.h"

namespace cay::store {

// Continues `crc`, the checksum of what came before (0 at the start), over more bytes.
std::uint64_t crc64(std::uint64_t crc, Bytes bytes);

} // namespace cay::store
