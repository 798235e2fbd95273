// What the plugin of hashes offers to others: host.api("hashes") is a HashesApi.
#pragma once

#include "cay/value.h"

namespace cay {

struct HashesApi
{
    // The field's value; false when it is not there or has expired at `now`. The text lives until
    // the next change of the hash, an integer's digits as long as `scratch`. O(1), in a small hash
    // O(n). REQUIRES: the value is a hash.
    bool (*field)(const Value &hash, Bytes name, UnixMs now, char (&scratch)[24], Bytes *value);
    // Fields that have not expired at `now`. O(log n).
    std::size_t (*size)(const Value &hash, UnixMs now);
    // Calls visit(context, field, value) for each of them until it answers false. The texts live
    // for that call; the visitor must not change the hash.
    void (*forEach)(const Value &hash, UnixMs now,
                    bool (*visit)(void *context, Bytes field, Bytes value), void *context);
};

} // namespace cay
