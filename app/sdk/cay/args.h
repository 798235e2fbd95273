// Reading a command's arguments: parse all, check once.
//
//   ArgParser args(call, 2);
//   std::int64_t count = 1;
//   bool withScores = false;
//   while (args.more()) {
//       if (args.word("COUNT", 1))
//           count = args.integerIn(1, kMax);
//       else if (args.word("WITHSCORES"))
//           withScores = true;
//       else
//           args.syntaxError();
//   }
//   if (!args.ok())
//       return;
//
// The first error is replied at once; from then on more() is false and every read answers 0 or
// nothing.
#pragma once

#include "cay/call.h"

namespace cay {

// Whether `text` is the word, in any case. REQUIRES: `capitals` has no lower-case letters.
inline bool isWord(Bytes text, Bytes capitals)
{
    if (text.size() != capitals.size())
        return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const char upper = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
        if (upper != capitals[i])
            return false;
    }
    return true;
}

// One argument as a number. False after an error has been replied.
inline bool readInteger(Call &call, Bytes text, std::int64_t *value,
                        Bytes error = errors::kNotInteger)
{
    return resp::parseInteger(text, value) || call.fail(error);
}
inline bool readDouble(Call &call, Bytes text, double *value, Bytes error = errors::kNotFloat)
{
    return resp::parseDouble(text, value) || call.fail(error);
}
// An empty error is Redis's "value is out of range, value must between <min> and <max>"; a given
// one also answers for a text that is no integer.
[[gnu::visibility("default")]] bool readIntegerIn(Call &call, Bytes text, std::int64_t min,
                                                  std::int64_t max, std::int64_t *value,
                                                  Bytes error = {});
// From 0 to the largest integer. A text that is no integer gets kNotInteger, a negative one the
// error given.
inline bool readPositive(Call &call, Bytes text, std::int64_t *value,
                         Bytes error = errors::kMustBePositive)
{
    return readInteger(call, text, value) && (*value >= 0 || call.fail(error));
}

enum class TimeUnit : std::uint8_t { Seconds, Milliseconds };

// What EX, PX, EXAT, PXAT, KEEPTTL and PERSIST ask for.
struct Expiration
{
    enum Kind : std::uint8_t {
        None,
        Seconds,
        Milliseconds,
        UnixSeconds,
        UnixMilliseconds,
        Keep,
        Persist
    };
    // Which words a command knows, as bits.
    enum Allowed : std::uint8_t { Times = 1, AllowKeep = 2, AllowPersist = 4 };

    Kind kind = None;
    Bytes text; // of the four that have a time

    bool isTime() const { return kind >= Seconds && kind <= UnixMilliseconds; }
    bool isRelative() const { return kind == Seconds || kind == Milliseconds; }
};

// The absolute time that an Expiration with a time asks for, as SET and GETEX check it: more than
// 0, no overflow. False after "ERR value is not an integer ..." or "ERR invalid expire time in
// '...' command" has been replied.
[[gnu::visibility("default")]] bool expirationTime(Call &call, const Expiration &expiration,
                                                   UnixMs *at);
// The same as EXPIRE and its kin check it: 0 and negative numbers are times in the past, only
// overflow is an error. `base` is the present for a relative time, else 0.
[[gnu::visibility("default")]] bool expireTime(Call &call, Bytes text, TimeUnit unit, UnixMs base,
                                               UnixMs *at);

// What SCAN, SSCAN, HSCAN and ZSCAN are asked for.
struct ScanArguments
{
    std::uint64_t cursor = 0;
    std::int64_t count = 10; // at least 1
    Bytes pattern;
    bool matches = false; // there is a pattern, and not simply "*"

    // Steps of a table's scan() that one call may take: ten for each element wanted, so that a
    // sparse table cannot make it look at all.
    std::int64_t steps() const { return count > (std::int64_t{1} << 56) ? count : count * 10; }
};
// As C's strtoul reads a number: a sign is allowed, and a minus counts down from 2^64. False after
// "ERR invalid cursor" has been replied.
[[gnu::visibility("default")]] bool readScanCursor(Call &call, Bytes text, std::uint64_t *cursor);
// MATCH and COUNT, from argument `from` on; `word` (NOVALUES, NOSCORES) sets *found where a command
// knows it. False after an error has been replied.
[[gnu::visibility("default")]] bool readScanOptions(Call &call, std::size_t from,
                                                    ScanArguments *arguments, Bytes word = {},
                                                    bool *found = nullptr);

// The arguments from one on, in order. Belongs to one execution of a command.
class ArgParser
{
public:
    ArgParser(Call &call, std::size_t from)
        : m_call(call)
        , m_at(from)
    {}

    bool ok() const { return !m_failed; }
    bool more() const { return m_at < m_call.size() && !m_failed; }
    // Position of the next argument, and how many there are from it on.
    std::size_t position() const { return m_at; }
    std::size_t remaining() const { return m_call.size() - m_at; }

    // Takes the next argument if it is this word and at least `values` more follow it.
    bool word(Bytes capitals, std::size_t values = 0)
    {
        if (!more() || remaining() <= values || !isWord(m_call[m_at], capitals))
            return false;
        ++m_at;
        return true;
    }
    // Takes one of the words in `allowed` with its value. Two of different kinds exclude each
    // other, which leaves the second for the caller's syntaxError(); of two of the same kind the
    // last counts.
    bool expiration(Expiration *expiration, unsigned allowed)
    {
        return more() && takeExpiration(expiration, allowed);
    }

    // The next argument; a missing one is a syntax error.
    Bytes next()
    {
        if (!more()) {
            syntaxError();
            return {};
        }
        return m_call[m_at++];
    }
    std::int64_t integer(Bytes error = errors::kNotInteger)
    {
        std::int64_t value = 0;
        const Bytes text = next();
        return !m_failed && check(readInteger(m_call, text, &value, error)) ? value : 0;
    }
    std::int64_t integerIn(std::int64_t min, std::int64_t max, Bytes error = {})
    {
        std::int64_t value = 0;
        const Bytes text = next();
        return !m_failed && check(readIntegerIn(m_call, text, min, max, &value, error)) ? value : 0;
    }
    std::int64_t positive(Bytes error = errors::kMustBePositive)
    {
        std::int64_t value = 0;
        const Bytes text = next();
        return !m_failed && check(readPositive(m_call, text, &value, error)) ? value : 0;
    }
    double number(Bytes error = errors::kNotFloat)
    {
        double value = 0;
        const Bytes text = next();
        return !m_failed && check(readDouble(m_call, text, &value, error)) ? value : 0;
    }

    // Replies the error unless one has been replied. Always false.
    bool fail(Bytes error)
    {
        if (!m_failed)
            m_call.fail(error);
        m_failed = true;
        return false;
    }
    bool syntaxError() { return fail(errors::kSyntax); }

private:
    bool check(bool success)
    {
        m_failed |= !success;
        return success;
    }
    [[gnu::visibility("default")]] bool takeExpiration(Expiration *expiration, unsigned allowed);

    Call &m_call;
    std::size_t m_at;
    bool m_failed = false;
};

} // namespace cay
