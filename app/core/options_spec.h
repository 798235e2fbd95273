// What the metadata says of an option, and how its texts become values.
#pragma once

#include "store/bytes.h"

#include <QtCore/QJsonObject>
#include <QtCore/QString>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

namespace cay::core {

enum class OptionType : std::uint8_t {
    Bool,
    Integer,
    Memory,          // bytes, with units: 1k is 1000, 1kb is 1024
    PercentOrMemory, // "5%" is kept as -5
    Enum,
    String,
    List,    // words, shown with one space between them
    Special, // words that a rule of its own name reads, see options_special.h
};

// One option as JSON declares it. Constant after the declaration.
struct OptionSpec
{
    std::string name;  // lower case
    std::string owner; // plugin id; empty for the host's own
    OptionType type = OptionType::String;
    std::string defaultText; // as CONFIG GET shows it
    std::string help;
    std::vector<std::string> aliases;
    std::vector<std::string> values;               // Enum, in the order of the error text
    std::string minText, maxText;                  // as the error text shows them
    std::int64_t min = INT64_MIN, max = INT64_MAX; // an unsigned range is kept as its bits
    bool isUnsigned = false;                       // max is above the signed range
    bool octal = false;
    bool immutableOption = false;
    bool protectedOption = false; // refused unless enable-protected-configs allows it
    bool sensitive = false;       // not shown in logs
    bool hidden = false;          // CONFIG GET shows it only by its exact name
    // An enum of which several hold at once (values[0] is none of them), or a special one that each
    // line adds to.
    bool multiple = false;

    bool takesWords() const
    {
        return type == OptionType::List || type == OptionType::Special || multiple;
    }
    bool repeats() const { return multiple && type != OptionType::Enum; }
};

// Reads one option of a JSON "options" object. False with a reason for a declaration that makes no
// sense.
bool readOptionSpec(const QString &owner, const QString &name, const QJsonObject &json,
                    OptionSpec *spec, QString *why);

// A value in the form that CONFIG GET shows, with its number.
struct OptionValue
{
    std::string text;
    std::int64_t integer
        = 0; // Bool 0/1, Integer, Memory, Enum (position, or bits where several hold)
    // Repeated directives, each as its words.
    std::vector<std::vector<std::string>> entries;

    bool operator==(const OptionValue &) const = default;
};

// Where a value comes from: in a file, some specials add to what earlier lines gave.
enum class ValueSource : std::uint8_t { Default, File, Runtime };

// Reads the words of a directive, or of a CONFIG SET. `value` holds the current value and is
// replaced on success; *why is the text that Redis gives.
bool parseOption(const OptionSpec &spec, std::span<const std::string> words, ValueSource source,
                 OptionValue *value, std::string *why);

// "1gb" as bytes; no unit is bytes. False for anything that is not a size or does not fit into 64
// bits.
bool parseMemory(Bytes text, std::uint64_t *bytes);
// The shortest exact form, "1gb", as CONFIG REWRITE writes it.
std::string formatMemory(std::uint64_t bytes);
// In double quotes, with escapes that resp::splitArgs() reads back.
std::string quoted(Bytes text);
std::string lowerCase(Bytes text);
std::string joined(std::span<const std::string> words);

} // namespace cay::core
