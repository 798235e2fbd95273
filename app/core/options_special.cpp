#include "core/options_special.h"

#include "resp/number.h"

#include <array>
#include <charconv>
#include <cstdio>
#include <cstring>
#include <unistd.h>

namespace cay::core {

namespace {

using Lines = std::vector<std::pair<std::string, bool>>;

constexpr std::size_t kMaxBindAddresses = 16;

bool fail(std::string *why, const char *text)
{
    *why = text;
    return false;
}

// A single empty word stands for none.
std::span<const std::string> withoutEmpty(std::span<const std::string> words)
{
    return words.size() == 1 && words[0].empty() ? words.first(0) : words;
}

std::vector<std::string> splitSpaces(Bytes text)
{
    std::vector<std::string> words;
    while (!text.empty()) {
        const std::size_t space = text.find(' ');
        words.emplace_back(text.substr(0, space));
        text.remove_prefix(space == Bytes::npos ? text.size() : space + 1);
    }
    return words;
}

// --- bind ---------------------------------------------------------------------------------------

bool parseBind(std::span<const std::string> words, ValueSource, OptionValue *value,
               std::string *why)
{
    words = withoutEmpty(words);
    if (words.size() > kMaxBindAddresses)
        return fail(why, "Too many bind addresses specified.");
    value->text = joined(words);
    return true;
}

// --- dir ----------------------------------------------------------------------------------------

// As Redis does, the process changes into the directory at once: later relative paths stand against
// it.
bool parseDir(std::span<const std::string> words, ValueSource source, OptionValue *value,
              std::string *why)
{
    if (source != ValueSource::Default && words.size() != 1)
        return fail(why, "wrong number of arguments");
    if (source != ValueSource::Default && chdir(words[0].c_str()) != 0)
        return fail(why, std::strerror(errno));
    std::array<char, 4096> path;
    value->text = getcwd(path.data(), path.size()) ? path.data() : ".";
    return true;
}

Lines rewriteDir(const OptionSpec &spec, const std::string &text)
{
    return {{spec.name + ' ' + quoted(text), true}};
}

// --- save ---------------------------------------------------------------------------------------

bool parseSave(std::span<const std::string> words, ValueSource source, OptionValue *value,
               std::string *why)
{
    words = withoutEmpty(words);
    if (words.size() % 2)
        return fail(why, "Invalid save parameters");
    for (std::size_t i = 0; i < words.size(); ++i) {
        std::int64_t number = 0;
        if (!resp::parseInteger(words[i], &number) || number < (i % 2 ? 0 : 1))
            return fail(why, "Invalid save parameters");
    }
    // The first line of the configuration replaces the defaults, which count as no lines; the next
    // ones add to it.
    const bool adds = source == ValueSource::File && value->integer != 0 && !words.empty();
    std::string text = adds ? value->text : std::string();
    if (!words.empty())
        (text += text.empty() ? "" : " ") += joined(words);
    value->text = text;
    value->integer = source == ValueSource::File;
    return true;
}

Lines rewriteSave(const OptionSpec &, const std::string &text)
{
    Lines lines;
    const std::vector<std::string> words = splitSpaces(text);
    for (std::size_t i = 0; i + 1 < words.size(); i += 2)
        lines.emplace_back("save " + words[i] + ' ' + words[i + 1], true);
    if (lines.empty())
        lines.emplace_back("save \"\"", true);
    return lines;
}

// --- client-output-buffer-limit -----------------------------------------------------------------

constexpr std::array<const char *, 3> kClasses{"normal", "slave", "pubsub"};

int classByName(const std::string &name)
{
    const std::string lower = lowerCase(name);
    if (lower == "replica")
        return 1;
    for (std::size_t i = 0; i < kClasses.size(); ++i) {
        if (lower == kClasses[i])
            return static_cast<int>(i);
    }
    return -1;
}

bool parseLimit(std::span<const std::string> words, std::string *text)
{
    std::uint64_t hard = 0, soft = 0;
    std::int64_t seconds = 0;
    if (!parseMemory(words[0], &hard) || !parseMemory(words[1], &soft)
        || !resp::parseInteger(words[2], &seconds) || seconds < 0)
        return false;
    *text = std::to_string(hard) + ' ' + std::to_string(soft) + ' ' + std::to_string(seconds);
    return true;
}

// The three classes' limits in "normal 0 0 0 slave 0 0 0 pubsub 0 0 0".
std::array<std::string, 3> limitsOf(const std::string &text)
{
    std::array<std::string, 3> limits{"0 0 0", "0 0 0", "0 0 0"};
    const std::vector<std::string> words = splitSpaces(text);
    for (std::size_t i = 0; i + 3 < words.size(); i += 4)
        limits[std::size_t(std::max(0, classByName(words[i])))]
            = joined(std::span(words).subspan(i + 1, 3));
    return limits;
}

bool parseOutputLimits(std::span<const std::string> words, ValueSource, OptionValue *value,
                       std::string *why)
{
    words = withoutEmpty(words);
    if (words.size() % 4)
        return fail(why, "Wrong number of arguments in buffer limit configuration.");
    std::array<std::string, 3> limits = limitsOf(value->text);
    for (std::size_t i = 0; i < words.size(); i += 4) {
        const int which = classByName(words[i]);
        if (which < 0)
            return fail(why, "Invalid client class specified in buffer limit configuration.");
        if (!parseLimit(words.subspan(i + 1, 3), &limits[std::size_t(which)]))
            return fail(
                why, "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    }
    value->text.clear();
    for (std::size_t i = 0; i < limits.size(); ++i)
        value->text += (i ? " " : "") + std::string(kClasses[i]) + ' ' + limits[i];
    return true;
}

Lines rewriteOutputLimits(const OptionSpec &spec, const std::string &text)
{
    const std::array<std::string, 3> limits = limitsOf(text), defaults = limitsOf(spec.defaultText);
    Lines lines;
    for (std::size_t i = 0; i < limits.size(); ++i) {
        const std::vector<std::string> words = splitSpaces(limits[i]);
        std::uint64_t hard = 0, soft = 0;
        parseMemory(words[0], &hard);
        parseMemory(words[1], &soft);
        lines.emplace_back(spec.name + ' ' + (i == 1 ? "replica" : kClasses[i]) + ' '
                               + formatMemory(hard) + ' ' + formatMemory(soft) + ' ' + words[2],
                           limits[i] != defaults[i]);
    }
    return lines;
}

// --- notify-keyspace-events ---------------------------------------------------------------------

struct EventFlag
{
    char letter;
    int bit;
};
// In the order in which CONFIG GET shows them, when not all are set.
constexpr std::array<EventFlag, 14> kEventFlags{{{'g', 2},
                                                 {'$', 3},
                                                 {'l', 4},
                                                 {'s', 5},
                                                 {'h', 6},
                                                 {'z', 7},
                                                 {'x', 8},
                                                 {'e', 9},
                                                 {'t', 10},
                                                 {'d', 13},
                                                 {'n', 14},
                                                 {'K', 0},
                                                 {'E', 1},
                                                 {'m', 11}}};
constexpr std::int64_t kAllEvents = 0x7fc | 1 << 13; // 'A': neither m nor n

bool parseEvents(std::span<const std::string> words, ValueSource source, OptionValue *value,
                 std::string *why)
{
    if (words.size() > 1 && source != ValueSource::Runtime)
        return fail(why, "wrong number of arguments");
    std::int64_t bits = 0;
    for (const char letter : joined(words)) { // CONFIG SET's value is one text, with its spaces
        if (letter == '\0')                   // as Redis: nothing after it is read
            break;
        const auto flag = std::find_if(kEventFlags.begin(), kEventFlags.end(),
                                       [&](const EventFlag &f) { return f.letter == letter; });
        if (letter != 'A' && flag == kEventFlags.end())
            return fail(why, "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.");
        bits |= letter == 'A' ? kAllEvents : std::int64_t(1) << flag->bit;
    }
    const bool all = (bits & kAllEvents) == kAllEvents;
    value->text = all ? "A" : "";
    for (const EventFlag &flag : kEventFlags) {
        // Redis shows 'n' only beside single letters; the bit is kept.
        const bool covered = all && (kAllEvents >> flag.bit & 1 || flag.letter == 'n');
        if (!covered && bits >> flag.bit & 1)
            value->text += flag.letter;
    }
    value->integer = bits;
    return true;
}

Lines rewriteEvents(const OptionSpec &spec, const std::string &text)
{
    return {{spec.name + ' ' + quoted(text), !text.empty()}};
}

// --- oom-score-adj-values -----------------------------------------------------------------------

bool parseOomValues(std::span<const std::string> words, ValueSource, OptionValue *value,
                    std::string *why)
{
    if (words.size() != 3)
        return fail(why, "wrong number of arguments");
    for (const std::string &word : words) {
        int number = 0;
        const char *end = word.data() + word.size();
        const auto result = std::from_chars(word.data(), end, number);
        if (result.ec != std::errc() || result.ptr != end || number < -2000 || number > 2000)
            return fail(why,
                        "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    }
    value->text = joined(words);
    return true;
}

// --- latency-tracking-info-percentiles ----------------------------------------------------------

bool parsePercentiles(std::span<const std::string> words, ValueSource, OptionValue *value,
                      std::string *why)
{
    words = withoutEmpty(words);
    std::string text;
    for (const std::string &word : words) {
        double percentile = 0;
        if (!resp::parseDouble(word, &percentile))
            return fail(why, "Invalid latency-tracking-info-percentiles parameters");
        if (percentile < 0 || percentile > 100)
            return fail(
                why, "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]");
        std::array<char, 40> digits;
        std::snprintf(digits.data(), digits.size(), "%.10g", percentile);
        (text += text.empty() ? "" : " ") += digits.data();
    }
    value->text = text;
    return true;
}

constexpr std::array kRules{
    SpecialRule{"bind", parseBind, nullptr},
    SpecialRule{"client-output-buffer-limit", parseOutputLimits, rewriteOutputLimits},
    SpecialRule{"dir", parseDir, rewriteDir},
    SpecialRule{"latency-tracking-info-percentiles", parsePercentiles, nullptr},
    SpecialRule{"notify-keyspace-events", parseEvents, rewriteEvents},
    SpecialRule{"oom-score-adj-values", parseOomValues, nullptr},
    SpecialRule{"save", parseSave, rewriteSave},
};

// --- checks -------------------------------------------------------------------------------------

bool checkTitle(OptionValue *value, std::string *why)
{
    static const std::array<TitleVariable, 7> kNone{{{"title", ""},
                                                     {"listen-addr", ""},
                                                     {"server-mode", ""},
                                                     {"port", ""},
                                                     {"tls-port", ""},
                                                     {"unixsocket", ""},
                                                     {"config-file", ""}}};
    std::string title;
    if (!value->text.empty() && expandTitle(value->text, kNone, &title))
        return true;
    return fail(why, "template format is invalid or contains unknown variables");
}

bool checkShutdown(OptionValue *value, std::string *why)
{
    constexpr int kSave = 1, kNoSave = 2;
    if ((value->integer & kSave) && (value->integer & kNoSave))
        return fail(why, "shutdown options SAVE and NOSAVE can't be used simultaneously");
    return true;
}

bool checkHz(OptionValue *value, std::string *)
{
    value->integer = std::clamp<std::int64_t>(value->integer, 1, 500);
    value->text = std::to_string(value->integer);
    return true;
}

bool checkRename(OptionValue *value, std::string *why)
{
    return value->entries.empty() || value->entries.back().size() == 2
           || fail(why, "Bad directive or wrong number of arguments");
}

bool noPath(OptionValue *value, std::string *why, const char *text)
{
    return value->text.find('/') == std::string::npos || fail(why, text);
}

struct Check
{
    const char *name;
    bool (*check)(OptionValue *, std::string *);
};
constexpr std::array kChecks{
    Check{"appenddirname",
          [](OptionValue *v, std::string *why) {
              return noPath(v, why, "appenddirname can't be a path, just a dirname");
          }},
    Check{"appendfilename",
          [](OptionValue *v, std::string *why) {
              return noPath(v, why, "appendfilename can't be a path, just a filename");
          }},
    Check{"dbfilename",
          [](OptionValue *v, std::string *why) {
              return noPath(v, why, "dbfilename can't be a path, just a filename");
          }},
    Check{"hz", checkHz},
    Check{"proc-title-template", checkTitle},
    Check{"rename-command", checkRename},
    Check{"shutdown-on-sigint", checkShutdown},
    Check{"shutdown-on-sigterm", checkShutdown},
};

} // namespace

const SpecialRule *specialRule(Bytes name)
{
    for (const SpecialRule &rule : kRules) {
        if (name == rule.name)
            return &rule;
    }
    return nullptr;
}

bool checkOption(Bytes name, OptionValue *value, std::string *why)
{
    for (const Check &check : kChecks) {
        if (name == check.name)
            return check.check(value, why);
    }
    return true;
}

bool expandTitle(Bytes pattern, std::span<const TitleVariable> values, std::string *title)
{
    title->clear();
    while (!pattern.empty()) {
        const std::size_t open = pattern.find('{');
        title->append(pattern.substr(0, open));
        if (open == Bytes::npos)
            return true;
        pattern.remove_prefix(open + 1);
        if (pattern.starts_with('{')) { // a doubled brace stands for itself
            *title += '{';
            pattern.remove_prefix(1);
            continue;
        }
        const std::size_t close = pattern.find('}');
        const Bytes name = pattern.substr(0, close);
        const auto known = std::find_if(values.begin(), values.end(),
                                        [&](const TitleVariable &v) { return v.name == name; });
        if (close == Bytes::npos || known == values.end()) {
            title->clear();
            return false;
        }
        title->append(known->text);
        pattern.remove_prefix(close + 1);
    }
    return true;
}

} // namespace cay::core
