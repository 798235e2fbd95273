// The configuration file's reader: any text gives directives or an error text, and a directive,
// quoted, is read back.
#include "fuzz.h"

#include "core/config_file.h"

using namespace cay;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    core::ConfigInput input;
    input.options = std::string(fuzz::bytesOf(data, size));
    // No file of this machine is part of the input.
    for (std::size_t i = 0; i + 7 <= input.options.size(); ++i) {
        std::string word = input.options.substr(i, 7);
        for (char &c : word)
            c = static_cast<char>(c | 0x20);
        if (word == "include")
            return 0;
    }
    int directives = 0;
    std::string error;
    const auto sink = [&](const core::Directive &directive, std::string *reason) {
        fuzz::require(!directive.words.empty() && directive.line > 0,
                      "a directive has words and a line");
        *reason = "refused";
        return ++directives < 1000;
    };
    const bool ok = core::readConfig(input, sink, &error);
    fuzz::require(ok == error.empty(), "an error has a text");
    std::vector<std::string> arguments;
    for (std::size_t at = 0; at < input.options.size() && arguments.size() < 64;) {
        const std::size_t end = std::min(input.options.find('\n', at), input.options.size());
        arguments.push_back(input.options.substr(at, end - at));
        at = end + 1;
    }
    core::readArguments(arguments);
    return 0;
}
