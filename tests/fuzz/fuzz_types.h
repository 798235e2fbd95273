// The types of values that fuzz_dump loads, without the plugins' commands.
#pragma once

#include "cay/value.h"

namespace cay::fuzz {

std::span<const ValueType *const> types();
// Tiny limits of small encodings, so that values change to large ones, or those of the plugins.
void setLimits(bool tiny);

} // namespace cay::fuzz
