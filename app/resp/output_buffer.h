// The bytes that a session still has to send: a queue of chunks, appended at the tail, sent from
// the head.
//
//   head                                   tail
//   +-----------------+   +-----------+   +----------------------+
//   | sent | pending  |-->| pending   |-->| pending | free |slack|
//   +-----------------+   +-----------+   +----------------------+
//                                                   ^m_cursor    ^m_limit is before the slack
//
// Every chunk keeps kSlack bytes that append() never uses, so that a length which was not known
// when its array began can be put in front of the elements by shifting bytes inside one chunk.
//
// Turned down: one contiguous string per session (a large reply is copied again at each growth),
// and a node per reply (an allocation per command).
#pragma once

#include "store/bytes.h"

#include <cstring>

namespace cay::resp {

class OutputBuffer
{
public:
    static constexpr std::size_t kFirstChunk = 16 * 1024;
    static constexpr std::size_t kLaterChunk = 64 * 1024;
    static constexpr std::size_t kSlack = 32;

    OutputBuffer() = default;
    ~OutputBuffer() { clear(); }
    OutputBuffer(const OutputBuffer &) = delete;
    OutputBuffer &operator=(const OutputBuffer &) = delete;

    // Room for n more contiguous bytes; write at most n there, then advance().
    char *reserve(std::size_t n)
    {
        if (static_cast<std::size_t>(m_limit - m_cursor) < n) [[unlikely]]
            grow(n);
        return m_cursor;
    }
    void advance(char *end) { m_cursor = end; }

    // Appends bytes of any length; a long run is spread over chunks.
    void append(Bytes bytes)
    {
        if (bytes.size() <= static_cast<std::size_t>(m_limit - m_cursor)) [[likely]] {
            std::memcpy(m_cursor, bytes.data(), bytes.size());
            m_cursor += bytes.size();
        } else {
            appendSlow(bytes);
        }
    }

    bool empty() const { return m_head == nullptr || (m_head == m_tail && m_cursor == sent()); }
    // Bytes waiting to be sent.
    std::size_t pending() const;
    // Bytes held from the allocator, pending or not.
    std::size_t capacity() const { return m_capacity; }

    // Fills at most `count` {data, size} pairs with what is to be sent next; returns how many.
    std::size_t front(Bytes *views, std::size_t count) const;
    // The first n pending bytes are sent. REQUIRES: n <= pending().
    void consume(std::size_t n);
    void clear();

    // A place in the stream, for insert(). Valid until consume() or clear().
    struct Mark
    {
        void *chunk;
        std::size_t offset;
    };
    Mark mark();
    // Puts bytes in at the mark; later marks of the same chunk move with what follows and are no
    // longer valid, so insert the innermost first. A chunk whose slack is used up is split.
    // REQUIRES: bytes.size() <= kSlack / 2.
    void insert(Mark at, Bytes bytes);
    // Drops everything that was appended after the mark.
    void truncate(Mark at);

private:
    struct Chunk
    {
        Chunk *next;
        std::size_t size;  // bytes of data allocated, slack included
        std::size_t used;  // valid for all but the tail, whose end is m_cursor
        std::size_t start; // bytes already sent
        char data[];
    };

    const char *sent() const { return m_head->data + m_head->start; }
    std::size_t used(const Chunk *chunk) const;
    void grow(std::size_t n);
    void appendSlow(Bytes bytes);
    Chunk *newChunk(std::size_t payload);
    void freeChunk(Chunk *chunk);

    char *m_cursor = nullptr;
    char *m_limit = nullptr;
    Chunk *m_head = nullptr;
    Chunk *m_tail = nullptr;
    std::size_t m_capacity = 0;
};

} // namespace cay::resp
