#include "store/packed_list.h"

#include <algorithm>

namespace cay::store {

using listpack::Encoded;

namespace {

// Bytes that a node may have when `fill` limits its elements.
constexpr std::size_t kSafeBytes = 8192;
constexpr std::int64_t kMaxFill = 32767;
// What an element is reckoned to take beside its text.
constexpr std::size_t kOverhead = 8;
// Elements of a gigabyte do not go into a listpack, whatever its limits.
constexpr std::size_t kAlwaysLarge = 1u << 30;

std::size_t g_plainThreshold = 0;

} // namespace

void PackedList::setPlainThreshold(std::size_t bytes) { g_plainThreshold = bytes; }

std::size_t PackedList::maxBytes(std::int64_t fill)
{
    return fill >= 0 ? kSafeBytes : std::size_t(4096) << (std::min<std::int64_t>(-fill, 5) - 1);
}

std::size_t PackedList::maxCount(std::int64_t fill)
{
    if (fill < 0)
        return PackedNode::kMaxCount;
    return static_cast<std::size_t>(std::clamp<std::int64_t>(fill, 1, PackedNode::kMaxCount));
}

bool PackedList::exceeds(std::int64_t fill, std::size_t bytes, std::size_t count)
{
    return bytes > maxBytes(fill) || count > maxCount(fill);
}

PackedList::Limits PackedList::limits(std::int64_t fill, std::int64_t depth)
{
    return {static_cast<std::int16_t>(std::clamp<std::int64_t>(fill, -5, kMaxFill)),
            static_cast<std::uint16_t>(std::clamp<std::int64_t>(depth, 0, 65535))};
}

PackedList::PackedList(Limits limits, bool single)
    : m_limits(limits)
    , m_single(single)
{}

PackedList *PackedList::copy() const
{
    auto *other = new PackedList(m_limits, m_single);
    for (Place at = m_nodes.begin(); at != m_nodes.end(); at = m_nodes.next(at))
        other->m_nodes.pushBack(m_nodes[at].copy());
    return other;
}

void PackedList::setNodes(Limits limits)
{
    m_limits = limits;
    m_single = false;
}

unsigned char *PackedList::releaseListpack()
{
    const Place place = m_nodes.begin();
    PackedNode node = opened(place);
    m_nodes.remove(place);
    return node.release();
}

bool PackedList::isLarge(std::size_t size) const
{
    if (m_single)
        return false;
    return size + kOverhead + ListpackView::kEmptySize > maxBytes(m_limits.fill)
           || size >= kAlwaysLarge || (g_plainThreshold && size >= g_plainThreshold);
}

bool PackedList::admits(const PackedNode &node, std::size_t textSize) const
{
    if (node.kind() == PackedNode::Plain)
        return false;
    return m_single
           || !exceeds(m_limits.fill, node.bytes() + textSize + kOverhead, node.count() + 1);
}

PackedNode PackedList::makeNode(Bytes text) const
{
    if (isLarge(text.size()))
        return PackedNode::plain(StringBlock::fromBytes(text));
    PackedNode node = PackedNode::empty(ListpackView::kEmptySize + text.size() + kOverhead);
    node.pushBack(Encoded(text));
    return node;
}

// The node that was at this end gives back its room: it stays as it is from now on.
void PackedList::pushNode(PackedNode node, bool front)
{
    if (!m_nodes.empty())
        (front ? m_nodes.front() : m_nodes.back()).trim();
    front ? m_nodes.pushFront(node) : m_nodes.pushBack(node);
    settleEnds();
}

void PackedList::push(Bytes text, bool front)
{
    if (isLarge(text.size())) [[unlikely]] {
        pushNode(makeNode(text), front);
        return;
    }
    if (m_nodes.empty() || !admits(front ? m_nodes.front() : m_nodes.back(), text.size()))
        pushNode(PackedNode::empty(m_single ? 0 : maxBytes(m_limits.fill) / 4), front);
    const Place place = front ? m_nodes.begin() : m_nodes.last();
    PackedNode &node = opened(place);
    front ? node.pushFront(Encoded(text)) : node.pushBack(Encoded(text));
    m_nodes.counted(place, 1);
}

void PackedList::pushBlock(StringBlock *block, bool front)
{
    pushNode(PackedNode::plain(block), front);
}

void PackedList::appendNode(PackedNode node)
{
    m_nodes.pushBack(node);
    settleEnds();
}

PackedValue PackedList::front() const
{
    const PackedNode &node = m_nodes.front();
    if (node.kind() == PackedNode::Plain)
        return {node.block()->text(), 0};
    return node.view().value(ListpackView::kHeader);
}

PackedValue PackedList::back() const
{
    const PackedNode &node = m_nodes.back();
    if (node.kind() == PackedNode::Plain)
        return {node.block()->text(), 0};
    return node.view().value(node.view().last());
}

void PackedList::pop(bool front)
{
    const Place place = front ? m_nodes.begin() : m_nodes.last();
    PackedNode &node = m_nodes[place];
    if (node.count() == 1) {
        node.free();
        m_nodes.remove(place);
        settleEnds();
        return;
    }
    const ListpackView view = node.view();
    if (front)
        node.erase(ListpackView::kHeader,
                   ListpackView::kHeader
                       + static_cast<Position>(view.elementSize(ListpackView::kHeader)),
                   1);
    else
        node.erase(view.last(), static_cast<Position>(node.bytes() - 1), 1);
    m_nodes.counted(place, -1);
}

void PackedList::popFront() { pop(true); }

void PackedList::popBack() { pop(false); }

void PackedList::insertInto(Place at, Position before, const Encoded &element)
{
    PackedNode &node = opened(at);
    node.insert(before, element);
    m_nodes.counted(at, 1);
}

// In front of a node that does not take it: at the end of the one before it, or as a node.
void PackedList::insertBetween(Place at, Bytes text)
{
    if (at != m_nodes.begin() && !isLarge(text.size())) {
        const Place before = m_nodes.previous(at);
        if (admits(m_nodes[before], text.size())) {
            opened(before).pushBack(Encoded(text));
            m_nodes.counted(before, 1);
            return;
        }
    }
    m_nodes.insert(at, makeNode(text));
    settleEnds();
}

// Moves the node's elements from the index on into a node behind it; returns that one's place.
PackedList::Place PackedList::divide(Place at, std::uint64_t index)
{
    PackedNode &node = opened(at);
    const std::uint64_t moved = node.count() - index;
    const PackedNode rest = node.split(node.view().at(static_cast<std::int64_t>(index)), index);
    node.trim();
    m_nodes.counted(at, -static_cast<std::int64_t>(moved));
    const std::uint64_t number = m_nodes.number(at);
    m_nodes.insert(m_nodes.next(at), rest);
    return m_nodes.nth(number + 1);
}

// Joins the node with the one behind it, where both are listpacks and small enough.
void PackedList::join(Place left)
{
    const Place right = m_nodes.next(left);
    if (right == m_nodes.end() || m_nodes[left].kind() == PackedNode::Plain
        || m_nodes[right].kind() == PackedNode::Plain
        || exceeds(m_limits.fill,
                   m_nodes[left].bytes() + m_nodes[right].bytes() - ListpackView::kEmptySize,
                   m_nodes[left].count() + m_nodes[right].count())) {
        return;
    }
    const auto moved = static_cast<std::int64_t>(opened(right).count());
    PackedNode rest = m_nodes[right];
    m_nodes.remove(right);
    opened(left).merge(rest);
    m_nodes.counted(left, moved);
}

void PackedList::insertSplitting(Place at, std::uint64_t index, Bytes text)
{
    const Place right = divide(at, index);
    const std::size_t number = m_nodes.number(right), nodes = m_nodes.nodes();
    if (!isLarge(text.size()) && admits(m_nodes[right], text.size()))
        insertInto(right, ListpackView::kHeader, Encoded(text));
    else
        insertBetween(right, text);
    // The second half with the node behind it, the first half with the one before it.
    join(m_nodes.nth(number + (m_nodes.nodes() - nodes)));
    if (number >= 2)
        join(m_nodes.nth(number - 2));
    settleEnds();
}

void PackedList::insert(std::uint64_t index, Bytes text)
{
    if (index == 0 || index == size()) {
        push(text, index == 0);
        return;
    }
    std::uint64_t inside = index;
    const Place at = m_nodes.find(&inside);
    if (!isLarge(text.size()) && admits(m_nodes[at], text.size())) {
        PackedNode &node = opened(at);
        insertInto(at, node.view().at(static_cast<std::int64_t>(inside)), Encoded(text));
    } else if (inside == 0) {
        insertBetween(at, text);
    } else {
        insertSplitting(at, inside, text);
    }
    settleAround(index);
}

void PackedList::replace(std::uint64_t index, Bytes text)
{
    std::uint64_t inside = index;
    const Place at = m_nodes.find(&inside);
    PackedNode &node = m_nodes[at];
    if (node.count() == 1 && !m_single) {
        node.free();
        node = makeNode(text);
        settle(at);
        return;
    }
    const Position position = opened(at).view().at(static_cast<std::int64_t>(inside));
    const Encoded element(text);
    const std::size_t bytes = node.bytes() - node.view().elementSize(position) + element.total();
    if (m_single || (!isLarge(text.size()) && bytes <= maxBytes(m_limits.fill))) {
        node.replace(position, element);
        settle(at);
    } else {
        erase(index, 1);
        insert(index, text);
    }
}

void PackedList::eraseInside(Place at, std::uint64_t index, std::uint64_t count)
{
    PackedNode &node = opened(at);
    const ListpackView view = node.view();
    const Position from = view.at(static_cast<std::int64_t>(index));
    Position end = view.at(static_cast<std::int64_t>(index + count));
    if (!end)
        end = static_cast<Position>(node.bytes() - 1);
    node.erase(from, end, count);
    m_nodes.counted(at, -static_cast<std::int64_t>(count));
}

void PackedList::erase(std::uint64_t index, std::uint64_t count)
{
    count = std::min(count, size() - index);
    bool removed = false;
    while (count) {
        std::uint64_t inside = index;
        const Place at = m_nodes.find(&inside);
        const std::uint64_t here = std::min(count, m_nodes[at].count() - inside);
        if (here == m_nodes[at].count()) {
            m_nodes[at].free();
            m_nodes.remove(at);
            removed = true;
        } else {
            eraseInside(at, inside, here);
        }
        count -= here;
    }
    if (removed)
        settleEnds();
    settleAround(index);
}

std::uint64_t PackedList::eraseEqual(Bytes text, std::uint64_t limit, bool fromBack)
{
    const Encoded wanted(text);
    std::uint64_t erased = 0;
    Place at = fromBack ? m_nodes.end() : m_nodes.begin();
    while (erased < limit && (fromBack ? at != m_nodes.begin() : at != m_nodes.end())) {
        if (fromBack)
            at = m_nodes.previous(at);
        PackedNode &node = m_nodes[at];
        std::uint64_t here = 0;
        if (node.kind() == PackedNode::Plain)
            here = node.block()->text() == text;
        else
            here = opened(at).eraseEqual(wanted, limit - erased, fromBack);
        erased += here;
        if (node.kind() == PackedNode::Plain ? here : !node.count()) {
            if (node.kind() != PackedNode::Plain)
                m_nodes.counted(at, -static_cast<std::int64_t>(here));
            node.free();
            at = m_nodes.remove(at);
            continue;
        }
        m_nodes.counted(at, -static_cast<std::int64_t>(here));
        settle(at);
        if (!fromBack)
            at = m_nodes.next(at);
    }
    settleEnds();
    return erased;
}

// The node, so that it can be changed. REQUIRES: not Plain.
PackedNode &PackedList::opened(Place at)
{
    PackedNode &node = m_nodes[at];
    if (node.kind() == PackedNode::Compressed)
        node.decompress();
    return node;
}

bool PackedList::isInner(Place at) const
{
    const std::size_t number = m_nodes.number(at);
    return number >= m_limits.depth && number + m_limits.depth < m_nodes.nodes();
}

// Compresses the node if it should be.
void PackedList::settle(Place at)
{
    if (!m_limits.depth || m_single)
        return;
    PackedNode &node = m_nodes[at];
    if (node.kind() == PackedNode::Packed && isInner(at))
        node.compress();
}

// After nodes have come or gone: those at the ends are unpacked, the first ones behind them are
// not.
void PackedList::settleEnds()
{
    if (!m_limits.depth || m_nodes.empty())
        return;
    const std::size_t n = m_nodes.nodes(), outer = std::min<std::size_t>(m_limits.depth, n);
    Place front = m_nodes.begin(), back = m_nodes.last();
    for (std::size_t i = 0; i < outer; ++i) {
        if (i) {
            front = m_nodes.next(front);
            back = m_nodes.previous(back);
        }
        opened(front);
        opened(back);
    }
    if (n > 2 * outer) {
        settle(m_nodes.nth(outer));
        settle(m_nodes.nth(n - 1 - outer));
    }
}

// Compresses what a change at the index has unpacked.
void PackedList::settleAround(std::uint64_t index)
{
    if (!m_limits.depth || m_nodes.empty())
        return;
    index = std::min(index, size() - 1);
    const Place at = m_nodes.find(&index);
    settle(at);
    if (at != m_nodes.begin()) {
        const Place before = m_nodes.previous(at);
        settle(before);
        if (before != m_nodes.begin())
            settle(m_nodes.previous(before));
    }
    const Place behind = m_nodes.next(at);
    if (behind != m_nodes.end())
        settle(behind);
}

std::size_t PackedList::heapBytes(std::size_t samples) const
{
    std::size_t bytes = 0, seen = 0;
    for (Place at = m_nodes.begin(); at != m_nodes.end(); at = m_nodes.next(at)) {
        bytes += m_nodes[at].heapBytes();
        if (++seen == samples)
            break;
    }
    if (seen && seen < m_nodes.nodes())
        bytes = bytes * m_nodes.nodes() / seen;
    return m_nodes.heapBytes() + bytes;
}

} // namespace cay::store
