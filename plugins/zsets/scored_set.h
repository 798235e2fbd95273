// A large sorted set: members by name in a hash table, and in order in a tree. Both refer to one
// item per member, in slabs of its own.
//
//   Dict (by member)          item: | score 8 | size | member |          OrderedTree (by score)
//   | tag, position, o--+--------->                             <---------+--o hint |
//
// One member of 13 bytes takes 24 bytes for the item, 10 to 13 in the table and 9.5 to 10.5 in the
// tree: 47, where Redis needs 110.
//
// Turned down: store/packed_table.h, whose items move (the tree could not refer to them, and would
// have to hold the members once more).
#pragma once

#include "store/arena.h"
#include "store/dict.h"
#include "store/ordered_tree.h"

namespace cay::zsets {

using store::OrderedTree;
using store::ScoredItem;

struct ByMember
{
    static Bytes key(const ScoredItem *item) { return item->member(); }
};

class ScoredSet
{
public:
    using Members = store::Dict<ScoredItem, ByMember>;

    ScoredSet() = default;
    ~ScoredSet();
    ScoredSet(const ScoredSet &) = delete;
    ScoredSet &operator=(const ScoredSet &) = delete;

    std::size_t size() const { return m_members.size(); }
    // Bytes on the heap.
    std::size_t bytes() const;
    // Blocks on the heap, about.
    std::size_t blocks() const;

    const Members &members() const { return m_members; }
    const OrderedTree &order() const { return m_order; }

    // Null when it is not there.
    ScoredItem *find(Bytes member) const { return find(member, store::hashBytes(member)); }
    ScoredItem *find(Bytes member, std::uint64_t hash) const
    {
        const Members::Slot *slot = m_members.find(member, hash);
        return slot ? Members::item(*slot) : nullptr;
    }
    // REQUIRES: it is not there.
    void add(Bytes member, std::uint64_t hash, double score);
    void setScore(ScoredItem *item, double score) { m_order.move(item, score); }
    // False when it is not there.
    bool remove(Bytes member);
    void remove(ScoredItem *item);

private:
    void freeItem(ScoredItem *item);

    Members m_members;
    OrderedTree m_order;
    store::ItemArena m_items;
    std::size_t m_outside = 0, m_outsideBytes = 0; // items that are too large for the slabs
};

} // namespace cay::zsets
