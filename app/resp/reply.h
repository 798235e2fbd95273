// Writes replies in RESP2 or RESP3 into an OutputBuffer. One value at a time, in order; aggregates
// announce their number of elements first, or take a Deferred when it is not known yet.
//
// Source: the RESP3 specification (github.com/redis/redis-specifications, protocol/RESP3.md), and
// for RESP2 how Redis renders each RESP3 type to an older client: a map is an array of twice the
// length, a set an array, a double a bulk string, a boolean 0 or 1, null is "$-1" or "*-1".
#pragma once

#include "resp/number.h"
#include "resp/output_buffer.h"

namespace cay::resp {

class Reply
{
public:
    // Borrows the buffer. `version` is 2 or 3.
    explicit Reply(OutputBuffer &out, int version = 2)
        : m_out(&out)
        , m_resp3(version == 3)
    {}

    int version() const { return m_resp3 ? 3 : 2; }
    void setVersion(int version) { m_resp3 = version == 3; }
    OutputBuffer &buffer() { return *m_out; }

    void ok() { literal("+OK\r\n"); }
    void queued() { literal("+QUEUED\r\n"); }
    void pong() { literal("+PONG\r\n"); }
    void zero() { literal(":0\r\n"); }
    void one() { literal(":1\r\n"); }
    void emptyBulk() { literal("$0\r\n\r\n"); }
    void emptyArray() { literal("*0\r\n"); }

    // A status line. REQUIRES: no CR or LF in the text.
    void simple(Bytes text) { line('+', text); }
    // "ERR something", without the leading dash; CR and LF become spaces. Errors are counted.
    void error(Bytes text);
    // The number of errors written by this object so far, and the code word of the last ("ERR",
    // "WRONGTYPE").
    std::uint64_t errors() const { return m_errors; }
    Bytes lastErrorCode() const { return Bytes(m_errorCode, m_errorCodeSize); }

    void bulk(Bytes text)
    {
        if (text.size() < OutputBuffer::kFirstChunk / 2) [[likely]] {
            char *p = m_out->reserve(text.size() + 16);
            p = header(p, '$', text.size());
            std::memcpy(p, text.data(), text.size());
            p += text.size();
            p[0] = '\r';
            p[1] = '\n';
            m_out->advance(p + 2);
        } else {
            length('$', text.size());
            m_out->append(text);
            m_out->append("\r\n");
        }
    }
    // The decimal digits of n as a bulk string.
    void bulkInteger(std::int64_t n);
    void integer(std::int64_t n)
    {
        char *p = m_out->reserve(32);
        *p++ = ':';
        p = writeInteger(p, n);
        p[0] = '\r';
        p[1] = '\n';
        m_out->advance(p + 2);
    }
    // A bulk string in RESP2, with Redis's 17 significant digits; `,1.5` in RESP3.
    void number(double value);
    // As a human would write it: a bulk string in RESP2, a double in RESP3 (INCRBYFLOAT, GEODIST:
    // bulk in both).
    void boolean(bool value)
    {
        literal(m_resp3 ? (value ? "#t\r\n" : "#f\r\n") : (value ? ":1\r\n" : ":0\r\n"));
    }
    void bigNumber(Bytes digits);
    // `format` is three letters, "txt" or "mkd"; a plain bulk string in RESP2.
    void verbatim(Bytes format, Bytes text);

    void null() { literal(m_resp3 ? Bytes("_\r\n") : Bytes("$-1\r\n")); }
    void nullArray() { literal(m_resp3 ? Bytes("_\r\n") : Bytes("*-1\r\n")); }

    void array(std::size_t n) { length('*', n); }
    void map(std::size_t pairs) { m_resp3 ? length('%', pairs) : length('*', pairs * 2); }
    void set(std::size_t n) { length(m_resp3 ? '~' : '*', n); }
    // Out-of-band data; an array to a RESP2 client.
    void push(std::size_t n) { length(m_resp3 ? '>' : '*', n); }
    // Metadata before a value. REQUIRES: version() == 3.
    void attribute(std::size_t pairs) { length('|', pairs); }

    // An aggregate whose length becomes known later. Nest them like brackets: close the innermost
    // first.
    struct Deferred
    {
        OutputBuffer::Mark mark;
    };
    Deferred defer() { return {m_out->mark()}; }
    void closeArray(Deferred at, std::size_t n) { closeAggregate(at, '*', n); }
    void closeSet(Deferred at, std::size_t n) { closeAggregate(at, m_resp3 ? '~' : '*', n); }
    void closeMap(Deferred at, std::size_t pairs)
    {
        m_resp3 ? closeAggregate(at, '%', pairs) : closeAggregate(at, '*', pairs * 2);
    }
    // Drops what was written since defer().
    void undo(Deferred at) { m_out->truncate(at.mark); }

    // Bytes that are RESP already.
    void raw(Bytes resp) { m_out->append(resp); }

private:
    void literal(Bytes text)
    {
        char *p = m_out->reserve(text.size());
        std::memcpy(p, text.data(), text.size());
        m_out->advance(p + text.size());
    }
    static char *header(char *p, char type, std::size_t n)
    {
        *p++ = type;
        if (n < 10) {
            *p++ = static_cast<char>('0' + n);
        } else if (n < 100) {
            *p++ = static_cast<char>('0' + n / 10);
            *p++ = static_cast<char>('0' + n % 10);
        } else {
            p = writeUnsigned(p, n);
        }
        p[0] = '\r';
        p[1] = '\n';
        return p + 2;
    }
    void length(char type, std::size_t n) { m_out->advance(header(m_out->reserve(32), type, n)); }
    void line(char type, Bytes text);
    void closeAggregate(Deferred at, char type, std::size_t n);

    OutputBuffer *m_out;
    bool m_resp3;
    std::uint8_t m_errorCodeSize = 0;
    char m_errorCode[24];
    std::uint64_t m_errors = 0;
};

} // namespace cay::resp
