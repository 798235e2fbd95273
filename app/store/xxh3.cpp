#include "store/xxh3.h"

#include <xxhash.h>

namespace cay::store {

std::uint64_t xxh3(Bytes text) { return XXH3_64bits(text.data(), text.size()); }

} // namespace cay::store
