#include "store/listpack.h"

#include <charconv>
#include <new>

namespace cay::store {

namespace {

using Position = ListpackView::Position;

constexpr std::uint16_t kCountUnknown = 0xffff;
constexpr std::size_t kMaxHead = 9, kMaxBack = 5;

// The first byte of each encoding that is not all in it.
enum Code : unsigned char {
    kString6 = 0x80,
    kInteger13 = 0xc0,
    kString12 = 0xe0,
    kString32 = 0xf0,
    kInteger16 = 0xf1,
    kInteger24 = 0xf2,
    kInteger32 = 0xf3,
    kInteger64 = 0xf4,
};

template <typename T>
T load(const unsigned char *p)
{
    T value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

// Bytes of the size that stands behind an element. The limits are the ones of the format's first
// implementation, one below what the bits could hold.
constexpr std::size_t backSize(std::size_t n)
{
    return n <= 127 ? 1 : n < 16383 ? 2 : n < 2097151 ? 3 : n < 268435455 ? 4 : 5;
}

unsigned char *writeBack(unsigned char *p, std::size_t n)
{
    const std::size_t size = backSize(n);
    for (std::size_t i = size; i-- > 0; n >>= 7)
        p[i] = static_cast<unsigned char>((n & 0x7f) | (i ? 0x80 : 0));
    return p + size;
}

// The size that ends in front of `end`; the bytes it takes itself are added to *taken.
std::size_t readBack(const unsigned char *end, std::size_t *taken)
{
    std::size_t n = 0;
    for (unsigned shift = 0; shift < 7 * kMaxBack; shift += 7) {
        const unsigned char b = *--end;
        ++*taken;
        n |= static_cast<std::size_t>(b & 0x7f) << shift;
        if (!(b & 0x80))
            break;
    }
    return n;
}

// As strictly as Redis: no sign but '-', no leading zeros, no "-0".
bool parseCanonical(Bytes text, std::int64_t *value)
{
    const std::size_t size = text.size();
    if (size == 0 || size > 20)
        return false;
    const char *p = text.data();
    const auto last = static_cast<unsigned char>(p[size - 1] - '0');
    if (last > 9)
        return false;
    if (size == 1) {
        *value = last;
        return true;
    }
    const char first = p[*p == '-'];
    if (first < '1' || first > '9')
        return false;
    const auto result = std::from_chars(p, p + size, *value);
    return result.ec == std::errc() && result.ptr == p + size;
}

// What stands in front of an element's bytes, if it has any, and how large all of it is.
struct Encoded
{
    explicit Encoded(Bytes text)
    {
        std::int64_t n;
        if (parseCanonical(text, &n))
            setInteger(n);
        else
            setText(text);
    }
    explicit Encoded(std::int64_t n) { setInteger(n); }

    // Head and data.
    std::size_t size() const { return headSize + data.size(); }
    std::size_t total() const { return size() + backSize(size()); }
    void write(unsigned char *p) const
    {
        std::memcpy(p, head, headSize);
        if (!data.empty())
            std::memcpy(p + headSize, data.data(), data.size());
        writeBack(p + size(), size());
    }

    unsigned char head[kMaxHead];
    std::uint8_t headSize = 1;
    Bytes data;

private:
    void setText(Bytes text)
    {
        data = text;
        const std::size_t n = text.size();
        if (n < 64) {
            head[0] = static_cast<unsigned char>(kString6 | n);
        } else if (n < 4096) {
            head[0] = static_cast<unsigned char>(kString12 | n >> 8);
            head[1] = static_cast<unsigned char>(n);
            headSize = 2;
        } else {
            setBytes(kString32, static_cast<std::int64_t>(n), 4);
        }
    }
    void setInteger(std::int64_t n)
    {
        if (n >= 0 && n <= 127) {
            head[0] = static_cast<unsigned char>(n);
        } else if (n >= -4096 && n <= 4095) {
            head[0] = static_cast<unsigned char>(kInteger13 | (n >> 8 & 0x1f));
            head[1] = static_cast<unsigned char>(n);
            headSize = 2;
        } else if (n >= INT16_MIN && n <= INT16_MAX) {
            setBytes(kInteger16, n, 2);
        } else if (n >= -(1 << 23) && n < 1 << 23) {
            setBytes(kInteger24, n, 3);
        } else if (n >= INT32_MIN && n <= INT32_MAX) {
            setBytes(kInteger32, n, 4);
        } else {
            setBytes(kInteger64, n, 8);
        }
    }
    void setBytes(Code code, std::int64_t n, std::uint8_t size)
    {
        head[0] = code;
        std::memcpy(head + 1, &n, size);
        headSize = static_cast<std::uint8_t>(1 + size);
    }
};

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

std::uint16_t storedCount(const unsigned char *bytes) { return load<std::uint16_t>(bytes + 4); }

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
    const std::size_t n = *p == kString32 ? 5 + std::size_t(load<std::uint32_t>(p + 1))
                                          : 2 + ((*p & 0x0fu) << 8 | p[1]);
    return n + backSize(n);
}

PackedValue ListpackView::largeValue(Position at) const
{
    const unsigned char *p = m_bytes + at;
    const char *text = reinterpret_cast<const char *>(p);
    if (*p < kString12) // 13 bits: their sign moves to the top and comes back
        return {Bytes(), static_cast<std::int16_t>((p[0] << 8 | p[1]) << 3) >> 3};
    if (*p < kString32)
        return {Bytes(text + 2, (p[0] & 0x0fu) << 8 | p[1]), 0};
    switch (*p) {
    case kString32: return {Bytes(text + 5, load<std::uint32_t>(p + 1)), 0};
    case kInteger16: return {Bytes(), load<std::int16_t>(p + 1)};
    case kInteger24: return {Bytes(), load<std::int32_t>(p) >> 8};
    case kInteger32: return {Bytes(), load<std::int32_t>(p + 1)};
    default: return {Bytes(), load<std::int64_t>(p + 1)};
    }
}

Position ListpackView::previous(Position at) const
{
    if (at <= kHeader)
        return kEnd;
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

// Elements of other lengths or kinds differ in the head. Of equal heads the data's end is compared
// first: names that are counted up (field:1, field:2) differ there.
Position ListpackView::find(Bytes text, Position from, unsigned skip) const
{
    if (from == kEnd)
        return kEnd;
    const Encoded wanted(text);
    const unsigned char first = wanted.head[0];
    const std::size_t size = wanted.size(), headSize = wanted.headSize;
    const bool hasTail = wanted.data.size() >= 8;
    const std::uint64_t tail
        = hasTail ? load<std::uint64_t>(
              reinterpret_cast<const unsigned char *>(text.data() + text.size() - 8))
                  : 0;
    Position at = from;
    for (;;) {
        const unsigned char *p = m_bytes + at;
        if (*p == kEndByte)
            return kEnd;
        if (*p == first && std::memcmp(p, wanted.head, headSize) == 0
            && (!hasTail || load<std::uint64_t>(p + size - 8) == tail)
            && (wanted.data.empty()
                || std::memcmp(p + headSize, wanted.data.data(), wanted.data.size()) == 0)) {
            return at;
        }
        at += static_cast<Position>(elementSize(at));
        for (unsigned i = skip; i > 0; --i)
            at += static_cast<Position>(elementSize(at));
    }
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
    const auto total = static_cast<std::uint32_t>(size);
    std::memcpy(mutableData(), &total, 4);
    return mutableData() + at;
}

void Listpack::addToCount(std::ptrdiff_t difference)
{
    const std::uint16_t old = storedCount(m_bytes);
    if (old == kCountUnknown)
        return;
    const std::ptrdiff_t sum = old + difference;
    const auto stored = static_cast<std::uint16_t>(sum < kCountUnknown ? sum : kCountUnknown);
    std::memcpy(mutableData() + 4, &stored, 2);
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
        addToCount(1);
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
    addToCount(-static_cast<std::ptrdiff_t>(n));
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
    addToCount(storedCount(other.data()) == kCountUnknown
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
        pack->addToCount(static_cast<std::ptrdiff_t>(n));
    }
    return rest;
}

void Listpack::shrink()
{
    m_capacity = 0;
    resize(byteSize());
}

} // namespace cay::store
