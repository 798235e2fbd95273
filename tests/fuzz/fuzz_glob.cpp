// Glob matching against the definition, written as plainly as possible and with a table in place of
// recursion's cost.
#include "fuzz.h"

#include "store/glob.h"

#include <algorithm>
#include <utility>

using namespace cay;

namespace {

// One [class] at pattern[at] (behind the bracket): whether c is in it, and where the pattern goes
// on.
std::pair<bool, std::size_t> inClass(Bytes pattern, std::size_t at, char c)
{
    const bool negated = at < pattern.size() && pattern[at] == '^';
    bool found = false;
    at += negated;
    for (;;) {
        if (at >= pattern.size())
            return {found != negated, pattern.size()};
        if (pattern[at] == '\\' && at + 1 < pattern.size()) {
            found |= pattern[at + 1] == c;
            at += 2;
        } else if (pattern[at] == ']') {
            return {found != negated, at + 1};
        } else if (at + 2 < pattern.size() && pattern[at + 1] == '-') {
            const auto [low, high] = std::minmax(pattern[at], pattern[at + 2]);
            found |= low <= c && c <= high;
            at += 3;
        } else {
            found |= pattern[at] == c;
            ++at;
        }
    }
}

// Rows are positions of the pattern from its end, columns those of the text.
bool defined(Bytes pattern, Bytes text)
{
    const std::size_t width = text.size() + 1;
    std::vector<char> known(width * (pattern.size() + 1), 2);
    const auto match = [&](const auto &self, std::size_t p, std::size_t t) -> bool {
        char &answer = known[p * width + t];
        if (answer != 2)
            return answer;
        bool result = false;
        if (p == pattern.size()) {
            result = t == text.size();
        } else if (pattern[p] == '*') {
            result = self(self, p + 1, t) || (t < text.size() && self(self, p, t + 1));
        } else if (t < text.size()) {
            if (pattern[p] == '?') {
                result = self(self, p + 1, t + 1);
            } else if (pattern[p] == '[') {
                const auto [in, next] = inClass(pattern, p + 1, text[t]);
                result = in && self(self, next, t + 1);
            } else {
                const std::size_t literal
                    = pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
                result = pattern[literal] == text[t] && self(self, literal + 1, t + 1);
            }
        }
        answer = result;
        return result;
    };
    return match(match, 0, 0);
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2 || size > 400)
        return 0;
    const std::size_t cut = 1 + data[0] % (size - 1);
    const std::vector<char> pattern(data + 1, data + cut), text(data + cut, data + size);
    const Bytes p(pattern.data(), pattern.size()), t(text.data(), text.size());
    store::globMatch(p, t, true);
    // An empty text is Redis's own special case; a unit test covers it.
    if (!t.empty())
        fuzz::require(store::globMatch(p, t) == defined(p, t),
                      "the match agrees with the definition");
    return 0;
}
