// A glob without alternatives needs one place to come back to: the last star. Whatever an earlier
// star could match more of, the last one can match as well, so a mismatch moves the last star's end
// one byte on and never looks further back.
//
// Turned down: the recursion of Redis, exponential in the number of stars until 7.0.9 cut it short;
// a compiled automaton, which a pattern that is used once does not repay.
#include "store/glob.h"

#include <cstring>
#include <utility>

namespace cay::store {

namespace {

char fold(char c, bool ignoreCase)
{
    return ignoreCase && c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
}

bool inRange(char from, char to, char c, bool ignoreCase)
{
    // The ends are ordered before they are folded, as Redis does it.
    if (static_cast<signed char>(from) > static_cast<signed char>(to))
        std::swap(from, to);
    const auto low = static_cast<signed char>(fold(from, ignoreCase));
    const auto high = static_cast<signed char>(fold(to, ignoreCase));
    const auto byte = static_cast<signed char>(fold(c, ignoreCase));
    return byte >= low && byte <= high;
}

// `p` is behind the '['. Moves it behind the ']', or to the end of the pattern.
bool matchClass(const char *&p, const char *end, char c, bool ignoreCase)
{
    const bool negated = p != end && *p == '^';
    if (negated)
        ++p;
    bool found = false;
    while (p != end && *p != ']') {
        if (*p == '\\' && end - p >= 2) {
            found |= p[1] == c;
            p += 2;
        } else if (end - p >= 3 && p[1] == '-') {
            found |= inRange(p[0], p[2], c, ignoreCase);
            p += 3;
        } else {
            found |= fold(*p, ignoreCase) == fold(c, ignoreCase);
            ++p;
        }
    }
    if (p != end)
        ++p;
    return found != negated;
}

// Matches one byte with the element at `p`, which is not a star, and moves `p` behind the element.
bool matchOne(const char *&p, const char *end, char c, bool ignoreCase)
{
    switch (*p) {
    case '?': ++p; return true;
    case '[': ++p; return matchClass(p, end, c, ignoreCase);
    case '\\':
        if (end - p >= 2)
            ++p;
        break;
    default: break;
    }
    return fold(*p++, ignoreCase) == fold(c, ignoreCase);
}

bool isLiteral(char c) { return c != '*' && c != '?' && c != '[' && c != '\\'; }

} // namespace

bool globMatch(Bytes pattern, Bytes text, bool ignoreCase)
{
    if (text.empty())
        return pattern.empty();
    const char *p = pattern.data(), *const patternEnd = p + pattern.size();
    const char *t = text.data(), *const textEnd = t + text.size();
    const char *afterStar = nullptr,
               *starEnd = nullptr; // the element behind the last star; where its text begins
    while (t != textEnd) {
        if (p != patternEnd && *p == '*') {
            while (p != patternEnd && *p == '*')
                ++p;
            if (p == patternEnd)
                return true;
            afterStar = p;
            starEnd = t;
        } else if (p != patternEnd && matchOne(p, patternEnd, *t, ignoreCase)) {
            ++t;
            continue;
        } else if (afterStar) {
            p = afterStar;
            t = ++starEnd;
        } else {
            return false;
        }
        if (!ignoreCase && isLiteral(*afterStar)) {
            // Behind a star, go straight to the next byte that can match.
            t = static_cast<const char *>(
                std::memchr(t, *afterStar, static_cast<std::size_t>(textEnd - t)));
            if (!t)
                return false;
            starEnd = t;
        }
    }
    while (p != patternEnd && *p == '*')
        ++p;
    return p == patternEnd;
}

} // namespace cay::store
