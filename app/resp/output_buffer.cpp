#include "resp/output_buffer.h"

#include <algorithm>
#include <cassert>
#include <cstdlib>
#include <new>

namespace cay::resp {

namespace {

// Chunks of the first size are kept for the next session that has something to say: a busy server
// reuses the few that are warm in the cache. One list per thread, so no lock.
constexpr std::size_t kKeptChunks = 64;

struct FreeList
{
    void *head = nullptr;
    std::size_t count = 0;
    ~FreeList()
    {
        while (head) {
            void *next = *static_cast<void **>(head);
            std::free(head);
            head = next;
        }
    }
};
thread_local FreeList t_free;

} // namespace

OutputBuffer::Chunk *OutputBuffer::newChunk(std::size_t payload)
{
    const bool small = payload == kFirstChunk - sizeof(Chunk);
    void *memory = nullptr;
    if (small && t_free.head) {
        memory = t_free.head;
        t_free.head = *static_cast<void **>(memory);
        --t_free.count;
    } else {
        memory = std::malloc(sizeof(Chunk) + payload);
        if (!memory)
            throw std::bad_alloc();
    }
    m_capacity += sizeof(Chunk) + payload;
    Chunk *chunk = static_cast<Chunk *>(memory);
    chunk->next = nullptr;
    chunk->size = payload;
    chunk->used = 0;
    chunk->start = 0;
    return chunk;
}

void OutputBuffer::freeChunk(Chunk *chunk)
{
    m_capacity -= sizeof(Chunk) + chunk->size;
    if (sizeof(Chunk) + chunk->size == kFirstChunk && t_free.count < kKeptChunks) {
        *reinterpret_cast<void **>(chunk) = t_free.head;
        t_free.head = chunk;
        ++t_free.count;
    } else {
        std::free(chunk);
    }
}

std::size_t OutputBuffer::used(const Chunk *chunk) const
{
    return chunk == m_tail ? static_cast<std::size_t>(m_cursor - chunk->data) : chunk->used;
}

void OutputBuffer::grow(std::size_t n)
{
    const std::size_t base = (m_head ? kLaterChunk : kFirstChunk) - sizeof(Chunk);
    Chunk *chunk = newChunk(std::max(base, n + kSlack));
    if (m_tail) {
        m_tail->used = static_cast<std::size_t>(m_cursor - m_tail->data);
        m_tail->next = chunk;
    } else {
        m_head = chunk;
    }
    m_tail = chunk;
    m_cursor = chunk->data;
    m_limit = chunk->data + chunk->size - kSlack;
}

void OutputBuffer::appendSlow(Bytes bytes)
{
    while (!bytes.empty()) {
        const std::size_t room = static_cast<std::size_t>(m_limit - m_cursor);
        if (room == 0) {
            // A run that does not fit gets one chunk of its own size, within reason.
            grow(std::min<std::size_t>(bytes.size(), std::size_t{1} << 20));
            continue;
        }
        const std::size_t n = std::min(room, bytes.size());
        std::memcpy(m_cursor, bytes.data(), n);
        m_cursor += n;
        bytes.remove_prefix(n);
    }
}

std::size_t OutputBuffer::pending() const
{
    std::size_t sum = 0;
    for (const Chunk *c = m_head; c; c = c->next)
        sum += used(c) - c->start;
    return sum;
}

std::size_t OutputBuffer::front(Bytes *views, std::size_t count) const
{
    std::size_t n = 0;
    for (const Chunk *c = m_head; c && n < count; c = c->next) {
        if (const std::size_t size = used(c) - c->start)
            views[n++] = Bytes(c->data + c->start, size);
    }
    return n;
}

void OutputBuffer::consume(std::size_t n)
{
    while (m_head) {
        const std::size_t here = used(m_head) - m_head->start;
        if (n < here) {
            m_head->start += n;
            return;
        }
        n -= here;
        Chunk *next = m_head->next;
        freeChunk(m_head);
        m_head = next;
    }
    assert(n == 0);
    m_tail = nullptr;
    m_cursor = m_limit = nullptr;
}

void OutputBuffer::clear()
{
    while (m_head) {
        Chunk *next = m_head->next;
        freeChunk(m_head);
        m_head = next;
    }
    m_tail = nullptr;
    m_cursor = m_limit = nullptr;
}

OutputBuffer::Mark OutputBuffer::mark()
{
    reserve(kSlack);
    return {m_tail, static_cast<std::size_t>(m_cursor - m_tail->data)};
}

void OutputBuffer::insert(Mark at, Bytes bytes)
{
    assert(bytes.size() <= kSlack / 2);
    Chunk *chunk = static_cast<Chunk *>(at.chunk);
    const std::size_t end = used(chunk);
    if (end + bytes.size() > chunk->size) {
        // The slack is used up by earlier marks: move what follows the mark to a chunk of its own.
        const std::size_t moved = end - at.offset;
        Chunk *rest = newChunk(std::max(moved + kSlack, kFirstChunk - sizeof(Chunk)));
        std::memcpy(rest->data, chunk->data + at.offset, moved);
        rest->used = moved;
        rest->next = chunk->next;
        chunk->next = rest;
        if (chunk == m_tail) {
            m_tail = rest;
            m_cursor = rest->data + moved;
            m_limit = rest->data + rest->size - kSlack;
        }
        chunk->used = at.offset;
        std::memcpy(chunk->data + at.offset, bytes.data(), bytes.size());
        chunk->used += bytes.size();
        return;
    }
    char *place = chunk->data + at.offset;
    std::memmove(place + bytes.size(), place, end - at.offset);
    std::memcpy(place, bytes.data(), bytes.size());
    if (chunk == m_tail)
        m_cursor += bytes.size();
    else
        chunk->used += bytes.size();
    if (chunk == m_tail && m_cursor > m_limit)
        m_limit = std::min(m_cursor, chunk->data + chunk->size);
}

void OutputBuffer::truncate(Mark at)
{
    Chunk *chunk = static_cast<Chunk *>(at.chunk);
    for (Chunk *c = chunk->next; c;) {
        Chunk *next = c->next;
        freeChunk(c);
        c = next;
    }
    chunk->next = nullptr;
    m_tail = chunk;
    m_cursor = chunk->data + at.offset;
    m_limit = chunk->data + chunk->size - kSlack;
}

} // namespace cay::resp
