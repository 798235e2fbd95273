// What the line editor asks while somebody types: the hint behind the cursor and the words that
// could be completed.
#pragma once

#include "shell/docs.h"

namespace cay::shell {

// What may still follow a line, as dim text behind it; empty when nothing is known or the line is
// wrong.
std::string hintFor(const Docs &docs, const std::string &line);

struct Completion
{
    std::size_t begin = 0;               // where the word to be completed begins in the line
    std::vector<std::string> candidates; // what it could become, in the case in which it is typed
};
Completion completionsFor(const Docs &docs, const std::string &line);
// The longest text with which all candidates begin, whatever their case; in the first one's case.
std::string commonPrefix(const std::vector<std::string> &candidates);

} // namespace cay::shell
