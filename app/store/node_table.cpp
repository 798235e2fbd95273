#include "store/node_table.h"

#include "store/heap.h"

#include <algorithm>
#include <new>

namespace cay::store {

using Place = NodeTable::Place;

NodeTable::Block *NodeTable::Block::create(std::uint32_t capacity)
{
    void *memory = std::malloc(sizeof(Block) + capacity * sizeof(PackedNode));
    if (!memory)
        throw std::bad_alloc();
    return new (memory) Block{capacity, 0, 0, 0};
}

void NodeTable::clear()
{
    for (const Tier &tier : m_tiers) {
        for (std::uint32_t i = 0; i < tier.block->count; ++i)
            tier.block->node(i).free();
        std::free(tier.block);
    }
    m_tiers.clear();
    m_elements = 0;
    m_nodes = 0;
}

Place NodeTable::find(std::uint64_t *index) const
{
    std::size_t tier = 0;
    std::uint64_t left = *index;
    if (left <= m_elements / 2) {
        for (; left >= m_tiers[tier].elements; ++tier)
            left -= m_tiers[tier].elements;
    } else {
        std::uint64_t start = m_elements;
        for (tier = m_tiers.size(); start > left;)
            start -= m_tiers[--tier].elements;
        left -= start;
    }
    Block *block = m_tiers[tier].block;
    std::uint32_t slot = 0;
    if (left <= m_tiers[tier].elements / 2) {
        for (; left >= block->node(slot).count(); ++slot)
            left -= block->node(slot).count();
    } else {
        std::uint64_t start = m_tiers[tier].elements;
        for (slot = block->count; start > left;)
            start -= block->node(--slot).count();
        left -= start;
    }
    *index = left;
    return {tier, slot};
}

Place NodeTable::nth(std::size_t number) const
{
    std::size_t tier = 0;
    if (number < m_nodes / 2) {
        for (; number >= m_tiers[tier].block->count; ++tier)
            number -= m_tiers[tier].block->count;
        return {tier, static_cast<std::uint32_t>(number)};
    }
    std::size_t start = m_nodes;
    for (tier = m_tiers.size(); start > number;)
        start -= m_tiers[--tier].block->count;
    return {tier, static_cast<std::uint32_t>(number - start)};
}

std::size_t NodeTable::number(Place at) const
{
    std::size_t n = at.slot;
    for (std::size_t tier = 0; tier < at.tier; ++tier)
        n += m_tiers[tier].block->count;
    return n;
}

// Frees a slot in front of the place: room is taken from the nearer end of the block if there is
// any, so that an end that only grows moves nothing.
void NodeTable::openSlot(Block *block, std::uint32_t slot)
{
    const std::uint32_t before = slot, after = block->count - slot;
    const bool frontRoom = block->begin > 0;
    const bool backRoom = block->begin + block->count < block->capacity;
    bool front = before <= after;
    if (front ? !frontRoom : !backRoom) {
        // All room goes to the end where it is missing.
        const std::uint32_t begin = front ? block->capacity - block->count : 0;
        PackedNode *nodes = block->nodes();
        std::memmove(static_cast<void *>(nodes + begin), nodes + block->begin,
                     block->count * sizeof(PackedNode));
        block->begin = begin;
    }
    PackedNode *first = &block->first();
    if (front) {
        std::memmove(static_cast<void *>(first - 1), first, before * sizeof(PackedNode));
        --block->begin;
    } else {
        std::memmove(static_cast<void *>(first + slot + 1), first + slot,
                     after * sizeof(PackedNode));
    }
    ++block->count;
}

// Halves a full tier; returns where the place is then.
Place NodeTable::splitTier(Place at)
{
    Block *left = m_tiers[at.tier].block;
    const std::uint32_t kept = left->count / 2, moved = left->count - kept;
    Block *right = Block::create(kMaxNodes);
    std::memcpy(static_cast<void *>(right->nodes()), &left->node(kept), moved * sizeof(PackedNode));
    right->count = moved;
    left->count = kept;
    std::uint64_t elements = 0;
    for (std::uint32_t i = 0; i < moved; ++i)
        elements += right->node(i).count();
    m_tiers[at.tier].elements -= elements;
    m_tiers.insert(m_tiers.begin() + static_cast<std::ptrdiff_t>(at.tier) + 1, {elements, right});
    return at.slot <= kept ? at : Place{at.tier + 1, at.slot - kept};
}

// The block's nodes in another block, which has its room in front or behind them.
NodeTable::Block *NodeTable::resized(Block *block, std::uint32_t capacity, bool frontRoom)
{
    Block *other = Block::create(capacity);
    other->begin = frontRoom ? capacity - block->count : 0;
    other->count = block->count;
    std::memcpy(static_cast<void *>(&other->first()), &block->first(),
                block->count * sizeof(PackedNode));
    std::free(block);
    return other;
}

// Sees to it that the block at the place has room for one more; returns where that is.
Place NodeTable::makeRoom(Place at)
{
    // Behind the last of a tier is as well as in front of the next tier's first.
    if (at.slot == 0 && at.tier > 0) {
        const std::uint32_t count = m_tiers[at.tier - 1].block->count;
        if (at.tier == m_tiers.size() || count < kMaxNodes)
            at = {at.tier - 1, count};
    }
    if (m_tiers.empty())
        m_tiers.push_back({0, Block::create(1)});
    Block *block = m_tiers[at.tier].block;
    if (block->count < block->capacity)
        return at;
    if (block->capacity < kMaxNodes) {
        m_tiers[at.tier].block
            = resized(block, std::min(kMaxNodes, block->capacity * 2), at.slot == 0);
        return at;
    }
    const bool front = at.tier == 0 && at.slot == 0;
    if (front || (at.tier + 1 == m_tiers.size() && at.slot == block->count)) {
        Block *fresh = Block::create(kMaxNodes);
        fresh->begin = front ? kMaxNodes : 0;
        m_tiers.insert(front ? m_tiers.begin() : m_tiers.end(), {0, fresh});
        return {front ? 0 : m_tiers.size() - 1, 0};
    }
    return splitTier(at);
}

Place NodeTable::insert(Place before, const PackedNode &node)
{
    const Place at = makeRoom(before);
    Block *block = m_tiers[at.tier].block;
    openSlot(block, at.slot);
    block->node(at.slot) = node;
    ++m_nodes;
    counted(at, static_cast<std::int64_t>(node.count()));
    return at;
}

Place NodeTable::remove(Place at)
{
    Block *block = m_tiers[at.tier].block;
    counted(at, -static_cast<std::int64_t>(block->node(at.slot).count()));
    --m_nodes;
    PackedNode *first = &block->first();
    const std::uint32_t after = block->count - at.slot - 1;
    --block->count;
    if (at.slot <= after) {
        std::memmove(static_cast<void *>(first + 1), first, at.slot * sizeof(PackedNode));
        ++block->begin;
    } else {
        std::memmove(static_cast<void *>(first + at.slot), first + at.slot + 1,
                     after * sizeof(PackedNode));
    }
    if (!block->count) {
        std::free(block);
        m_tiers.erase(m_tiers.begin() + static_cast<std::ptrdiff_t>(at.tier));
        if (m_tiers.size() < m_tiers.capacity() / 4)
            m_tiers.shrink_to_fit();
        return {at.tier, 0};
    }
    if (block->capacity > 4 && block->count < block->capacity / 4)
        m_tiers[at.tier].block = block = resized(block, block->capacity / 2, false);
    return at.slot < block->count ? at : Place{at.tier + 1, 0};
}

std::size_t NodeTable::heapBytes() const
{
    std::size_t n = m_tiers.capacity() ? heapSize(m_tiers.data()) : 0;
    for (const Tier &tier : m_tiers)
        n += heapSize(tier.block);
    return n;
}

} // namespace cay::store
