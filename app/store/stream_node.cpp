#include "store/stream_node.h"

#include <algorithm>
#include <new>

namespace cay::store {

namespace {

constexpr std::size_t kHeader = ListpackView::kHeader;
constexpr unsigned char kEndByte = 0xff;
// The header's number of elements when there are more than it can say.
constexpr std::uint16_t kManyElements = 0xffff;
// Elements of an entry beside its fields: flags, two deltas, the count behind; and the number of
// fields.
constexpr std::size_t kEntryElements = 4, kOwnFields = 1;

bool sameFields(const StreamNode &node, std::span<const Bytes> fields)
{
    if (node.fields() != fields.size() / 2)
        return false;
    const unsigned char *p = node.names();
    PackedValue name;
    for (std::size_t i = 0; i < fields.size(); i += 2) {
        p = packed::read(p, &name);
        if (name.isInteger()) {
            std::int64_t n;
            if (!packed::isInteger(fields[i], &n) || n != name.integer)
                return false;
        } else if (name.text != fields[i]) {
            return false;
        }
    }
    return true;
}

std::size_t roomFor(std::span<const Bytes> texts)
{
    std::size_t room = (kEntryElements + kOwnFields) * packed::kMaxInteger;
    for (const Bytes text : texts)
        room += text.size() + packed::kTextOverhead;
    return room;
}

std::int64_t distance(std::uint64_t from, std::uint64_t to)
{
    return static_cast<std::int64_t>(to - from);
}

} // namespace

StreamNode::StreamNode(StreamId master, const unsigned char *bytes)
    : m_master(master)
    , m_end(bytes + byteSize(bytes) - 1)
{
    std::int64_t live, deleted, fields;
    const unsigned char *p = packed::readInteger(bytes + kHeader, &live);
    p = packed::readInteger(p, &deleted);
    m_names = packed::readInteger(p, &fields);
    m_live = static_cast<std::uint64_t>(live);
    m_deleted = static_cast<std::uint64_t>(deleted);
    m_fields = static_cast<std::uint64_t>(fields);
    p = m_names;
    for (std::uint64_t i = 0; i <= m_fields; ++i) // and the 0 behind them
        p = packed::next(p);
    m_begin = p;
}

StreamEntry StreamNode::read(const unsigned char *at) const
{
    StreamEntry entry;
    entry.at = at;
    std::int64_t flags, ms, seq;
    const unsigned char *p = packed::readInteger(at, &flags);
    p = packed::readInteger(p, &ms);
    p = packed::readInteger(p, &seq);
    entry.id = {m_master.ms + static_cast<std::uint64_t>(ms),
                m_master.seq + static_cast<std::uint64_t>(seq)};
    entry.deleted = flags & StreamEntry::kDeleted;
    if (flags & StreamEntry::kSameFields) {
        entry.names = m_names;
        entry.fields = m_fields;
    } else {
        std::int64_t fields;
        p = packed::readInteger(p, &fields);
        entry.fields = static_cast<std::uint64_t>(fields);
    }
    entry.values = p;
    return entry;
}

StreamEntry StreamNode::readBefore(const unsigned char *behind) const
{
    const unsigned char *p = packed::previous(behind);
    std::int64_t elements;
    packed::readInteger(p, &elements);
    while (elements-- > 0)
        p = packed::previous(p);
    return read(p);
}

namespace {

// Reads elements from bytes that nobody trusts; after the first that is wrong, ok() is false.
class Checker
{
public:
    explicit Checker(Bytes bytes)
        : m_at(reinterpret_cast<const unsigned char *>(bytes.data()))
        , m_end(m_at + bytes.size() - 1)
    {}

    bool ok() const { return m_ok; }
    bool atEnd() const { return m_at == m_end; }
    std::size_t elements() const { return m_elements; }
    std::size_t left() const { return static_cast<std::size_t>(m_end - m_at); }

    PackedValue value()
    {
        PackedValue value;
        const std::size_t size = enter();
        if (m_ok) {
            const unsigned char *next = packed::read(m_at, &value);
            m_ok = backIsRight(size, next);
            m_at = next;
            ++m_elements;
        }
        return value;
    }
    std::int64_t integer()
    {
        const PackedValue v = value();
        m_ok = m_ok && v.isInteger();
        return m_ok ? v.integer : 0;
    }
    void fail() { m_ok = false; }

private:
    // Size of the element here, if all of it and its backward length are inside.
    std::size_t enter()
    {
        const std::size_t left = this->left();
        if (!m_ok || left < 2 || (*m_at == 0xf0 && left < 5)) {
            m_ok = false;
            return 0;
        }
        const std::size_t size = packed::sizeAt(m_at);
        m_ok = size > 0 && size < left && packed::backSize(size) <= left - size;
        return size;
    }
    bool backIsRight(std::size_t size, const unsigned char *next) const
    {
        unsigned char expected[5];
        packed::writeBack(expected, size);
        return std::memcmp(expected, m_at + size, static_cast<std::size_t>(next - m_at) - size)
               == 0;
    }

    const unsigned char *m_at, *m_end;
    std::size_t m_elements = 0;
    bool m_ok = true;
};

bool headerIsValid(Bytes bytes)
{
    if (bytes.size() < ListpackView::kEmptySize || bytes.size() > (std::size_t(1) << 30))
        return false;
    const auto *p = reinterpret_cast<const unsigned char *>(bytes.data());
    return StreamNode::byteSize(p) == bytes.size()
           && static_cast<unsigned char>(bytes.back()) == kEndByte;
}

// One entry; its ID and whether it is deleted. False: nonsense.
bool checkEntry(Checker &checker, std::uint64_t masterFields, StreamId master, StreamId *id,
                bool *deleted)
{
    const std::size_t start = checker.elements();
    const std::int64_t flags = checker.integer();
    const std::int64_t ms = checker.integer();
    const std::int64_t seq = checker.integer();
    const bool same = flags & StreamEntry::kSameFields;
    const std::int64_t own = same ? 0 : checker.integer();
    if (!checker.ok() || flags < 0 || flags > 3 || own < 0
        || static_cast<std::uint64_t>(own) > checker.left()) {
        return false;
    }
    std::uint64_t elements = same ? masterFields : 2 * static_cast<std::uint64_t>(own);
    while (elements-- > 0 && checker.ok())
        checker.value();
    const std::size_t inFront = checker.elements() - start;
    const std::int64_t count = checker.integer();
    *id = {master.ms + static_cast<std::uint64_t>(ms),
           master.seq + static_cast<std::uint64_t>(seq)};
    *deleted = flags & StreamEntry::kDeleted;
    return checker.ok() && count >= 0 && static_cast<std::size_t>(count) == inFront;
}

} // namespace

bool StreamNode::valid(StreamId master, Bytes bytes, StreamId *last)
{
    if (!headerIsValid(bytes))
        return false;
    Checker checker(bytes.substr(kHeader));
    const std::int64_t live = checker.integer();
    const std::int64_t deleted = checker.integer();
    const std::int64_t fields = checker.integer();
    if (!checker.ok() || live < 0 || deleted < 0 || fields < 0
        || static_cast<std::uint64_t>(fields) > checker.left()) {
        return false;
    }
    for (std::int64_t i = 0; i < fields && checker.ok(); ++i)
        checker.value();
    if (checker.integer() != 0 || !checker.ok())
        return false;
    std::int64_t seen = 0, seenDeleted = 0;
    StreamId id;
    while (!checker.atEnd()) {
        bool isDeleted = false;
        const StreamId before = id;
        if (!checkEntry(checker, static_cast<std::uint64_t>(fields), master, &id, &isDeleted)
            || (seen == 0 ? id < master || id.isZero() : id <= before)) {
            return false;
        }
        ++seen;
        seenDeleted += isDeleted;
    }
    std::uint16_t elements;
    std::memcpy(&elements, bytes.data() + 4, 2);
    *last = id;
    return seen > 0 && seen - seenDeleted == live && seenDeleted == deleted
           && (elements == kManyElements || elements == checker.elements());
}

StreamNodeEditor StreamNodeEditor::make(std::span<const Bytes> fields, std::size_t maxBytes)
{
    std::size_t room = kHeader + 1 + 4 * packed::kMaxInteger;
    for (std::size_t i = 0; i < fields.size(); i += 2)
        room += fields[i].size() + packed::kTextOverhead;
    // The first entry comes at once, mostly with the same names.
    room += roomFor(fields);
    room = std::max(room, std::min<std::size_t>(128, maxBytes));
    auto *bytes = static_cast<unsigned char *>(std::malloc(room));
    if (!bytes)
        throw std::bad_alloc();
    unsigned char *p = bytes + kHeader;
    p = packed::writeInteger(p, 0);
    p = packed::writeInteger(p, 0);
    p = packed::writeInteger(p, static_cast<std::int64_t>(fields.size() / 2));
    for (std::size_t i = 0; i < fields.size(); i += 2)
        p = packed::writeText(p, fields[i]);
    p = packed::writeInteger(p, 0);
    *p++ = kEndByte;
    std::memset(bytes + 4, 0, 2);
    StreamNodeEditor editor(bytes, room);
    editor.setSize(static_cast<std::size_t>(p - bytes));
    editor.addElements(4 + fields.size() / 2);
    return editor;
}

void StreamNodeEditor::setSize(std::size_t size)
{
    const auto n = static_cast<std::uint32_t>(size);
    std::memcpy(m_bytes, &n, 4);
}

void StreamNodeEditor::addElements(std::size_t n)
{
    std::uint16_t elements;
    std::memcpy(&elements, m_bytes + 4, 2);
    // 65535 says "many", and stays.
    elements = static_cast<std::uint16_t>(std::min<std::size_t>(elements + n, kManyElements));
    std::memcpy(m_bytes + 4, &elements, 2);
}

void StreamNodeEditor::reserve(std::size_t more, std::size_t maxBytes)
{
    const std::size_t need = StreamNode::byteSize(m_bytes) + more;
    if (need <= m_capacity)
        return;
    const std::size_t capacity = std::max(need, std::min(2 * m_capacity, maxBytes));
    void *bytes = std::realloc(m_bytes, capacity);
    if (!bytes)
        throw std::bad_alloc();
    m_bytes = static_cast<unsigned char *>(bytes);
    m_capacity = capacity;
}

void StreamNodeEditor::append(StreamId master, StreamId id, std::span<const Bytes> fields,
                              std::size_t maxBytes)
{
    reserve(roomFor(fields) + 2, maxBytes);
    const StreamNode before(master, m_bytes);
    const bool same = sameFields(before, fields);
    setCounts(before.live() + 1, before.deleted());
    const std::size_t size = StreamNode::byteSize(m_bytes);
    unsigned char *p = m_bytes + size - 1;
    p = packed::writeInteger(p, same ? StreamEntry::kSameFields : 0);
    p = packed::writeInteger(p, distance(master.ms, id.ms));
    p = packed::writeInteger(p, distance(master.seq, id.seq));
    std::size_t elements = kEntryElements - 1;
    if (same) {
        for (std::size_t i = 1; i < fields.size(); i += 2)
            p = packed::writeText(p, fields[i]);
        elements += fields.size() / 2;
    } else {
        p = packed::writeInteger(p, static_cast<std::int64_t>(fields.size() / 2));
        for (const Bytes text : fields)
            p = packed::writeText(p, text);
        elements += kOwnFields + fields.size();
    }
    p = packed::writeInteger(p, static_cast<std::int64_t>(elements));
    *p++ = kEndByte;
    setSize(static_cast<std::size_t>(p - m_bytes));
    addElements(elements + 1);
}

void StreamNodeEditor::mark(const StreamEntry &entry)
{
    // Flags are below 128: one byte, and one of backward length.
    m_bytes[entry.at - m_bytes] |= StreamEntry::kDeleted;
}

void StreamNodeEditor::setCounts(std::uint64_t live, std::uint64_t deleted)
{
    unsigned char *const start = m_bytes + kHeader;
    const unsigned char *const oldEnd = packed::next(packed::next(start));
    unsigned char counts[2 * packed::kMaxInteger];
    unsigned char *end = packed::writeInteger(counts, static_cast<std::int64_t>(live));
    end = packed::writeInteger(end, static_cast<std::int64_t>(deleted));
    const auto newSize = static_cast<std::size_t>(end - counts);
    const auto oldSize = static_cast<std::size_t>(oldEnd - start);
    if (newSize != oldSize) {
        const std::size_t size = StreamNode::byteSize(m_bytes);
        if (newSize > oldSize)
            reserve(newSize - oldSize, 0);
        unsigned char *moved = m_bytes + kHeader;
        std::memmove(moved + newSize, moved + oldSize, size - kHeader - oldSize);
        setSize(size + newSize - oldSize);
    }
    std::memcpy(m_bytes + kHeader, counts, newSize);
}

void StreamNodeEditor::shrink()
{
    const std::size_t size = StreamNode::byteSize(m_bytes);
    if (size == m_capacity)
        return;
    if (void *bytes = std::realloc(m_bytes, size))
        m_bytes = static_cast<unsigned char *>(bytes);
    m_capacity = size;
}

} // namespace cay::store
