#include "core/config_file.h"

#include "cay/version.h"
#include "core/options_spec.h"
#include "resp/inline_args.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <glob.h>
#include <limits.h>
#include <memory>
#include <unistd.h>

namespace cay::core {

namespace {

// An include that includes itself ends here, not on the stack.
constexpr int kMaxIncludeDepth = 16;

using FileHandle = std::unique_ptr<std::FILE, int (*)(std::FILE *)>;

bool readStream(std::FILE *stream, std::string *content)
{
    std::array<char, 16384> buffer;
    std::size_t n = 0;
    while ((n = std::fread(buffer.data(), 1, buffer.size(), stream)) > 0) {
        content->append(buffer.data(), n);
        if (content->size() > kMaxConfigBytes) {
            errno = EFBIG;
            return false;
        }
    }
    return !std::ferror(stream);
}

Bytes trimmed(Bytes line)
{
    constexpr Bytes kSpace = " \t\r\n";
    const std::size_t first = line.find_first_not_of(kSpace);
    if (first == Bytes::npos)
        return {};
    return line.substr(first, line.find_last_not_of(kSpace) - first + 1);
}

class Reader
{
public:
    Reader(const DirectiveSink &sink, std::string *error)
        : m_sink(sink)
        , m_error(error)
    {}

    bool readText(Bytes text, const std::string &origin, int *line);
    bool readFile(const std::string &path, int *line);

private:
    bool readLine(Directive directive);
    bool include(const Directive &directive);
    bool fail(const Directive &directive, const std::string &reason)
    {
        *m_error = configErrorText(directive, reason);
        return false;
    }

    const DirectiveSink &m_sink;
    std::string *m_error;
    int m_depth = 0;
};

// *line counts line ends, so that the next text goes on where this one has ended.
bool Reader::readText(Bytes text, const std::string &origin, int *line)
{
    const int after = *line + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    while (!text.empty()) {
        const std::size_t end = text.find('\n');
        Directive directive;
        directive.text = trimmed(text.substr(0, end));
        directive.file = origin;
        directive.line = ++*line;
        text.remove_prefix(end == Bytes::npos ? text.size() : end + 1);
        if (!directive.text.empty() && directive.text[0] != '#' && !readLine(std::move(directive)))
            return false;
    }
    *line = after;
    return true;
}

bool Reader::readLine(Directive directive)
{
    if (!resp::splitArgs(directive.text, &directive.words))
        return fail(directive, "Unbalanced quotes in configuration line");
    if (directive.words.empty())
        return true;
    directive.words[0] = lowerCase(directive.words[0]);
    if (directive.words[0] == "include" && directive.words.size() == 2)
        return include(directive);
    std::string reason;
    return m_sink(directive, &reason) || fail(directive, reason);
}

bool Reader::include(const Directive &directive)
{
    if (m_depth >= kMaxIncludeDepth)
        return fail(directive, "Too many levels of included files");
    ++m_depth;
    const std::string &pattern = directive.words[1];
    bool ok = true;
    int line = 0;
    if (pattern.find_first_of("*?[") == std::string::npos) {
        ok = readFile(pattern, &line);
    } else {
        // A pattern without a match is no error: directories of snippets may be empty.
        glob_t found{};
        if (glob(pattern.c_str(), 0, nullptr, &found) == 0) {
            for (std::size_t i = 0; ok && i < found.gl_pathc; ++i)
                ok = readFile(found.gl_pathv[i], &(line = 0));
        }
        globfree(&found);
    }
    --m_depth;
    return ok;
}

bool Reader::readFile(const std::string &path, int *line)
{
    std::string content, why;
    if (!readWholeFile(path, &content, &why)) {
        *m_error = "Fatal error, can't open config file '" + path + "': " + why + '\n';
        return false;
    }
    return readText(content, path, line);
}

bool isOption(const std::string &argument)
{
    return argument.size() >= 2 && argument[0] == '-' && argument[1] == '-';
}

} // namespace

bool readWholeFile(const std::string &path, std::string *content, std::string *why)
{
    content->clear();
    const FileHandle file(std::fopen(path.c_str(), "re"), std::fclose);
    if (file && readStream(file.get(), content))
        return true;
    *why = std::strerror(errno);
    return false;
}

std::string configErrorText(const Directive &directive, const std::string &reason)
{
    return "\n*** FATAL CONFIG FILE ERROR (Cay " + std::string(kCayVersion)
           + ") ***\n"
             "Reading the configuration file, at line "
           + std::to_string(directive.line) + "\n>>> '" + directive.text + "'\n" + reason + "\nin "
           + directive.file + '\n';
}

ConfigInput readArguments(const std::vector<std::string> &arguments)
{
    ConfigInput input;
    std::size_t i = 0;
    if (!arguments.empty() && !arguments[0].starts_with('-')) {
        input.file = arguments[0];
        if (input.file[0] != '/') {
            std::array<char, PATH_MAX> path;
            input.file = std::string(getcwd(path.data(), path.size()) ? path.data() : ".") + '/'
                         + input.file;
        }
        i = 1;
    }
    bool nameMayFollow
        = true; // false behind a bare "--name": what follows is a value, dashes or not
    for (; i < arguments.size(); ++i) {
        const std::string &argument = arguments[i];
        const bool last = i + 1 == arguments.size();
        if (argument == "-" && (i == 0 || last)) {
            input.fromStdin = true;
        } else if (nameMayFollow && isOption(argument)) {
            input.options += (input.options.empty() ? "" : "\n") + argument.substr(2) + ' ';
            std::vector<std::string> words;
            nameMayFollow = !resp::splitArgs(argument, &words) || words.size() != 1;
            // "--save" with nothing behind it switches saving off.
            if (!nameMayFollow && lowerCase(argument) == "--save"
                && (last || isOption(arguments[i + 1]))) {
                input.options += "\"\"";
                nameMayFollow = true;
            }
        } else {
            input.options += quoted(argument) + ' ';
            nameMayFollow = true;
        }
    }
    return input;
}

bool readConfig(const ConfigInput &input, const DirectiveSink &sink, std::string *error)
{
    Reader reader(sink, error);
    int line = 0;
    if (!input.file.empty() && !reader.readFile(input.file, &line))
        return false;
    if (input.fromStdin) {
        std::string content;
        if (!readStream(stdin, &content)) {
            *error = "Fatal error, can't read the configuration from standard input\n";
            return false;
        }
        if (!reader.readText(content, "standard input", &line))
            return false;
    }
    ++line; // the options stand on lines of their own
    return reader.readText(input.options, "the command line", &line);
}

} // namespace cay::core
