// A list of any length: listpack nodes of a few KB in a NodeTable, as Redis's quicklist has them in
// a chain.
//
//   NodeTable   | node | node | node | ... | node |        counts and pointers, 24 bytes each
//                  |      |      |            |
//               listpack  |   compressed   listpack        see packed_node.h
//                    large element
//
// How many elements a node takes, as list-max-listpack-size says: at most `fill` of them, or for -1
// to -5 as many as fit into 4, 8, 16, 32 or 64 KB. An element that does not fit is a node of its
// own (Plain). With a depth, all but so many nodes at each end are compressed where that helps;
// they are unpacked to be changed, and into a block beside them to be read.
//
// Both ends O(1). By index: O(sqrt n) to the node (see node_table.h), then along its elements. An
// insertion into a full node divides it, and joins the halves with their neighbours where those
// have room. A list may also be "single": one listpack whatever its size, which is what OBJECT
// ENCODING calls a listpack.
#pragma once

#include "store/node_table.h"

namespace cay::store {

class PackedList
{
public:
    struct Limits
    {
        std::int16_t fill = -2;
        std::uint16_t depth = 0;
    };
    // Out of option values, whatever they are.
    static Limits limits(std::int64_t fill, std::int64_t depth);
    // Whether a node of this many bytes and elements is more than `fill` allows.
    static bool exceeds(std::int64_t fill, std::size_t bytes, std::size_t count);
    // The two limits behind a fill.
    static std::size_t maxBytes(std::int64_t fill);
    static std::size_t maxCount(std::int64_t fill);
    // For tests: elements from this many bytes on are nodes of their own; 0 is the usual rule.
    static void setPlainThreshold(std::size_t bytes);

    explicit PackedList(Limits limits, bool single = false);
    PackedList(const PackedList &) = delete;
    PackedList &operator=(const PackedList &) = delete;
    PackedList *copy() const;

    std::uint64_t size() const { return m_nodes.elements(); }
    const NodeTable &nodes() const { return m_nodes; }
    Limits limits() const { return m_limits; }
    bool isSingle() const { return m_single; }
    // From a single listpack to nodes, with the limits from then on.
    void setNodes(Limits limits);
    // REQUIRES: one node, Packed.
    void setSingle() { m_single = true; }
    // The only node's listpack, exactly as large as it is; the list is then empty. The block is the
    // caller's. REQUIRES: one node, Packed.
    unsigned char *releaseListpack();

    void pushFront(Bytes text) { push(text, true); }
    void pushBack(Bytes text) { push(text, false); }
    // A large element that is there already; takes the reference. REQUIRES: isLarge(its size).
    void pushBlock(StringBlock *block, bool front);
    // Whether an element of this size is a node of its own here.
    bool isLarge(std::size_t size) const;
    // For loaders: a node as it is, at the end.
    void appendNode(PackedNode node);

    // REQUIRES: not empty. The text lives until the next change.
    PackedValue front() const;
    PackedValue back() const;
    void popFront();
    void popBack();

    // REQUIRES of all that take an index: it is below size(), that of insert(): at most size().
    void insert(std::uint64_t index, Bytes text);
    void replace(std::uint64_t index, Bytes text);
    // At most `count` elements from the index on.
    void erase(std::uint64_t index, std::uint64_t count);
    // Those that are equal, at most `limit`, from the front or from the back. Returns their number.
    std::uint64_t eraseEqual(Bytes text, std::uint64_t limit, bool fromBack);

    // Calls visit(PackedValue) -> bool for `count` elements from the index on, or back from it,
    // until it answers false. A text lives for the call. REQUIRES: they are there.
    template <typename Visit>
    void forEach(std::uint64_t index, std::uint64_t count, bool backwards, Visit &&visit) const;

    // What the allocator gave, but for this object: `samples` nodes are looked at, and stand for
    // all. 0: each.
    std::size_t heapBytes(std::size_t samples) const;

    // Where the elements of a node can be read.
    class NodeReader
    {
    public:
        explicit NodeReader(const PackedNode &node)
            : m_unpacked(node.kind() == PackedNode::Compressed ? node.decompressed() : nullptr)
            , m_view(m_unpacked ? ListpackView(m_unpacked.get()) : node.view())
        {}
        const ListpackView &view() const { return m_view; }

    private:
        std::unique_ptr<unsigned char[]> m_unpacked;
        ListpackView m_view;
    };

private:
    using Place = NodeTable::Place;
    using Position = ListpackView::Position;

    void push(Bytes text, bool front);
    void pushNode(PackedNode node, bool front);
    void pop(bool front);
    bool admits(const PackedNode &node, std::size_t textSize) const;
    void insertInto(Place at, Position before, const listpack::Encoded &element);
    void insertBetween(Place at, Bytes text);
    void insertSplitting(Place at, std::uint64_t index, Bytes text);
    Place divide(Place at, std::uint64_t index);
    void join(Place left);
    PackedNode makeNode(Bytes text) const;
    void eraseInside(Place at, std::uint64_t index, std::uint64_t count);
    // Compression.
    PackedNode &opened(Place at);
    bool isInner(Place at) const;
    void settleEnds();
    void settleAround(std::uint64_t index);
    void settle(Place at);

    NodeTable m_nodes;
    Limits m_limits;
    bool m_single;
};

template <typename Visit>
void PackedList::forEach(std::uint64_t index, std::uint64_t count, bool backwards,
                         Visit &&visit) const
{
    if (!count)
        return;
    Place place = m_nodes.find(&index);
    for (;;) {
        const PackedNode &node = m_nodes[place];
        const std::uint64_t here
            = std::min(count, backwards ? index + 1 : std::uint64_t(node.count()) - index);
        if (node.kind() == PackedNode::Plain) {
            if (!visit(PackedValue{node.block()->text(), 0}))
                return;
        } else {
            const NodeReader reader(node);
            const ListpackView view = reader.view();
            Position at = view.at(static_cast<std::int64_t>(index));
            for (std::uint64_t i = 0; i < here; ++i) {
                if (!visit(view.value(at)))
                    return;
                at = backwards ? view.previous(at) : view.next(at);
            }
        }
        count -= here;
        if (!count)
            return;
        place = backwards ? m_nodes.previous(place) : m_nodes.next(place);
        index = backwards ? m_nodes[place].count() - 1 : 0;
    }
}

} // namespace cay::store
