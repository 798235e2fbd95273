// Options whose words have a grammar of their own, and checks that some options have beside their
// type.
#pragma once

#include "core/options_spec.h"

namespace cay::core {

struct SpecialRule
{
    const char *name;
    // *value is the current one and becomes the new one.
    bool (*parse)(std::span<const std::string> words, ValueSource source, OptionValue *value,
                  std::string *why);
    // The lines of the option for CONFIG REWRITE, each with whether it must be written even when
    // the file has none. Null: one line, name and text.
    std::vector<std::pair<std::string, bool>> (*rewrite)(const OptionSpec &spec,
                                                         const std::string &text);
};

// Null for an option without a rule.
const SpecialRule *specialRule(Bytes name);

// What Redis checks of the option beside its type. May change the value ("hz" is brought into its
// range).
bool checkOption(Bytes name, OptionValue *value, std::string *why);

// What proc-title-template may hold: {title} {listen-addr} {server-mode} {port} {tls-port}
// {unixsocket} {config-file}. `values` gives each its text. False for an unknown or unclosed
// variable, and *title is then empty.
struct TitleVariable
{
    Bytes name;
    std::string text;
};
[[gnu::visibility("default")]] bool
expandTitle(Bytes pattern, std::span<const TitleVariable> values, std::string *title);

} // namespace cay::core
