// How the text of each type of option becomes a value, with Redis's words for what is wrong.
#include "core/options_spec.h"
#include "core/options_special.h"
#include "resp/inline_args.h"
#include "resp/number.h"

#include <array>
#include <charconv>

namespace cay::core {

namespace {

struct Unit
{
    Bytes name;
    std::uint64_t factor;
};
constexpr std::array<Unit, 8> kUnits{{
    {"", 1},
    {"b", 1},
    {"k", 1000},
    {"kb", 1024},
    {"m", 1000 * 1000},
    {"mb", 1024 * 1024},
    {"g", 1000L * 1000 * 1000},
    {"gb", 1024L * 1024 * 1024},
}};

bool fail(std::string *why, std::string text)
{
    *why = std::move(text);
    return false;
}

std::string betweenText(const OptionSpec &spec)
{
    return "argument must be between " + spec.minText + " and " + spec.maxText + " inclusive";
}

bool withinRange(const OptionSpec &spec, std::int64_t number, std::string *why)
{
    if (spec.type == OptionType::PercentOrMemory && number < 0) {
        if (number >= spec.min)
            return true;
        return fail(why,
                    "percentage argument must be less or equal to " + std::to_string(-spec.min));
    }
    const bool inside
        = spec.isUnsigned
              ? static_cast<std::uint64_t>(number) >= static_cast<std::uint64_t>(spec.min)
                    && static_cast<std::uint64_t>(number) <= static_cast<std::uint64_t>(spec.max)
              : number >= spec.min && number <= spec.max;
    return inside || fail(why, betweenText(spec));
}

bool parsePercent(const std::string &word, std::int64_t *number)
{
    if (word.size() < 2 || word.back() != '%')
        return false;
    if (!resp::parseInteger(Bytes(word).substr(0, word.size() - 1), number) || *number < 0)
        return false;
    *number = -*number;
    return true;
}

bool parseOctal(const std::string &word, std::int64_t *number)
{
    const char *end = word.data() + word.size();
    const auto result = std::from_chars(word.data(), end, *number, 8);
    return result.ec == std::errc() && result.ptr == end;
}

bool parseBytes(const std::string &word, std::int64_t *number)
{
    std::uint64_t bytes = 0;
    if (!parseMemory(word, &bytes))
        return false;
    *number = static_cast<std::int64_t>(bytes);
    return true;
}

bool parseNumber(const OptionSpec &spec, const std::string &word, std::int64_t *number,
                 std::string *why)
{
    switch (spec.type) {
    case OptionType::Memory:
        return parseBytes(word, number) || fail(why, "argument must be a memory value");
    case OptionType::PercentOrMemory:
        return parseBytes(word, number) || parsePercent(word, number)
               || fail(why, "argument must be a memory or percent value");
    default:
        if (spec.octal)
            return parseOctal(word, number)
                   || fail(why, "argument couldn't be parsed as an octal number");
        return resp::parseInteger(word, number)
               || fail(why, "argument couldn't be parsed into an integer");
    }
}

std::string numberText(const OptionSpec &spec, std::int64_t number)
{
    if (spec.octal) {
        std::array<char, 24> digits;
        return {digits.data(), std::to_chars(digits.begin(), digits.end(), number, 8).ptr};
    }
    if (spec.type == OptionType::PercentOrMemory && number < 0)
        return std::to_string(-number) + '%';
    return spec.isUnsigned ? std::to_string(static_cast<std::uint64_t>(number))
                           : std::to_string(number);
}

bool parseNumeric(const OptionSpec &spec, const std::string &word, OptionValue *value,
                  std::string *why)
{
    std::int64_t number = 0;
    if (!parseNumber(spec, word, &number, why) || !withinRange(spec, number, why))
        return false;
    value->integer = number;
    value->text = numberText(spec, number);
    return true;
}

bool parseBool(const std::string &word, OptionValue *value, std::string *why)
{
    const std::string lower = lowerCase(word);
    if (lower != "yes" && lower != "no")
        return fail(why, "argument must be 'yes' or 'no'");
    value->integer = lower == "yes";
    value->text = lower;
    return true;
}

std::string enumTextOf(const OptionSpec &spec, std::int64_t bits)
{
    std::string text;
    for (std::size_t i = 1; i < spec.values.size(); ++i) {
        if (bits >> (i - 1) & 1)
            (text += text.empty() ? "" : " ") += spec.values[i];
    }
    return text.empty() ? spec.values[0] : text;
}

bool parseEnum(const OptionSpec &spec, std::span<const std::string> words, OptionValue *value,
               std::string *why)
{
    std::int64_t bits = 0, position = -1;
    for (const std::string &word : words) {
        position = -1;
        for (std::size_t i = 0; i < spec.values.size() && position < 0; ++i) {
            if (lowerCase(spec.values[i]) == lowerCase(word))
                position = static_cast<std::int64_t>(i);
        }
        if (position < 0)
            break;
        if (position > 0)
            bits |= std::int64_t(1) << (position - 1);
    }
    if (position < 0) {
        *why = "argument(s) must be one of the following: ";
        for (const std::string &known : spec.values)
            (*why += &known == &spec.values.front() ? "" : ", ") += known;
        return false;
    }
    value->integer = spec.multiple ? bits : position;
    value->text = spec.multiple ? enumTextOf(spec, bits) : spec.values[std::size_t(position)];
    return true;
}

std::string entryText(std::span<const std::string> words)
{
    std::string text;
    for (const std::string &word : words) {
        const bool plain = !word.empty() && word.find_first_of(" \t\"'\\\n") == std::string::npos;
        (text += text.empty() ? "" : " ") += plain ? word : quoted(word);
    }
    return text;
}

// Each line adds an entry; from CONFIG SET, the one entry replaces all.
bool parseRepeated(std::span<const std::string> words, ValueSource source, OptionValue *value)
{
    if (source != ValueSource::File)
        value->entries.clear();
    if (!words.empty() && !(words.size() == 1 && words[0].empty()))
        value->entries.emplace_back(words.begin(), words.end());
    value->text.clear();
    for (const auto &entry : value->entries)
        (value->text += value->text.empty() ? "" : "\n") += entryText(entry);
    return true;
}

bool parseWords(const OptionSpec &spec, std::span<const std::string> words, ValueSource source,
                OptionValue *value, std::string *why)
{
    if (spec.repeats())
        return parseRepeated(words, source, value);
    if (const SpecialRule *rule = specialRule(spec.name))
        return rule->parse(words, source, value, why);
    if (words.size() == 1 && words[0].empty())
        words = {};
    value->text = joined(words);
    return true;
}

} // namespace

bool parseMemory(Bytes text, std::uint64_t *bytes)
{
    std::size_t digits = 0;
    while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9')
        ++digits;
    const std::string unit = lowerCase(text.substr(digits));
    std::uint64_t number = 0;
    if (digits > 0 && std::from_chars(text.data(), text.data() + digits, number).ec != std::errc())
        return false;
    for (const Unit &known : kUnits) {
        if (known.name == unit)
            return !__builtin_mul_overflow(number, known.factor, bytes);
    }
    return false;
}

std::string formatMemory(std::uint64_t bytes)
{
    for (const Unit &unit : {kUnits[7], kUnits[5], kUnits[3]}) {
        if (bytes && bytes % unit.factor == 0)
            return std::to_string(bytes / unit.factor) + std::string(unit.name);
    }
    return std::to_string(bytes);
}

bool parseOption(const OptionSpec &spec, std::span<const std::string> words, ValueSource source,
                 OptionValue *value, std::string *why)
{
    if (!spec.takesWords() && words.size() != 1)
        return fail(why, "wrong number of arguments");
    OptionValue next = *value;
    bool ok = true;
    switch (spec.repeats() ? OptionType::Special : spec.type) {
    case OptionType::Bool: ok = parseBool(words[0], &next, why); break;
    case OptionType::Integer:
    case OptionType::Memory:
    case OptionType::PercentOrMemory: ok = parseNumeric(spec, words[0], &next, why); break;
    case OptionType::Enum: ok = parseEnum(spec, words, &next, why); break;
    case OptionType::String: next.text = words[0]; break;
    case OptionType::List:
    case OptionType::Special: ok = parseWords(spec, words, source, &next, why); break;
    }
    // A default may stand outside of the rules: "template" of an empty value and the like.
    if (ok && source != ValueSource::Default)
        ok = checkOption(spec.name, &next, why);
    if (ok)
        *value = std::move(next);
    return ok;
}

} // namespace cay::core
