// Things that fall due, in the order in which they do: a B+ tree whose leaves hold nothing but
// addresses. Keys that expire, keys whose parts expire, and the fields of one hash are such things.
//
//   inner node   | time of the first item of each child but the leftmost | children | hashes of
//                | those items' keys | items below each child |
//   leaf         | count | 63 addresses, in no order |
//
// The time stands in the item, so a leaf needs 8 bytes an item; the order inside a leaf is not
// kept, because a leaf is searched by address (one run over at most 504 bytes) and read whole when
// its items fall due. Items of equal time are ordered by the hash of their key, so that a million
// with one time are still found in O(log n).
//
// insert, erase, countBefore: O(log n) + one leaf; next(): O(log n); 8 to 12 bytes an item. A leaf
// that overflows on the far right starts a new one instead of splitting, so keys that expire in the
// order of their creation fill leaves entirely.
//
// Turned down: a second hash table from key to time and sampling (Redis: 32 bytes a key, and keys
// that linger), a timing wheel (what expires next, and listing in order, need a walk), a heap
// (moving an entry must find it), and keeping (time, address) pairs in order (16 bytes a key).
#pragma once

#include "store/prefetch.h"
#include "store/siphash.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <compare>
#include <limits>
#include <vector>

namespace cay::store {

// Times: `static UnixMs of(const Item *)`, `static void set(Item *, UnixMs)`, `static Bytes
// key(const Item *)`. Items belong to the caller.
template <typename Item, typename Times>
class TimeIndex
{
public:
    TimeIndex() = default;
    ~TimeIndex() { clear(); }
    TimeIndex(const TimeIndex &) = delete;
    TimeIndex &operator=(const TimeIndex &) = delete;

    std::size_t size() const { return m_size; }
    std::size_t bytes() const { return m_bytes; }

    // REQUIRES: the item has its time; `hash` is its key's.
    void insert(Item *entry, std::uint64_t hash);
    // REQUIRES: it is there, with the time that it has now.
    void erase(const Item *entry, std::uint64_t hash);
    // Gives the item another time, in one go: both places are looked up, and their memory is on
    // its way, before either is touched. REQUIRES: it is there, with the time that it has now.
    void reschedule(Item *entry, UnixMs at, std::uint64_t hash);
    // The item has moved in memory; time and key are the same.
    void moved(const Item *from, Item *to, std::uint64_t hash);

    // Up to `max` items that are due at `now`, soonest leaf first, appended to out. They stay in
    // the index.
    void due(UnixMs now, std::size_t max, std::vector<Item *> *out) const;
    // The soonest time, and the item that has it. REQUIRES: size() > 0.
    UnixMs next() const { return Times::of(first()); }
    Item *first() const;
    // How many have a time before `at`.
    std::size_t countBefore(UnixMs at) const;

    // In order of time, from those at `from` on, until visit(Item *) returns false.
    template <typename Visit>
    void forEach(Visit visit, UnixMs from = INT64_MIN) const;

    // A key, about uniformly: a child is as likely as any other of its node. REQUIRES: size() > 0.
    template <typename Random>
    Item *random(Random next) const
    {
        const Node *node = m_root;
        while (!node->leaf)
            node = static_cast<const Inner *>(node)->child[next() % node->count];
        return static_cast<const Leaf *>(node)->item[next() % node->count];
    }

    void clear();
    void swap(TimeIndex &other);

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
        Item *item[kLeaf];
    };
    // (at[i], hash[i]) is the least of child i; the first is not read. Hashes are apart: only equal
    // times look at them.
    struct Inner : Node
    {
        using Node::count;
        UnixMs at[kFan];
        Node *child[kFan];
        std::uint64_t hash[kFan];
        std::size_t total[kFan]; // items below each child

        Order first(int i) const { return {at[i], hash[i]}; }
        std::size_t below() const;
        std::uint16_t childFor(const Order &order) const;
        void insert(int i, const Order &order, Node *node, std::size_t items);
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

        // One more below each node on the way, or one less.
        void add(std::size_t n) const
        {
            for (int i = 0; i < depth; ++i)
                step[static_cast<std::size_t>(i)]
                    .node->total[step[static_cast<std::size_t>(i)].index]
                    += n;
        }
    };

    static Order orderOf(const Item *entry);
    // Does not touch the leaf that it finds.
    Path descend(const Order &order) const;
    static void prefetch(const Leaf *leaf);
    void eraseAt(Path &path, const Item *entry);
    Leaf *newLeaf();
    Inner *newInner();
    void freeNode(Node *node);
    void freeTree(Node *node);
    void splitLeaf(Path &path, Item *entry, const Order &order);
    void insertChild(Path &path, const Order &first, Node *child, std::size_t items);
    void removeChild(Path &path, int level);
    void mergeWithNeighbour(Path &path);
    std::uint16_t position(const Leaf *leaf, const Item *entry) const;
    template <typename Visit>
    bool walk(const Node *node, UnixMs from, Visit &visit) const;

    Node *m_root = nullptr;
    int m_height = 0; // levels of inner nodes; all leaves are equally deep
    std::size_t m_size = 0;
    std::size_t m_bytes = 0;
};

template <typename Item, typename Times>
template <typename Visit>
void TimeIndex<Item, Times>::forEach(Visit visit, UnixMs from) const
{
    if (m_root)
        walk(m_root, from, visit);
}

template <typename Item, typename Times>
template <typename Visit>
bool TimeIndex<Item, Times>::walk(const Node *node, UnixMs from, Visit &visit) const
{
    if (!node->leaf) {
        const Inner *inner = static_cast<const Inner *>(node);
        std::uint16_t i = 0;
        while (i + 1 < inner->count && inner->at[i + 1] < from)
            ++i; // the next one begins before: all of this are earlier
        for (; i < inner->count; ++i) {
            if (!walk(inner->child[i], from, visit))
                return false;
        }
        return true;
    }
    const Leaf *leaf = static_cast<const Leaf *>(node);
    std::array<Item *, kLeaf> sorted;
    std::copy_n(leaf->item, leaf->count, sorted.begin());
    std::sort(sorted.begin(), sorted.begin() + leaf->count,
              [](const Item *a, const Item *b) { return Times::of(a) < Times::of(b); });
    for (std::uint16_t i = 0; i < leaf->count; ++i) {
        if (Times::of(sorted[i]) >= from && !visit(sorted[i]))
            return false;
    }
    return true;
}

template <typename Item, typename Times>
typename TimeIndex<Item, Times>::Order TimeIndex<Item, Times>::orderOf(const Item *entry)
{
    return {Times::of(entry), hashBytes(Times::key(entry))};
}

template <typename Item, typename Times>
typename TimeIndex<Item, Times>::Leaf *TimeIndex<Item, Times>::newLeaf()
{
    Leaf *leaf = new Leaf;
    leaf->leaf = true;
    m_bytes += sizeof(Leaf);
    return leaf;
}

template <typename Item, typename Times>
typename TimeIndex<Item, Times>::Inner *TimeIndex<Item, Times>::newInner()
{
    m_bytes += sizeof(Inner);
    return new Inner;
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::freeNode(Node *node)
{
    if (node->leaf) {
        m_bytes -= sizeof(Leaf);
        delete static_cast<Leaf *>(node);
    } else {
        m_bytes -= sizeof(Inner);
        delete static_cast<Inner *>(node);
    }
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::freeTree(Node *node)
{
    if (!node->leaf) {
        Inner *inner = static_cast<Inner *>(node);
        for (std::uint16_t i = 0; i < inner->count; ++i)
            freeTree(inner->child[i]);
    }
    freeNode(node);
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::clear()
{
    if (m_root)
        freeTree(m_root);
    m_root = nullptr;
    m_height = 0;
    m_size = 0;
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::swap(TimeIndex &other)
{
    std::swap(m_root, other.m_root);
    std::swap(m_height, other.m_height);
    std::swap(m_size, other.m_size);
    std::swap(m_bytes, other.m_bytes);
}

// The last child whose least key is not greater. Counting beats a binary search here: no branch to
// mispredict, and the cache lines come in order.
template <typename Item, typename Times>
std::uint16_t TimeIndex<Item, Times>::Inner::childFor(const Order &order) const
{
    int earlier = 0;
    for (int i = 1; i < count; ++i)
        earlier += at[i] < order.at;
    while (earlier + 1 < count && at[earlier + 1] == order.at && hash[earlier + 1] <= order.hash)
        ++earlier;
    return static_cast<std::uint16_t>(earlier);
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::Inner::insert(int i, const Order &order, Node *node, std::size_t items)
{
    std::copy_backward(total + i, total + count, total + count + 1);
    total[i] = items;
    std::copy_backward(at + i, at + count, at + count + 1);
    std::copy_backward(hash + i, hash + count, hash + count + 1);
    std::copy_backward(child + i, child + count, child + count + 1);
    at[i] = order.at;
    hash[i] = order.hash;
    child[i] = node;
    ++count;
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::Inner::remove(int i)
{
    std::copy(total + i + 1, total + count, total + i);
    std::copy(at + i + 1, at + count, at + i);
    std::copy(hash + i + 1, hash + count, hash + i);
    std::copy(child + i + 1, child + count, child + i);
    --count;
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::Inner::moveTail(int from, Inner *to)
{
    to->count = static_cast<std::uint16_t>(count - from);
    std::copy(at + from, at + count, to->at);
    std::copy(hash + from, hash + count, to->hash);
    std::copy(total + from, total + count, to->total);
    std::copy(child + from, child + count, to->child);
    count = static_cast<std::uint16_t>(from);
}

template <typename Item, typename Times>
typename TimeIndex<Item, Times>::Path TimeIndex<Item, Times>::descend(const Order &order) const
{
    Path path;
    Node *node = m_root;
    while (path.depth < m_height) {
        Inner *inner = static_cast<Inner *>(node);
        const std::uint16_t i = inner->childFor(order);
        path.rightmost &= i + 1 == inner->count;
        path.step[path.depth++] = {inner, i};
        node = inner->child[i];
    }
    path.leaf = static_cast<Leaf *>(node);
    return path;
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::prefetch(const Leaf *leaf)
{
    const char *line = reinterpret_cast<const char *>(leaf);
    for (std::size_t i = 0; i < sizeof(Leaf); i += 64)
        store::prefetch(line + i);
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::insert(Item *entry, std::uint64_t hash)
{
    ++m_size;
    if (!m_root)
        m_root = newLeaf();
    const Order order{Times::of(entry), hash};
    Path path = descend(order);
    path.add(1);
    if (path.leaf->count < kLeaf) [[likely]]
        path.leaf->item[path.leaf->count++] = entry;
    else
        splitLeaf(path, entry, order);
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::splitLeaf(Path &path, Item *entry, const Order &order)
{
    Leaf *leaf = path.leaf;
    Leaf *right = newLeaf();
    const auto less = [](const Item *a, const Item *b) {
        return Times::of(a) != Times::of(b) ? Times::of(a) < Times::of(b) : orderOf(a) < orderOf(b);
    };
    if (path.rightmost) {
        const Item *last = *std::max_element(leaf->item, leaf->item + kLeaf, less);
        if (orderOf(last) < order) {
            right->item[right->count++] = entry;
            insertChild(path, order, right, right->count);
            return;
        }
    }
    constexpr std::uint16_t half = kLeaf / 2;
    std::nth_element(leaf->item, leaf->item + half, leaf->item + kLeaf, less);
    const Order middle = orderOf(leaf->item[half]);
    right->count = kLeaf - half;
    std::copy(leaf->item + half, leaf->item + kLeaf, right->item);
    leaf->count = half;
    Leaf *side = order < middle ? leaf : right;
    side->item[side->count++] = entry;
    insertChild(path, middle, right, right->count);
}

// Puts a new right neighbour of the path's node into the parents, splitting them as needed.
template <typename Item, typename Times>
void TimeIndex<Item, Times>::insertChild(Path &path, const Order &first, Node *child,
                                         std::size_t items)
{
    Order order = first;
    for (int level = path.depth - 1; level >= 0; --level) {
        Inner *parent = path.step[level].node;
        const int at = path.step[level].index + 1;
        parent->total[at - 1] -= items;
        if (parent->count < kFan) {
            parent->insert(at, order, child, items);
            return;
        }
        // On the far right keep the left node nearly full, as leaves are.
        const int keep = at == kFan ? kFan - 1 : kFan / 2;
        Inner *right = newInner();
        parent->moveTail(keep, right);
        if (at > keep)
            right->insert(at - keep, order, child, items);
        else
            parent->insert(at, order, child, items);
        order = right->first(0);
        child = right;
        items = right->below();
    }
    Inner *root = newInner();
    root->insert(0, {std::numeric_limits<UnixMs>::min(), 0}, m_root, m_size - items);
    root->insert(1, order, child, items);
    m_root = root;
    ++m_height;
}

template <typename Item, typename Times>
std::uint16_t TimeIndex<Item, Times>::position(const Leaf *leaf, const Item *entry) const
{
    // Every place is looked at: a loop without an exit runs several at a time.
    std::uint16_t found = leaf->count;
    for (std::uint16_t i = 0; i < leaf->count; ++i)
        found = leaf->item[i] == entry ? i : found;
    assert(found < leaf->count);
    return found;
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::moved(const Item *from, Item *to, std::uint64_t hash)
{
    const Path path = descend({Times::of(to), hash});
    path.leaf->item[position(path.leaf, from)] = to;
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::erase(const Item *entry, std::uint64_t hash)
{
    Path path = descend({Times::of(entry), hash});
    prefetch(path.leaf);
    eraseAt(path, entry);
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::reschedule(Item *entry, UnixMs at, std::uint64_t hash)
{
    Path path = descend({Times::of(entry), hash});
    Leaf *from = path.leaf;
    prefetch(from);
    const Path toPath = descend({at, hash});
    Leaf *to = toPath.leaf;
    if (from == to) { // the order inside a leaf is not kept
        Times::set(entry, at);
        return;
    }
    prefetch(to);
    if (to->count < kLeaf && from->count > kLeaf / 4 && from->count > 1) [[likely]] {
        Times::set(entry, at);
        from->item[position(from, entry)] = from->item[from->count - 1];
        --from->count;
        to->item[to->count++] = entry;
        path.add(std::size_t(0) - 1);
        toPath.add(1);
        return;
    }
    eraseAt(path, entry);
    Times::set(entry, at);
    insert(entry, hash);
}

// The path leads to the entry's leaf.
template <typename Item, typename Times>
void TimeIndex<Item, Times>::eraseAt(Path &path, const Item *entry)
{
    Leaf *leaf = path.leaf;
    const std::uint16_t at = position(leaf, entry);
    leaf->item[at] = leaf->item[--leaf->count];
    --m_size;
    path.add(std::size_t(0) - 1);
    if (leaf->count == 0)
        removeChild(path, path.depth - 1);
    else if (leaf->count < kLeaf / 4)
        mergeWithNeighbour(path);
}

// Takes the path's node below `level` out of its parent; a parent that becomes empty goes too.
template <typename Item, typename Times>
void TimeIndex<Item, Times>::removeChild(Path &path, int level)
{
    if (level < 0) {
        freeNode(m_root);
        m_root = nullptr;
        m_height = 0;
        return;
    }
    Inner *parent = path.step[level].node;
    const std::uint16_t i = path.step[level].index;
    freeNode(parent->child[i]);
    parent->remove(i);
    if (parent->count == 0) {
        removeChild(path, level - 1);
        return;
    }
    while (m_root && !m_root->leaf && m_root->count == 1) {
        Inner *root = static_cast<Inner *>(m_root);
        m_root = root->child[0];
        --m_height;
        freeNode(root);
    }
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::mergeWithNeighbour(Path &path)
{
    if (path.depth == 0)
        return;
    Inner *parent = path.step[path.depth - 1].node;
    std::uint16_t i = path.step[path.depth - 1].index;
    if (i + 1 == parent->count) {
        if (i == 0)
            return;
        --i;
    }
    Leaf *left = static_cast<Leaf *>(parent->child[i]);
    Leaf *right = static_cast<Leaf *>(parent->child[i + 1]);
    if (left->count + right->count > kLeaf * 3 / 4)
        return;
    std::copy(right->item, right->item + right->count, left->item + left->count);
    left->count = static_cast<std::uint16_t>(left->count + right->count);
    parent->total[i] += parent->total[i + 1];
    path.step[path.depth - 1].index = static_cast<std::uint16_t>(i + 1);
    removeChild(path, path.depth - 1);
}

template <typename Item, typename Times>
void TimeIndex<Item, Times>::due(UnixMs now, std::size_t max, std::vector<Item *> *out) const
{
    if (!m_root)
        return;
    // Depth first from the left; a leaf without a due key ends it, since all that follow are later.
    std::vector<const Node *> todo{m_root};
    while (!todo.empty() && out->size() < max) {
        const Node *node = todo.back();
        todo.pop_back();
        if (!node->leaf) {
            const Inner *inner = static_cast<const Inner *>(node);
            for (int i = inner->count - 1; i >= 0; --i) {
                if (i == 0 || inner->at[i] <= now)
                    todo.push_back(inner->child[i]);
            }
            continue;
        }
        const Leaf *leaf = static_cast<const Leaf *>(node);
        for (std::uint16_t i = 0; i < leaf->count && out->size() < max; ++i) {
            if (Times::of(leaf->item[i]) <= now)
                out->push_back(leaf->item[i]);
        }
    }
}

template <typename Item, typename Times>
Item *TimeIndex<Item, Times>::first() const
{
    const Node *node = m_root;
    while (!node->leaf)
        node = static_cast<const Inner *>(node)->child[0];
    const Leaf *leaf = static_cast<const Leaf *>(node);
    Item *soonest = leaf->item[0];
    for (std::uint16_t i = 1; i < leaf->count; ++i) {
        if (Times::of(leaf->item[i]) < Times::of(soonest))
            soonest = leaf->item[i];
    }
    return soonest;
}

template <typename Item, typename Times>
std::size_t TimeIndex<Item, Times>::countBefore(UnixMs at) const
{
    std::size_t count = 0;
    const Node *node = m_root;
    while (node && !node->leaf) {
        // A child ends before the next one's first item; the first child that may reach `at` is
        // looked into.
        const Inner *inner = static_cast<const Inner *>(node);
        std::uint16_t i = 0;
        for (; i + 1 < inner->count && inner->at[i + 1] < at; ++i)
            count += inner->total[i];
        node = inner->child[i];
    }
    if (const Leaf *leaf = static_cast<const Leaf *>(node)) {
        for (std::uint16_t i = 0; i < leaf->count; ++i)
            count += Times::of(leaf->item[i]) < at;
    }
    return count;
}

template <typename Item, typename Times>
std::size_t TimeIndex<Item, Times>::Inner::below() const
{
    std::size_t sum = 0;
    for (std::uint16_t i = 0; i < count; ++i)
        sum += total[i];
    return sum;
}

} // namespace cay::store
