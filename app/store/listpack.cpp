#include "store/listpack.h"

#include "store/listpack_codec.h"

#include <new>

namespace cay::store {

using namespace listpack;

namespace {

using Position = ListpackView::Position;

// Head and data of an element whose bytes are inside [p, end), 0 when they are not or when nothing
// begins like this.
std::size_t checkedSize(const unsigned char *p, const unsigned char *end)
{
    const std::size_t room = static_cast<std::size_t>(end - p);
    std::size_t n = listpack::kSizes[*p];
    if (n)
        n -= 1;
    else if ((*p & 0xf0) == kString12 && room >= 2)
        n = 2 + ((*p & 0x0fu) << 8 | p[1]);
    else if (*p == kString32 && room >= 5)
        n = 5 + std::size_t(load<std::uint32_t>(p + 1));
    return n && n + backSize(n) <= room ? n : 0;
}

// The element at p, behind which its size is to be right and which is to be encoded as this file
// encodes it. Returns the bytes it takes, 0 if it is not.
std::size_t validElement(const unsigned char *p, const unsigned char *end)
{
    const std::size_t n = checkedSize(p, end);
    unsigned char back[kMaxBack];
    if (!n || std::memcmp(p + n, back, static_cast<std::size_t>(writeBack(back, n) - back)) != 0)
        return 0;
    const PackedValue value = ListpackView(p).value(0);
    const Encoded encoded = value.isInteger() ? Encoded(value.integer) : Encoded(value.text);
    if (encoded.size() != n || std::memcmp(encoded.head, p, encoded.headSize) != 0)
        return 0;
    return n + backSize(n);
}

// Elements from `at` on, at most `limit`; *end is the position behind the last.
std::size_t walk(const ListpackView &view, Position at, std::size_t limit, Position *end)
{
    std::size_t n = 0;
    for (; n < limit && view.data()[at] != 0xff; ++n)
        at += static_cast<Position>(view.elementSize(at));
    *end = at;
    return n;
}

} // namespace

Bytes PackedValue::bytes(char (&scratch)[24]) const
{
    if (!isInteger())
        return text;
    const char *end = std::to_chars(scratch, scratch + sizeof scratch, integer).ptr;
    return Bytes(scratch, static_cast<std::size_t>(end - scratch));
}

bool PackedValue::operator==(Bytes other) const
{
    std::int64_t n;
    return isInteger() ? parseCanonical(other, &n) && n == integer : text == other;
}

bool ListpackView::valid(Bytes bytes)
{
    const auto *data = reinterpret_cast<const unsigned char *>(bytes.data());
    const std::size_t size = bytes.size();
    if (size < kEmptySize || size > UINT32_MAX || load<std::uint32_t>(data) != size
        || data[size - 1] != kEndByte) {
        return false;
    }
    const unsigned char *end = data + size - 1;
    std::size_t count = 0;
    for (const unsigned char *p = data + kHeader; p != end; ++count) {
        const std::size_t n = validElement(p, end);
        if (!n)
            return false;
        p += n;
    }
    return storedCount(data) == kCountUnknown || storedCount(data) == count;
}

std::size_t ListpackView::size() const
{
    const std::size_t stored = storedCount(m_bytes);
    if (stored != kCountUnknown) [[likely]]
        return stored;
    Position end;
    return walk(*this, kHeader, SIZE_MAX, &end);
}

std::size_t ListpackView::largeElementSize(Position at) const
{
    const unsigned char *p = m_bytes + at;
    if (*p == kEndByte)
        return 0;
    const std::size_t n = 5 + std::size_t(load<std::uint32_t>(p + 1));
    return n + backSize(n);
}

PackedValue ListpackView::largeValue(Position at) const
{
    const unsigned char *p = m_bytes + at;
    const char *text = reinterpret_cast<const char *>(p);
    if (*p < kString12) // 13 bits: their sign moves to the top and comes back
        return {Bytes(), static_cast<std::int16_t>((p[0] << 8 | p[1]) << 3) >> 3};
    switch (*p) {
    case kString32: return {Bytes(text + 5, load<std::uint32_t>(p + 1)), 0};
    case kInteger16: return {Bytes(), load<std::int16_t>(p + 1)};
    case kInteger24: return {Bytes(), load<std::int32_t>(p) >> 8};
    case kInteger32: return {Bytes(), load<std::int32_t>(p + 1)};
    default: return {Bytes(), load<std::int64_t>(p + 1)};
    }
}

Position ListpackView::largePrevious(Position at) const
{
    std::size_t taken = 0;
    const std::size_t n = readBack(m_bytes + at, &taken);
    return at - static_cast<Position>(n + taken);
}

Position ListpackView::at(std::int64_t index) const
{
    const std::size_t stored = storedCount(m_bytes);
    if (stored != kCountUnknown) {
        const auto n = static_cast<std::int64_t>(stored);
        if (index >= n || index < -n)
            return kEnd;
        // The nearer end.
        if (index >= 0 && index > n / 2)
            index -= n;
        else if (index < 0 && index < -n / 2)
            index += n;
    }
    if (index < 0) {
        Position p = last();
        for (; ++index && p != kEnd;)
            p = previous(p);
        return p;
    }
    Position p = kHeader;
    walk(*this, kHeader, static_cast<std::size_t>(index), &p);
    return m_bytes[p] == kEndByte ? kEnd : p;
}

// Elements of other lengths or kinds differ in the head. Of equal heads the last eight bytes are
// compared in one go, which is all of a short element, and where names that are counted up
// (field:1, field:2) differ. They may begin in front of the element, but not of the listpack: only
// an element of one byte could stand so near to it.
Position ListpackView::find(const Encoded &wanted, Position from, unsigned skip) const
{
    if (from == kEnd)
        return kEnd;
    const unsigned char first = wanted.head[0];
    const std::size_t size = wanted.size(), headSize = wanted.headSize;
    const std::size_t end = std::min<std::size_t>(size, 8);
    const unsigned shift = static_cast<unsigned>(64 - 8 * end);
    std::uint64_t last = 0;
    auto *lastBytes = reinterpret_cast<unsigned char *>(&last);
    const std::size_t ofData = std::min(end, wanted.data.size()), ofHead = end - ofData;
    std::memcpy(lastBytes, wanted.head + headSize - ofHead, ofHead);
    if (ofData > 0)
        std::memcpy(lastBytes + ofHead, wanted.data.data() + wanted.data.size() - ofData, ofData);
    Position at = from;
    for (;;) {
        const unsigned char *p = m_bytes + at;
        if (*p == kEndByte)
            return kEnd;
        if (*p == first && (headSize == 1 || std::memcmp(p, wanted.head, headSize) == 0)
            && (size == 1 || load<std::uint64_t>(p + size - 8) >> shift == last)
            && (size <= 8 || wanted.data.empty()
                || std::memcmp(p + headSize, wanted.data.data(), wanted.data.size()) == 0)) {
            return at;
        }
        at += static_cast<Position>(elementSize(at));
        for (unsigned i = skip; i > 0; --i)
            at += static_cast<Position>(elementSize(at));
    }
}

Position ListpackView::find(Bytes text, Position from, unsigned skip) const
{
    return find(Encoded(text), from, skip);
}

Listpack::Listpack()
    : Listpack(std::size_t(0))
{
    m_capacity = 0;
}

Listpack::Listpack(std::size_t reserve)
    : ListpackView(nullptr)
    , m_capacity(reserve > kEmptySize ? reserve : kEmptySize)
{
    void *memory = std::malloc(m_capacity);
    if (!memory)
        throw std::bad_alloc();
    static constexpr unsigned char kEmpty[kEmptySize] = {kEmptySize, 0, 0, 0, 0, 0, kEndByte};
    std::memcpy(memory, kEmpty, kEmptySize);
    m_bytes = static_cast<unsigned char *>(memory);
}

Listpack Listpack::copyOf(Bytes valid)
{
    void *memory = std::malloc(valid.size());
    if (!memory)
        throw std::bad_alloc();
    std::memcpy(memory, valid.data(), valid.size());
    return adopt(static_cast<unsigned char *>(memory));
}

void Listpack::resize(std::size_t size)
{
    if (m_capacity) {
        if (size <= m_capacity)
            return;
        m_capacity = size * 2;
        size = m_capacity;
    }
    void *memory = std::realloc(mutableData(), size);
    if (!memory)
        throw std::bad_alloc();
    m_bytes = static_cast<unsigned char *>(memory);
}

// Replaces bytes by room for others and keeps the total right. Null past kMaxBytes.
unsigned char *Listpack::splice(std::size_t at, std::size_t removed, std::size_t added)
{
    const std::size_t old = byteSize(), size = old - removed + added;
    if (added > removed) {
        if (size > kMaxBytes || added > kMaxBytes)
            return nullptr;
        resize(size);
    }
    unsigned char *p = mutableData() + at;
    if (added != removed)
        std::memmove(p + added, p + removed, old - at - removed);
    if (added < removed)
        resize(size);
    setTotal(mutableData(), size);
    return mutableData() + at;
}

template <typename T>
Position Listpack::put(Position at, std::size_t removed, T element)
{
    const Encoded encoded(element);
    unsigned char *p = splice(at, removed, encoded.total());
    if (!p)
        return kEnd;
    encoded.write(p);
    if (!removed)
        addToCount(mutableData(), 1);
    return at;
}

Position Listpack::insert(Position before, Bytes text)
{
    return put(before ? before : static_cast<Position>(byteSize() - 1), 0, text);
}

Position Listpack::insert(Position before, std::int64_t n)
{
    return put(before ? before : static_cast<Position>(byteSize() - 1), 0, n);
}

Position Listpack::replace(Position at, Bytes text) { return put(at, elementSize(at), text); }

Position Listpack::replace(Position at, std::int64_t n) { return put(at, elementSize(at), n); }

Position Listpack::erase(Position at, std::size_t count)
{
    Position end;
    const std::size_t n = walk(*this, at, count, &end);
    splice(at, end - at, 0);
    addToCount(mutableData(), -static_cast<std::ptrdiff_t>(n));
    return m_bytes[at] == kEndByte ? kEnd : at;
}

void Listpack::eraseRange(std::int64_t index, std::size_t count)
{
    const Position from = count ? at(index) : kEnd;
    if (from != kEnd)
        erase(from, count);
}

void Listpack::clear()
{
    const std::uint16_t none = 0;
    splice(kHeader, byteSize() - kEmptySize, 0);
    std::memcpy(mutableData() + 4, &none, 2);
}

bool Listpack::merge(const ListpackView &other)
{
    const std::size_t added = other.byteSize() - kEmptySize;
    unsigned char *p = splice(byteSize() - 1, 0, added);
    if (!p)
        return false;
    std::memcpy(p, other.data() + kHeader, added);
    addToCount(mutableData(), storedCount(other.data()) == kCountUnknown
                                  ? kCountUnknown
                                  : static_cast<std::ptrdiff_t>(other.size()));
    return true;
}

Listpack Listpack::split(Position at)
{
    const std::size_t bytes = byteSize() - 1 - at, all = size();
    Listpack rest(bytes + kEmptySize);
    std::memcpy(rest.splice(kHeader, 0, bytes), m_bytes + at, bytes);
    rest.m_capacity = 0;
    splice(at, bytes, 0);
    Position end;
    const std::size_t kept = walk(*this, kHeader, SIZE_MAX, &end);
    for (auto [pack, n] : {std::pair(this, kept), std::pair(&rest, all - kept)}) {
        const std::uint16_t none = 0;
        std::memcpy(pack->mutableData() + 4, &none, 2);
        addToCount(pack->mutableData(), static_cast<std::ptrdiff_t>(n));
    }
    return rest;
}

void Listpack::shrink()
{
    m_capacity = 0;
    resize(byteSize());
}

} // namespace cay::store
