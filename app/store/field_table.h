// The fields of a large hash: a Dict over items that hold field, value and perhaps a time.
//
//   item   | 1: time bit, field size 7 | [time 8] | [field size 32] | value size 8 | [32] | field |
//   value |
//
// A field size of 127 and a value size of 255 stand for the 32 bits that follow. Nothing is
// aligned. A 12-byte field with a 10-byte value takes 24 bytes, and 11 in the table: half of what
// Redis's entry with two strings takes. Items lie in slabs of the table's own (ItemArena), so
// freeing a table is freeing its slabs; those above ItemArena::kMaxSlot come from malloc and are
// freed one by one.
//
// Fields that expire are also in an index ordered by time (TimeIndex): 8 to 12 bytes more, and 8 in
// the item. Which expires next and how many have expired is known in O(log n).
//
// find, set, erase: O(1), with a longest step of about 100 microseconds at any size (see dict.h);
// setExpiry: O(log n).
//
// Turned down: an entry with pointers to two strings (Redis: 72 bytes where this takes 36), values
// as 64-bit integers where they are such (few bytes less, and every reader has two cases), and a
// second table for the times (a field is looked up twice).
#pragma once

#include "store/arena.h"
#include "store/dict.h"
#include "store/time_index.h"

namespace cay::store {

class FieldItem
{
public:
    FieldItem() = delete;
    FieldItem(const FieldItem &) = delete;

    Bytes field() const
    {
        const Layout l = layout();
        return Bytes(l.field, l.fieldSize);
    }
    Bytes value() const
    {
        const Layout l = layout();
        return Bytes(l.field + l.fieldSize, l.valueSize);
    }
    bool hasExpiry() const { return bytes()[0] & kExpiryBit; }
    // Unix milliseconds; kNever without one.
    UnixMs expiry() const
    {
        UnixMs at = kNever;
        if (hasExpiry())
            std::memcpy(&at, bytes() + 1, 8);
        return at;
    }
    bool isExpired(UnixMs now) const { return hasExpiry() && expiry() <= now; }

private:
    friend class FieldTable;
    friend struct FieldTimes;
    static constexpr unsigned char kExpiryBit = 0x80, kLongField = 0x7f, kLongValue = 0xff;

    struct Layout
    {
        std::size_t fieldSize, valueSize;
        const char *field;
    };
    Layout layout() const
    {
        const unsigned char *p = bytes();
        Layout l;
        l.fieldSize = *p & kLongField;
        p += *p & kExpiryBit ? 9 : 1;
        if (l.fieldSize == kLongField) [[unlikely]] {
            l.fieldSize = load32(p);
            p += 4;
        }
        l.valueSize = *p++;
        if (l.valueSize == kLongValue) [[unlikely]] {
            l.valueSize = load32(p);
            p += 4;
        }
        l.field = reinterpret_cast<const char *>(p);
        return l;
    }
    static std::uint32_t load32(const unsigned char *p)
    {
        std::uint32_t n;
        std::memcpy(&n, p, 4);
        return n;
    }
    static std::size_t sizeFor(std::size_t field, std::size_t value, bool expiry)
    {
        return (expiry ? 9 : 1) + (field < kLongField ? 0 : 4) + (value < kLongValue ? 1 : 5)
               + field + value;
    }
    static void write(void *memory, Bytes field, Bytes value, UnixMs expiry);
    const unsigned char *bytes() const { return reinterpret_cast<const unsigned char *>(this); }
};

struct FieldTimes
{
    static UnixMs of(const FieldItem *item) { return item->expiry(); }
    static void set(FieldItem *item, UnixMs at)
    {
        std::memcpy(reinterpret_cast<char *>(item) + 1, &at, 8);
    }
    static Bytes key(const FieldItem *item) { return item->field(); }
};
extern template class TimeIndex<FieldItem, FieldTimes>;

// What Entry::due() reads: stands first in every value whose parts may expire.
struct TimedValue
{
    UnixMs due = kNever;
};

class FieldTable : public TimedValue
{
public:
    // Longest field and longest value, in bytes.
    static constexpr std::size_t kMaxSize = 0xffffffff;

    FieldTable() = default;
    ~FieldTable();
    FieldTable(const FieldTable &) = delete;
    FieldTable &operator=(const FieldTable &) = delete;
    // A deep copy, `due` included.
    FieldTable *clone() const;

    // Fields, those that have expired and are still there included.
    std::size_t size() const { return m_dict.size(); }
    // Those with an expiry; those of them that have expired at `now`; the soonest, or kNever.
    std::size_t expiring() const { return m_times.size(); }
    std::size_t expired(UnixMs now) const { return m_times.countBefore(now + 1); }
    UnixMs nextExpiry() const
    {
        if (m_soonestStale) {
            m_soonest = m_times.size() ? m_times.next() : kNever;
            m_soonestStale = false;
        }
        return m_soonest;
    }
    // Up to `max` fields that have expired, appended; they stay.
    void due(UnixMs now, std::size_t max, std::vector<FieldItem *> *out) const
    {
        m_times.due(now, max, out);
    }

    // Items live until their field is changed. Expired ones are found as well.
    // `hash`, here and below, is the field's if it is known, or 0.
    FieldItem *find(Bytes field, std::uint64_t hash = 0) const
    {
        const auto *slot = m_dict.find(field, hash ? hash : hashBytes(field));
        return slot ? Fields::item(*slot) : nullptr;
    }
    // Brings what a look-up reads nearer: first the bucket, then, a while later, the item.
    void prefetchBucket(std::uint64_t hash) const { m_dict.prefetchBucket(hash); }
    void prefetchItem(std::uint64_t hash) const { m_dict.prefetchItem(hash); }
    // Sets the value, and the expiry: kNever is none, kKeep what is there. True when the field is
    // new. REQUIRES: field and value are not part of this table.
    static constexpr UnixMs kKeep = -1;
    bool set(Bytes field, Bytes value, UnixMs expiry = kNever, std::uint64_t hash = 0);
    // The value of an item that find() has found; its expiry stays.
    void setValue(FieldItem *item, Bytes value)
    {
        const FieldItem::Layout l = item->layout();
        if (l.valueSize == value.size()) [[likely]]
            std::memcpy(const_cast<char *>(l.field) + l.fieldSize, value.data(), value.size());
        else
            set(item->field(), value, kKeep);
    }
    bool erase(Bytes field);
    // Returns the item, perhaps moved. kNever takes the expiry away.
    FieldItem *setExpiry(FieldItem *item, UnixMs at);

    template <typename Visit>
    void forEach(Visit visit) const
    {
        m_dict.forEach(visit);
    }
    // One home bucket: see Dict::scan().
    template <typename Visit>
    std::uint64_t scan(std::uint64_t cursor, Visit visit) const
    {
        return m_dict.scan(cursor, visit);
    }
    // A field chosen uniformly, expired ones too; null when empty.
    template <typename Random>
    FieldItem *random(Random next) const
    {
        return m_dict.random(next);
    }

    // Bytes of everything.
    std::size_t bytes() const
    {
        return sizeof *this + m_dict.tableBytes() + m_arena.slabBytes() + m_times.bytes()
               + m_outsideBytes;
    }

private:
    struct Traits
    {
        static Bytes key(const FieldItem *item) { return item->field(); }
    };
    using Fields = Dict<FieldItem, Traits>;

    static std::size_t sizeOf(const FieldItem *item);
    FieldItem *make(Bytes field, Bytes value, UnixMs expiry);
    void free(FieldItem *item);
    bool overwrite(Fields::Slot *slot, std::uint64_t hash, Bytes value, UnixMs expiry);
    void addTime(FieldItem *item, std::uint64_t hash);
    void removeTime(FieldItem *item, std::uint64_t hash);

    Fields m_dict;
    ItemArena m_arena;
    TimeIndex<FieldItem, FieldTimes> m_times;
    std::size_t m_outsideBytes = 0; // of items that malloc has given
    // The soonest time; asking the index costs a leaf, so only after it may have changed.
    mutable UnixMs m_soonest = kNever;
    mutable bool m_soonestStale = false;
};

} // namespace cay::store
