// What a SORT asks for, and the keys that it names.
#pragma once

#include "cay/args.h"

#include <vector>

namespace cay::sorting {

struct Plan
{
    std::vector<Bytes> get; // patterns, in order
    Bytes by;               // the pattern with a '*', if there is one
    bool hasBy = false;
    bool keepOrder = false; // BY a pattern without '*'
    bool descending = false;
    bool alpha = false;
    std::int64_t offset = 0, count = -1; // count below 0: all
    std::size_t store = 0;               // the argument that is the destination; 0: none
};

// False after an error has been replied.
bool parsePlan(Call &call, bool readOnly, Plan *plan);

// COMMAND GETKEYS and access control: the key, and the last STORE's.
bool sortKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out);

} // namespace cay::sorting
