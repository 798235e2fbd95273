#include "store/packed_node.h"

#include "store/heap.h"

#include <lzf.h>

#include <algorithm>
#include <new>
#include <vector>

namespace cay::store {

using listpack::Encoded;

namespace {

void *allocate(std::size_t n)
{
    void *memory = std::malloc(n);
    if (!memory)
        throw std::bad_alloc();
    return memory;
}

} // namespace

PackedNode PackedNode::empty(std::size_t reserve)
{
    static constexpr unsigned char kEmpty[] = {7, 0, 0, 0, 0, 0, 0xff};
    PackedNode node = {};
    node.m_capacity
        = static_cast<std::uint32_t>(sizeClass(std::max(reserve, ListpackView::kEmptySize)));
    node.m_block = allocate(node.m_capacity);
    node.m_bytes = ListpackView::kEmptySize;
    std::memcpy(node.m_block, kEmpty, sizeof kEmpty);
    return node;
}

PackedNode PackedNode::adopt(unsigned char *listpack)
{
    const ListpackView view(listpack);
    PackedNode node = {};
    node.m_block = listpack;
    node.m_bytes = node.m_capacity = static_cast<std::uint32_t>(view.byteSize());
    node.m_count = static_cast<std::uint16_t>(view.size());
    return node;
}

PackedNode PackedNode::copyOf(const ListpackView &listpack)
{
    return adopt(Listpack::copyOf(listpack.all()).release());
}

PackedNode PackedNode::plain(StringBlock *element)
{
    PackedNode node = {};
    node.m_block = element;
    node.m_count = 1;
    node.m_kind = Plain;
    return node;
}

PackedNode PackedNode::copy() const
{
    if (m_kind == Plain) {
        block()->retain();
        return *this;
    }
    if (m_kind == Packed) {
        PackedNode node = adopt(Listpack::copyOf(view().all()).release());
        node.m_count = m_count;
        return node;
    }
    PackedNode node = *this;
    node.m_block = allocate(4 + compressed().size());
    std::memcpy(node.m_block, m_block, 4 + compressed().size());
    return node;
}

void PackedNode::free()
{
    if (m_kind == Plain)
        block()->release();
    else
        std::free(m_block);
}

Bytes PackedNode::compressed() const
{
    return Bytes(static_cast<const char *>(m_block) + 4,
                 listpack::load<std::uint32_t>(static_cast<const unsigned char *>(m_block)));
}

std::size_t PackedNode::heapBytes() const { return heapSize(m_block); }

// Replaces bytes by room for others, and keeps the header right.
unsigned char *PackedNode::splice(std::size_t at, std::size_t removed, std::size_t added,
                                  std::ptrdiff_t count)
{
    const std::size_t after = m_bytes - at - removed;
    if (added > removed)
        open(at, after, added - removed);
    else if (added < removed)
        close(at, after, removed - added);
    m_count = static_cast<std::uint16_t>(m_count + count);
    unsigned char *p = start();
    listpack::setTotal(p, m_bytes);
    const auto stored = m_count;
    std::memcpy(p + 4, &stored, 2);
    return p + at;
}

// Makes `added` more bytes of room between the first `at` bytes and the last `after`.
void PackedNode::open(std::size_t at, std::size_t after, std::size_t added)
{
    Side side = at <= after ? Front : Back;
    if (roomAt(side) < added) {
        const Side other = side == Front ? Back : Front;
        const bool atEnd = at == ListpackView::kHeader || after == 1;
        if (!atEnd && roomAt(other) >= added)
            side = other;
        else
            makeRoom(side, added);
    }
    unsigned char *p = start();
    if (side == Front) {
        std::memmove(p - added, p, at);
        m_offset -= static_cast<std::uint32_t>(added);
    } else {
        unsigned char *tail = p + m_bytes - after;
        std::memmove(tail + added, tail, after);
    }
    m_bytes += static_cast<std::uint32_t>(added);
}

// Takes out the `removed` bytes in front of the last `after`; what remains of them is `at` bytes
// from the start.
void PackedNode::close(std::size_t at, std::size_t after, std::size_t removed)
{
    unsigned char *p = start();
    if (at <= after) {
        std::memmove(p + removed, p, at);
        m_offset += static_cast<std::uint32_t>(removed);
    } else {
        const std::size_t tail = m_bytes - after;
        std::memmove(p + tail - removed, p + tail, after);
    }
    m_bytes -= static_cast<std::uint32_t>(removed);
    if (m_capacity > 64 && m_bytes < m_capacity / 2) {
        const std::size_t capacity = sizeClass(m_bytes + m_bytes / 4);
        relocate(capacity, m_offset ? capacity - m_bytes : 0);
    }
}

void PackedNode::makeRoom(Side side, std::size_t added)
{
    const std::size_t needed = m_bytes + added, free = m_capacity - m_bytes;
    if (free >= added + needed / 4) {
        const std::size_t offset = side == Front ? free : 0;
        std::memmove(static_cast<unsigned char *>(m_block) + offset, start(), m_bytes);
        m_offset = static_cast<std::uint32_t>(offset);
        return;
    }
    const std::size_t capacity = sizeClass(needed + needed / 4);
    relocate(capacity, side == Front ? capacity - m_bytes : 0);
}

// Into a block of another size.
void PackedNode::relocate(std::size_t capacity, std::size_t offset)
{
    if (offset == 0 && m_offset == 0) {
        void *memory = std::realloc(m_block, capacity);
        if (!memory)
            throw std::bad_alloc();
        m_block = memory;
    } else {
        void *memory = allocate(capacity);
        std::memcpy(static_cast<unsigned char *>(memory) + offset, start(), m_bytes);
        std::free(m_block);
        m_block = memory;
    }
    m_capacity = static_cast<std::uint32_t>(capacity);
    m_offset = static_cast<std::uint32_t>(offset);
}

void PackedNode::trim()
{
    const std::size_t capacity = sizeClass(m_bytes);
    if (m_kind == Packed && capacity < m_capacity)
        relocate(capacity, 0);
}

unsigned char *PackedNode::release()
{
    std::memmove(m_block, start(), m_bytes);
    void *exact = std::realloc(m_block, m_bytes);
    return static_cast<unsigned char *>(exact ? exact : m_block);
}

// What stays between two that go is moved down at once: each byte at most once.
std::size_t PackedNode::eraseEqual(const Encoded &wanted, std::size_t limit, bool fromBack)
{
    const ListpackView all = view();
    std::vector<Position> found;
    for (Position at = all.find(wanted, all.first()); at && (fromBack || found.size() < limit);
         at = all.find(wanted, all.next(at))) {
        found.push_back(at);
    }
    if (found.size() > limit)
        found.erase(found.begin(), found.end() - static_cast<std::ptrdiff_t>(limit));
    if (found.empty())
        return 0;
    unsigned char *p = start();
    const auto size = static_cast<Position>(wanted.total());
    Position to = found.front();
    for (std::size_t i = 0; i + 1 < found.size(); ++i) {
        const Position from = found[i] + size, n = found[i + 1] - from;
        std::memmove(p + to, p + from, n);
        to += n;
    }
    erase(to, found.back() + size, found.size());
    return found.size();
}

PackedNode PackedNode::split(Position at, std::size_t kept)
{
    const std::size_t bytes = m_bytes - 1 - at, moved = m_count - kept;
    PackedNode rest = empty(bytes + ListpackView::kEmptySize);
    const unsigned char *from = start() + at;
    std::memcpy(rest.splice(ListpackView::kHeader, 0, bytes, static_cast<std::ptrdiff_t>(moved)),
                from, bytes);
    splice(at, bytes, 0, -static_cast<std::ptrdiff_t>(moved));
    return rest;
}

void PackedNode::merge(PackedNode &other)
{
    const std::size_t bytes = other.m_bytes - ListpackView::kEmptySize;
    unsigned char *p = splice(m_bytes - 1, 0, bytes, static_cast<std::ptrdiff_t>(other.m_count));
    std::memcpy(p, other.start() + ListpackView::kHeader, bytes);
    other.free();
}

bool PackedNode::compress()
{
    if (m_bytes < kMinCompress)
        return false;
    const std::size_t room = m_bytes - kMinGain;
    auto *block = static_cast<unsigned char *>(allocate(4 + room));
    const unsigned size = lzf_compress(start(), m_bytes, block + 4, static_cast<unsigned>(room));
    if (!size) {
        std::free(block);
        return false;
    }
    const std::uint32_t stored = size;
    std::memcpy(block, &stored, 4);
    std::free(m_block);
    void *exact = std::realloc(block, 4 + std::size_t(size));
    m_block = exact ? exact : block;
    m_offset = m_capacity = 0;
    m_kind = Compressed;
    return true;
}

std::unique_ptr<unsigned char[]> PackedNode::decompressed() const
{
    std::unique_ptr<unsigned char[]> bytes(new unsigned char[m_bytes]);
    const Bytes from = compressed();
    lzf_decompress(from.data(), static_cast<unsigned>(from.size()), bytes.get(), m_bytes);
    return bytes;
}

void PackedNode::decompress()
{
    void *bytes = allocate(m_bytes);
    const Bytes from = compressed();
    lzf_decompress(from.data(), static_cast<unsigned>(from.size()), bytes, m_bytes);
    std::free(m_block);
    m_block = bytes;
    m_offset = 0;
    m_capacity = m_bytes;
    m_kind = Packed;
}

} // namespace cay::store
