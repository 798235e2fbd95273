// A set as an entry keeps it: one word whose low bits say which of three forms the block behind it
// has.
//
//   00  store::MemberSet   any members              "hashtable"
//   01  intset             integers, few            "intset"
//   10  listpack           short members, few       "listpack"
//
// So a small set is its entry and one block. A set that outgrows the options' limits changes to a
// larger form, at the same sizes as in Redis 7.2, and never back.
#pragma once

#include "store/intset.h"
#include "store/listpack.h"
#include "store/member_set.h"

#include <memory>
#include <span>
#include <utility>

namespace cay::sets {

// set-max-intset-entries, set-max-listpack-entries, set-max-listpack-value.
struct Limits
{
    std::int64_t intset = 512, listpack = 128, listpackValue = 64;
};
extern Limits g_limits;

// A member where it lies: an integer, or a text that the set lends.
using Member = store::PackedValue;

enum class Form : std::uintptr_t { Table = 0, Intset = 1, Listpack = 2 };

// Reads a set. Borrows it.
class SetView
{
public:
    explicit SetView(void *object)
        : m_object(object)
    {}

    void *object() const { return m_object; }
    Form form() const { return static_cast<Form>(word() & 3); }
    std::size_t size() const;
    bool contains(Bytes member) const;
    // Calls visit(const Member &) for each member.
    template <typename Visit>
    void forEach(Visit visit) const
    {
        forEachWhile([&](const Member &member) {
            visit(member);
            return true;
        });
    }
    // The same until visit() returns false; false then.
    template <typename Visit>
    bool forEachWhile(Visit visit) const;
    // A member chosen uniformly; `next` gives random 64-bit numbers. REQUIRES: not empty.
    template <typename Random>
    Member random(Random next) const;

    // REQUIRES: the form that the name says.
    store::MemberSet &table() const { return *reinterpret_cast<store::MemberSet *>(word()); }
    store::IntsetView intset() const { return store::IntsetView(block()); }
    store::ListpackView listpack() const { return store::ListpackView(block()); }
    // Of the small forms: their block from malloc.
    unsigned char *block() const
    {
        return reinterpret_cast<unsigned char *>(word() & ~std::uintptr_t{3});
    }

protected:
    std::uintptr_t word() const { return reinterpret_cast<std::uintptr_t>(m_object); }

    void *m_object;
};

// Owns a set. release() and adopt() carry it through an entry.
class Set : public SetView
{
public:
    // An empty set that is about to get `count` members (an estimate), `first` among them.
    static Set forMembers(Bytes first, std::size_t count);
    static Set empty() { return Set(tagged(store::Intset().release(), Form::Intset)); }
    static Set emptyTable() { return Set(new store::MemberSet); }
    static Set adopt(void *object) { return Set(object); }
    static Set ofIntset(store::Intset &&intset)
    {
        return Set(tagged(intset.release(), Form::Intset));
    }
    static Set ofListpack(store::Listpack &&listpack)
    {
        return Set(tagged(listpack.release(), Form::Listpack));
    }
    static Set copyOf(const SetView &other);
    ~Set() { destroy(m_object); }
    Set(Set &&other) noexcept
        : SetView(std::exchange(other.m_object, nullptr))
    {}
    Set &operator=(Set &&other) noexcept
    {
        std::swap(m_object, other.m_object);
        return *this;
    }
    [[nodiscard]] void *release() { return std::exchange(m_object, nullptr); }
    static void destroy(void *object) noexcept;

    // `count` members are about to be added: changes the form at once if so many do not fit.
    void expect(std::size_t count);
    // False when it is there already. `member` may not point into this set.
    bool add(Bytes member);
    bool add(const Member &member)
    {
        char digits[24];
        return add(member.bytes(digits));
    }
    bool remove(Bytes member);
    // Takes the members out at these positions in the order of forEach(), ascending. REQUIRES: a
    // small form.
    void eraseAt(std::span<const std::size_t> positions);
    void becomeTable(std::size_t expected);

private:
    explicit Set(void *object)
        : SetView(object)
    {}
    static void *tagged(void *block, Form form)
    {
        return reinterpret_cast<void *>(reinterpret_cast<std::uintptr_t>(block)
                                        | static_cast<std::uintptr_t>(form));
    }
    bool addToIntset(Bytes member);
    bool addToListpack(Bytes member);
    bool fitsListpack(Bytes added) const;
    void becomeListpack(Bytes added);
    bool addToTable(Bytes member) { return table().add(member); }
};

template <typename Visit>
bool SetView::forEachWhile(Visit visit) const
{
    switch (form()) {
    case Form::Table:
        return table().forEachWhile([&](Bytes text) { return visit(Member{text, 0}); });
    case Form::Intset: {
        const store::IntsetView view = intset();
        for (std::size_t i = 0; i < view.size(); ++i) {
            if (!visit(Member{Bytes(), view.at(i)}))
                return false;
        }
        return true;
    }
    case Form::Listpack: break;
    }
    const store::ListpackView view = listpack();
    for (auto at = view.first(); at != view.kEnd; at = view.next(at)) {
        if (!visit(view.value(at)))
            return false;
    }
    return true;
}

template <typename Random>
Member SetView::random(Random next) const
{
    if (form() == Form::Table)
        return Member{table().random(next), 0};
    // At most a billion members: the high half of a product is even enough.
    const std::size_t i = static_cast<std::size_t>((next() >> 32) * size() >> 32);
    if (form() == Form::Intset)
        return Member{Bytes(), intset().at(i)};
    const store::ListpackView view = listpack();
    return view.value(view.at(static_cast<std::int64_t>(i)));
}

} // namespace cay::sets
