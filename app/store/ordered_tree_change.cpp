// Everything of the ordered tree that changes it.
#include "store/ordered_tree.h"

#include "store/prefetch.h"

#include <algorithm>
#include <cstdlib>
#include <new>

namespace cay::store {

namespace {

template <typename T>
void openGap(T *array, unsigned count, unsigned at, unsigned n)
{
    std::memmove(array + at + n, array + at, (count - at) * sizeof(T));
}

template <typename T>
void closeGap(T *array, unsigned count, unsigned at, unsigned n)
{
    std::memmove(array + at, array + at + n, (count - at - n) * sizeof(T));
}

} // namespace

// Leaves.

OrderedTree::Leaf *OrderedTree::newLeaf(Leaf *prev, Leaf *next)
{
    auto *leaf = static_cast<Leaf *>(std::malloc(sizeof(Leaf)));
    if (!leaf)
        throw std::bad_alloc();
    leaf->prev = prev;
    leaf->next = next;
    leaf->base = 0;
    leaf->shift = 0;
    leaf->count = 0;
    (prev ? prev->next : m_first) = leaf;
    (next ? next->prev : m_last) = leaf;
    ++m_leaves;
    return leaf;
}

void OrderedTree::freeLeaf(Leaf *leaf)
{
    (leaf->prev ? leaf->prev->next : m_first) = leaf->next;
    (leaf->next ? leaf->next->prev : m_last) = leaf->prev;
    std::free(leaf);
    --m_leaves;
}

// The leaf's scores take a quarter of the hints, in the middle: what neighbours give, and what
// comes at its ends, is told apart as well.
void OrderedTree::chooseHints(Leaf *leaf, std::uint64_t low, std::uint64_t high)
{
    constexpr int kBits = 14;
    constexpr std::uint64_t kMargin = 3ull << (kBits - 1);
    const int width = std::bit_width(high - low);
    leaf->shift = static_cast<std::uint16_t>(std::max(0, width - kBits));
    const std::uint64_t margin = leaf->shift > 48 ? ~std::uint64_t{0} : kMargin << leaf->shift;
    leaf->base = low > margin ? low - margin : 0;
}

void OrderedTree::setHints(Leaf *leaf)
{
    for (unsigned i = 0; i < leaf->count; ++i)
        prefetch(itemOf(leaf->slot[i]));
    chooseHints(leaf, ordered(itemOf(leaf->slot[0])->score()),
                ordered(itemOf(leaf->slot[leaf->count - 1])->score()));
    for (unsigned i = 0; i < leaf->count; ++i)
        leaf->slot[i] = slotFor(leaf, itemOf(leaf->slot[i]));
}

void OrderedTree::put(Leaf *leaf, unsigned index, Item *item)
{
    openGap(leaf->slot, leaf->count, index, 1);
    leaf->slot[index] = slotFor(leaf, item);
    ++leaf->count;
    // At the end of the hints items are not told apart: new ones are chosen at counts that double.
    const std::uint64_t h = leaf->slot[index] >> kAddressBits;
    if ((h == 0 || h == kMaxHint) && std::has_single_bit(leaf->count)) [[unlikely]]
        setHints(leaf);
}

void OrderedTree::remove(Leaf *leaf, unsigned index)
{
    closeGap(leaf->slot, leaf->count, index, 1);
    --leaf->count;
}

// Inner nodes.

OrderedTree::Inner *OrderedTree::newInner()
{
    auto *node = static_cast<Inner *>(std::malloc(sizeof(Inner)));
    if (!node)
        throw std::bad_alloc();
    node->count = 0;
    ++m_inners;
    return node;
}

void OrderedTree::freeNode(void *node, unsigned level)
{
    if (level == 0) {
        freeLeaf(static_cast<Leaf *>(node));
        return;
    }
    std::free(node);
    --m_inners;
}

unsigned OrderedTree::nodeSize(const void *node, unsigned level)
{
    return level ? static_cast<unsigned>(static_cast<const Inner *>(node)->count)
                 : static_cast<const Leaf *>(node)->count;
}

OrderedTree::Item *OrderedTree::firstUnder(const void *node, unsigned level)
{
    return level ? static_cast<const Inner *>(node)->first[0]
                 : itemOf(static_cast<const Leaf *>(node)->slot[0]);
}

std::uint64_t OrderedTree::itemsUnder(const void *node, unsigned level)
{
    if (level == 0)
        return static_cast<const Leaf *>(node)->count;
    const auto *inner = static_cast<const Inner *>(node);
    std::uint64_t items = 0;
    for (unsigned i = 0; i < inner->count; ++i)
        items += inner->items[i];
    return items;
}

// Says of a child what it holds now.
void OrderedTree::describe(Inner *node, unsigned index, unsigned childLevel)
{
    node->first[index] = firstUnder(node->child[index], childLevel);
    node->score[index] = ordered(node->first[index]->score());
    node->items[index] = itemsUnder(node->child[index], childLevel);
}

void OrderedTree::insertChild(Inner *node, unsigned index, void *child, unsigned childLevel)
{
    const auto n = static_cast<unsigned>(node->count);
    openGap(node->score, n, index, 1);
    openGap(node->first, n, index, 1);
    openGap(node->child, n, index, 1);
    openGap(node->items, n, index, 1);
    node->child[index] = child;
    ++node->count;
    describe(node, index, childLevel);
}

void OrderedTree::removeChild(Inner *node, unsigned index)
{
    const auto n = static_cast<unsigned>(node->count);
    closeGap(node->score, n, index, 1);
    closeGap(node->first, n, index, 1);
    closeGap(node->child, n, index, 1);
    closeGap(node->items, n, index, 1);
    --node->count;
}

// Takes n children from one node's `index` on into another's gap. Counts are the caller's affair.
void OrderedTree::moveChildren(Inner *to, unsigned at, Inner *from, unsigned index, unsigned n)
{
    std::memmove(to->score + at, from->score + index, n * sizeof to->score[0]);
    std::memmove(to->first + at, from->first + index, n * sizeof to->first[0]);
    std::memmove(to->child + at, from->child + index, n * sizeof to->child[0]);
    std::memmove(to->items + at, from->items + index, n * sizeof to->items[0]);
}

void OrderedTree::growRoot()
{
    Inner *root = newInner();
    insertChild(root, 0, m_root, m_height);
    m_root = root;
    ++m_height;
}

// The node at this depth has another first item: tells the nodes above it.
void OrderedTree::refreshFirst(const Path &path, unsigned depth)
{
    while (depth-- > 0) {
        Inner *parent = path.node[depth];
        const unsigned index = path.child[depth];
        parent->first[index] = firstUnder(parent->child[index], m_height - depth - 1);
        parent->score[index] = ordered(parent->first[index]->score());
        if (index != 0)
            return;
    }
}

void OrderedTree::count(const Path &path, std::int64_t by)
{
    for (unsigned depth = 0; depth < m_height; ++depth)
        path.node[depth]->items[path.child[depth]] += static_cast<std::uint64_t>(by);
    m_size += static_cast<std::uint64_t>(by);
}

// Inserting.

void OrderedTree::insert(Item *item)
{
    if (!m_root) {
        Leaf *leaf = newLeaf(nullptr, nullptr);
        m_root = leaf;
        put(leaf, 0, item);
        m_size = 1;
        return;
    }
    const Probe probe(item);
    for (;;) {
        Path path;
        Leaf *leaf = descend(probe, &path);
        const unsigned index = indexFor(leaf, probe);
        if (leaf->count < kSlots) [[likely]] {
            put(leaf, index, item);
            count(path, 1);
            if (index == 0)
                refreshFirst(path, m_height);
            return;
        }
        if (grow(path, index, item))
            return;
    }
}

// The leaf is full. True when the item has been inserted nevertheless, at the tree's end; otherwise
// there is room somewhere on its way, and it has to be sought again.
bool OrderedTree::grow(const Path &path, unsigned index, Item *item)
{
    if (path.leaf != m_last || index != path.leaf->count) {
        makeRoom(path, m_height);
        return false;
    }
    unsigned depth = m_height;
    while (depth > 0 && path.node[depth - 1]->count == kChildren)
        --depth;
    if (depth == 0) {
        growRoot();
        return false;
    }
    Leaf *leaf = newLeaf(m_last, nullptr);
    put(leaf, 0, item);
    void *node = leaf;
    for (unsigned level = 0; level < m_height - depth; ++level) {
        Inner *inner = newInner();
        insertChild(inner, 0, node, level);
        node = inner;
    }
    Inner *parent = path.node[depth - 1];
    insertChild(parent, static_cast<unsigned>(parent->count), node, m_height - depth);
    for (unsigned above = 0; above + 1 < depth; ++above)
        ++path.node[above]->items[path.child[above]];
    ++m_size;
    return true;
}

// The node at this depth is full: makes room in it, or in the node above it.
void OrderedTree::makeRoom(const Path &path, unsigned depth)
{
    if (depth == 0) {
        growRoot();
        return;
    }
    Inner *parent = path.node[depth - 1];
    const unsigned index = path.child[depth - 1], childLevel = m_height - depth;
    if (give(parent, index, childLevel))
        return;
    if (parent->count == kChildren)
        makeRoom(path, depth - 1);
    else
        split(parent, index, childLevel);
}

// Evens out a full child and the emptier of its neighbours; false when neither has much room.
bool OrderedTree::give(Inner *parent, unsigned index, unsigned childLevel)
{
    const unsigned capacity = childLevel ? kChildren : kSlots;
    const unsigned left = index > 0 ? nodeSize(parent->child[index - 1], childLevel) : capacity;
    const unsigned right
        = index + 1 < parent->count ? nodeSize(parent->child[index + 1], childLevel) : capacity;
    if (capacity - std::min(left, right) < kWorthGiving)
        return false;
    const bool toLeft = left <= right;
    const int n = static_cast<int>((capacity - std::min(left, right) + 1) / 2);
    const unsigned first = toLeft ? index - 1 : index;
    if (childLevel)
        shiftChildren(parent, first, toLeft ? n : -n, childLevel);
    else
        shiftItems(parent, first, toLeft ? n : -n);
    return true;
}

// Moves n items from the leaf behind `left` to the end of it, or -n the other way.
void OrderedTree::shiftItems(Inner *parent, unsigned left, int n)
{
    auto *a = static_cast<Leaf *>(parent->child[left]);
    auto *b = static_cast<Leaf *>(parent->child[left + 1]);
    const auto moved = static_cast<unsigned>(n > 0 ? n : -n);
    Leaf *from = n > 0 ? b : a, *to = n > 0 ? a : b;
    const unsigned source = n > 0 ? 0 : a->count - moved;
    const unsigned target = n > 0 ? a->count : 0u;
    for (unsigned i = 0; i < moved; ++i)
        prefetch(itemOf(from->slot[source + i]));
    openGap(to->slot, to->count, target, moved);
    to->count = static_cast<std::uint16_t>(to->count + moved);
    for (unsigned i = 0; i < moved; ++i)
        to->slot[target + i] = slotFor(to, itemOf(from->slot[source + i]));
    closeGap(from->slot, from->count, source, moved);
    from->count = static_cast<std::uint16_t>(from->count - moved);
    const std::uint64_t low = to->slot[0] >> kAddressBits;
    const std::uint64_t high = to->slot[to->count - 1] >> kAddressBits;
    if (low == 0 || high == kMaxHint)
        setHints(to);
    describe(parent, left, 0);
    if (from->count > 0)
        describe(parent, left + 1, 0);
}

void OrderedTree::shiftChildren(Inner *parent, unsigned left, int n, unsigned childLevel)
{
    auto *a = static_cast<Inner *>(parent->child[left]);
    auto *b = static_cast<Inner *>(parent->child[left + 1]);
    const auto moved = static_cast<unsigned>(n > 0 ? n : -n);
    const auto inA = static_cast<unsigned>(a->count), inB = static_cast<unsigned>(b->count);
    if (n > 0) {
        moveChildren(a, inA, b, 0, moved);
        moveChildren(b, 0, b, moved, inB - moved);
        a->count += moved;
        b->count -= moved;
    } else {
        moveChildren(b, moved, b, 0, inB);
        moveChildren(b, 0, a, inA - moved, moved);
        a->count -= moved;
        b->count += moved;
    }
    describe(parent, left, childLevel);
    if (b->count > 0)
        describe(parent, left + 1, childLevel);
}

// The parent gets one child more: a leaf for which up to three leaves give, or the half of one
// inner node. REQUIRES: the parent has room.
void OrderedTree::split(Inner *parent, unsigned index, unsigned childLevel)
{
    if (childLevel > 0) {
        const auto *full = static_cast<const Inner *>(parent->child[index]);
        Inner *inner = newInner();
        inner->first[0] = full->first[0]; // for describe()
        insertChild(parent, index + 1, inner, childLevel);
        shiftChildren(parent, index, -static_cast<int>(full->count / 2), childLevel);
        return;
    }
    const auto n = static_cast<unsigned>(parent->count);
    const unsigned window = std::min(kWindow, n);
    const unsigned from = std::min(index > 0 ? index - 1 : 0, n - window);
    auto *last = static_cast<Leaf *>(parent->child[from + window - 1]);
    Leaf *leaf = newLeaf(last, last->next);
    leaf->slot[0] = last->slot[0]; // for describe()
    insertChild(parent, from + window, leaf, 0);
    spreadLeaves(parent, from, window + 1);
}

void OrderedTree::spreadLeaves(Inner *parent, unsigned from, unsigned n)
{
    std::uint64_t all[(kWindow + 1) * kSlots];
    unsigned total = 0;
    for (unsigned i = from; i < from + n; ++i) {
        const auto *leaf = static_cast<const Leaf *>(parent->child[i]);
        std::memcpy(all + total, leaf->slot, leaf->count * sizeof all[0]);
        total += leaf->count;
    }
    for (unsigned i = 0; i < total; ++i)
        prefetch(itemOf(all[i]));
    unsigned done = 0;
    for (unsigned i = 0; i < n; ++i) {
        auto *leaf = static_cast<Leaf *>(parent->child[from + i]);
        const unsigned share = (total - done) / (n - i);
        std::memcpy(leaf->slot, all + done, share * sizeof all[0]);
        leaf->count = static_cast<std::uint16_t>(share);
        setHints(leaf);
        describe(parent, from + i, 0);
        done += share;
    }
}

// Erasing.

void OrderedTree::erase(Item *item)
{
    Path path;
    Leaf *leaf = descend(Probe(item), &path);
    const unsigned index = indexOf(leaf, item);
    remove(leaf, index);
    count(path, -1);
    if (leaf->count == 0) {
        drop(path, m_height);
    } else {
        if (index == 0)
            refreshFirst(path, m_height);
        if (leaf->count < kSparseLeaf)
            join(path, m_height);
    }
    while (m_height > 0 && static_cast<Inner *>(m_root)->count == 1) {
        void *child = static_cast<Inner *>(m_root)->child[0];
        freeNode(m_root, m_height--);
        m_root = child;
    }
}

// The node at this depth is empty.
void OrderedTree::drop(const Path &path, unsigned depth)
{
    const unsigned level = m_height - depth;
    freeNode(level ? static_cast<void *>(path.node[depth]) : path.leaf, level);
    if (depth == 0) {
        m_root = nullptr;
        m_height = 0;
        return;
    }
    Inner *parent = path.node[depth - 1];
    removeChild(parent, path.child[depth - 1]);
    if (parent->count == 0) {
        drop(path, depth - 1);
        return;
    }
    if (path.child[depth - 1] == 0)
        refreshFirst(path, depth - 1);
    if (parent->count < kSparseInner)
        join(path, depth - 1);
}

// The node at this depth is sparse: it and a neighbour become one where that leaves room.
void OrderedTree::join(const Path &path, unsigned depth)
{
    if (depth == 0)
        return;
    Inner *parent = path.node[depth - 1];
    const unsigned index = path.child[depth - 1], level = m_height - depth;
    if (!(index > 0 && joinNext(parent, index - 1, level)) && !joinNext(parent, index, level))
        return;
    if (parent->count < kSparseInner)
        join(path, depth - 1);
}

bool OrderedTree::joinNext(Inner *parent, unsigned index, unsigned childLevel)
{
    if (index + 1 >= parent->count)
        return false;
    void *left = parent->child[index], *right = parent->child[index + 1];
    const unsigned more = nodeSize(right, childLevel);
    const unsigned capacity = childLevel ? kChildren : kSlots;
    if (nodeSize(left, childLevel) + more > capacity * 5 / 6)
        return false;
    if (childLevel)
        shiftChildren(parent, index, static_cast<int>(more), childLevel);
    else
        shiftItems(parent, index, static_cast<int>(more));
    freeNode(right, childLevel);
    removeChild(parent, index + 1);
    return true;
}

void OrderedTree::move(Item *item, double score)
{
    const Probe before(item);
    Path path;
    Leaf *leaf = descend(before, &path);
    const unsigned index = indexOf(leaf, item);
    Probe after = before;
    after.score = ordered(score);
    if (index > 0 && index + 1u < leaf->count && isBefore(itemOf(leaf->slot[index - 1]), after)
        && !isBefore(itemOf(leaf->slot[index + 1]), after)) {
        item->setScore(score);
        leaf->slot[index] = slotFor(leaf, item);
        return;
    }
    erase(item);
    item->setScore(score);
    insert(item);
}

void OrderedTree::clear()
{
    // The inner nodes first, level by level from the left; the leaves know each other.
    if (m_height > 0)
        freeInners(static_cast<Inner *>(m_root), m_height);
    for (Leaf *leaf = m_first; leaf;) {
        Leaf *next = leaf->next;
        std::free(leaf);
        leaf = next;
    }
    m_root = nullptr;
    m_first = m_last = nullptr;
    m_height = 0;
    m_size = 0;
    m_leaves = m_inners = 0;
}

void OrderedTree::freeInners(Inner *node, unsigned level)
{
    for (unsigned i = 0; level > 1 && i < node->count; ++i)
        freeInners(static_cast<Inner *>(node->child[i]), level - 1);
    std::free(node);
}

} // namespace cay::store
