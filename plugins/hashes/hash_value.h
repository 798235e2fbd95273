// A hash as a key's entry holds it: a pointer whose low bits tell the encoding.
//
//   ...00   listpack of field, value, field, value ...            "listpack"
//   ...01   PackedTimes, with a listpack of field, value, time    "listpackex", once a field
//   expires
//   ...10   store::FieldTable                                     "hashtable"
//
// In a "listpackex" the fields stand in the order of their times, those without one (time 0) at the
// end: the bytes of Redis 7.4. A hash never goes back to a smaller encoding, as in Redis.
//
// A field that has expired is not there for whoever reads, whether it has been deleted or not.
#pragma once

#include "cay/value.h"
#include "resp/reply.h"
#include "store/field_table.h"
#include "store/listpack.h"

namespace cay::hashes {

using store::FieldItem;
using store::FieldTable;
using store::Listpack;
using store::ListpackView;
using store::PackedValue;

// The options hash-max-listpack-entries and hash-max-listpack-value.
extern std::int64_t g_maxEntries, g_maxValue;

struct PackedTimes : store::TimedValue
{
    unsigned char *pack; // owned; from Listpack::release()
};

enum class Kind : std::uintptr_t { Pack = 0, PackedTimes = 1, Table = 2 };

inline void replyValue(resp::Reply &reply, const PackedValue &value)
{
    if (value.isInteger())
        reply.bulkInteger(value.integer);
    else
        reply.bulk(value.text);
}

// A field where it lies: a position in the listpack, or an item. Good until the hash changes.
struct Field
{
    ListpackView::Position at = ListpackView::kEnd; // of the field's name
    FieldItem *item = nullptr;

    explicit operator bool() const { return at != ListpackView::kEnd || item; }
};

// Neither owns nor frees what the pointer leads to. Changes may move it: object() is then what the
// entry has to hold.
class Hash
{
public:
    explicit Hash(void *object)
        : m_object(object)
    {}
    static Hash ofPack(Listpack pack) { return Hash(pack.release()); }
    static Hash ofTable(FieldTable *table) { return tagged(table, Kind::Table); }
    // A listpack of triples, with times in order.
    static Hash ofPackedTimes(Listpack pack);
    void *object() const { return m_object; }

    Kind kind() const { return static_cast<Kind>(bits() & 3); }
    bool isPacked() const { return kind() != Kind::Table; }
    // Elements that a field takes in the listpack.
    unsigned width() const { return kind() == Kind::Pack ? 2 : 3; }
    FieldTable &table() const { return *reinterpret_cast<FieldTable *>(address()); }
    PackedTimes &packedTimes() const { return *reinterpret_cast<PackedTimes *>(address()); }
    ListpackView pack() const
    {
        return ListpackView(kind() == Kind::Pack ? static_cast<unsigned char *>(m_object)
                                                 : packedTimes().pack);
    }

    // Fields, those that have expired but are still there included.
    std::size_t stored() const { return isPacked() ? pack().size() / width() : table().size(); }
    // Those that have not expired. O(log n), in a small hash O(expired).
    std::size_t size(UnixMs now) const
    {
        return kind() == Kind::Pack ? pack().size() / 2 : stored() - expired(now);
    }
    // When the first field expires, kNever without one that does; the time in the value's head.
    UnixMs nextExpiry() const;
    UnixMs due() const { return kind() == Kind::Pack ? kNever : timed().due; }
    void setDue(UnixMs at) { timed().due = at; }

    // Nothing when it is not there or has expired. `hash` is the name's if it is known, or 0.
    Field find(Bytes name, UnixMs now, std::uint64_t hash = 0) const
    {
        if (kind() == Kind::Pack) [[likely]] {
            const ListpackView view = pack();
            return {view.find(name, view.first(), 1), nullptr};
        }
        return findLarge(name, now, hash);
    }
    PackedValue value(const Field &field) const
    {
        if (field.item)
            return {field.item->value(), 0};
        const ListpackView view = pack();
        return view.value(view.next(field.at));
    }
    UnixMs expiry(const Field &field) const;

    // Calls visit(PackedValue field, PackedValue value, UnixMs expiry) for each that has not
    // expired until it answers false.
    template <typename Visit>
    void forEach(UnixMs now, Visit visit) const
    {
        if (isPacked())
            forEachPacked(now, visit);
        else
            forEachItem(now, visit);
    }

    // Sets a field's value, and its expiry: kNever for none, FieldTable::kKeep for what it has.
    // True when the field is new. An expired one is replaced.
    bool set(Bytes name, Bytes value, UnixMs now, UnixMs expiry = kNever, std::uint64_t hash = 0);
    // The same, of a field that find() has just found.
    void setFound(const Field &field, Bytes name, Bytes value, UnixMs expiry);
    // Deletes the field even if it has expired. True when it was there.
    bool erase(Bytes name);
    // REQUIRES: find() has just found it. kNever takes the expiry away.
    void setExpiry(const Field &field, Bytes name, UnixMs at);
    // Appends the names of at most `max` fields that have expired at `now`.
    void expiredFields(UnixMs now, std::size_t max, std::vector<std::string> *out) const;

    // Turns into a table if the hash is larger than the options allow a listpack to be, or a name
    // or value of these sizes would make it so.
    void convertIfLarge();
    void convertFor(Bytes name, Bytes value)
    {
        const auto most = static_cast<std::size_t>(g_maxValue);
        if (isPacked() && (name.size() > most || value.size() > most)) [[unlikely]]
            toTable();
    }
    void toTable();
    // Makes room for times: a listpack of pairs becomes one of triples.
    void toTimed();

    void free();
    Hash clone() const;

private:
    std::uintptr_t bits() const { return reinterpret_cast<std::uintptr_t>(m_object); }
    std::uintptr_t address() const { return bits() & ~std::uintptr_t{7}; }
    static Hash tagged(void *object, Kind kind)
    {
        return Hash(reinterpret_cast<void *>(reinterpret_cast<std::uintptr_t>(object)
                                             | static_cast<std::uintptr_t>(kind)));
    }
    store::TimedValue &timed() const { return *reinterpret_cast<store::TimedValue *>(address()); }
    Listpack adopt() { return Listpack::adopt(const_cast<unsigned char *>(pack().data())); }
    void keep(Listpack pack);
    Field findLarge(Bytes name, UnixMs now, std::uint64_t hash) const;
    std::size_t expired(UnixMs now) const;
    bool setPacked(Bytes name, Bytes value, UnixMs now, UnixMs expiry);
    void insertTriple(Listpack &pack, Bytes name, const PackedValue &value, UnixMs expiry);

    template <typename Visit>
    void forEachPacked(UnixMs now, Visit &visit) const
    {
        const ListpackView view = pack();
        const bool timed = kind() == Kind::PackedTimes;
        for (auto at = view.first(); at != ListpackView::kEnd;) {
            const PackedValue field = view.value(at);
            at = view.next(at);
            const PackedValue value = view.value(at);
            at = view.next(at);
            UnixMs expiry = kNever;
            if (timed) {
                const std::int64_t n = view.value(at).integer;
                at = view.next(at);
                if (n != 0 && n <= now)
                    continue;
                expiry = n ? n : kNever;
            }
            if (!visit(field, value, expiry))
                return;
        }
    }
    template <typename Visit>
    void forEachItem(UnixMs now, Visit &visit) const
    {
        bool more = true;
        table().forEach([&](const FieldItem *item) {
            if (more && !item->isExpired(now))
                more = visit(PackedValue{item->field(), 0}, PackedValue{item->value(), 0},
                             item->expiry());
        });
    }

    void *m_object;
};

} // namespace cay::hashes
