#include "list_value.h"

namespace cay::lists {

using store::Listpack;
using store::ListpackView;
using store::PackedList;
using store::PackedNode;

std::int64_t g_maxListpackSize = -2;
std::int64_t g_compressDepth = 0;

namespace {

PackedList::Limits currentLimits()
{
    return PackedList::limits(g_maxListpackSize, g_compressDepth);
}

} // namespace

List List::make() { return List(Listpack().release()); }

void List::free() noexcept
{
    if (isSmall())
        std::free(m_object);
    else
        delete packed();
}

List List::copy() const
{
    return isSmall() ? List(Listpack::copyOf(view().all()).release())
                     : List(tagged(packed()->copy()));
}

// Of a list that is a listpack.
std::size_t List::listpackBytes() const
{
    if (isSmall())
        return view().byteSize();
    return packed()->nodes().empty() ? ListpackView::kEmptySize : packed()->nodes().front().bytes();
}

void List::becomePacked()
{
    auto *list = new PackedList(currentLimits(), true);
    if (view().empty())
        std::free(m_object);
    else
        list->appendNode(PackedNode::adopt(static_cast<unsigned char *>(m_object)));
    m_object = tagged(list);
}

void List::becomeSmall()
{
    PackedList *list = packed();
    m_object = list->releaseListpack();
    delete list;
}

void List::expect(std::size_t bytes, std::size_t count)
{
    if (!isSmall() && !packed()->isSingle())
        return;
    const std::size_t all = listpackBytes() + bytes;
    const bool outgrown = PackedList::exceeds(g_maxListpackSize, all, size() + count);
    if (isSmall() && (outgrown || all > kSmallBytes))
        becomePacked();
    if (outgrown)
        packed()->setNodes(currentLimits());
}

void List::settle()
{
    if (isSmall())
        return;
    PackedList *list = packed();
    if (list->nodes().nodes() != 1 || list->nodes().front().kind() != PackedNode::Packed)
        return;
    const std::size_t bytes = listpackBytes();
    if (!list->isSingle()) {
        const std::size_t maxBytes = PackedList::maxBytes(g_maxListpackSize) / 2;
        const std::size_t maxCount = PackedList::maxCount(g_maxListpackSize) / 2;
        if ((g_maxListpackSize < 0 && bytes > maxBytes) || size() > maxCount)
            return;
        list->setSingle();
    }
    if (bytes <= kSmallBytes / 2)
        becomeSmall();
}

void List::normalize()
{
    if (isSmall()) {
        expect(0, 0);
        return;
    }
    PackedList *list = packed();
    if (list->nodes().nodes() != 1 || list->nodes().front().kind() != PackedNode::Packed)
        return;
    if (!PackedList::exceeds(g_maxListpackSize, listpackBytes(), size())) {
        list->setSingle();
        if (listpackBytes() <= kSmallBytes)
            becomeSmall();
    }
}

void List::push(Bytes text, bool front)
{
    if (isSmall())
        changeSmall([&](Listpack &pack) { front ? pack.prepend(text) : pack.append(text); });
    else
        front ? packed()->pushFront(text) : packed()->pushBack(text);
}

void List::insert(std::uint64_t index, Bytes text)
{
    if (!isSmall()) {
        packed()->insert(index, text);
        return;
    }
    changeSmall(
        [&](Listpack &pack) { pack.insert(pack.at(static_cast<std::int64_t>(index)), text); });
}

void List::replace(std::uint64_t index, Bytes text)
{
    if (!isSmall()) {
        packed()->replace(index, text);
        return;
    }
    changeSmall(
        [&](Listpack &pack) { pack.replace(pack.at(static_cast<std::int64_t>(index)), text); });
}

PackedValue List::end(bool front) const
{
    if (!isSmall())
        return front ? packed()->front() : packed()->back();
    return view().value(front ? view().first() : view().last());
}

void List::pop(bool front)
{
    if (isSmall())
        changeSmall([&](Listpack &pack) { pack.erase(front ? pack.first() : pack.last()); });
    else
        front ? packed()->popFront() : packed()->popBack();
}

void List::erase(std::uint64_t index, std::uint64_t count)
{
    if (!isSmall()) {
        if (count)
            packed()->erase(index, count);
        return;
    }
    changeSmall([&](Listpack &pack) { pack.eraseRange(static_cast<std::int64_t>(index), count); });
}

std::uint64_t List::eraseEqual(Bytes text, std::uint64_t limit, bool fromBack)
{
    if (!isSmall())
        return packed()->eraseEqual(text, limit, fromBack);
    // As a node, which does it in one pass.
    PackedNode node = PackedNode::adopt(static_cast<unsigned char *>(m_object));
    const std::size_t erased = node.eraseEqual(store::listpack::Encoded(text), limit, fromBack);
    m_object = node.release();
    return erased;
}

} // namespace cay::lists
