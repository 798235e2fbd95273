// The C library's strtod() and printf() follow the process's locale, which Qt takes from the
// environment; what goes over the wire must not. from_chars()/to_chars() do the common cases, the
// rest runs in the "C" locale.
#include "resp/number.h"

#include <cerrno>
#include <clocale>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>

#include <locale.h>
#ifdef __APPLE__
#include <xlocale.h>
#endif

namespace cay::resp {

namespace {

locale_t plainLocale()
{
    static const locale_t locale = newlocale(LC_ALL_MASK, "C", nullptr);
    return locale;
}

bool isSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool isOutOfRange(long double value)
{
    return errno == ERANGE && (std::isinf(value) || std::fpclassify(value) == FP_ZERO);
}

// Only digits, a dot and an exponent: what from_chars() reads as strtod() does. Hexadecimal, "inf"
// and a leading '+' are left to strtod().
bool isPlainDecimal(Bytes text)
{
    for (const char c : text) {
        if ((c < '0' || c > '9') && c != '.' && c != '-' && c != 'e' && c != 'E' && c != '+')
            return false;
    }
    return text[0] != '+';
}

bool parseWithStrtod(const char *text, std::size_t size, double *value)
{
    char *end;
    errno = 0;
    const double parsed = strtod_l(text, &end, plainLocale());
    if (end != text + size || isOutOfRange(parsed) || std::isnan(parsed))
        return false;
    *value = parsed;
    return true;
}

} // namespace

bool parseDouble(Bytes text, double *value)
{
    if (text.empty() || isSpace(text[0]))
        return false;
    if (isPlainDecimal(text)) {
        const auto result = std::from_chars(text.data(), text.data() + text.size(), *value);
        if (result.ec == std::errc() && *value != 0)
            return result.ptr == text.data() + text.size();
    }
    char buffer[512];
    if (text.size() < sizeof buffer) {
        std::memcpy(buffer, text.data(), text.size());
        buffer[text.size()] = 0;
        return parseWithStrtod(buffer, text.size(), value);
    }
    const std::string copy(text);
    return parseWithStrtod(copy.c_str(), copy.size(), value);
}

char *writeDouble(char *p, double value)
{
    // Up to 2^52 in magnitude every integer is exact, and "%.17g" would print the same digits.
    constexpr double kExact = 4503599627370496;
    if (value > -kExact && value < kExact
        && value == static_cast<double>(static_cast<std::int64_t>(value))
        && (value != 0 || !std::signbit(value))) {
        return writeInteger(p, static_cast<std::int64_t>(value));
    }
    if (std::isnan(value)) {
        std::memcpy(p, "nan", 3);
        return p + 3;
    }
    return std::to_chars(p, p + 32, value, std::chars_format::general, 17).ptr;
}

bool parseLongDouble(Bytes text, long double *value)
{
    char buffer[kMaxLongDoubleChars];
    if (text.empty() || text.size() >= sizeof buffer || isSpace(text[0]))
        return false;
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = 0;
    char *end;
    errno = 0;
    const long double parsed = strtold_l(buffer, &end, plainLocale());
    if (end != buffer + text.size() || isOutOfRange(parsed) || std::isnan(parsed))
        return false;
    *value = parsed;
    return true;
}

char *writeLongDouble(char *p, long double value)
{
    const locale_t before = uselocale(plainLocale());
    const int written = std::snprintf(p, kMaxLongDoubleChars, "%.17Lf", value);
    uselocale(before);
    char *end = p + written;
    if (std::memchr(p, '.', static_cast<std::size_t>(written))) {
        while (end[-1] == '0')
            --end;
        if (end[-1] == '.')
            --end;
    }
    if (end - p == 2 && p[0] == '-' && p[1] == '0') {
        p[0] = '0';
        return p + 1;
    }
    return end;
}

} // namespace cay::resp
