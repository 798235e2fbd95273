// A stream's node: a hundred or so entries in one listpack, byte for byte as in Redis's RDB files.
// The key of a node (in the stream's index) is the ID of its first entry, live or not, and all its
// IDs are relative to that.
//
//   master     live | deleted | fields | name ... | 0
//   entry      flags | ms delta | sequence delta | fields | name | value | ... | elements before
//   the same   flags | ms delta | sequence delta | value | ...                 | elements before
//
// - The second form (kSameFields) is for entries whose field names are those of the master, which
//   the node's first entry gave it.
// - An entry is deleted by a flag (kDeleted); the node goes when its last live one does.
// - The last element of an entry leads backwards to its first.
//
// Source: the files that Redis 7.0 writes.
#pragma once

#include "store/packed_element.h"
#include "store/stream_id.h"

#include <span>

namespace cay::store {

// One entry where it lies.
struct StreamEntry
{
    enum Flag : std::uint8_t { kDeleted = 1, kSameFields = 2 };

    StreamId id;
    std::uint64_t fields = 0;
    const unsigned char *at = nullptr; // the flags
    const unsigned char *values = nullptr;
    const unsigned char *names = nullptr; // the master's, or null: they stand before their values
    bool deleted = false;

    // Calls visit(name, value) for each field, both PackedValue; returns the place behind the last.
    template <typename F>
    const unsigned char *visit(F &&visit) const
    {
        const unsigned char *p = values, *n = names;
        PackedValue name, value;
        for (std::uint64_t i = 0; i < fields; ++i) {
            if (n)
                n = packed::read(n, &name);
            else
                p = packed::read(p, &name);
            p = packed::read(p, &value);
            visit(name, value);
        }
        return p;
    }
    // The place behind the last value.
    const unsigned char *skip() const
    {
        const unsigned char *p = values;
        for (std::uint64_t i = names ? fields : 2 * fields; i > 0; --i)
            p = packed::next(p);
        return p;
    }
};

// Reads a node that belongs to somebody else. REQUIRES: a valid one.
class StreamNode
{
public:
    StreamNode() = default;
    StreamNode(StreamId master, const unsigned char *bytes);

    StreamId master() const { return m_master; }
    std::uint64_t live() const { return m_live; }
    std::uint64_t deleted() const { return m_deleted; }
    std::uint64_t fields() const { return m_fields; }
    const unsigned char *names() const { return m_names; }

    // Where entries begin and end. An entry is read at its first element, or found from behind its
    // last.
    const unsigned char *begin() const { return m_begin; }
    const unsigned char *end() const { return m_end; }
    StreamEntry read(const unsigned char *at) const;
    // REQUIRES: behind != begin().
    StreamEntry readBefore(const unsigned char *behind) const;
    // Behind an entry, given the place behind its values.
    static const unsigned char *after(const unsigned char *values) { return packed::next(values); }

    // Whether untrusted bytes are a node: each element in its place and of its kind, counts right,
    // IDs rising. *last is the last ID then.
    static bool valid(StreamId master, Bytes bytes, StreamId *last);

    static std::uint64_t liveEntries(const unsigned char *bytes)
    {
        std::int64_t n;
        packed::readInteger(bytes + ListpackView::kHeader, &n);
        return static_cast<std::uint64_t>(n);
    }
    static std::size_t byteSize(const unsigned char *bytes)
    {
        std::uint32_t n;
        std::memcpy(&n, bytes, 4);
        return n;
    }

private:
    StreamId m_master;
    std::uint64_t m_live = 0, m_deleted = 0, m_fields = 0;
    const unsigned char *m_names = nullptr, *m_begin = nullptr, *m_end = nullptr;
};

// A node that is being changed. Owns a block from malloc, which it may move.
class StreamNodeEditor
{
public:
    // `capacity` 0: exactly the node's size.
    StreamNodeEditor(unsigned char *bytes, std::size_t capacity)
        : m_bytes(bytes)
        , m_capacity(capacity ? capacity : StreamNode::byteSize(bytes))
    {}
    // A node without entries; the names of `fields` (name, value, name, value ...) are its
    // master's.
    static StreamNodeEditor make(std::span<const Bytes> fields, std::size_t maxBytes);

    unsigned char *bytes() const { return m_bytes; }
    std::size_t capacity() const { return m_capacity; }

    // Capacity grows in doubles up to maxBytes.
    void append(StreamId master, StreamId id, std::span<const Bytes> fields, std::size_t maxBytes);
    // Marks an entry as deleted, and does not count it.
    void mark(const StreamEntry &entry);
    void setCounts(std::uint64_t live, std::uint64_t deleted);
    void shrink();

private:
    void reserve(std::size_t more, std::size_t maxBytes);
    void setSize(std::size_t size);
    void addElements(std::size_t n);

    unsigned char *m_bytes;
    std::size_t m_capacity;
};

} // namespace cay::store
