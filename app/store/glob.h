// Glob patterns as KEYS, SCAN MATCH, PSUBSCRIBE and ACL rules know them.
#pragma once

#include "store/bytes.h"

namespace cay::store {

// Whether the whole of `text` matches `pattern`. O(pattern * text) at worst, no recursion, no
// allocation.
//
//   *        any bytes, or none          ?      any one byte
//   [abc]    one of these                [^abc] none of these
//   [a-z]    a range, in either order    \x     x itself, also in a class
//
// Every pattern means something: a class without its ] ends with the pattern, a \ at the end is
// itself. Bytes compare as signed, and ignoreCase folds A-Z, except for an escaped byte in a class.
// An empty text matches the empty pattern alone. All of it as Redis 7.0's stringmatchlen() does.
bool globMatch(Bytes pattern, Bytes text, bool ignoreCase = false);

} // namespace cay::store
