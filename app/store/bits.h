// Counting, finding and combining the bits of strings. Bit 0 is the most significant one of the
// first byte, as SETBIT counts.
//
// countBits: O(n), 32 bytes at a time with AVX2 (a table of 16 counts looked up by byte shuffle,
// sums of absolute differences), else by the processor's instruction or the compiler's best.
// combineBits: O(n * sources) in blocks of 4 KB that stay in the nearest cache, 32 bytes at a time.
// findBit: O(n), 32 bytes at a time while nothing is found.
//
// The variants are chosen at run time, once; on other processors than x86-64 the portable code is
// all there is, and the compiler makes vector instructions of it.
//
// Source of the count: W. Mula, N. Kurz, D. Lemire, "Faster Population Counts Using AVX2
// Instructions", 2018. Turned down: its Harley-Seal variant (faster on blocks in the nearest cache
// only; from memory both wait for it), the compiler's target_clones (ifuncs and sanitizers do not
// go together, and macOS has none).
#pragma once

#include "store/bytes.h"

#include <cstdint>
#include <span>

namespace cay::store {

// The number of bits set.
std::uint64_t countBits(Bytes bytes);

// The first bit in [from, to) that is `bit`, or `to`. REQUIRES: to <= 8 * bytes.size().
std::uint64_t findBit(Bytes bytes, bool bit, std::uint64_t from, std::uint64_t to);

enum class BitOperation : std::uint8_t {
    And,
    Or,
    Xor,
    Not,   // of the first source
    Diff,  // in the first, and in none of the others
    Diff1, // in one or more of the others, but not in the first
    AndOr, // in the first, and in one or more of the others
    One,   // in exactly one
};

// Writes `size` bytes to `to`: the sources combined, shorter ones as if zeros followed. `to` may be
// where one of the sources begins. REQUIRES: at least one source, size at least that of the
// longest.
void combineBits(BitOperation operation, std::span<const Bytes> sources, char *to,
                 std::size_t size);

} // namespace cay::store
