#include "set_value.h"

#include "resp/number.h"

#include <algorithm>
#include <span>

namespace cay::sets {

using store::Intset;
using store::Listpack;
using store::MemberSet;

Limits g_limits;

namespace {

bool exceeds(std::size_t n, std::int64_t limit) { return n > static_cast<std::uint64_t>(limit); }

std::size_t maxIntset()
{
    return static_cast<std::size_t>(
        std::min<std::int64_t>(g_limits.intset, std::int64_t{Intset::kMaxSize} - 1));
}

std::size_t digitsOf(std::int64_t n) { return Bytes(resp::Decimal(n)).size(); }

} // namespace

std::size_t SetView::size() const
{
    switch (form()) {
    case Form::Table: return table().size();
    case Form::Intset: return intset().size();
    case Form::Listpack: break;
    }
    return listpack().size();
}

bool SetView::contains(Bytes member) const
{
    switch (form()) {
    case Form::Table: return table().contains(member);
    case Form::Intset: {
        std::int64_t n = 0;
        return resp::parseInteger(member, &n) && intset().contains(n);
    }
    case Form::Listpack: break;
    }
    return listpack().find(member, listpack().first()) != store::ListpackView::kEnd;
}

Set Set::forMembers(Bytes first, std::size_t count)
{
    std::int64_t n;
    if (resp::parseInteger(first, &n) && !exceeds(count, g_limits.intset))
        return empty();
    if (!exceeds(count, g_limits.listpack))
        return ofListpack(Listpack());
    Set set = emptyTable();
    set.table().reserve(count);
    return set;
}

Set Set::copyOf(const SetView &other)
{
    switch (other.form()) {
    case Form::Table: return Set(new MemberSet(other.table()));
    case Form::Intset: return ofIntset(Intset::copyOf(other.intset().all()));
    case Form::Listpack: break;
    }
    return ofListpack(Listpack::copyOf(other.listpack().all()));
}

void Set::destroy(void *object) noexcept
{
    if (!object)
        return;
    const SetView view(object);
    if (view.form() == Form::Table)
        delete &view.table();
    else
        std::free(view.block());
}

void Set::expect(std::size_t count)
{
    if ((form() == Form::Intset && exceeds(count, g_limits.intset))
        || (form() == Form::Listpack && exceeds(count, g_limits.listpack)))
        becomeTable(count);
}

bool Set::add(Bytes member)
{
    switch (form()) {
    case Form::Table: return addToTable(member);
    case Form::Intset: return addToIntset(member);
    case Form::Listpack: break;
    }
    return addToListpack(member);
}

bool Set::addToIntset(Bytes member)
{
    std::int64_t n = 0;
    if (resp::parseInteger(member, &n)) {
        Intset larger = Intset::adopt(block());
        const bool added = larger.add(n);
        m_object = tagged(larger.release(), Form::Intset);
        if (added && size() > maxIntset())
            becomeTable(size());
        return added;
    }
    if (!fitsListpack(member)) {
        becomeTable(size() + 1);
        return addToTable(member);
    }
    becomeListpack(member);
    return addToListpack(member);
}

// Whether an intset with this text added is within the limits of a listpack.
bool Set::fitsListpack(Bytes added) const
{
    const store::IntsetView view = intset();
    const std::size_t n = view.size();
    const std::size_t longest = n ? std::max(digitsOf(view.at(0)), digitsOf(view.at(n - 1))) : 0;
    return !exceeds(n + 1, g_limits.listpack) && !exceeds(added.size(), g_limits.listpackValue)
           && !exceeds(longest, g_limits.listpackValue)
           && n * 16 + added.size() < Listpack::kMaxBytes / 2;
}

void Set::becomeListpack(Bytes added)
{
    const store::IntsetView view = intset();
    Listpack all(Listpack::kEmptySize + view.size() * 11 + Listpack::sizeOf(added));
    for (std::size_t i = 0; i < view.size(); ++i)
        all.append(view.at(i));
    all.shrink();
    *this = ofListpack(std::move(all));
}

void Set::becomeTable(std::size_t expected)
{
    auto members = std::make_unique<MemberSet>();
    members->reserve(std::max(expected, size()));
    forEach([&](const Member &member) {
        char digits[24];
        members->add(member.bytes(digits));
    });
    *this = Set(members.release());
}

bool Set::addToListpack(Bytes member)
{
    if (listpack().find(member, listpack().first()) != Listpack::kEnd)
        return false;
    if (!exceeds(listpack().size() + 1, g_limits.listpack)
        && !exceeds(member.size(), g_limits.listpackValue)) {
        Listpack longer = Listpack::adopt(block());
        const bool appended = longer.append(member) != Listpack::kEnd;
        m_object = tagged(longer.release(), Form::Listpack);
        if (appended)
            return true;
    }
    becomeTable(size() + 1);
    return addToTable(member);
}

bool Set::remove(Bytes member)
{
    if (form() == Form::Table)
        return table().remove(member);
    if (form() == Form::Intset) {
        std::int64_t n = 0;
        if (!resp::parseInteger(member, &n))
            return false;
        Intset smaller = Intset::adopt(block());
        const bool removed = smaller.remove(n);
        m_object = tagged(smaller.release(), Form::Intset);
        return removed;
    }
    Listpack shorter = Listpack::adopt(block());
    const auto at = shorter.find(member, shorter.first());
    if (at != Listpack::kEnd)
        shorter.erase(at);
    m_object = tagged(shorter.release(), Form::Listpack);
    return at != Listpack::kEnd;
}

void Set::eraseAt(std::span<const std::size_t> positions)
{
    std::size_t i = 0;
    const std::size_t *next = positions.data(), *end = next + positions.size();
    const auto stays = [&] {
        const bool goes = next != end && *next == i;
        next += goes;
        ++i;
        return !goes;
    };
    Set rest = form() == Form::Intset ? empty() : ofListpack(Listpack());
    if (form() == Form::Intset) {
        Intset kept = Intset::adopt(rest.block());
        const store::IntsetView view = intset();
        for (std::size_t j = 0; j < view.size(); ++j) {
            if (stays())
                kept.add(view.at(j));
        }
        rest.m_object = tagged(kept.release(), Form::Intset);
    } else {
        Listpack kept = Listpack::adopt(rest.block());
        forEach([&](const Member &member) {
            if (stays())
                member.isInteger() ? kept.append(member.integer) : kept.append(member.text);
        });
        rest.m_object = tagged(kept.release(), Form::Listpack);
    }
    *this = std::move(rest);
}

} // namespace cay::sets
