// SipHash-1-3 with a key drawn at start-up: an outsider cannot choose keys that collide.
//
// Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF" (2012); one compression and
// three finalisation rounds, as Rust's and Python's tables use. Turned down: xxh3 and wyhash,
// faster on long keys, but not made to withstand someone who searches for collisions; an AES hash,
// as fast on short keys, but with a second implementation for machines without the instructions.
#pragma once

#include "store/bytes.h"

#include <bit>
#include <cstring>

namespace cay::store {

struct HashSeed
{
    std::uint64_t k0, k1;
};
// Process-wide; drawn from the system's random source before main(), or set once by a test before
// any table exists.
extern HashSeed g_hashSeed;

inline std::uint64_t sipHash13(Bytes text, HashSeed seed)
{
    std::uint64_t v0 = 0x736f6d6570736575ull ^ seed.k0, v1 = 0x646f72616e646f6dull ^ seed.k1;
    std::uint64_t v2 = 0x6c7967656e657261ull ^ seed.k0, v3 = 0x7465646279746573ull ^ seed.k1;
    const auto round = [&] {
        v0 += v1;
        v1 = std::rotl(v1, 13);
        v1 ^= v0;
        v0 = std::rotl(v0, 32);
        v2 += v3;
        v3 = std::rotl(v3, 16);
        v3 ^= v2;
        v0 += v3;
        v3 = std::rotl(v3, 21);
        v3 ^= v0;
        v2 += v1;
        v1 = std::rotl(v1, 17);
        v1 ^= v2;
        v2 = std::rotl(v2, 32);
    };
    const char *p = text.data();
    const std::size_t size = text.size();
    const char *end = p + (size & ~std::size_t{7});
    for (; p != end; p += 8) {
        std::uint64_t m;
        std::memcpy(&m, p, 8);
        v3 ^= m;
        round();
        v0 ^= m;
    }
    std::uint64_t last = static_cast<std::uint64_t>(size) << 56;
    const std::size_t rest = size & 7;
    if (size >= 8 && rest) {
        // The last 8 bytes, shifted so that the ones already hashed fall out: no byte loop.
        std::uint64_t m;
        std::memcpy(&m, p + rest - 8, 8);
        last |= m >> (64 - 8 * rest);
    } else {
        for (std::size_t i = 0; i < rest; ++i)
            last |= static_cast<std::uint64_t>(static_cast<unsigned char>(p[i])) << (8 * i);
    }
    v3 ^= last;
    round();
    v0 ^= last;
    v2 ^= 0xff;
    round();
    round();
    round();
    return v0 ^ v1 ^ v2 ^ v3;
}

inline std::uint64_t hashBytes(Bytes text) { return sipHash13(text, g_hashSeed); }

} // namespace cay::store
