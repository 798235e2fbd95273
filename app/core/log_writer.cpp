#include "cay/log_writer.h"

#include "resp/number.h"

namespace cay {

namespace {

void appendLength(std::string &out, char type, std::size_t n)
{
    char line[24];
    line[0] = type;
    char *end = resp::writeUnsigned(line + 1, n);
    *end++ = '\r';
    *end++ = '\n';
    out.append(line, static_cast<std::size_t>(end - line));
}

} // namespace

void LogWriter::command(std::span<const Bytes> args)
{
    begin(args.size());
    for (const Bytes arg : args)
        argument(arg);
}

void LogWriter::begin(std::size_t n)
{
    appendLength(m_out, '*', n);
    ++m_commands;
}

void LogWriter::argument(Bytes text)
{
    appendLength(m_out, '$', text.size());
    m_out.append(text);
    m_out.append("\r\n");
}

void LogWriter::argument(std::int64_t n)
{
    char digits[24];
    argument(Bytes(digits, static_cast<std::size_t>(resp::writeInteger(digits, n) - digits)));
}

} // namespace cay
