// Options of Redis 7 and 8 and of Valkey: what a configuration written for them may hold.
#pragma once

#include "store/bytes.h"

namespace cay::core {

enum class KnownOption : std::uint8_t {
    Unknown,
    Elsewhere, // those servers have it
    Retired,   // those servers ignore it silently
};
// From the resource :/cay/known_options.json. `name` in lower case.
KnownOption knownOption(Bytes name);

} // namespace cay::core
