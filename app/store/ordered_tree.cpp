#include "store/ordered_tree.h"

#include "store/prefetch.h"

#include <algorithm>
#include <cassert>

namespace cay::store {

namespace {

// How many items a walk asks for ahead.
constexpr unsigned kAhead = 12;

// How many of the ascending numbers are below `sought`, without a branch that depends on them.
unsigned countBelow(const std::uint64_t *numbers, unsigned n, std::uint64_t sought)
{
    const std::uint64_t *at = numbers;
    while (n > 1) {
        const unsigned half = n / 2;
        at += static_cast<unsigned>(at[half - 1] < sought) * half;
        n -= half;
    }
    return static_cast<unsigned>(at - numbers) + (n == 1 && *at < sought);
}

void prefetchLines(const void *from, std::size_t bytes)
{
    for (std::size_t i = 0; i < bytes; i += 64)
        prefetch(static_cast<const char *>(from) + i);
}

// An item of usual size lies in one or two lines.
void prefetchItem(const ScoredItem *item)
{
    prefetch(item);
    prefetch(reinterpret_cast<const char *>(item) + 24);
}

} // namespace

ScoredItem *ScoredItem::make(void *memory, double score, Bytes member)
{
    auto *item = static_cast<ScoredItem *>(memory);
    item->m_score = score;
    auto *p = static_cast<unsigned char *>(memory) + sizeof(double);
    if (member.size() < kLong) {
        *p++ = static_cast<unsigned char>(member.size());
    } else {
        const auto n = static_cast<std::uint32_t>(member.size());
        *p = kLong;
        std::memcpy(p + 1, &n, 4);
        p += 5;
    }
    std::memcpy(p, member.data(), member.size());
    return item;
}

void OrderedTree::Position::next()
{
    if (++m_index == m_leaf->count) {
        m_leaf = m_leaf->next;
        m_index = 0;
        if (!m_leaf)
            return;
        if (m_leaf->next)
            prefetchLines(m_leaf->next, sizeof(Leaf));
    }
    unsigned ahead = m_index + kAhead;
    const Leaf *leaf = m_leaf;
    if (ahead >= leaf->count) {
        ahead -= leaf->count;
        leaf = leaf->next;
    }
    if (leaf && ahead < leaf->count)
        prefetchItem(itemOf(leaf->slot[ahead]));
}

void OrderedTree::Position::previous()
{
    if (m_index-- == 0) {
        m_leaf = m_leaf->prev;
        if (!m_leaf)
            return;
        m_index = m_leaf->count - 1u;
        if (m_leaf->prev)
            prefetchLines(m_leaf->prev, sizeof(Leaf));
    }
    if (m_index >= kAhead) {
        prefetchItem(itemOf(m_leaf->slot[m_index - kAhead]));
    } else if (const Leaf *leaf = m_leaf->prev) {
        const unsigned back = kAhead - m_index;
        if (back <= leaf->count)
            prefetchItem(itemOf(leaf->slot[leaf->count - back]));
    }
}

void OrderedTree::Position::prefetchAhead(bool reverse) const
{
    if (!m_leaf)
        return;
    const unsigned from = reverse ? m_index - std::min(m_index, kAhead) : m_index;
    const unsigned to = reverse ? m_index + 1 : std::min<unsigned>(m_index + kAhead, m_leaf->count);
    for (unsigned i = from; i < to; ++i)
        prefetchItem(itemOf(m_leaf->slot[i]));
    if (const Leaf *beside = reverse ? m_leaf->prev : m_leaf->next)
        prefetchLines(beside, sizeof(Leaf));
}

// Searching.

// Of two with the same score.
bool OrderedTree::isMemberBefore(const Item *item, const Probe &probe)
{
    switch (probe.kind) {
    case Bound::BeforeScore: return false;
    case Bound::AfterScore: return true;
    case Bound::BeforeMember: return item->member() < probe.member;
    case Bound::AfterMember: break;
    }
    return item->member() <= probe.member;
}

bool OrderedTree::isBefore(const Item *item, const Probe &probe)
{
    const std::uint64_t score = ordered(item->score());
    return score < probe.score || (score == probe.score && isMemberBefore(item, probe));
}

// The last child whose first item is before the probe, else child 0.
unsigned OrderedTree::childFor(const Inner *node, const Probe &probe)
{
    const auto n = static_cast<unsigned>(node->count);
    unsigned from = countBelow(node->score, n, probe.score);
    if (from < n && node->score[from] == probe.score) [[unlikely]] {
        unsigned to
            = probe.score == ~std::uint64_t{0} ? n : countBelow(node->score, n, probe.score + 1);
        while (from < to) {
            const unsigned middle = (from + to) / 2;
            if (isMemberBefore(node->first[middle], probe))
                from = middle + 1;
            else
                to = middle;
        }
    }
    return from ? from - 1 : 0;
}

// How many items of the leaf are before the probe.
unsigned OrderedTree::indexFor(const Leaf *leaf, const Probe &probe)
{
    const std::uint64_t h = hint(leaf, probe.score);
    unsigned from = countBelow(leaf->slot, leaf->count, h << kAddressBits);
    if (from == leaf->count || leaf->slot[from] >> kAddressBits != h)
        return from;
    unsigned to = leaf->count;
    if (h < kMaxHint)
        to = countBelow(leaf->slot, leaf->count, (h + 1) << kAddressBits);
    while (from < to) {
        const unsigned middle = (from + to) / 2;
        if (isBefore(itemOf(leaf->slot[middle]), probe))
            from = middle + 1;
        else
            to = middle;
    }
    return from;
}

// Where the item itself is: addresses tell, so that no other item is read. Addresses of one hint
// are in no order.
unsigned OrderedTree::indexOf(const Leaf *leaf, const Item *item)
{
    const std::uint64_t sought = slotFor(leaf, item);
    unsigned at = countBelow(leaf->slot, leaf->count, sought & ~kAddress);
    while (leaf->slot[at] != sought) {
        ++at;
        assert(at < leaf->count);
    }
    return at;
}

OrderedTree::Leaf *OrderedTree::descend(const Probe &probe, Path *path) const
{
    void *node = m_root;
    for (unsigned depth = 0; depth < m_height; ++depth) {
        auto *inner = static_cast<Inner *>(node);
        path->node[depth] = inner;
        path->child[depth] = childFor(inner, probe);
        node = inner->child[path->child[depth]];
        prefetchLines(node, sizeof(Leaf));
    }
    path->leaf = static_cast<Leaf *>(node);
    return path->leaf;
}

// The same, with the number of items in front of the leaf.
OrderedTree::Leaf *OrderedTree::descend(const Probe &probe, std::uint64_t *before) const
{
    void *node = m_root;
    *before = 0;
    for (unsigned depth = 0; depth < m_height; ++depth) {
        const auto *inner = static_cast<const Inner *>(node);
        const unsigned child = childFor(inner, probe);
        node = inner->child[child];
        prefetchLines(node, sizeof(Leaf));
        for (unsigned i = 0; i < child; ++i)
            *before += inner->items[i];
    }
    return static_cast<Leaf *>(node);
}

std::uint64_t OrderedTree::rank(const Item *item) const
{
    std::uint64_t before;
    const Leaf *leaf = descend(Probe(item), &before);
    return before + indexOf(leaf, item);
}

std::uint64_t OrderedTree::countBefore(const Bound &bound) const
{
    if (!m_root)
        return 0;
    const Probe probe(bound);
    std::uint64_t before;
    const Leaf *leaf = descend(probe, &before);
    return before + indexFor(leaf, probe);
}

OrderedTree::Position OrderedTree::last() const
{
    return m_last ? Position(m_last, m_last->count - 1u) : Position();
}

OrderedTree::Position OrderedTree::at(std::uint64_t rank) const
{
    if (rank >= m_size)
        return Position();
    void *node = m_root;
    for (unsigned depth = 0; depth < m_height; ++depth) {
        const auto *inner = static_cast<const Inner *>(node);
        unsigned child = 0;
        while (rank >= inner->items[child])
            rank -= inner->items[child++];
        node = inner->child[child];
        prefetchLines(node, sizeof(Leaf));
    }
    return Position(static_cast<Leaf *>(node), static_cast<unsigned>(rank));
}

OrderedTree::Position OrderedTree::firstAfter(const Bound &bound) const
{
    if (!m_root)
        return Position();
    const Probe probe(bound);
    Path path;
    Leaf *leaf = descend(probe, &path);
    const unsigned index = indexFor(leaf, probe);
    return index < leaf->count ? Position(leaf, index) : Position(leaf->next, 0);
}

OrderedTree::Position OrderedTree::lastBefore(const Bound &bound) const
{
    if (!m_root)
        return Position();
    const Probe probe(bound);
    Path path;
    Leaf *leaf = descend(probe, &path);
    const unsigned index = indexFor(leaf, probe);
    if (index > 0)
        return Position(leaf, index - 1);
    return leaf->prev ? Position(leaf->prev, leaf->prev->count - 1u) : Position();
}
// Checking.

bool OrderedTree::isSound() const
{
    const Item *last = nullptr;
    std::uint64_t items = 0;
    if (!m_root)
        return m_size == 0 && m_height == 0 && !m_first && !m_last && m_leaves == 0;
    if (!isSound(m_root, m_height, &last, &items) || items != m_size)
        return false;
    std::size_t leaves = 0;
    const Leaf *before = nullptr;
    for (const Leaf *leaf = m_first; leaf; before = leaf, leaf = leaf->next, ++leaves) {
        if (leaf->prev != before)
            return false;
    }
    return before == m_last && leaves == m_leaves;
}

bool OrderedTree::isSound(const void *node, unsigned level, const Item **last,
                          std::uint64_t *items) const
{
    if (level == 0) {
        const auto *leaf = static_cast<const Leaf *>(node);
        for (unsigned i = 0; i < leaf->count; ++i) {
            const Item *item = itemOf(leaf->slot[i]);
            if (leaf->slot[i] != slotFor(leaf, item) || (*last && !isBefore(*last, Probe(item)))
                || *last == item
                || (i > 0 && leaf->slot[i - 1] >> kAddressBits > leaf->slot[i] >> kAddressBits))
                return false;
            *last = item;
        }
        *items += leaf->count;
        return leaf->count > 0;
    }
    const auto *inner = static_cast<const Inner *>(node);
    for (unsigned i = 0; i < inner->count; ++i) {
        const std::uint64_t before = *items;
        if (inner->first[i] != firstUnder(inner->child[i], level - 1)
            || inner->score[i] != ordered(inner->first[i]->score())
            || !isSound(inner->child[i], level - 1, last, items)
            || inner->items[i] != *items - before)
            return false;
    }
    return inner->count > 0;
}

} // namespace cay::store
