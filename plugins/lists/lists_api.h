// What the lists plugin offers to others in C++: reading lists, and making one. Fetched in start():
//
//   const auto *lists = static_cast<const cay::lists::Api *>(host.api("lists"));
//
// All on the command thread. A Value is one of the type "list" (entry.type() ==
// host.typeByName("list")); an absent key has none, and is the caller's to treat as an empty list.
#pragma once

#include "cay/value.h"

#include <string>
#include <type_traits>

namespace cay::lists {

// How a list is kept, for DEBUG.
struct Shape
{
    bool isQuicklist; // as OBJECT ENCODING says
    int fill;         // list-max-listpack-size when it became one
    bool compresses;  // it has a depth
    std::size_t nodes;
    std::size_t bytes; // of all nodes, uncompressed
};

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

    // For DEBUG: the shape; a page of text, a line for each node and, if asked for, for each
    // element; and from how many bytes on an element is a node of its own (0: when it does not
    // fit).
    Shape (*shape)(const Value &list);
    std::string (*describe)(const Value &list, bool elements);
    void (*setPlainThreshold)(std::size_t bytes);
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
