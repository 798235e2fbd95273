// Which arguments of a command are secrets, so that neither MONITOR nor the slow log shows them.
#pragma once

#include "cay/call.h"

#include <vector>

namespace cay::introspection {

inline constexpr Bytes kRedacted = "(redacted)";

// The arguments with secrets replaced; borrowed from the call.
std::vector<Bytes> withoutSecrets(const Call &call);

} // namespace cay::introspection
