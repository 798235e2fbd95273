#include "store/expiry_index.h"

#include "store/prefetch.h"
#include "store/siphash.h"

#include <algorithm>
#include <cassert>
#include <limits>

namespace cay::store {

ExpiryIndex::Order ExpiryIndex::orderOf(const Entry *entry)
{
    return {entry->expiry(), hashBytes(entry->key())};
}

ExpiryIndex::Leaf *ExpiryIndex::newLeaf()
{
    Leaf *leaf = new Leaf;
    leaf->leaf = true;
    m_bytes += sizeof(Leaf);
    return leaf;
}

ExpiryIndex::Inner *ExpiryIndex::newInner()
{
    m_bytes += sizeof(Inner);
    return new Inner;
}

void ExpiryIndex::freeNode(Node *node)
{
    if (node->leaf) {
        m_bytes -= sizeof(Leaf);
        delete static_cast<Leaf *>(node);
    } else {
        m_bytes -= sizeof(Inner);
        delete static_cast<Inner *>(node);
    }
}

void ExpiryIndex::freeTree(Node *node)
{
    if (!node->leaf) {
        Inner *inner = static_cast<Inner *>(node);
        for (std::uint16_t i = 0; i < inner->count; ++i)
            freeTree(inner->child[i]);
    }
    freeNode(node);
}

void ExpiryIndex::clear()
{
    if (m_root)
        freeTree(m_root);
    m_root = nullptr;
    m_height = 0;
    m_size = 0;
}

void ExpiryIndex::swap(ExpiryIndex &other)
{
    std::swap(m_root, other.m_root);
    std::swap(m_height, other.m_height);
    std::swap(m_size, other.m_size);
    std::swap(m_bytes, other.m_bytes);
}

// The last child whose least key is not greater. Counting beats a binary search here: no branch to
// mispredict, and the cache lines come in order.
std::uint16_t ExpiryIndex::Inner::childFor(const Order &order) const
{
    int earlier = 0;
    for (int i = 1; i < count; ++i)
        earlier += at[i] < order.at;
    while (earlier + 1 < count && at[earlier + 1] == order.at && hash[earlier + 1] <= order.hash)
        ++earlier;
    return static_cast<std::uint16_t>(earlier);
}

void ExpiryIndex::Inner::insert(int i, const Order &order, Node *node)
{
    std::copy_backward(at + i, at + count, at + count + 1);
    std::copy_backward(hash + i, hash + count, hash + count + 1);
    std::copy_backward(child + i, child + count, child + count + 1);
    at[i] = order.at;
    hash[i] = order.hash;
    child[i] = node;
    ++count;
}

void ExpiryIndex::Inner::remove(int i)
{
    std::copy(at + i + 1, at + count, at + i);
    std::copy(hash + i + 1, hash + count, hash + i);
    std::copy(child + i + 1, child + count, child + i);
    --count;
}

void ExpiryIndex::Inner::moveTail(int from, Inner *to)
{
    to->count = static_cast<std::uint16_t>(count - from);
    std::copy(at + from, at + count, to->at);
    std::copy(hash + from, hash + count, to->hash);
    std::copy(child + from, child + count, to->child);
    count = static_cast<std::uint16_t>(from);
}

ExpiryIndex::Path ExpiryIndex::descend(const Order &order) const
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

void ExpiryIndex::prefetch(const Leaf *leaf)
{
    const char *line = reinterpret_cast<const char *>(leaf);
    for (std::size_t i = 0; i < sizeof(Leaf); i += 64)
        store::prefetch(line + i);
}

void ExpiryIndex::insert(Entry *entry, std::uint64_t hash)
{
    ++m_size;
    if (!m_root)
        m_root = newLeaf();
    const Order order{entry->expiry(), hash};
    Path path = descend(order);
    if (path.leaf->count < kLeaf) [[likely]]
        path.leaf->item[path.leaf->count++] = entry;
    else
        splitLeaf(path, entry, order);
}

void ExpiryIndex::splitLeaf(Path &path, Entry *entry, const Order &order)
{
    Leaf *leaf = path.leaf;
    Leaf *right = newLeaf();
    const auto less = [](const Entry *a, const Entry *b) {
        return a->expiry() != b->expiry() ? a->expiry() < b->expiry() : orderOf(a) < orderOf(b);
    };
    if (path.rightmost) {
        const Entry *last = *std::max_element(leaf->item, leaf->item + kLeaf, less);
        if (orderOf(last) < order) {
            right->item[right->count++] = entry;
            insertChild(path, order, right);
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
    insertChild(path, middle, right);
}

// Puts a new right neighbour of the path's node into the parents, splitting them as needed.
void ExpiryIndex::insertChild(Path &path, const Order &first, Node *child)
{
    Order order = first;
    for (int level = path.depth - 1; level >= 0; --level) {
        Inner *parent = path.step[level].node;
        const int at = path.step[level].index + 1;
        if (parent->count < kFan) {
            parent->insert(at, order, child);
            return;
        }
        // On the far right keep the left node nearly full, as leaves are.
        const int keep = at == kFan ? kFan - 1 : kFan / 2;
        Inner *right = newInner();
        parent->moveTail(keep, right);
        if (at > keep)
            right->insert(at - keep, order, child);
        else
            parent->insert(at, order, child);
        order = right->first(0);
        child = right;
    }
    Inner *root = newInner();
    root->insert(0, {std::numeric_limits<UnixMs>::min(), 0}, m_root);
    root->insert(1, order, child);
    m_root = root;
    ++m_height;
}

std::uint16_t ExpiryIndex::position(const Leaf *leaf, const Entry *entry) const
{
    // Every place is looked at: a loop without an exit runs several at a time.
    std::uint16_t found = leaf->count;
    for (std::uint16_t i = 0; i < leaf->count; ++i)
        found = leaf->item[i] == entry ? i : found;
    assert(found < leaf->count);
    return found;
}

void ExpiryIndex::moved(const Entry *from, Entry *to, std::uint64_t hash)
{
    const Path path = descend({to->expiry(), hash});
    path.leaf->item[position(path.leaf, from)] = to;
}

void ExpiryIndex::erase(const Entry *entry, std::uint64_t hash)
{
    Path path = descend({entry->expiry(), hash});
    prefetch(path.leaf);
    eraseAt(path, entry);
}

void ExpiryIndex::reschedule(Entry *entry, UnixMs at, std::uint64_t hash)
{
    Path path = descend({entry->expiry(), hash});
    Leaf *from = path.leaf;
    prefetch(from);
    Leaf *to = descend({at, hash}).leaf;
    if (from == to) { // the order inside a leaf is not kept
        entry->setExpiry(at);
        return;
    }
    prefetch(to);
    if (to->count < kLeaf && from->count > kLeaf / 4 && from->count > 1) [[likely]] {
        entry->setExpiry(at);
        from->item[position(from, entry)] = from->item[from->count - 1];
        --from->count;
        to->item[to->count++] = entry;
        return;
    }
    eraseAt(path, entry);
    entry->setExpiry(at);
    insert(entry, hash);
}

// The path leads to the entry's leaf.
void ExpiryIndex::eraseAt(Path &path, const Entry *entry)
{
    Leaf *leaf = path.leaf;
    const std::uint16_t at = position(leaf, entry);
    leaf->item[at] = leaf->item[--leaf->count];
    --m_size;
    if (leaf->count == 0)
        removeChild(path, path.depth - 1);
    else if (leaf->count < kLeaf / 4)
        mergeWithNeighbour(path);
}

// Takes the path's node below `level` out of its parent; a parent that becomes empty goes too.
void ExpiryIndex::removeChild(Path &path, int level)
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

void ExpiryIndex::mergeWithNeighbour(Path &path)
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
    path.step[path.depth - 1].index = static_cast<std::uint16_t>(i + 1);
    removeChild(path, path.depth - 1);
}

void ExpiryIndex::due(UnixMs now, std::size_t max, std::vector<Entry *> *out) const
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
            if (leaf->item[i]->expiry() <= now)
                out->push_back(leaf->item[i]);
        }
    }
}

UnixMs ExpiryIndex::next() const
{
    const Node *node = m_root;
    while (!node->leaf)
        node = static_cast<const Inner *>(node)->child[0];
    const Leaf *leaf = static_cast<const Leaf *>(node);
    UnixMs least = std::numeric_limits<UnixMs>::max();
    for (std::uint16_t i = 0; i < leaf->count; ++i)
        least = std::min(least, leaf->item[i]->expiry());
    return least;
}

} // namespace cay::store
