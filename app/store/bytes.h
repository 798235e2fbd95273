// The two byte types that every layer shares.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace cay {

// Borrowed, binary-safe bytes. Who lends them says how long they live.
using Bytes = std::string_view;

// Milliseconds since the Unix epoch, signed as Redis's expiry times are.
using UnixMs = std::int64_t;
inline constexpr UnixMs kNever = INT64_MAX;

} // namespace cay
