// An ordered set of items by (score, member) in which every item knows its rank: the order of large
// sorted sets. A B+tree with the number of items under each child.
//
//   item, owned by the caller, not moved:   | score 8 | size 1 or 5 | member ... |
//
//   inner, 2 KiB, up to 63 children                      leaf, 512 bytes, up to 60 items
//   +-------+----------+----------+----------+---------+      +------+------+------+-------+------+
//   | count | score x63| first x63| child x63|items x63| ---> | prev | next | base | shift,| slot |
//   +-------+----------+----------+----------+---------+      |      |      |      | count | x60  |
//      score and first: of the first item under the child     +------+------+------+-------+------+
//
//   slot: hint 16 | address of the item 48
//
// Scores are compared as 64-bit integers in the order of the doubles. A hint is 16 bits of an
// item's score, taken where the scores of its leaf differ: (score - base) >> shift, held within 0
// and 65535. It never contradicts the order, so a search reads an item only where hints are equal:
// for a leaf's worth of different scores next to never, for equal scores (where members decide)
// log2 of the run.
//
// A leaf that is full first gives to a neighbour under the same parent; three that are full become
// four. Where the tree grows at its end, the full leaf stays full. So leaves are 85 to 90% full
// when inserts are random, and full when they are in order. A leaf or an inner node that is a third
// full joins a neighbour. There is no other lower bound but "not empty".
//
// Insert, erase, rank, by rank, bounds: O(log n), with one or two cache misses beside the path's
// upper levels. Memory: 9.5 to 10.5 bytes an item beside the item itself.
//
// Turned down: a skip list with spans (Redis: 48 bytes a node, and a miss at each of 20 steps), the
// scores in the leaves (8 bytes an item more; they must be in the items, which a look-up by member
// reads), and bare addresses without hints (a search in a leaf would read six items).
//
// Source: Comer, "The Ubiquitous B-Tree" (1979), for the variant that redistributes before it
// splits.
#pragma once

#include "store/bytes.h"

#include <bit>
#include <cstring>

namespace cay::store {

// A member with its score.
class ScoredItem
{
public:
    ScoredItem() = delete;
    ScoredItem(const ScoredItem &) = delete;

    double score() const { return m_score; }
    Bytes member() const
    {
        const auto *p = reinterpret_cast<const char *>(this) + sizeof(double);
        const auto first = static_cast<unsigned char>(*p);
        if (first != kLong) [[likely]]
            return Bytes(p + 1, first);
        std::uint32_t n;
        std::memcpy(&n, p + 1, 4);
        return Bytes(p + 5, n);
    }
    // Bytes from the start of the item to its end.
    std::size_t size() const { return sizeFor(member().size()); }
    static std::size_t sizeFor(std::size_t member)
    {
        return sizeof(double) + (member < kLong ? 1 : 5) + member;
    }
    // Makes an item in raw memory of sizeFor() bytes, aligned to 8. REQUIRES: the score is a
    // number, the member is below 4 GiB.
    static ScoredItem *make(void *memory, double score, Bytes member);

    // REQUIRES: no tree holds the item; see OrderedTree::move().
    void setScore(double score) { m_score = score; }

private:
    static constexpr unsigned char kLong = 0xff;

    double m_score;
};

// Does not own its items. Their addresses fit 48 bits.
class OrderedTree
{
    struct Leaf;
    struct Inner;

public:
    using Item = ScoredItem;

    // A place between items: those of a smaller score are before it, and of those with the same
    // score none, all, or those with a smaller (or equal) member.
    struct Bound
    {
        enum Kind : std::uint8_t { BeforeScore, AfterScore, BeforeMember, AfterMember };
        Kind kind = BeforeScore;
        double score = 0;
        Bytes member;
    };

    // An item where it lies; false beyond either end. Good until the next change of the tree.
    class Position
    {
    public:
        Position() = default;
        explicit operator bool() const { return m_leaf != nullptr; }
        Item *item() const { return itemOf(m_leaf->slot[m_index]); }
        Item *operator->() const { return item(); }
        void next();
        void previous();
        // Asks for the memory of items that a walk will reach soon. To be called once before the
        // first item of a walk is read; next() and previous() go on.
        void prefetchAhead(bool reverse) const;

    private:
        friend class OrderedTree;
        Position(Leaf *leaf, unsigned index)
            : m_leaf(leaf)
            , m_index(index)
        {}
        Leaf *m_leaf = nullptr;
        unsigned m_index = 0;
    };

    OrderedTree() = default;
    ~OrderedTree() { clear(); }
    OrderedTree(const OrderedTree &) = delete;
    OrderedTree &operator=(const OrderedTree &) = delete;

    std::uint64_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    // Bytes on the heap.
    std::size_t bytes() const { return m_leaves * sizeof(Leaf) + m_inners * sizeof(Inner); }
    std::size_t leaves() const { return m_leaves; }

    // REQUIRES: no item of this score and member is there. O(log n).
    void insert(Item *item);
    // REQUIRES: the item is there. O(log n).
    void erase(Item *item);
    // Gives the item another score. REQUIRES: the item is there. O(log n), and without a change of
    // the tree when it stays between its neighbours.
    void move(Item *item, double score);
    // Forgets all items. O(n / 60).
    void clear();

    // How many items lie before this one. REQUIRES: it is there. O(log n).
    std::uint64_t rank(const Item *item) const;
    // How many items lie before the bound. O(log n).
    std::uint64_t countBefore(const Bound &bound) const;

    Position first() const { return Position(m_first, 0); }
    Position last() const;
    // The item with so many before it; false when there are not so many. O(log n).
    Position at(std::uint64_t rank) const;
    // The first item behind the bound, the last one before it. O(log n).
    Position firstAfter(const Bound &bound) const;
    Position lastBefore(const Bound &bound) const;

    // Whether everything holds that the picture above says. For tests.
    bool isSound() const;

private:
#ifdef CAY_TORTURE
    static constexpr unsigned kSlots = 4, kChildren = 4;
#else
    static constexpr unsigned kSlots = 60, kChildren = 63;
#endif
    // A neighbour with less room than this is not worth giving to; from 2 on both have room then.
    static constexpr unsigned kWorthGiving = kSlots / 10 + 2;
    static constexpr unsigned kSparseLeaf = kSlots / 3 + 1, kSparseInner = kChildren / 3 + 1;
    static constexpr unsigned kWindow = 3; // neighbours that share before they split
    static constexpr unsigned kMaxHeight = 32;
    static constexpr int kAddressBits = 48;
    static constexpr std::uint64_t kAddress = (std::uint64_t{1} << kAddressBits) - 1;
    static constexpr std::uint64_t kMaxHint = 0xffff;

    struct Leaf
    {
        Leaf *prev, *next;
        std::uint64_t base;
        std::uint16_t shift, count;
        std::uint32_t unused;
        std::uint64_t slot[kSlots];
    };
    struct Inner
    {
        std::uint64_t count;
        std::uint64_t score[kChildren];
        Item *first[kChildren];
        void *child[kChildren];
        std::uint64_t items[kChildren];
    };
#ifndef CAY_TORTURE
    static_assert(sizeof(Leaf) == 512 && sizeof(Inner) <= 2048, "they fill an allocator's steps");
#endif

    // A bound with its score as it is compared.
    struct Probe
    {
        explicit Probe(const Bound &bound)
            : score(ordered(bound.score))
            , kind(bound.kind)
            , member(bound.member)
        {}
        explicit Probe(const Item *item)
            : score(ordered(item->score()))
            , kind(Bound::AfterMember)
            , member(item->member())
        {}
        std::uint64_t score;
        Bound::Kind kind;
        Bytes member;
    };
    // The inner nodes from the root down, and the child that was taken in each.
    struct Path
    {
        Inner *node[kMaxHeight];
        unsigned child[kMaxHeight];
        Leaf *leaf;
    };

    static Item *itemOf(std::uint64_t slot) { return reinterpret_cast<Item *>(slot & kAddress); }
    // Doubles as integers of the same order; -0 is 0.
    static std::uint64_t ordered(double score)
    {
        const auto bits = std::bit_cast<std::uint64_t>(score + 0.0);
        return bits ^ (bits >> 63 ? ~std::uint64_t{0} : std::uint64_t{1} << 63);
    }
    static std::uint64_t hint(const Leaf *leaf, std::uint64_t score)
    {
        if (score < leaf->base)
            return 0;
        const std::uint64_t h = (score - leaf->base) >> leaf->shift;
        return h < kMaxHint ? h : kMaxHint;
    }
    static std::uint64_t slotFor(const Leaf *leaf, const Item *item)
    {
        return (hint(leaf, ordered(item->score())) << kAddressBits)
               | reinterpret_cast<std::uintptr_t>(item);
    }

    static bool isMemberBefore(const Item *item, const Probe &probe);
    static bool isBefore(const Item *item, const Probe &probe);
    static unsigned childFor(const Inner *node, const Probe &probe);
    static unsigned indexFor(const Leaf *leaf, const Probe &probe);
    static unsigned indexOf(const Leaf *leaf, const Item *item);
    Leaf *descend(const Probe &probe, Path *path) const;
    Leaf *descend(const Probe &probe, std::uint64_t *before) const;

    Leaf *newLeaf(Leaf *prev, Leaf *next);
    void freeLeaf(Leaf *leaf);
    Inner *newInner();
    void freeNode(void *node, unsigned level);
    static void setHints(Leaf *leaf);
    static void chooseHints(Leaf *leaf, std::uint64_t low, std::uint64_t high);
    static void put(Leaf *leaf, unsigned index, Item *item);
    static void remove(Leaf *leaf, unsigned index);

    static unsigned nodeSize(const void *node, unsigned level); // items or children
    static Item *firstUnder(const void *node, unsigned level);
    static std::uint64_t itemsUnder(const void *node, unsigned level);
    static void describe(Inner *node, unsigned index, unsigned childLevel);
    static void insertChild(Inner *node, unsigned index, void *child, unsigned childLevel);
    static void removeChild(Inner *node, unsigned index);
    static void moveChildren(Inner *to, unsigned at, Inner *from, unsigned index, unsigned n);
    void growRoot();
    void refreshFirst(const Path &path, unsigned depth);
    void count(const Path &path, std::int64_t by);

    bool grow(const Path &path, unsigned index, Item *item);
    void makeRoom(const Path &path, unsigned depth);
    static bool give(Inner *parent, unsigned index, unsigned childLevel);
    static void shiftItems(Inner *parent, unsigned left, int n);
    static void shiftChildren(Inner *parent, unsigned left, int n, unsigned childLevel);
    void split(Inner *parent, unsigned index, unsigned childLevel);
    void spreadLeaves(Inner *parent, unsigned from, unsigned n);
    void drop(const Path &path, unsigned depth);
    void join(const Path &path, unsigned depth);
    bool joinNext(Inner *parent, unsigned index, unsigned childLevel);
    static void freeInners(Inner *node, unsigned level);
    bool isSound(const void *node, unsigned level, const Item **last, std::uint64_t *items) const;

    void *m_root = nullptr; // a leaf when m_height is 0
    unsigned m_height = 0;  // inner levels; level 0 of a node is a leaf
    Leaf *m_first = nullptr, *m_last = nullptr;
    std::uint64_t m_size = 0;
    std::size_t m_leaves = 0, m_inners = 0;
};

} // namespace cay::store
