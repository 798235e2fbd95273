// Key specifications: their one-line notation in the metadata, and what follows from them.
//
//   <first>[..<last>[/<step>]] FLAGS...      "1", "1..2", "1..-1" (DEL), "1..-1/2" (MSET)
//   KEYWORD@<from>[..<last>[/<step>]] FLAGS  the keys follow a word, searched from a position on:
//                                            "STREAMS@1..-1 RO limit=2"; negative: from the end
//   num(<index>[,<offset>[,<step>]]) FLAGS   the number of keys stands at <index>: "num(1)"
//   unknown FLAGS                            only the command itself can tell
//
// <last> is a position (relative to the first key after a KEYWORD), or negative from the end. FLAGS
// are RO RW OW RM access update insert delete not_key incomplete variable_flags; `limit=N` and
// `note="..."` may follow.
#pragma once

#include "cay/command_info.h"

namespace cay::core {

// False with a reason ("unknown flag 'acces'").
bool parseKeySpec(Bytes text, KeySpec *out, std::string *why);

// Sets firstKey, lastKey, keyStep and FlagMovableKeys from the specifications.
// Source: how Redis 7.0 fills the legacy range (populateCommandLegacyRangeSpec): consecutive plain
// ranges are joined, anything else makes the keys movable.
void deriveKeyRange(CommandInfo *command);

} // namespace cay::core
