// What a client has sent: bytes become commands, in place.
//
// A chunk is lent for one turn of the event loop and parsed where it lies; the arguments are views
// into it. What is left of it at the end of the turn, the beginning of a command, is copied into a
// buffer of this session's own (settle()), and the next chunk is appended to that. An argument of
// kDirect bytes or more that has not arrived yet gets a block of its own, of the size announced,
// into which the socket is read directly (direct()); a command may keep that block as a value.
//
// A command that arrives in pieces is never parsed twice: the arguments found so far are kept as
// offsets.
//
// Source: the RESP specification; limits and error texts as Redis 7.0 has them (networking.c).
#pragma once

#include "store/bytes.h"
#include "store/string_block.h"

#include <deque>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cay::resp {

struct InputLimits
{
    std::size_t maxBulk = 512ull << 20; // bytes of one argument
    std::size_t maxArguments = 0x7fffffff;
    std::size_t maxInline = 64 * 1024;
};

class Input
{
public:
    static constexpr std::size_t kDirect = 32 * 1024;

    enum class Status : std::uint8_t { Incomplete, Command, Error };

    Input() = default;
    ~Input();
    Input(const Input &) = delete;
    Input &operator=(const Input &) = delete;

    // Borrows the chunk until settle(). REQUIRES: the last chunk is settled.
    void lend(Bytes chunk);
    // Appends the arguments of the next command to args; the views are good until settle(). Error:
    // see error(); the connection is to be closed after that reply.
    Status next(const InputLimits &limits, bool authenticated, std::vector<Bytes> *args);
    void settle();

    // Where the rest of a large argument belongs; empty when none is awaited.
    std::span<char> direct();
    // n bytes have been written at direct().
    void commitDirect(std::size_t n);

    // The block that an argument of a command of this turn lies in, if it has one; it is the
    // caller's then.
    store::StringBlock *take(Bytes argument);

    Bytes error() const { return m_error; }
    // Bytes that wait to be parsed, and bytes held from the allocator.
    std::size_t unparsed() const { return m_size - m_at + m_bigFilled; }
    std::size_t capacity() const;

private:
    struct Part
    {
        std::size_t offset; // from the start of the command; unused for a block
        std::size_t size;
        store::StringBlock *block;
    };

    Status fail(std::string text);
    Status nextInline(const InputLimits &limits, std::vector<Bytes> *args);
    Status startMultibulk(const InputLimits &limits, bool authenticated);
    bool fastMultibulk(const InputLimits &limits, std::vector<Bytes> *args);
    Status continueMultibulk(const InputLimits &limits, bool authenticated,
                             std::vector<Bytes> *args);
    Status bulkLength(const InputLimits &limits, bool authenticated);
    void startBig();
    bool fillBig();
    Status finish(std::vector<Bytes> *args);

    const char *m_data = nullptr; // the lent chunk or m_own
    std::size_t m_size = 0;
    std::size_t m_at = 0;    // parsed up to here
    std::size_t m_start = 0; // where the unfinished command begins
    std::string m_own;
    bool m_lent = false;

    std::int64_t m_remaining = 0; // arguments still to come; 0 between commands
    std::int64_t m_bulk = -1; // size of the argument being received, -1 before its length is known
    std::vector<Part> m_parts;
    store::StringBlock *m_big = nullptr;
    std::size_t m_bigFilled = 0; // of m_bulk + 2: the CR LF too are received there

    std::vector<store::StringBlock *> m_blocks; // of this turn's commands
    std::deque<std::string> m_inline;           // the same for inline commands
    std::string m_error;
};

} // namespace cay::resp
