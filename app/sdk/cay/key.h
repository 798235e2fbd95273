// A key with its hash, so that a batch of commands hashes each key once: when it prefetches.
#pragma once

#include "store/bytes.h"
#include "store/siphash.h"

namespace cay {

struct Key
{
    Bytes bytes;
    std::uint64_t hash;

    // Hashes now.
    explicit Key(Bytes b)
        : bytes(b)
        , hash(store::hashBytes(b))
    {}
    // REQUIRES: h == store::hashBytes(b).
    Key(Bytes b, std::uint64_t h)
        : bytes(b)
        , hash(h)
    {}
};

} // namespace cay
