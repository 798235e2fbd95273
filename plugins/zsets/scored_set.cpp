#include "scored_set.h"

#include "store/heap.h"

namespace cay::zsets {

ScoredSet::~ScoredSet()
{
    // The slabs go as a whole.
    if (m_outside == 0)
        return;
    m_members.forEach([this](ScoredItem *item) {
        if (const std::size_t size = item->size(); store::ItemArena::isOutside(size))
            m_items.free(item, size);
    });
}

std::size_t ScoredSet::bytes() const
{
    return sizeof *this + m_members.tableBytes() + m_order.bytes() + m_items.slabBytes()
           + m_outsideBytes;
}

std::size_t ScoredSet::blocks() const
{
    constexpr std::size_t kSlab = 4096;
    return 1 + m_order.leaves() + m_members.segments() + m_items.slabBytes() / kSlab + m_outside;
}

void ScoredSet::add(Bytes member, std::uint64_t hash, double score)
{
    const std::size_t size = ScoredItem::sizeFor(member.size());
    void *memory = m_items.allocate(size);
    if (store::ItemArena::isOutside(size)) {
        ++m_outside;
        m_outsideBytes += store::heapSize(memory);
    }
    ScoredItem *item = ScoredItem::make(memory, score, member);
    m_members.insert(item, hash);
    m_order.insert(item);
}

bool ScoredSet::remove(Bytes member)
{
    const std::uint64_t hash = store::hashBytes(member);
    Members::Slot *slot = m_members.find(member, hash);
    if (!slot)
        return false;
    ScoredItem *item = Members::item(*slot);
    m_order.erase(item);
    m_members.erase(slot, hash);
    freeItem(item);
    return true;
}

void ScoredSet::remove(ScoredItem *item)
{
    m_order.erase(item);
    const std::uint64_t hash = store::hashBytes(item->member());
    m_members.erase(m_members.find(item->member(), hash), hash);
    freeItem(item);
}

void ScoredSet::freeItem(ScoredItem *item)
{
    const std::size_t size = item->size();
    if (store::ItemArena::isOutside(size)) {
        --m_outside;
        m_outsideBytes -= store::heapSize(item);
    }
    m_items.free(item, size);
}

} // namespace cay::zsets
