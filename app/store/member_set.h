// The large form of a set: members in a hash table that holds their bytes.
//
//   item of up to 254 bytes   | size 1 | bytes |
//   a longer one              | 0xff   | address 8 | ---> | size 4 | bytes |   a block of its own
//
// See packed_table.h for the table: about 17 bytes for a member of 10, two cache lines for a
// look-up.
#pragma once

#include "store/packed_table.h"

namespace cay::store {

class MemberSet
{
    static constexpr std::size_t kLongest = 254;
    static constexpr unsigned char kOutside = 0xff;
    static constexpr std::size_t kOutsideItem = 1 + sizeof(void *);

    struct Traits
    {
        static Bytes key(const unsigned char *item)
        {
            if (item[0] != kOutside) [[likely]]
                return Bytes(reinterpret_cast<const char *>(item) + 1, item[0]);
            return outsideKey(item);
        }
        static std::size_t size(const unsigned char *item)
        {
            return item[0] != kOutside ? 1 + std::size_t{item[0]} : kOutsideItem;
        }
    };
    using Table = PackedTable<Traits>;

public:
    // The longest member, in bytes.
    static constexpr std::size_t kMaxMember = 0xffffffffu;

    MemberSet() = default;
    ~MemberSet() { freeOutside(); }
    MemberSet(const MemberSet &other);
    MemberSet &operator=(const MemberSet &) = delete;

    std::size_t size() const { return m_table.size(); }
    bool empty() const { return m_table.empty(); }
    // Bytes on the heap.
    std::size_t bytes() const { return m_table.bytes() + m_outsideBytes; }
    // Allocations to give back, about; large blocks count like several.
    std::size_t freeEffort() const { return 1 + m_table.bytes() / (16 * 1024) + m_outside; }
    void reserve(std::size_t members) { m_table.reserve(members, members * 16); }

    static std::uint64_t hash(Bytes member) { return hashBytes(member); }
    void prefetchBucket(std::uint64_t hash) const { m_table.prefetchBucket(hash); }
    void prefetchItem(std::uint64_t hash) const { m_table.prefetchItem(hash); }
    void prefetchHeader(std::uint64_t hash) const { m_table.prefetchHeader(hash); }
    void prefetchEnd(std::uint64_t hash) const { m_table.prefetchEnd(hash); }

    bool contains(Bytes member, std::uint64_t hash) const
    {
        return static_cast<bool>(m_table.find(member, hash));
    }
    bool contains(Bytes member) const { return contains(member, hash(member)); }
    // False when it is there already. `member` may not point into this set.
    bool add(Bytes member, std::uint64_t hash)
    {
        if (m_table.find(member, hash))
            return false;
        if (member.size() <= kLongest) [[likely]] {
            unsigned char *item = m_table.insert(hash, 1 + member.size());
            item[0] = static_cast<unsigned char>(member.size());
            std::memcpy(item + 1, member.data(), member.size());
        } else {
            addOutside(member, hash);
        }
        return true;
    }
    bool add(Bytes member) { return add(member, hash(member)); }
    // `member` may point into this set.
    bool remove(Bytes member, std::uint64_t hash)
    {
        const Table::Place place = m_table.find(member, hash);
        if (!place)
            return false;
        void *outside = outsideOf(place.item);
        m_table.erase(place, hash);
        if (outside) [[unlikely]]
            dropOutside(outside);
        return true;
    }
    bool remove(Bytes member) { return remove(member, hash(member)); }

    // Calls visit(Bytes) for each member, in no order.
    template <typename Visit>
    void forEach(Visit visit) const
    {
        m_table.forEach([&](const unsigned char *item) { visit(Traits::key(item)); });
    }
    // The same until visit() returns false; false then.
    template <typename Visit>
    bool forEachWhile(Visit visit) const
    {
        return m_table.forEachWhile(
            [&](const unsigned char *item) { return visit(Traits::key(item)); });
    }
    // Visits some members at or after the cursor; returns the next cursor, 0 at the end.
    template <typename Visit>
    std::uint64_t scan(std::uint64_t cursor, Visit visit) const
    {
        return m_table.scan(cursor, [&](const unsigned char *item) { visit(Traits::key(item)); });
    }
    // A member chosen uniformly; `next` gives random 64-bit numbers. REQUIRES: not empty.
    template <typename Random>
    Bytes random(Random next) const
    {
        return Traits::key(m_table.random(next));
    }

private:
    static Bytes outsideKey(const unsigned char *item);
    static void *outsideOf(const unsigned char *item)
    {
        void *block = nullptr;
        if (item[0] == kOutside) [[unlikely]]
            std::memcpy(&block, item + 1, sizeof block);
        return block;
    }
    void addOutside(Bytes member, std::uint64_t hash);
    void dropOutside(void *block);
    void freeOutside();

    Table m_table;
    std::size_t m_outside = 0; // members that have a block of their own
    std::size_t m_outsideBytes = 0;
};

} // namespace cay::store
