// What a command with subcommands answers to HELP, and to a subcommand that was called the wrong
// way.
#pragma once

#include "cay/call.h"

#include <string>

namespace cay {

// ASCII letters only, whatever the locale.
inline std::string upperCase(Bytes text)
{
    std::string result(text);
    for (char &c : result)
        c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    return result;
}

// `lines` without the first and the last entry, which are the same for every command.
inline void replyHelp(Call &call, std::span<const Bytes> lines)
{
    const std::string title
        = upperCase(call[0]) + " <subcommand> [<arg> [value] [opt] ...]. Subcommands are:";
    call.reply.array(lines.size() + 3);
    call.reply.simple(title);
    for (const Bytes line : lines)
        call.reply.simple(line);
    call.reply.simple("HELP");
    call.reply.simple("    Prints this help.");
}

// For arguments that the arity lets through but the subcommand does not take.
inline bool failSubcommand(Call &call)
{
    return call.fail("ERR unknown subcommand or wrong number of arguments for '"
                     + std::string(call[1].substr(0, 128)) + "'. Try " + upperCase(call[0])
                     + " HELP.");
}

} // namespace cay
