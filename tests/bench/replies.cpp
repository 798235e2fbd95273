#include "replies.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace bench {

// A header line without its CRLF. True when it ends a whole value that is not part of another.
bool ReplyCounter::line(const char *data, std::size_t size)
{
    const std::string text(data, size);
    const long long n = size > 1 ? std::atoll(text.c_str() + 1) : 0;
    if (m_pending != 0)
        --m_pending;
    switch (text[0]) {
    case '$':
    case '=':
        if (n >= 0)
            m_skip = static_cast<std::uint64_t>(n) + 2;
        break;
    case '*':
    case '~':
    case '>': m_pending += static_cast<std::uint64_t>(std::max(n, 0ll)); break;
    case '%': m_pending += 2 * static_cast<std::uint64_t>(std::max(n, 0ll)); break;
    case '-':
        if (m_errors++ == 0)
            m_firstError = text.substr(1);
        break;
    case '+':
    case ':':
    case '_':
    case ',':
    case '#':
    case '(': break;
    default: m_broken = true;
    }
    return m_skip == 0 && m_pending == 0;
}

std::size_t ReplyCounter::feed(const char *data, std::size_t size)
{
    std::size_t complete = 0;
    const char *end = data + size;
    while (data < end && !m_broken) {
        if (m_skip != 0) {
            const auto step
                = std::min<std::uint64_t>(m_skip, static_cast<std::uint64_t>(end - data));
            data += step;
            m_skip -= step;
            complete += m_skip == 0 && m_pending == 0;
            continue;
        }
        const auto *newline = static_cast<const char *>(
            std::memchr(data, '\n', static_cast<std::size_t>(end - data)));
        if (!newline) {
            m_line.append(data, end);
            break;
        }
        m_line.append(data, newline);
        if (!m_line.empty() && m_line.back() == '\r')
            m_line.pop_back();
        if (m_line.empty()) {
            m_broken = true;
            break;
        }
        complete += line(m_line.data(), m_line.size());
        m_line.clear();
        data = newline + 1;
    }
    return complete;
}

} // namespace bench
