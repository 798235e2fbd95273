#include "store/member_set.h"

#include "store/heap.h"

namespace cay::store {

namespace {

constexpr std::size_t kSizeField = 4;

void *makeBlock(Bytes member)
{
    void *block = std::malloc(kSizeField + member.size());
    if (!block)
        throw std::bad_alloc();
    const auto size = static_cast<std::uint32_t>(member.size());
    std::memcpy(block, &size, kSizeField);
    std::memcpy(static_cast<char *>(block) + kSizeField, member.data(), member.size());
    return block;
}

Bytes textOf(const void *block)
{
    std::uint32_t size;
    std::memcpy(&size, block, kSizeField);
    return Bytes(static_cast<const char *>(block) + kSizeField, size);
}

} // namespace

MemberSet::MemberSet(const MemberSet &other)
    : m_outside(other.m_outside)
    , m_outsideBytes(other.m_outsideBytes)
{
    m_table.copyFrom(other.m_table);
    if (m_outside == 0)
        return;
    m_table.forEach([](unsigned char *item) {
        if (const void *theirs = outsideOf(item)) {
            void *block = makeBlock(textOf(theirs));
            std::memcpy(item + 1, &block, sizeof block);
        }
    });
}

Bytes MemberSet::outsideKey(const unsigned char *item) { return textOf(outsideOf(item)); }

void MemberSet::addOutside(Bytes member, std::uint64_t hash)
{
    assert(member.size() <= kMaxMember);
    void *block = makeBlock(member);
    unsigned char *item = m_table.insert(hash, kOutsideItem);
    item[0] = kOutside;
    std::memcpy(item + 1, &block, sizeof block);
    ++m_outside;
    m_outsideBytes += heapSize(block);
}

void MemberSet::dropOutside(void *block)
{
    --m_outside;
    m_outsideBytes -= heapSize(block);
    std::free(block);
}

void MemberSet::freeOutside()
{
    if (m_outside == 0)
        return;
    m_table.forEach([](const unsigned char *item) { std::free(outsideOf(item)); });
}

} // namespace cay::store
