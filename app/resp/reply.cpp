#include "resp/reply.h"

#include <algorithm>

namespace cay::resp {

void Reply::line(char type, Bytes text)
{
    char *p = m_out->reserve(text.size() + 3);
    *p++ = type;
    std::memcpy(p, text.data(), text.size());
    p += text.size();
    p[0] = '\r';
    p[1] = '\n';
    m_out->advance(p + 2);
}

void Reply::error(Bytes text)
{
    char *p = m_out->reserve(text.size() + 3);
    *p++ = '-';
    for (const char c : text)
        *p++ = (c == '\r' || c == '\n') ? ' ' : c;
    p[0] = '\r';
    p[1] = '\n';
    m_out->advance(p + 2);
    ++m_errors;
    const std::size_t word = std::min(text.find(' '), text.size());
    m_errorCodeSize = static_cast<std::uint8_t>(std::min(word, sizeof m_errorCode));
    std::memcpy(m_errorCode, text.data(), m_errorCodeSize);
}

void Reply::bulkInteger(std::int64_t n)
{
    char digits[24];
    bulk(Bytes(digits, static_cast<std::size_t>(writeInteger(digits, n) - digits)));
}

void Reply::number(double value)
{
    char text[40];
    const Bytes digits(text, static_cast<std::size_t>(writeDouble(text, value) - text));
    m_resp3 ? line(',', digits) : bulk(digits);
}

void Reply::bigNumber(Bytes digits) { m_resp3 ? line('(', digits) : bulk(digits); }

void Reply::verbatim(Bytes format, Bytes text)
{
    if (!m_resp3) {
        bulk(text);
        return;
    }
    length('=', text.size() + 4);
    m_out->append(format.substr(0, 3));
    m_out->append(":");
    m_out->append(text);
    m_out->append("\r\n");
}

void Reply::closeAggregate(Deferred at, char type, std::size_t n)
{
    char text[32];
    m_out->insert(at.mark, Bytes(text, static_cast<std::size_t>(header(text, type, n) - text)));
}

} // namespace cay::resp
