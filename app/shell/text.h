// Small helpers on text that several parts of the shell need.
#pragma once

#include "store/bytes.h"

#include <string>
#include <vector>

namespace cay::shell {

std::string toLower(Bytes text);
std::string toUpper(Bytes text);
bool equalsIgnoringCase(Bytes a, Bytes b);
bool startsWithIgnoringCase(Bytes text, Bytes prefix);
int hexDigit(char c); // -1 for what is none

// The text in double quotes, with what cannot be printed escaped, as Redis shows strings.
void appendQuoted(std::string *out, Bytes text);
// A word as it could be typed: quoted only where that is needed.
std::string typed(Bytes word);

// Where a word stands in a line as typed, quotes included.
struct Span
{
    std::size_t begin;
    std::size_t end;
};
// The words of a line, with the quoting rules of splitArgs; the last may be unfinished, its quote
// still open.
std::vector<Span> wordSpans(Bytes line);

// "1.50M" as redis-cli's --stat shows amounts of memory.
std::string humanBytes(long long n);
std::string formatted(const char *format, ...) __attribute__((format(printf, 1, 2)));
std::string join(const std::vector<std::string> &words, Bytes separator);
// Columns that UTF-8 text takes, each code point counted as one.
std::size_t displayWidth(Bytes text);

// Milliseconds and microseconds of a clock that only goes forward.
long long nowMs();
long long nowUs();

} // namespace cay::shell
