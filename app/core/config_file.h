// The configuration as Redis reads it: a file with its includes, then standard input, then the
// command line's options as further lines.
#pragma once

#include <functional>
#include <string>
#include <vector>

namespace cay::core {

// One line that is neither blank nor a comment.
struct Directive
{
    std::vector<std::string> words; // words[0] in lower case
    std::string text;               // the line, trimmed
    std::string file;               // where it stands: a path, "standard input" or "command line"
    int line = 0; // as Redis counts: command-line options go on after the file's last line
};

struct ConfigInput
{
    std::string file; // absolute path, or empty
    bool fromStdin = false;
    std::string options; // the command line's, as lines
};

// Turns the arguments behind the program's name into the input: [file] [-] [--name value ...].
// Redis's rules, with
// "--name value" in one argument and a bare --save.
[[gnu::visibility("default")]] ConfigInput readArguments(const std::vector<std::string> &arguments);

// Calls `sink` for each directive, in order; it gives a reason to refuse one. Includes are read
// where they stand. False with *error, the text that is printed before the process ends.
using DirectiveSink = std::function<bool(const Directive &directive, std::string *reason)>;
bool readConfig(const ConfigInput &input, const DirectiveSink &sink, std::string *error);

// What is printed when a line stops the start.
std::string configErrorText(const Directive &directive, const std::string &reason);

// The whole of a file, at most kMaxConfigBytes. False with errno's text.
inline constexpr std::size_t kMaxConfigBytes = 16 << 20;
bool readWholeFile(const std::string &path, std::string *content, std::string *why);

} // namespace cay::core
