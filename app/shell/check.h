// Looks at a command before it is sent: options written with a dash, and arguments that the server
// would refuse.
#pragma once

#include "shell/docs.h"

#include <optional>

namespace cay::shell {

struct Problem
{
    std::size_t
        word; // which word is wrong; the number of words when something is missing at the end
    std::string message;
};

// Takes the dash from options written with one ("-NX", "-ex"): only where the word behind the dash
// is an option of this command at this place. A "--" where an option could stand ends that, and is
// taken out. True when words changed. REQUIRES: doc is what Docs::find() returned for these words.
bool rewriteDashes(const CommandDoc &doc, std::size_t nameWords, std::vector<std::string> *words);

// What is surely wrong with a command, or nothing; commands whose arguments the server does not
// describe pass.
std::optional<Problem> checkCommand(const CommandDoc &doc, std::size_t nameWords,
                                    const std::vector<std::string> &words);

// Three lines: the command as typed, a caret line under the wrong word with the message, the
// command's syntax. `line` empty: the words are typed out.
std::string describeProblem(const Problem &problem, const std::vector<std::string> &words,
                            const std::string &line, const CommandDoc &doc);

// The command's whole syntax, its name in front.
std::string syntaxLine(const CommandDoc &doc);

} // namespace cay::shell
