// The nodes of a PackedList in order, found by place or by the index of an element.
//
//   m_tiers   +-----------------+-----------------+--- ...
//             | elements, block | elements, block |
//             +--------------|--+-----------------+
//                            v
//   block     | room | node | node | ... | node | room |      at most kMaxNodes, 24 bytes each
//
// Invariants: no tier is empty; a tier's `elements` is the sum of its nodes' count().
// To find an index, sums are passed tier by tier and then count by count from the nearer end: both
// lie side by side. A list of 100 million elements has about 800,000 nodes in 3,000 tiers: 50 KB of
// sums, 6 KB of nodes. Nodes come and go at both ends in O(1) amortized, elsewhere by moving at
// most half of one block.
//
// Turned down: Redis's chain, where each node passed is a cache miss; a tree of counts, O(log n)
// where this is O(sqrt n), but slower at every size that fits in memory; one array, which stalls
// when it grows.
#pragma once

#include "store/packed_node.h"

#include <vector>

namespace cay::store {

class NodeTable
{
public:
#ifdef CAY_TORTURE
    static constexpr std::uint32_t kMaxNodes = 4;
#else
    static constexpr std::uint32_t kMaxNodes = 256;
#endif

    // A node's place: good until nodes come or go.
    struct Place
    {
        std::size_t tier = 0;
        std::uint32_t slot = 0;
        bool operator==(const Place &) const = default;
    };

    NodeTable() = default;
    NodeTable(const NodeTable &) = delete;
    NodeTable &operator=(const NodeTable &) = delete;
    // Frees the nodes too.
    ~NodeTable() { clear(); }
    void clear();

    std::size_t nodes() const { return m_nodes; }
    std::uint64_t elements() const { return m_elements; }
    bool empty() const { return m_nodes == 0; }

    // REQUIRE: not empty.
    PackedNode &front() { return m_tiers.front().block->first(); }
    PackedNode &back() { return m_tiers.back().block->last(); }
    const PackedNode &front() const { return m_tiers.front().block->first(); }
    const PackedNode &back() const { return m_tiers.back().block->last(); }

    Place begin() const { return {}; }
    Place end() const { return {m_tiers.size(), 0}; }
    Place last() const { return {m_tiers.size() - 1, m_tiers.back().block->count - 1}; }
    Place next(Place at) const
    {
        return at.slot + 1 < m_tiers[at.tier].block->count ? Place{at.tier, at.slot + 1}
                                                           : Place{at.tier + 1, 0};
    }
    // REQUIRES: not begin(). Takes end().
    Place previous(Place at) const
    {
        return at.slot ? Place{at.tier, at.slot - 1}
                       : Place{at.tier - 1, m_tiers[at.tier - 1].block->count - 1};
    }
    PackedNode &operator[](Place at) { return m_tiers[at.tier].block->node(at.slot); }
    const PackedNode &operator[](Place at) const { return m_tiers[at.tier].block->node(at.slot); }

    // The node that holds the element; *index becomes its number there. REQUIRES: *index is below
    // elements().
    Place find(std::uint64_t *index) const;
    // The node with this number. REQUIRES: it is below nodes().
    Place nth(std::size_t number) const;
    std::size_t number(Place at) const;

    // Takes the node; returns its place. Places of others change.
    Place insert(Place before, const PackedNode &node);
    void pushFront(const PackedNode &node) { insert(begin(), node); }
    void pushBack(const PackedNode &node) { insert(end(), node); }
    // Takes the node out without freeing it; returns the place of the one behind it.
    Place remove(Place at);
    // To be said of every change of a node's count.
    void counted(Place at, std::int64_t difference)
    {
        m_tiers[at.tier].elements += static_cast<std::uint64_t>(difference);
        m_elements += static_cast<std::uint64_t>(difference);
    }

    // What the allocator gave for the table, nodes excluded.
    std::size_t heapBytes() const;

private:
    struct Block
    {
        static Block *create(std::uint32_t capacity);
        PackedNode &node(std::uint32_t slot) { return nodes()[begin + slot]; }
        PackedNode &first() { return nodes()[begin]; }
        PackedNode &last() { return nodes()[begin + count - 1]; }
        PackedNode *nodes() { return reinterpret_cast<PackedNode *>(this + 1); }

        std::uint32_t capacity, begin, count, unused;
    };
    struct Tier
    {
        std::uint64_t elements;
        Block *block;
    };

    Place makeRoom(Place at);
    Place splitTier(Place at);
    static Block *resized(Block *block, std::uint32_t capacity, bool frontRoom);
    static void openSlot(Block *block, std::uint32_t slot);

    std::vector<Tier> m_tiers;
    std::uint64_t m_elements = 0;
    std::size_t m_nodes = 0;
};

} // namespace cay::store
