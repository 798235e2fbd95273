// Small writers of text that reports and INFO share.
#pragma once

#include "store/bytes.h"

#include <string>
#include <string_view>

namespace cay::introspection {

// As printf, into a string.
[[gnu::format(printf, 1, 2)]] std::string print(const char *format, ...);
// Bytes as Redis writes them for people: "991.48K".
std::string human(std::uint64_t bytes);
bool equalsIgnoringCase(Bytes a, Bytes b);
std::string lowerCase(Bytes text);

} // namespace cay::introspection
