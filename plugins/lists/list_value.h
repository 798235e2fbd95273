// A list as a key holds it: one pointer, whose lowest bit tells two forms apart.
//
//   ...0   a listpack, exactly as large as it is                     up to kSmallBytes
//   ...1   a store::PackedList, "single" or of many nodes            beyond
//
// What OBJECT ENCODING answers is another matter, and Redis's: a listpack until a command would
// make it larger than list-max-listpack-size allows, from then on a quicklist, until it has shrunk
// to one node of half that size. The first form and a single PackedList are listpacks. The second
// form is there before Redis's rule asks for it because both of its ends are cheap: in a listpack
// of 8 KB each element pushed in front moves all others.
//
// A List is a handle: its object() changes with the form, so the entry is told after each change
// (Entry::setObject). Nobody is told of anything else.
#pragma once

#include "cay/value.h"
#include "store/packed_list.h"

namespace cay::lists {

using store::PackedValue;

// The options list-max-listpack-size and list-compress-depth.
extern std::int64_t g_maxListpackSize;
extern std::int64_t g_compressDepth;

// An element to look for, prepared to be compared with many.
class Wanted
{
public:
    explicit Wanted(Bytes text)
        : m_text(text)
        , m_isInteger(store::listpack::parseCanonical(text, &m_integer))
    {}
    bool equals(const PackedValue &value) const
    {
        return value.isInteger() ? m_isInteger && value.integer == m_integer : value.text == m_text;
    }

private:
    Bytes m_text;
    std::int64_t m_integer = 0;
    bool m_isInteger;
};

class List
{
public:
#ifdef CAY_TORTURE
    static constexpr std::size_t kSmallBytes = 24;
#else
    static constexpr std::size_t kSmallBytes = 1024;
#endif

    // Empty.
    static List make();
    // Takes a block from malloc that is a listpack.
    static List adopt(unsigned char *listpack) { return List(listpack); }
    // Takes the list, which has the limits of now.
    static List adopt(store::PackedList *list) { return List(tagged(list)); }
    explicit List(void *object)
        : m_object(object)
    {}
    void *object() const { return m_object; }
    void free() noexcept;
    List copy() const;

    bool isSmall() const { return !(reinterpret_cast<std::uintptr_t>(m_object) & 1); }
    // REQUIRES: isSmall().
    store::ListpackView view() const
    {
        return store::ListpackView(static_cast<const unsigned char *>(m_object));
    }
    // REQUIRES: not isSmall().
    store::PackedList *packed() const
    {
        return reinterpret_cast<store::PackedList *>(reinterpret_cast<std::uintptr_t>(m_object)
                                                     - 1);
    }
    // Whether Redis calls it one.
    bool isListpack() const { return isSmall() || packed()->isSingle(); }

    std::uint64_t size() const { return isSmall() ? view().size() : packed()->size(); }

    // To be said before elements of so many bytes are added, so that the form is one that can take
    // them.
    void expect(std::size_t bytes, std::size_t count);
    // To be said after elements have been taken out.
    void settle();
    // After loading: the encoding that these elements get, whatever they came in.
    void normalize();

    // REQUIRES: expect() has been told.
    void push(Bytes text, bool front);
    // Whether packed()->pushBlock() may be given an element of this size.
    bool takesBlock(std::size_t size) const { return !isSmall() && packed()->isLarge(size); }
    void insert(std::uint64_t index, Bytes text);
    void replace(std::uint64_t index, Bytes text);
    // The first or the last element. REQUIRES: not empty. The text lives until the next change.
    PackedValue end(bool front) const;
    void pop(bool front);
    void erase(std::uint64_t index, std::uint64_t count);
    std::uint64_t eraseEqual(Bytes text, std::uint64_t limit, bool fromBack);

    // Calls visit(PackedValue) -> bool for `count` elements from the index on, or back from it,
    // until it answers false. REQUIRES: they are there.
    template <typename Visit>
    void forEach(std::uint64_t index, std::uint64_t count, bool backwards, Visit &&visit) const
    {
        if (!isSmall()) {
            packed()->forEach(index, count, backwards, visit);
            return;
        }
        const store::ListpackView elements = view();
        auto at = elements.at(static_cast<std::int64_t>(index));
        for (; count && visit(elements.value(at)); --count)
            at = backwards ? elements.previous(at) : elements.next(at);
    }
    template <typename Visit>
    void forEach(Visit &&visit) const
    {
        forEach(0, size(), false, visit);
    }

private:
    static void *tagged(store::PackedList *list)
    {
        return reinterpret_cast<void *>(reinterpret_cast<std::uintptr_t>(list) + 1);
    }
    std::size_t listpackBytes() const;
    void becomePacked();
    void becomeSmall();
    // Runs change(Listpack &) on the small form.
    template <typename Change>
    auto changeSmall(Change &&change)
    {
        auto pack = store::Listpack::adopt(static_cast<unsigned char *>(m_object));
        struct Back
        {
            void *&object;
            store::Listpack &pack;
            ~Back() { object = pack.release(); }
        } back{m_object, pack};
        return change(pack);
    }

    void *m_object;
};

} // namespace cay::lists
