// The keys that expire, in the order in which they do: a B+ tree whose leaves hold nothing but
// addresses.
//
//   inner node   | time of the first key of each child but the leftmost | children | hashes of
//   those keys | leaf         | count | 63 entry addresses, in no order |
//
// The time stands in the entry, so a leaf needs 8 bytes a key; the order inside a leaf is not kept,
// because a leaf is searched by address (one run over at most 504 bytes) and read whole when its
// keys fall due. Keys of equal time are ordered by the hash of the key, so that a million keys with
// one expiry time are still found in O(log n).
//
// insert, erase: O(log n) + one leaf; next(): O(1) amortised; 8 to 12 bytes a key. A leaf that
// overflows on the far right starts a new one instead of splitting, so keys that expire in the
// order of their creation fill leaves entirely.
//
// Turned down: a second hash table from key to time and sampling (Redis: 32 bytes a key, and keys
// that linger), a timing wheel (what expires next, and listing in order, need a walk), a heap
// (moving an entry must find it), and keeping (time, address) pairs in order (16 bytes a key).
#pragma once

#include "store/entry.h"

#include <algorithm>
#include <array>
#include <compare>
#include <vector>

namespace cay::store {

class ExpiryIndex
{
public:
    ExpiryIndex() = default;
    ~ExpiryIndex() { clear(); }
    ExpiryIndex(const ExpiryIndex &) = delete;
    ExpiryIndex &operator=(const ExpiryIndex &) = delete;

    std::size_t size() const { return m_size; }
    std::size_t bytes() const { return m_bytes; }

    // REQUIRES: entry->hasExpiry(); `hash` is its key's.
    void insert(Entry *entry, std::uint64_t hash);
    // REQUIRES: it is there, with the time that it has now.
    void erase(const Entry *entry, std::uint64_t hash);
    // Gives the entry another time, in one go: both places are looked up, and their memory is on
    // its way, before either is touched. REQUIRES: it is there, with the time that it has now.
    void reschedule(Entry *entry, UnixMs at, std::uint64_t hash);
    // The entry has moved in memory; time and key are the same.
    void moved(const Entry *from, Entry *to, std::uint64_t hash);

    // Up to `max` entries that are due at `now`, soonest leaf first, appended to out. They stay in
    // the index.
    void due(UnixMs now, std::size_t max, std::vector<Entry *> *out) const;
    // The soonest time; REQUIRES: size() > 0.
    UnixMs next() const;

    // In order of time until visit(Entry *) returns false.
    template <typename Visit>
    void forEach(Visit visit) const;

    // A key, about uniformly: a child is as likely as any other of its node. REQUIRES: size() > 0.
    template <typename Random>
    Entry *random(Random next) const
    {
        const Node *node = m_root;
        while (!node->leaf)
            node = static_cast<const Inner *>(node)->child[next() % node->count];
        return static_cast<const Leaf *>(node)->item[next() % node->count];
    }

    void clear();
    void swap(ExpiryIndex &other);

private:
#ifdef CAY_TORTURE
    static constexpr std::uint16_t kLeaf = 4, kFan = 4;
#else
    static constexpr std::uint16_t kLeaf = 63, kFan = 64;
#endif
    struct Order
    {
        UnixMs at;
        std::uint64_t hash;
        friend auto operator<=>(const Order &, const Order &) = default;
    };
    struct Node
    {
        std::uint16_t count = 0; // items, or children
        bool leaf = false;
    };
    struct Leaf : Node
    {
        Entry *item[kLeaf];
    };
    // (at[i], hash[i]) is the least of child i; the first is not read. Hashes are apart: only equal
    // times look at them.
    struct Inner : Node
    {
        UnixMs at[kFan];
        Node *child[kFan];
        std::uint64_t hash[kFan];

        Order first(int i) const { return {at[i], hash[i]}; }
        std::uint16_t childFor(const Order &order) const;
        void insert(int i, const Order &order, Node *node);
        void remove(int i);
        void moveTail(int from, Inner *to);
    };
#ifndef CAY_TORTURE
    static_assert(sizeof(Leaf) == 512, "a leaf is eight cache lines");
#endif
    struct Step
    {
        Inner *node;
        std::uint16_t index;
    };
    static constexpr int kMaxHeight = 16;
    struct Path
    {
        std::array<Step, kMaxHeight> step;
        int depth = 0;
        Leaf *leaf = nullptr;
        bool rightmost = true;
    };

    static Order orderOf(const Entry *entry);
    // Does not touch the leaf that it finds.
    Path descend(const Order &order) const;
    static void prefetch(const Leaf *leaf);
    void eraseAt(Path &path, const Entry *entry);
    Leaf *newLeaf();
    Inner *newInner();
    void freeNode(Node *node);
    void freeTree(Node *node);
    void splitLeaf(Path &path, Entry *entry, const Order &order);
    void insertChild(Path &path, const Order &first, Node *child);
    void removeChild(Path &path, int level);
    void mergeWithNeighbour(Path &path);
    std::uint16_t position(const Leaf *leaf, const Entry *entry) const;
    template <typename Visit>
    bool walk(const Node *node, Visit &visit) const;

    Node *m_root = nullptr;
    int m_height = 0; // levels of inner nodes; all leaves are equally deep
    std::size_t m_size = 0;
    std::size_t m_bytes = 0;
};

template <typename Visit>
void ExpiryIndex::forEach(Visit visit) const
{
    if (m_root)
        walk(m_root, visit);
}

template <typename Visit>
bool ExpiryIndex::walk(const Node *node, Visit &visit) const
{
    if (!node->leaf) {
        const Inner *inner = static_cast<const Inner *>(node);
        for (std::uint16_t i = 0; i < inner->count; ++i) {
            if (!walk(inner->child[i], visit))
                return false;
        }
        return true;
    }
    const Leaf *leaf = static_cast<const Leaf *>(node);
    std::array<Entry *, kLeaf> sorted;
    std::copy_n(leaf->item, leaf->count, sorted.begin());
    std::sort(sorted.begin(), sorted.begin() + leaf->count,
              [](const Entry *a, const Entry *b) { return a->expiry() < b->expiry(); });
    for (std::uint16_t i = 0; i < leaf->count; ++i) {
        if (!visit(sorted[i]))
            return false;
    }
    return true;
}

} // namespace cay::store
