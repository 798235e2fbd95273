// Ends of ranges.
#include "zset_commands.h"

#include <cmath>
#include <cstdlib>

#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

namespace cay::zsets {

namespace {

// As Redis does it, with strtod() on a C string: an empty text is 0, spaces in front are passed
// over, what overflows is infinite.
bool parseLoosely(Bytes text, double *value)
{
    static const locale_t plain = newlocale(LC_ALL_MASK, "C", nullptr);
    const std::string copy(text);
    char *end = nullptr;
    *value = strtod_l(copy.c_str(), &end, plain);
    return *end == 0 && !std::isnan(*value);
}

bool readScoreEnd(Bytes text, double *value, bool *excluded)
{
    *excluded = !text.empty() && text[0] == '(';
    if (*excluded)
        text.remove_prefix(1);
    return resp::parseDouble(text, value) || parseLoosely(text, value);
}

bool readLexEnd(Bytes text, LexEnd *end)
{
    if (text == "-" || text == "+") {
        end->kind = text == "-" ? LexEnd::Lowest : LexEnd::Highest;
        return true;
    }
    if (text.empty() || (text[0] != '(' && text[0] != '['))
        return false;
    end->kind = text[0] == '(' ? LexEnd::Excluded : LexEnd::Included;
    end->text = text.substr(1);
    return true;
}

} // namespace

bool readScoreRange(Call &call, Bytes min, Bytes max, ScoreRange *range)
{
    return (readScoreEnd(min, &range->min, &range->minExcluded)
            && readScoreEnd(max, &range->max, &range->maxExcluded))
           || call.fail(kNotARange);
}

bool readLexRange(Call &call, Bytes min, Bytes max, LexRange *range)
{
    return (readLexEnd(min, &range->min) && readLexEnd(max, &range->max))
           || call.fail(kNotALexRange);
}

} // namespace cay::zsets
