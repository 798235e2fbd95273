#include "cay/blocking.h"

#include <charconv>
#include <cmath>
#include <limits>

namespace cay {

namespace {

constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();

bool invalidExpire(Call &call) { return call.fail(errors::invalidExpire(call.info.fullName)); }

Expiration::Kind expirationKind(Bytes word)
{
    switch (word.size()) {
    case 2:
        return isWord(word, "EX")   ? Expiration::Seconds
               : isWord(word, "PX") ? Expiration::Milliseconds
                                    : Expiration::None;
    case 4:
        return isWord(word, "EXAT")   ? Expiration::UnixSeconds
               : isWord(word, "PXAT") ? Expiration::UnixMilliseconds
                                      : Expiration::None;
    case 7:
        return isWord(word, "KEEPTTL")   ? Expiration::Keep
               : isWord(word, "PERSIST") ? Expiration::Persist
                                         : Expiration::None;
    default: return Expiration::None;
    }
}

bool isAllowed(Expiration::Kind kind, unsigned allowed)
{
    switch (kind) {
    case Expiration::None: return false;
    case Expiration::Keep: return allowed & Expiration::AllowKeep;
    case Expiration::Persist: return allowed & Expiration::AllowPersist;
    default: return allowed & Expiration::Times;
    }
}

} // namespace

bool readIntegerIn(Call &call, Bytes text, std::int64_t min, std::int64_t max, std::int64_t *value,
                   Bytes error)
{
    if (!readInteger(call, text, value, error.empty() ? errors::kNotInteger : error))
        return false;
    if (*value >= min && *value <= max)
        return true;
    if (!error.empty())
        return call.fail(error);
    return call.fail("ERR value is out of range, value must between " + std::to_string(min)
                     + " and " + std::to_string(max));
}

bool readTimeout(Call &call, Bytes text, UnixMs *until, TimeUnit unit)
{
    std::int64_t ms = 0;
    if (unit == TimeUnit::Seconds) {
        double seconds = 0;
        if (!readDouble(call, text, &seconds, errors::kTimeoutNotFloat))
            return false;
        const long double exact = std::ceil(static_cast<long double>(seconds) * 1000);
        if (exact > static_cast<long double>(kMax))
            return call.fail(errors::kTimeoutOutOfRange);
        ms = exact < 0 ? -1 : static_cast<std::int64_t>(exact);
    } else if (!readInteger(call, text, &ms, errors::kTimeoutNotInteger)) {
        return false;
    }
    if (ms < 0)
        return call.fail(errors::kTimeoutNegative);
    if (ms > kMax - call.db.now())
        return call.fail(errors::kTimeoutOutOfRange);
    *until = ms ? call.db.now() + ms : 0;
    return true;
}

bool readScanCursor(Call &call, Bytes text, std::uint64_t *cursor)
{
    text = text.substr(0, text.find('\0'));
    *cursor = 0;
    if (text.empty())
        return true;
    const bool negative = text[0] == '-';
    if (negative || text[0] == '+')
        text.remove_prefix(1);
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *cursor);
    if (error != std::errc() || end != text.data() + text.size())
        return call.fail(errors::kInvalidCursor);
    if (negative)
        *cursor = 0 - *cursor;
    return true;
}

bool readScanOptions(Call &call, std::size_t from, ScanArguments *arguments, Bytes word,
                     bool *found)
{
    ArgParser args(call, from);
    while (args.more()) {
        if (args.word("COUNT", 1)) {
            arguments->count = args.integer();
            if (args.ok() && arguments->count < 1)
                args.syntaxError();
        } else if (args.word("MATCH", 1)) {
            arguments->pattern = args.next();
            arguments->matches = arguments->pattern != "*";
        } else if (found && args.word(word)) {
            *found = true;
        } else {
            args.syntaxError();
        }
    }
    return args.ok();
}

bool expirationTime(Call &call, const Expiration &expiration, UnixMs *at)
{
    std::int64_t time;
    if (!readInteger(call, expiration.text, &time))
        return false;
    const bool seconds
        = expiration.kind == Expiration::Seconds || expiration.kind == Expiration::UnixSeconds;
    if (time <= 0 || (seconds && time > kMax / 1000))
        return invalidExpire(call);
    if (seconds)
        time *= 1000;
    if (expiration.isRelative() && __builtin_add_overflow(time, call.db.now(), &time))
        return invalidExpire(call);
    *at = time;
    return true;
}

bool expireTime(Call &call, Bytes text, TimeUnit unit, UnixMs base, UnixMs *at)
{
    std::int64_t time;
    if (!readInteger(call, text, &time))
        return false;
    if (unit == TimeUnit::Seconds) {
        if (time > kMax / 1000 || time < kMin / 1000)
            return invalidExpire(call);
        time *= 1000;
    }
    if (time > kMax - base)
        return invalidExpire(call);
    *at = time + base;
    return true;
}

bool ArgParser::takeExpiration(Expiration *expiration, unsigned allowed)
{
    const Expiration::Kind kind = expirationKind(m_call[m_at]);
    if (!isAllowed(kind, allowed)
        || (expiration->kind != Expiration::None && expiration->kind != kind))
        return false;
    const bool hasTime = kind != Expiration::Keep && kind != Expiration::Persist;
    if (hasTime && remaining() < 2)
        return false;
    expiration->kind = kind;
    ++m_at;
    if (hasTime)
        expiration->text = m_call[m_at++];
    return true;
}

} // namespace cay
