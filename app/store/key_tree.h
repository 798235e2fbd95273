// Keys in the order of their bytes, each with a size and an expiry, and the totals of any range of
// them: how many keys, how many bytes, and when the next expires. A B+ tree.
//
//                 Branch: up to 32 children, each with its lowest key and the totals of all below
//                 it
//                 +----------------+---------------------+---------------------+
//                 | (any)  60 keys | "user:2"   38 keys  | "user:31"  51 keys  |   ...
//                 +-------|--------+---------|-----------+---------|-----------+
//                         v                  v                     v
//   Leaf   "user:" | 1 1004 - | 12 980 1712 | 17 ...
//          the start that all of its keys share, then the items in order:
//          size of the rest of the key (varint), the rest, bytes (varint), expiry + 1 or 0 for
//          never (varint)
//
// Invariants: all leaves at one depth; a leaf has 1 to 64 items (none only in an empty tree), and
// one of several that takes more than 4 KB is split by what is put there next; the lowest key in a
// branch is at most the first key of its child and greater than every key of the child before, cut
// as short as that allows; that of the first child is not looked at. A child's totals are the sums
// over its items, and the smallest expiry.
//
// insert, erase, setBytes: O(log n), with one leaf read through (about 45 items) and a small part
// of it moved. total(): O(log n + due), where `due` is the number of keys in the range that have
// expired and are still there. walk(): O(log n + visited + due). Memory: the part of the key behind
// the leaf's start, and 4 to 12 bytes, half as much again for leaves that are not full; 2 bytes for
// the branches.
//
// Turned down: a radix tree with totals in its nodes (one node of 40 bytes and more for each key,
// several updates of totals for each change), a sorted array of the entries themselves (they move
// whenever they grow), keeping the keys in the entries and pointers here (the same, and a cache
// miss for each comparison).
#pragma once

#include "store/bytes.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace cay::store {

// What the keys of a range come to.
struct KeyTotals
{
    std::uint64_t keys = 0;
    std::uint64_t bytes = 0;
    UnixMs nextExpiry = kNever;

    void add(const KeyTotals &other)
    {
        keys += other.keys;
        bytes += other.bytes;
        nextExpiry = nextExpiry < other.nextExpiry ? nextExpiry : other.nextExpiry;
    }
};

// Keys from `low` (included) to `high` (excluded); without an end if `unbounded`.
struct KeyRange
{
    std::string low, high;
    bool unbounded = true;

    // All keys that begin with the prefix.
    static KeyRange ofPrefix(Bytes prefix);
    bool isBelow(Bytes key) const { return key < Bytes(low); }
    bool isAbove(Bytes key) const { return !unbounded && key >= Bytes(high); }
    bool contains(Bytes key) const { return !isBelow(key) && !isAbove(key); }
};

class KeyTree
{
public:
    struct Item
    {
        Bytes key; // borrowed: until the next change, or until the visitor returns
        std::uint64_t bytes = 0;
        UnixMs expiry = kNever;
    };

    KeyTree();
    ~KeyTree();
    KeyTree(KeyTree &&) noexcept;
    KeyTree &operator=(KeyTree &&) noexcept;

    // All keys, expired ones included.
    const KeyTotals &totals() const;
    std::uint64_t size() const { return totals().keys; }
    // About how much memory the tree takes.
    std::size_t memory() const { return m_memory; }

    // Adds the key, or gives it another size and expiry. True when it was not there.
    bool put(Bytes key, std::uint64_t bytes, UnixMs expiry);
    // True when it was there.
    bool erase(Bytes key);

    // The totals of the keys in a range that have not expired at `now`.
    KeyTotals total(const KeyRange &range, UnixMs now) const;
    // Calls visit(item) -> bool for those keys in order, until it returns false.
    template <typename Visit>
    void walk(const KeyRange &range, UnixMs now, Visit visit) const
    {
        walkWith(range, now, &visit, [](void *context, const Item &item) {
            return static_cast<bool>((*static_cast<Visit *>(context))(item));
        });
    }

    // For tests: whether every invariant holds.
    bool check() const;

private:
    struct Node;
    struct Leaf;
    struct Branch;
    struct Child;
    struct LeafReader;
    struct Bounds;

    using VisitItem = bool (*)(void *context, const Item &item);
    void walkWith(const KeyRange &range, UnixMs now, void *context, VisitItem visit) const;
    struct Walk;
    static bool walkNode(const Child &child, unsigned height, const Walk &walk);
    static void totalNode(const Child &child, unsigned height, const Bounds &bounds,
                          const KeyRange &range, UnixMs now, KeyTotals *out);

    // Both update the child's totals. What a node is split into goes to *split.
    bool putNode(Child &child, unsigned height, const Item &item, Child *split);
    bool putLeaf(Child &child, const Item &item, Child *split);
    bool eraseNode(Child &child, unsigned height, Bytes key);
    bool eraseLeaf(Child &child, Bytes key);
    void splitLeaf(Child &child, std::size_t at, Child *split);
    void splitBranch(Branch &branch, Child *split);
    void repair(Branch &branch, std::size_t i, unsigned height);
    bool mergeLeaves(Child &left, Child &right);
    bool mergeBranches(Child &left, Child &right);
    static bool checkNode(const Child &child, unsigned height, const Bounds &bounds);

    std::unique_ptr<Child> m_root;
    unsigned m_height = 0; // branches above a leaf
    std::size_t m_memory = 0;
};

} // namespace cay::store
