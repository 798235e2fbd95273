#include "shell/text.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <ctime>

namespace cay::shell {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
char upper(char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c; }
bool isBlank(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
bool isPrintable(char c) { return c >= 0x20 && c < 0x7f; }

} // namespace

std::string toLower(Bytes text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), lower);
    return out;
}

std::string toUpper(Bytes text)
{
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(), upper);
    return out;
}

bool equalsIgnoringCase(Bytes a, Bytes b)
{
    return a.size() == b.size() && std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) {
               return lower(x) == lower(y);
           });
}

bool startsWithIgnoringCase(Bytes text, Bytes prefix)
{
    return text.size() >= prefix.size()
           && equalsIgnoringCase(text.substr(0, prefix.size()), prefix);
}

int hexDigit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

void appendQuoted(std::string *out, Bytes text)
{
    static const char kHex[] = "0123456789abcdef";
    out->push_back('"');
    for (const char c : text) {
        switch (c) {
        case '\\': out->append("\\\\"); break;
        case '"': out->append("\\\""); break;
        case '\n': out->append("\\n"); break;
        case '\r': out->append("\\r"); break;
        case '\t': out->append("\\t"); break;
        case '\a': out->append("\\a"); break;
        case '\b': out->append("\\b"); break;
        default:
            if (isPrintable(c)) {
                out->push_back(c);
            } else {
                const auto byte = static_cast<unsigned char>(c);
                out->append("\\x").push_back(kHex[byte >> 4]);
                out->push_back(kHex[byte & 15]);
            }
        }
    }
    out->push_back('"');
}

std::string typed(Bytes word)
{
    const bool plain = !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
        return isPrintable(c) && c != ' ' && c != '"' && c != '\'' && c != '\\';
    });
    if (plain)
        return std::string(word);
    std::string out;
    appendQuoted(&out, word);
    return out;
}

std::vector<Span> wordSpans(Bytes line)
{
    std::vector<Span> spans;
    std::size_t i = 0;
    for (;;) {
        while (i < line.size() && isBlank(line[i]))
            ++i;
        if (i >= line.size())
            return spans;
        const std::size_t begin = i;
        char quote = 0;
        for (; i < line.size(); ++i) {
            const char c = line[i];
            if (quote) {
                if (c == '\\' && i + 1 < line.size() && (quote == '"' || line[i + 1] == '\''))
                    ++i;
                else if (c == quote)
                    quote = 0;
            } else if (c == '"' || c == '\'') {
                quote = c;
            } else if (isBlank(c)) {
                break;
            }
        }
        spans.push_back({begin, std::min(i, line.size())});
    }
}

std::string humanBytes(long long n)
{
    const char *const sign = n < 0 ? "-" : "";
    const double size = n < 0 ? -static_cast<double>(n) : static_cast<double>(n);
    if (size < 1024)
        return formatted("%s%lldB", sign, static_cast<long long>(size));
    static const char kUnits[] = "KMGTPE";
    double divisor = 1024;
    std::size_t unit = 0;
    while (unit < 5 && size >= divisor * 1024) {
        divisor *= 1024;
        ++unit;
    }
    return formatted("%s%.2f%c", sign, size / divisor, kUnits[unit]);
}

std::string formatted(const char *format, ...)
{
    char text[512];
    va_list arguments;
    va_start(arguments, format);
    const int n = std::vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (n < static_cast<int>(sizeof text))
        return std::string(text, static_cast<std::size_t>(std::max(n, 0)));
    std::string out(static_cast<std::size_t>(n) + 1, '\0');
    va_start(arguments, format);
    std::vsnprintf(out.data(), out.size(), format, arguments);
    va_end(arguments);
    out.pop_back();
    return out;
}

std::string join(const std::vector<std::string> &words, Bytes separator)
{
    std::string out;
    for (const std::string &word : words) {
        if (!out.empty())
            out.append(separator);
        out.append(word);
    }
    return out;
}

std::size_t displayWidth(Bytes text)
{
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
        return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
    }));
}

long long nowUs()
{
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000000LL + now.tv_nsec / 1000;
}

long long nowMs() { return nowUs() / 1000; }

} // namespace cay::shell
