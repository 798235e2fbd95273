// Collects commands in the form in which clients send them and append-only logs keep them: RESP
// arrays of bulk strings.
#pragma once

#include "store/bytes.h"

#include <initializer_list>
#include <span>
#include <string>

namespace cay {

// Appends to a string that it borrows. Cannot fail.
class [[gnu::visibility("default")]] LogWriter
{
public:
    explicit LogWriter(std::string & out)
        : m_out(out)
    {}

    void command(std::span<const Bytes> args);
    void command(std::initializer_list<Bytes> args)
    {
        command(std::span<const Bytes>(args.begin(), args.size()));
    }

    // A command piece by piece: begin(n), then n arguments.
    void begin(std::size_t n);
    void argument(Bytes text);
    void argument(std::int64_t n);

    // Commands begun so far.
    std::size_t commands() const { return m_commands; }
    std::size_t size() const { return m_out.size(); }

private:
    std::string &m_out;
    std::size_t m_commands = 0;
};

} // namespace cay
