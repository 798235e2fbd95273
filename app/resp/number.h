// Numbers as Redis writes and reads them: decimal integers, and doubles in the shortest or the
// 17-digit form.
#pragma once

#include "store/bytes.h"

#include <charconv>

namespace cay::resp {

// Writes the decimal digits at p (at most 20 bytes, no terminator) and returns the end.
inline char *writeUnsigned(char *p, std::uint64_t n) { return std::to_chars(p, p + 20, n).ptr; }
inline char *writeInteger(char *p, std::int64_t n) { return std::to_chars(p, p + 20, n).ptr; }

// The digits of an integer as an argument: `propagateAs({"PEXPIREAT", key, Decimal(at)})`.
class Decimal
{
public:
    explicit Decimal(std::int64_t n)
        : m_size(static_cast<std::uint8_t>(writeInteger(m_digits, n) - m_digits))
    {}
    operator Bytes() const { return Bytes(m_digits, m_size); }

private:
    char m_digits[20];
    std::uint8_t m_size;
};

// A whole string as a signed 64-bit integer, as strictly as Redis reads one: no sign but '-', no
// leading zeros, no spaces, no "-0".
inline bool parseInteger(Bytes text, std::int64_t *value)
{
    const char *p = text.data();
    const std::size_t size = text.size();
    if (size == 0 || size > 20)
        return false;
    if (size == 1) {
        *value = p[0] - '0';
        return p[0] >= '0' && p[0] <= '9';
    }
    const bool negative = p[0] == '-';
    if (p[negative] < '1' || p[negative] > '9')
        return false;
    const auto result = std::from_chars(p, p + size, *value);
    return result.ec == std::errc() && result.ptr == p + size;
}

// A whole string as a finite or infinite double, as Redis's string2d reads one: strtod's syntax,
// "inf", "+inf",
// "-inf" and "infinity" in any case; no spaces, no empty string, no NaN, nothing that overflows or
// rounds to zero.
bool parseDouble(Bytes text, double *value);

// The double as Redis 7.0 prints it in replies of both protocols: "inf", "-inf", "nan", "-0",
// integers without a fraction, else 17 significant digits ("%.17g", so that 0.1 is
// 0.10000000000000001), at most 32 bytes. Returns the end.
char *writeDouble(char *p, double value);

// The 80-bit arithmetic of INCRBYFLOAT and HINCRBYFLOAT: as strict as parseDouble(), at most 5119
// bytes of text.
bool parseLongDouble(Bytes text, long double *value);
inline constexpr std::size_t kMaxLongDoubleChars = 5 * 1024;
// "%.17Lf" without the zeros at its end, "-0" as "0"; p has room for kMaxLongDoubleChars. Returns
// the end.
char *writeLongDouble(char *p, long double value);

} // namespace cay::resp
