// What the lists plugin offers to others in C++: reading lists, and making one. Fetched in start():
//
//   const auto *lists = static_cast<const cay::lists::Api *>(host.api("lists"));
//
// All on the command thread. A Value is one of the type "list" (entry.type() ==
// host.typeByName("list")); an absent key has none, and is the caller's to treat as an empty list.
#pragma once

#include "cay/value.h"

#include <type_traits>

namespace cay::lists {

struct Api
{
    // Elements. O(1).
    std::size_t (*size)(const Value &list);
    // Calls visit(context, element) for each element from the head on; false from it ends the walk.
    // The bytes live until visit() returns. The list must not change meanwhile.
    void (*forEach)(const Value &list, void *context, bool (*visit)(void *context, Bytes element));
    // A new, empty list: store it with Db::put() when it has elements, or Host::freeValue() it.
    Value (*make)();
    // Adds an element behind the last; its bytes are copied. Changes list->object, as the encoding
    // changes: store the value again, or with Entry::setObject(), afterwards.
    void (*append)(Value *list, Bytes element);
};

// The same with any callable that takes an element and returns whether to go on.
template <typename Visit>
void forEach(const Api &api, const Value &list, Visit &&visit)
{
    api.forEach(list, &visit, [](void *context, Bytes element) {
        return static_cast<bool>(
            (*static_cast<std::remove_reference_t<Visit> *>(context))(element));
    });
}

} // namespace cay::lists
