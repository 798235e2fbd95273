// Reading and writing values in the encoding of Redis's RDB files and DUMP payloads.
//
// A length takes one to nine bytes, the two high bits of the first say how many:
//
//   00nnnnnn                    6 bits
//   01nnnnnn n8                 14 bits, the high ones first
//   10000000 n32                32 bits, big endian
//   10000001 n64                64 bits, big endian
//   11000000 i8 | 11000001 i16 | 11000010 i32    a string that is this integer, little endian
//   11000011 length length bytes                 LZF: compressed size, size, compressed bytes
//
// A string is a length and that many bytes, or one of the last four forms. Everything else that is
// fixed in size (doubles, times) is little endian.
//
// Source: the files that Redis 7.0 writes (RDB version 10).
#pragma once

#include "store/bytes.h"

#include <memory>
#include <string>
#include <vector>

namespace cay {

// Appends to a string that it borrows. Cannot fail.
class [[gnu::visibility("default")]] RdbWriter
{
public:
    // `compress` is the option rdbcompression: strings above 20 bytes are written as LZF where that
    // makes them shorter.
    explicit RdbWriter(std::string & out, bool compress = true)
        : m_out(out)
        , m_compress(compress)
    {}

    void byte(std::uint8_t b) { m_out.push_back(static_cast<char>(b)); }
    void length(std::uint64_t n);
    // Integer form, LZF or plain, whichever Redis would choose.
    void string(Bytes text);
    // The decimal digits of n as a string.
    void integer(std::int64_t n);
    // The bytes as they are, without a length.
    void raw(Bytes bytes) { m_out.append(bytes); }
    void fixed32(std::uint32_t n);
    void fixed64(std::uint64_t n);
    void binaryDouble(double value);
    // Unix milliseconds.
    void milliseconds(UnixMs at) { fixed64(static_cast<std::uint64_t>(at)); }

    std::size_t size() const { return m_out.size(); }

private:
    bool smallInteger(std::int64_t n);
    bool compressed(Bytes text);

    std::string &m_out;
    std::string m_scratch;
    bool m_compress;
};

// Reads from bytes that it borrows and that nobody trusts. After the first error ok() is false,
// every read answers 0 or an empty string, and the reason stays: read on, and check once.
class [[gnu::visibility("default")]] RdbReader
{
public:
    // Longest string that is taken, in bytes.
    static constexpr std::uint64_t kMaxString = 0xffffffffull;

    explicit RdbReader(Bytes bytes)
        : m_bytes(bytes)
    {}
    RdbReader(const RdbReader &) = delete;
    RdbReader &operator=(const RdbReader &) = delete;

    bool ok() const { return m_why == nullptr; }
    // A static text, null while ok(). The first reason is the one that stays.
    const char *why() const { return m_why; }
    // For a loader that finds nonsense. Always false: `return reader.fail("...")`.
    bool fail(const char *why);

    std::size_t position() const { return m_at; }
    std::size_t remaining() const { return m_bytes.size() - m_at; }
    bool atEnd() const { return m_at == m_bytes.size(); }

    std::uint8_t byte();
    // A plain length; the string-only forms are errors.
    std::uint64_t length();
    // A number of elements of which each takes at least `bytesEach` more bytes: one that cannot fit
    // in what remains is an error, so that a caller may reserve memory for it.
    std::size_t count(std::size_t bytesEach = 1);
    // Lives as long as the reader, or until release().
    Bytes string();
    // A string that is a whole number in decimal, in any of its forms.
    std::int64_t integer();
    // Views into the bytes given to the constructor.
    Bytes raw(std::size_t n);
    std::uint32_t fixed32();
    std::uint64_t fixed64();
    double binaryDouble();
    // The text form of a double that RDB versions before 8 have.
    double textDouble();
    UnixMs milliseconds() { return static_cast<UnixMs>(fixed64()); }

    // Frees the strings that had to be decompressed so far. For a loader of many keys, after each
    // of them.
    void release();

private:
    std::uint64_t lengthOrForm(int *form);
    Bytes integerString(int form, std::int64_t *value);
    Bytes compressedString();
    char *allocate(std::size_t n);

    Bytes m_bytes;
    std::size_t m_at = 0;
    const char *m_why = nullptr;
    // Decompressed strings, each with a block of its own when it is long; and what is left of the
    // last shared block.
    std::vector<std::unique_ptr<char[]>> m_blocks;
    char *m_free = nullptr;
    std::size_t m_freeSize = 0;
};

} // namespace cay
