// What Cay says it is. Clients decide by redis_version which commands and replies to expect.
#pragma once

#include "store/bytes.h"

namespace cay {

inline constexpr Bytes kCayVersion = "0.1.0";
inline constexpr Bytes kRedisVersion = "7.0.15";

} // namespace cay
