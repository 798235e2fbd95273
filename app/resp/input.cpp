#include "resp/input.h"

#include "resp/inline_args.h"
#include "resp/number.h"

#include <algorithm>
#include <cassert>
#include <cstring>

namespace cay::resp {

namespace {

constexpr std::int64_t kUnauthenticatedArguments = 10;
constexpr std::int64_t kUnauthenticatedBulk = 16 * 1024;
constexpr std::size_t kKeptCapacity = 1024; // of an idle session's own buffer

// Reads "<1 to 9 digits>\r\n" and returns what follows; null for anything else, which the slow path
// looks into.
inline const char *plainLength(const char *p, const char *end, std::uint32_t *value)
{
    if (end - p < 3)
        return nullptr;
    std::uint32_t n = static_cast<unsigned char>(*p) - '0';
    if (n > 9)
        return nullptr;
    for (int digits = 1;; ++digits) {
        ++p;
        if (end - p < 2)
            return nullptr;
        const std::uint32_t digit = static_cast<unsigned char>(*p) - '0';
        if (digit > 9)
            break;
        if (digits == 9 || n == 0)
            return nullptr;
        n = n * 10 + digit;
    }
    if (*p != '\r')
        return nullptr;
    *value = n;
    return p + 2;
}

// As C's strchr() looks, with which Redis does: a NUL byte hides what is behind it, and the line
// never ends.
const char *findInLine(const char *begin, std::size_t size, char wanted)
{
    const auto *found = static_cast<const char *>(std::memchr(begin, wanted, size));
    return found && std::memchr(begin, '\0', static_cast<std::size_t>(found - begin)) ? nullptr
                                                                                      : found;
}

} // namespace

Input::~Input()
{
    for (store::StringBlock *block : m_blocks)
        block->release();
    for (const Part &part : m_parts) {
        if (part.block)
            part.block->release();
    }
    if (m_big)
        m_big->release();
}

void Input::lend(Bytes chunk)
{
    assert(!m_lent);
    if (m_big) {
        const std::span<char> room = direct();
        const std::size_t n = std::min(room.size(), chunk.size());
        std::memcpy(room.data(), chunk.data(), n);
        m_bigFilled += n;
        chunk.remove_prefix(n);
        if (chunk.empty())
            return;
    }
    if (m_size > 0) {
        m_own.append(chunk);
        m_data = m_own.data();
        m_size = m_own.size();
        return;
    }
    m_data = chunk.data();
    m_size = chunk.size();
    m_at = m_start = 0;
    m_lent = true;
}

void Input::settle()
{
    m_inline.clear();
    for (store::StringBlock *block : m_blocks)
        block->release();
    m_blocks.clear();
    if (m_remaining == 0)
        m_start = m_at;
    const std::size_t rest = m_size - m_start;
    if (rest == 0) {
        if (m_own.capacity() > kKeptCapacity)
            m_own = std::string();
        else
            m_own.clear();
    } else if (m_lent) {
        m_own.assign(m_data + m_start, rest);
    } else if (m_start > 0) {
        m_own.erase(0, m_start);
    }
    m_at -= m_start;
    m_start = 0;
    m_data = m_own.data();
    m_size = rest;
    m_lent = false;
}

Input::Status Input::fail(std::string text)
{
    m_error = "ERR Protocol error: " + std::move(text);
    return Status::Error;
}

Input::Status Input::next(const InputLimits &limits, bool authenticated, std::vector<Bytes> *args)
{
    for (;;) {
        if (m_remaining == 0) {
            if (m_at == m_size)
                return Status::Incomplete;
            m_start = m_at;
            if (m_data[m_at] != '*') {
                const std::size_t before = args->size();
                const Status status = nextInline(limits, args);
                if (status == Status::Command && args->size() == before)
                    continue; // an empty line
                return status;
            }
            if (authenticated && fastMultibulk(limits, args)) [[likely]]
                return Status::Command;
            const Status status = startMultibulk(limits, authenticated);
            if (status != Status::Command)
                return status;
            if (m_remaining == 0)
                continue; // "*0" and "*-1" say nothing
        }
        return continueMultibulk(limits, authenticated, args);
    }
}

// A whole command with plain lengths; false leaves everything as it was.
bool Input::fastMultibulk(const InputLimits &limits, std::vector<Bytes> *args)
{
    const char *p = m_data + m_at + 1;
    const char *end = m_data + m_size;
    std::uint32_t count;
    p = plainLength(p, end, &count);
    if (!p || count == 0)
        return false;
    const std::size_t before = args->size();
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint32_t size;
        if (p == end || *p != '$' || !(p = plainLength(p + 1, end, &size)) || size > limits.maxBulk
            || static_cast<std::size_t>(end - p) < std::size_t{size} + 2) {
            args->resize(before);
            return false;
        }
        args->emplace_back(p, size);
        p += size + 2;
    }
    m_at = static_cast<std::size_t>(p - m_data);
    return true;
}

Input::Status Input::nextInline(const InputLimits &limits, std::vector<Bytes> *args)
{
    const char *begin = m_data + m_at;
    const char *newline = findInLine(begin, m_size - m_at, '\n');
    if (!newline) {
        if (m_size - m_at > limits.maxInline)
            return fail("too big inline request");
        return Status::Incomplete;
    }
    Bytes line(begin, static_cast<std::size_t>(newline - begin));
    m_at += line.size() + 1;
    if (line.size() > limits.maxInline)
        return fail("too big inline request");
    if (!line.empty() && line.back() == '\r')
        line.remove_suffix(1);
    std::vector<std::string> words;
    if (!splitArgs(line, &words))
        return fail("unbalanced quotes in request");
    for (std::string &word : words) {
        m_inline.push_back(std::move(word));
        args->push_back(m_inline.back());
    }
    return Status::Command;
}

Input::Status Input::startMultibulk(const InputLimits &limits, bool authenticated)
{
    const char *begin = m_data + m_at;
    const std::size_t room = m_size - m_at;
    const char *cr = findInLine(begin, room, '\r');
    if (!cr) {
        if (room > limits.maxInline)
            return fail("too big mbulk count string");
        return Status::Incomplete;
    }
    if (static_cast<std::size_t>(cr - begin) + 2 > room)
        return Status::Incomplete;
    std::int64_t count;
    if (!parseInteger(Bytes(begin + 1, static_cast<std::size_t>(cr - begin - 1)), &count)
        || count > static_cast<std::int64_t>(limits.maxArguments))
        return fail("invalid multibulk length");
    if (!authenticated && count > kUnauthenticatedArguments)
        return fail("unauthenticated multibulk length");
    m_at += static_cast<std::size_t>(cr - begin) + 2;
    m_remaining = std::max<std::int64_t>(count, 0);
    m_bulk = -1;
    return Status::Command;
}

Input::Status Input::bulkLength(const InputLimits &limits, bool authenticated)
{
    const char *begin = m_data + m_at;
    const std::size_t room = m_size - m_at;
    const char *cr = findInLine(begin, room, '\r');
    if (!cr) {
        if (room > limits.maxInline)
            return fail("too big bulk count string");
        return Status::Incomplete;
    }
    if (static_cast<std::size_t>(cr - begin) + 2 > room)
        return Status::Incomplete;
    if (*begin != '$')
        return fail(std::string("expected '$', got '") + *begin + "'");
    std::int64_t size;
    if (!parseInteger(Bytes(begin + 1, static_cast<std::size_t>(cr - begin - 1)), &size) || size < 0
        || static_cast<std::size_t>(size) > limits.maxBulk)
        return fail("invalid bulk length");
    if (!authenticated && size > kUnauthenticatedBulk)
        return fail("unauthenticated bulk length");
    m_at += static_cast<std::size_t>(cr - begin) + 2;
    m_bulk = size;
    return Status::Command;
}

Input::Status Input::continueMultibulk(const InputLimits &limits, bool authenticated,
                                       std::vector<Bytes> *args)
{
    while (m_remaining > 0) {
        if (m_big) {
            if (!fillBig())
                return Status::Incomplete;
            continue;
        }
        if (m_bulk < 0) {
            const Status status = bulkLength(limits, authenticated);
            if (status != Status::Command)
                return status;
        }
        const std::size_t size = static_cast<std::size_t>(m_bulk);
        if (m_size - m_at < size + 2) {
            if (size < kDirect)
                return Status::Incomplete;
            startBig();
            continue;
        }
        m_parts.push_back({m_at - m_start, size, nullptr});
        m_at += size + 2;
        m_bulk = -1;
        --m_remaining;
    }
    return finish(args);
}

void Input::startBig()
{
    // Two bytes more than the argument: its CR LF are received behind it.
    m_big = store::StringBlock::create(static_cast<std::size_t>(m_bulk) + 2);
    m_bigFilled = m_size - m_at;
    std::memcpy(m_big->data(), m_data + m_at, m_bigFilled);
    m_at = m_size;
}

bool Input::fillBig()
{
    const std::size_t size = static_cast<std::size_t>(m_bulk);
    if (m_bigFilled < size + 2)
        return false;
    m_big->setSize(size);
    m_parts.push_back({0, size, m_big});
    m_big = nullptr;
    m_bigFilled = 0;
    m_bulk = -1;
    --m_remaining;
    return true;
}

Input::Status Input::finish(std::vector<Bytes> *args)
{
    for (const Part &part : m_parts) {
        if (part.block) {
            m_blocks.push_back(part.block);
            args->push_back(part.block->text());
        } else {
            args->emplace_back(m_data + m_start + part.offset, part.size);
        }
    }
    m_parts = {};
    return Status::Command;
}

std::span<char> Input::direct()
{
    if (!m_big)
        return {};
    return {m_big->data() + m_bigFilled, static_cast<std::size_t>(m_bulk) + 2 - m_bigFilled};
}

void Input::commitDirect(std::size_t n) { m_bigFilled += n; }

store::StringBlock *Input::take(Bytes argument)
{
    for (std::size_t i = 0; i < m_blocks.size(); ++i) {
        if (m_blocks[i]->data() == argument.data()) {
            store::StringBlock *block = m_blocks[i];
            m_blocks.erase(m_blocks.begin() + static_cast<std::ptrdiff_t>(i));
            return block;
        }
    }
    return nullptr;
}

std::size_t Input::capacity() const
{
    std::size_t sum = m_own.capacity() + m_parts.capacity() * sizeof(Part);
    for (const Part &part : m_parts)
        sum += part.block ? part.block->usableSize() : 0;
    return sum + (m_big ? m_big->usableSize() : 0);
}

} // namespace cay::resp
