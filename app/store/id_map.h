// An ordered map from stream IDs to small values: a B+ tree. It is the index of a stream's nodes,
// and the pending entries of a consumer group (ID -> who has it) and of a consumer (IDs alone).
//
//   inner     | least ID, child | least ID, child | ...                          kInner of them
//                  |                  |
//   leaf      [id value | id value | ... ] <-> [id value | ... ] <-> ...         kLeaf of them
//             ^ m_first                                       ^ m_last
//
// - Items lie in leaves, in order; leaves are linked both ways. All leaves are at the same depth.
// - The ID beside a child is at most the least ID below it, and greater than every ID below the
//   child before; the first one of an inner node stands for "anything less".
// - A node that is full is split in halves, unless the new item comes at the tree's very end: then
//   the new node gets that item alone, so that a map which grows at its end, as a stream does, has
//   full nodes.
// - A node that is a quarter full or less is merged with a neighbour under the same parent if both
//   fit into three quarters of one; an empty one goes away. A root with one child makes way for it.
// - A map of one leaf has a leaf of the size it needs (1, 2, 4 ... items), because most consumers
//   have few entries.
//
// append() at the end, and first(): O(1). find(), insert(), erase(): O(log n). Walking: O(1) a
// step. eraseBefore(): O(1) for each leaf that goes, plus one leaf. Memory at the end of a growing
// map: sizeof(Item) an item.
//
// Turned down: Redis's radix tree (an allocation and a dozen bytes of node for each key that is a
// random 128-bit number at its end; a walk goes up and down the tree and keeps the key in a buffer
// of its own; nothing is gained by sharing prefixes when a node of the tree covers a hundred
// entries), a skip list (a pointer chase for each step of a walk), and a box for each pending entry
// that group and consumer share (two look-ups are cheaper than an allocation that both have to know
// of).
#pragma once

#include "store/stream_id.h"

#include <cassert>
#include <cstdlib>
#include <cstring>
#include <new>
#include <type_traits>
#include <utility>

namespace cay::store {

// A map's value when only the IDs count.
struct NoValue
{};

template <typename V>
struct IdMapLimits
{
#ifdef CAY_TORTURE
    static constexpr unsigned kLeaf = 4, kInner = 4;
#else
    // About a kilobyte each: an insertion in the middle shifts half of it.
    static constexpr unsigned kLeaf = sizeof(V) <= 1 ? 64 : 1024 / (16 + sizeof(V));
    static constexpr unsigned kInner = 42;
#endif
};

// Values are moved with memcpy. Every change but append() ends all cursors and pointers to values.
template <typename V, unsigned kLeaf = IdMapLimits<V>::kLeaf,
          unsigned kInner = IdMapLimits<V>::kInner>
class IdMap
{
    static_assert(std::is_trivially_copyable_v<V> && kLeaf >= 4 && kInner >= 4);

public:
    struct Item
    {
        StreamId id;
        [[no_unique_address]] V value;
    };

private:
    struct Leaf
    {
        unsigned size, capacity;
        Leaf *previous, *next;
        Item items[];
    };
    struct Child
    {
        StreamId least;
        void *node;
    };
    struct Inner
    {
        unsigned size;
        Child children[kInner];
    };
    static constexpr unsigned kMaxDepth = 40;
    // The way from the root to a leaf: the inner nodes and the positions taken in them.
    struct Path
    {
        Inner *nodes[kMaxDepth];
        unsigned at[kMaxDepth];
        Leaf *leaf;
    };

public:
    // A place in the map, or none. Ends with the next change.
    class Cursor
    {
    public:
        Cursor() = default;
        explicit operator bool() const { return m_leaf != nullptr; }
        StreamId id() const { return m_leaf->items[m_at].id; }
        V &value() const { return m_leaf->items[m_at].value; }
        void next()
        {
            if (++m_at == m_leaf->size) {
                m_leaf = m_leaf->next;
                m_at = 0;
            }
        }
        void previous()
        {
            if (m_at-- == 0) {
                m_leaf = m_leaf->previous;
                m_at = m_leaf ? m_leaf->size - 1 : 0;
            }
        }

    private:
        friend class IdMap;
        Cursor(Leaf *leaf, unsigned at)
            : m_leaf(leaf)
            , m_at(at)
        {}
        Leaf *m_leaf = nullptr;
        unsigned m_at = 0;
    };

    IdMap() = default;
    IdMap(IdMap &&other) noexcept { swap(other); }
    IdMap &operator=(IdMap &&other) noexcept
    {
        swap(other);
        return *this;
    }
    ~IdMap() { clear(); }

    std::size_t size() const { return m_size; }
    bool empty() const { return m_size == 0; }
    // Bytes that were asked of the allocator.
    std::size_t memory() const { return m_bytes; }

    Cursor first() const { return Cursor(m_first, 0); }
    Cursor last() const { return Cursor(m_last, m_last ? m_last->size - 1 : 0); }
    Cursor find(StreamId id) const
    {
        const Cursor at = lowerBound(id);
        return at && at.id() == id ? at : Cursor();
    }
    // The first that is not less.
    Cursor lowerBound(StreamId id) const;
    // The last that is not greater.
    Cursor floor(StreamId id) const;

    // REQUIRES: the ID is greater than all others.
    V &append(StreamId id, V value);
    // The value of that ID, which is `value` if it is new; *isNew says so.
    V &insert(StreamId id, V value, bool *isNew);
    bool erase(StreamId id);
    // All that stands before the cursor; null: everything.
    void eraseBefore(Cursor end);
    void clear();

    // Whether all that the picture says holds. Slow, for tests.
    bool check() const;

private:
    void swap(IdMap &other) noexcept
    {
        std::swap(m_root, other.m_root);
        std::swap(m_first, other.m_first);
        std::swap(m_last, other.m_last);
        std::swap(m_size, other.m_size);
        std::swap(m_bytes, other.m_bytes);
        std::swap(m_depth, other.m_depth);
    }
    static constexpr std::size_t leafBytes(unsigned capacity)
    {
        return sizeof(Leaf) + capacity * sizeof(Item);
    }
    template <typename T>
    T *allocate(std::size_t bytes)
    {
        void *memory = std::malloc(bytes);
        if (!memory)
            throw std::bad_alloc();
        m_bytes += bytes;
        return static_cast<T *>(memory);
    }
    void release(Leaf *leaf)
    {
        m_bytes -= leafBytes(leaf->capacity);
        std::free(leaf);
    }
    void release(Inner *inner)
    {
        m_bytes -= sizeof(Inner);
        std::free(inner);
    }

    static unsigned childOf(const Inner *inner, StreamId id);
    static unsigned placeIn(const Leaf *leaf, StreamId id);
    Leaf *descend(StreamId id, Path *path) const;
    void makeFirstLeaf();
    void growOnlyLeaf();
    Leaf *splitLeaf(Leaf *leaf, unsigned at);
    void addChild(const Path &path, unsigned level, StreamId least, void *node);
    void addRoot(StreamId least, void *node);
    void removeLeaf(Leaf *leaf, const Path &path);
    void removeChild(const Path &path, unsigned level);
    void mergeLeaf(const Path &path);
    void mergeInner(const Path &path, unsigned level);
    void collapseRoot();
    void freeInner(void *node, unsigned depth);
    bool checkNode(const void *node, unsigned depth, const StreamId *low, const StreamId *high,
                   const Leaf **previous) const;

    static Item *put(Leaf *leaf, unsigned at, StreamId id, V value)
    {
        std::memmove(static_cast<void *>(leaf->items + at + 1), leaf->items + at,
                     (leaf->size - at) * sizeof(Item));
        leaf->items[at].id = id;
        leaf->items[at].value = value;
        ++leaf->size;
        return leaf->items + at;
    }

    void *m_root = nullptr; // an Inner, or with m_depth 0 the only Leaf
    Leaf *m_first = nullptr, *m_last = nullptr;
    std::size_t m_size = 0;
    std::size_t m_bytes = 0;
    unsigned m_depth = 0;
};

// The child whose share an ID falls into: the last one with a least ID that is not greater, or the
// first.
template <typename V, unsigned kLeaf, unsigned kInner>
unsigned IdMap<V, kLeaf, kInner>::childOf(const Inner *inner, StreamId id)
{
    unsigned low = 1, high = inner->size;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (inner->children[middle].least <= id)
            low = middle + 1;
        else
            high = middle;
    }
    return low - 1;
}

// Position of the first item that is not less.
template <typename V, unsigned kLeaf, unsigned kInner>
unsigned IdMap<V, kLeaf, kInner>::placeIn(const Leaf *leaf, StreamId id)
{
    unsigned low = 0, high = leaf->size;
    while (low < high) {
        const unsigned middle = (low + high) / 2;
        if (leaf->items[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

template <typename V, unsigned kLeaf, unsigned kInner>
typename IdMap<V, kLeaf, kInner>::Leaf *IdMap<V, kLeaf, kInner>::descend(StreamId id,
                                                                         Path *path) const
{
    void *node = m_root;
    for (unsigned level = 0; level < m_depth; ++level) {
        auto *inner = static_cast<Inner *>(node);
        const unsigned at = childOf(inner, id);
        if (path) {
            path->nodes[level] = inner;
            path->at[level] = at;
        }
        node = inner->children[at].node;
    }
    if (path)
        path->leaf = static_cast<Leaf *>(node);
    return static_cast<Leaf *>(node);
}

template <typename V, unsigned kLeaf, unsigned kInner>
typename IdMap<V, kLeaf, kInner>::Cursor IdMap<V, kLeaf, kInner>::lowerBound(StreamId id) const
{
    if (m_size == 0)
        return {};
    if (id <= m_first->items[0].id)
        return first();
    Leaf *leaf = descend(id, nullptr);
    const unsigned at = placeIn(leaf, id);
    return at < leaf->size ? Cursor(leaf, at) : Cursor(leaf->next, 0);
}

template <typename V, unsigned kLeaf, unsigned kInner>
typename IdMap<V, kLeaf, kInner>::Cursor IdMap<V, kLeaf, kInner>::floor(StreamId id) const
{
    if (m_size == 0)
        return {};
    if (m_last->items[m_last->size - 1].id <= id)
        return last();
    Leaf *leaf = descend(id, nullptr);
    const unsigned at = placeIn(leaf, id);
    Cursor cursor(leaf, at);
    if (at == leaf->size || leaf->items[at].id != id)
        cursor.previous();
    return cursor;
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::makeFirstLeaf()
{
    auto *leaf = allocate<Leaf>(leafBytes(1));
    leaf->size = 0;
    leaf->capacity = 1;
    leaf->previous = leaf->next = nullptr;
    m_root = m_first = m_last = leaf;
    m_depth = 0;
}

// REQUIRES: m_depth 0, and a leaf that is not of the full size.
template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::growOnlyLeaf()
{
    const unsigned old = m_first->capacity;
    const unsigned capacity = old * 2 < kLeaf ? old * 2 : kLeaf;
    void *memory = std::realloc(static_cast<void *>(m_first), leafBytes(capacity));
    if (!memory)
        throw std::bad_alloc();
    m_bytes += leafBytes(capacity) - leafBytes(old);
    m_root = m_first = m_last = static_cast<Leaf *>(memory);
    m_first->capacity = capacity;
}

template <typename V, unsigned kLeaf, unsigned kInner>
V &IdMap<V, kLeaf, kInner>::append(StreamId id, V value)
{
    assert(m_size == 0 || m_last->items[m_last->size - 1].id < id);
    if (!m_root)
        makeFirstLeaf();
    if (m_last->size == m_last->capacity) {
        bool isNew;
        return insert(id, value, &isNew);
    }
    ++m_size;
    Item &item = m_last->items[m_last->size++];
    item.id = id;
    item.value = value;
    return item.value;
}

template <typename V, unsigned kLeaf, unsigned kInner>
V &IdMap<V, kLeaf, kInner>::insert(StreamId id, V value, bool *isNew)
{
    if (!m_root)
        makeFirstLeaf();
    Path path;
    Leaf *leaf = descend(id, &path);
    unsigned at = placeIn(leaf, id);
    *isNew = at == leaf->size || leaf->items[at].id != id;
    if (!*isNew)
        return leaf->items[at].value;
    if (leaf->size == leaf->capacity && leaf->capacity < kLeaf) {
        growOnlyLeaf();
        leaf = m_first;
    } else if (leaf->size == kLeaf) {
        Leaf *right = splitLeaf(leaf, at);
        if (at > leaf->size || leaf->size == kLeaf) {
            at -= leaf->size;
            leaf = right;
        }
        if (leaf == right && right->size == 0) {
            put(right, 0, id, value);
            addChild(path, m_depth, id, right);
            ++m_size;
            return right->items[0].value;
        }
        put(leaf, at, id, value);
        V *place = &leaf->items[at].value;
        addChild(path, m_depth, right->items[0].id, right);
        ++m_size;
        return *place;
    }
    ++m_size;
    return put(leaf, at, id, value)->value;
}

// A new leaf behind a full one, with its upper half, or with nothing where the new item is to come
// at the end of all. The caller makes it known with addChild() when it has its first item.
template <typename V, unsigned kLeaf, unsigned kInner>
typename IdMap<V, kLeaf, kInner>::Leaf *IdMap<V, kLeaf, kInner>::splitLeaf(Leaf *leaf, unsigned at)
{
    auto *right = allocate<Leaf>(leafBytes(kLeaf));
    right->capacity = kLeaf;
    right->previous = leaf;
    right->next = leaf->next;
    const bool atEnd = leaf == m_last && at == leaf->size;
    (leaf == m_last ? m_last : leaf->next->previous) = right;
    leaf->next = right;
    const unsigned stay = atEnd ? kLeaf : kLeaf / 2;
    right->size = kLeaf - stay;
    std::memcpy(static_cast<void *>(right->items), leaf->items + stay, right->size * sizeof(Item));
    leaf->size = stay;
    return right;
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::addRoot(StreamId least, void *node)
{
    auto *root = allocate<Inner>(sizeof(Inner));
    root->size = 2;
    root->children[0] = {StreamId{}, m_root};
    root->children[1] = {least, node};
    m_root = root;
    ++m_depth;
}

// Makes a node known to the parent of the one at `level` of the path, directly behind it.
template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::addChild(const Path &path, unsigned level, StreamId least, void *node)
{
    if (level == 0) {
        addRoot(least, node);
        return;
    }
    Inner *inner = path.nodes[level - 1];
    unsigned at = path.at[level - 1] + 1;
    Inner *right = nullptr;
    StreamId leastRight = least;
    Inner *target = inner;
    if (inner->size == kInner) {
        right = allocate<Inner>(sizeof(Inner));
        const unsigned stay = at == kInner ? kInner : kInner / 2;
        right->size = kInner - stay;
        std::memcpy(right->children, inner->children + stay, right->size * sizeof(Child));
        inner->size = stay;
        if (right->size > 0)
            leastRight = right->children[0].least;
        if (at > stay || stay == kInner) {
            at -= stay;
            target = right;
        }
    }
    std::memmove(target->children + at + 1, target->children + at,
                 (target->size - at) * sizeof(Child));
    target->children[at] = {least, node};
    ++target->size;
    if (right)
        addChild(path, level - 1, leastRight, right);
}

template <typename V, unsigned kLeaf, unsigned kInner>
bool IdMap<V, kLeaf, kInner>::erase(StreamId id)
{
    if (m_size == 0)
        return false;
    Path path;
    Leaf *leaf = descend(id, &path);
    const unsigned at = placeIn(leaf, id);
    if (at == leaf->size || leaf->items[at].id != id)
        return false;
    --m_size;
    --leaf->size;
    std::memmove(static_cast<void *>(leaf->items + at), leaf->items + at + 1,
                 (leaf->size - at) * sizeof(Item));
    if (leaf->size == 0)
        removeLeaf(leaf, path);
    else if (m_depth > 0 && leaf->size <= kLeaf / 4)
        mergeLeaf(path);
    return true;
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::removeLeaf(Leaf *leaf, const Path &path)
{
    (leaf->previous ? leaf->previous->next : m_first) = leaf->next;
    (leaf->next ? leaf->next->previous : m_last) = leaf->previous;
    release(leaf);
    if (m_depth == 0)
        m_root = nullptr;
    else
        removeChild(path, m_depth - 1);
}

// Forgets the child that the path takes at `level`; it has been freed.
template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::removeChild(const Path &path, unsigned level)
{
    Inner *inner = path.nodes[level];
    const unsigned at = path.at[level];
    --inner->size;
    std::memmove(inner->children + at, inner->children + at + 1,
                 (inner->size - at) * sizeof(Child));
    if (inner->size == 0) {
        release(inner);
        if (level == 0) {
            m_root = nullptr;
            m_depth = 0;
        } else {
            removeChild(path, level - 1);
        }
    } else if (level > 0 && inner->size <= kInner / 4) {
        mergeInner(path, level);
    } else {
        collapseRoot();
    }
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::mergeLeaf(const Path &path)
{
    Inner *parent = path.nodes[m_depth - 1];
    const unsigned at = path.at[m_depth - 1];
    for (const unsigned left : {at - 1, at}) {
        if (left + 1 >= parent->size || left > at)
            continue;
        auto *a = static_cast<Leaf *>(parent->children[left].node);
        auto *b = static_cast<Leaf *>(parent->children[left + 1].node);
        if (a->size + b->size > kLeaf * 3 / 4)
            continue;
        std::memcpy(static_cast<void *>(a->items + a->size), b->items, b->size * sizeof(Item));
        a->size += b->size;
        Path gone = path;
        gone.at[m_depth - 1] = left + 1;
        removeLeaf(b, gone);
        return;
    }
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::mergeInner(const Path &path, unsigned level)
{
    Inner *parent = path.nodes[level - 1];
    const unsigned at = path.at[level - 1];
    for (const unsigned left : {at - 1, at}) {
        if (left + 1 >= parent->size || left > at)
            continue;
        auto *a = static_cast<Inner *>(parent->children[left].node);
        auto *b = static_cast<Inner *>(parent->children[left + 1].node);
        if (a->size + b->size > kInner * 3 / 4)
            continue;
        // The first child's ID stood for "anything less"; now it is one among others.
        b->children[0].least = parent->children[left + 1].least;
        std::memcpy(a->children + a->size, b->children, b->size * sizeof(Child));
        a->size += b->size;
        release(b);
        Path gone = path;
        gone.at[level - 1] = left + 1;
        removeChild(gone, level - 1);
        return;
    }
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::collapseRoot()
{
    while (m_depth > 0 && static_cast<Inner *>(m_root)->size == 1) {
        auto *root = static_cast<Inner *>(m_root);
        m_root = root->children[0].node;
        release(root);
        --m_depth;
    }
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::eraseBefore(Cursor end)
{
    if (!end) {
        clear();
        return;
    }
    while (m_first != end.m_leaf) {
        m_size -= m_first->size;
        Path path;
        descend(m_first->items[0].id, &path);
        removeLeaf(path.leaf, path);
    }
    m_size -= end.m_at;
    m_first->size -= end.m_at;
    std::memmove(static_cast<void *>(m_first->items), m_first->items + end.m_at,
                 m_first->size * sizeof(Item));
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::freeInner(void *node, unsigned depth)
{
    if (depth == 0)
        return;
    auto *inner = static_cast<Inner *>(node);
    for (unsigned i = 0; depth > 1 && i < inner->size; ++i)
        freeInner(inner->children[i].node, depth - 1);
    std::free(inner);
}

template <typename V, unsigned kLeaf, unsigned kInner>
void IdMap<V, kLeaf, kInner>::clear()
{
    freeInner(m_root, m_depth);
    while (m_first) {
        Leaf *next = m_first->next;
        std::free(m_first);
        m_first = next;
    }
    m_root = m_last = nullptr;
    m_size = m_bytes = 0;
    m_depth = 0;
}

template <typename V, unsigned kLeaf, unsigned kInner>
bool IdMap<V, kLeaf, kInner>::checkNode(const void *node, unsigned depth, const StreamId *low,
                                        const StreamId *high, const Leaf **previous) const
{
    if (depth == 0) {
        const auto *leaf = static_cast<const Leaf *>(node);
        bool good = leaf->size > 0 && leaf->size <= leaf->capacity && leaf->previous == *previous
                    && (leaf->capacity == kLeaf || m_depth == 0);
        for (unsigned i = 0; i < leaf->size; ++i) {
            const StreamId id = leaf->items[i].id;
            good = good && (!low || *low <= id) && (!high || id < *high)
                   && (i == 0 || leaf->items[i - 1].id < id);
        }
        good = good && (*previous ? (*previous)->next == leaf : m_first == leaf);
        *previous = leaf;
        return good;
    }
    const auto *inner = static_cast<const Inner *>(node);
    bool good = inner->size > 0 && inner->size <= kInner;
    for (unsigned i = 0; i < inner->size && good; ++i) {
        const StreamId *from = i == 0 ? low : &inner->children[i].least;
        const StreamId *to = i + 1 < inner->size ? &inner->children[i + 1].least : high;
        good = checkNode(inner->children[i].node, depth - 1, from, to, previous);
    }
    return good;
}

template <typename V, unsigned kLeaf, unsigned kInner>
bool IdMap<V, kLeaf, kInner>::check() const
{
    if (!m_root)
        return m_size == 0 && !m_first && !m_last && m_bytes == 0 && m_depth == 0;
    const Leaf *previous = nullptr;
    if (!checkNode(m_root, m_depth, nullptr, nullptr, &previous) || previous != m_last
        || m_last->next || (m_depth > 0 && static_cast<const Inner *>(m_root)->size < 2)) {
        return false;
    }
    std::size_t n = 0;
    for (const Leaf *leaf = m_first; leaf; leaf = leaf->next)
        n += leaf->size;
    return n == m_size;
}

} // namespace cay::store
