// What the sets plugin offers to others in C++: reading sets, and making one. Fetched in start():
//
//   const auto *sets = static_cast<const cay::sets::Api *>(host.api("sets"));
//
// All on the command thread. A Value is one of the type "set" (entry.type() ==
// host.typeByName("set")); an absent key has none, and is the caller's to treat as an empty set.
#pragma once

#include "cay/value.h"

namespace cay::sets {

struct Api
{
    // Members. O(1).
    std::size_t (*size)(const Value &set);
    // O(1), O(log n) in an intset, O(n) in a listpack.
    bool (*contains)(const Value &set, Bytes member);
    // Calls visit(context, member) for each member, in no order; false from it ends the walk. The
    // bytes live until visit() returns. The set must not change meanwhile.
    void (*forEach)(const Value &set, void *context, bool (*visit)(void *context, Bytes member));
    // A new, empty set: store it with Db::put() when it has members, or Host::freeValue() it.
    Value (*make)();
    // Adds a member, whose bytes are copied; true when it was not there. Changes set->object, as
    // the encoding changes: store the value again, or with Entry::setObject(), afterwards.
    bool (*add)(Value *set, Bytes member);
};

// The same with any callable that takes a member and returns whether to go on.
template <typename Visit>
void forEach(const Api &api, const Value &set, Visit &&visit)
{
    api.forEach(set, &visit, [](void *context, Bytes member) {
        return static_cast<bool>((*static_cast<std::remove_reference_t<Visit> *>(context))(member));
    });
}

} // namespace cay::sets
