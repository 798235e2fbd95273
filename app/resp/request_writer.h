// Encodes commands as clients send them: an array of bulk strings.
#pragma once

#include "resp/number.h"

#include <initializer_list>
#include <string>

namespace cay::resp {

inline void appendHeader(std::string *out, char type, std::size_t n)
{
    char text[24];
    text[0] = type;
    char *end = writeUnsigned(text + 1, n);
    *end++ = '\r';
    *end++ = '\n';
    out->append(text, end);
}

inline void appendBulk(std::string *out, Bytes text)
{
    appendHeader(out, '$', text.size());
    out->append(text);
    out->append("\r\n");
}

// `args` is any container of strings or views. REQUIRES: at least one argument.
template <typename Args>
void appendCommand(std::string *out, const Args &args)
{
    appendHeader(out, '*', args.size());
    for (const auto &arg : args)
        appendBulk(out, Bytes(arg));
}

inline void appendCommand(std::string *out, std::initializer_list<Bytes> args)
{
    appendCommand<std::initializer_list<Bytes>>(out, args);
}

} // namespace cay::resp
