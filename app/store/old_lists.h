// The encodings of small collections that Redis wrote before listpacks, for loading old RDB files:
// read once, whole, into a listpack.
//
//   ziplist  | bytes 32 | last element's offset 32 | elements 16 | element ... | 0xff |
//            element: size of the one before it (1 byte, or 0xfe and 32 bits), encoding, data
//   zipmap   | pairs 8 | size field size free value free-bytes ... | 0xff |
//            size: 1 byte below 254, or 0xfe and 32 bits; free: bytes behind the value that are not
//            used
//
// Source: the files of Redis 2.4 to 6.2.
#pragma once

#include "store/listpack.h"

namespace cay::store {

// Appends every element. False when the bytes are not a ziplist from end to end: `out` is then of
// no use. Nothing that they say is trusted.
bool appendZiplist(Bytes bytes, Listpack *out);
// The same for a zipmap: field, value, field, value ...
bool appendZipmap(Bytes bytes, Listpack *out);

} // namespace cay::store
