// The content hash that DIGEST and IFDEQ compare by: XXH3 with 64 bits and no seed, as Redis 8.4
// uses it. Not for tables, see siphash.h.
#pragma once

#include "store/bytes.h"

namespace cay::store {

std::uint64_t xxh3(Bytes text);

} // namespace cay::store
