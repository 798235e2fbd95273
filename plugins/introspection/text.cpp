#include "text.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>

namespace cay::introspection {

std::string print(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    va_list again;
    va_copy(again, args);
    const int size = std::vsnprintf(nullptr, 0, format, args);
    va_end(args);
    std::string text(static_cast<std::size_t>(std::max(size, 0)), '\0');
    std::vsnprintf(text.data(), text.size() + 1, format, again);
    va_end(again);
    return text;
}

std::string human(std::uint64_t bytes)
{
    if (bytes < 1024)
        return std::to_string(bytes) + "B";
    double value = static_cast<double>(bytes);
    const char *unit = "KMGTPE";
    value /= 1024;
    for (; value >= 1024 && unit[1] != '\0'; ++unit)
        value /= 1024;
    return print("%.2f%c", value, *unit);
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool equalsIgnoringCase(Bytes a, Bytes b)
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return lower(x) == lower(y);
           });
}

std::string lowerCase(Bytes text)
{
    std::string result(text);
    std::transform(result.begin(), result.end(), result.begin(), lower);
    return result;
}

} // namespace cay::introspection
