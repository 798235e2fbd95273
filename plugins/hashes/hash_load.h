// Hashes in RDB files and DUMP payloads.
//
//   4   count, then field, value ...                          any version
//   9   a zipmap as a string                                  before Redis 2.6
//   13  a ziplist as a string: field, value ...               before Redis 7.0
//   16  a listpack as a string: field, value ...              from Redis 7.0 on
//   24  soonest time (8 bytes), count, then time, field, value ...    from Redis 7.4 on; a time is
//   a
//       length: 0 for none, else milliseconds after the soonest, plus 1
//   25  soonest time (8 bytes), a listpack as a string: field, value, time (0: none), in the order
//       of the times
#pragma once

#include "cay/value.h"

namespace cay::hashes {

inline constexpr std::uint8_t kRdbHash = 4, kRdbZipmap = 9, kRdbZiplist = 13, kRdbListpack = 16,
                              kRdbHashMetadata = 24, kRdbListpackEx = 25;
inline constexpr std::uint8_t kRdbCodes[]
    = {kRdbHash, kRdbZipmap, kRdbZiplist, kRdbListpack, kRdbHashMetadata, kRdbListpackEx};

bool loadHash(std::uint8_t code, RdbReader &reader, Value *out);

} // namespace cay::hashes
