#include "shell/options.h"

#include "resp/inline_args.h"
#include "resp/number.h"
#include "shell/text.h"

#include <cstdlib>

namespace cay::shell {
namespace {

bool readNumber(const std::string &text, long low, long high, long *value)
{
    std::int64_t n = 0;
    if (!resp::parseInteger(text, &n) || n < low || n > high)
        return false;
    *value = static_cast<long>(n);
    return true;
}

bool percentDecode(Bytes text, std::string *out)
{
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '%') {
            out->push_back(text[i]);
            continue;
        }
        const int high = i + 2 < text.size() ? hexDigit(text[i + 1]) : -1;
        const int low = i + 2 < text.size() ? hexDigit(text[i + 2]) : -1;
        if (high < 0 || low < 0)
            return false;
        out->push_back(static_cast<char>(high * 16 + low));
        i += 2;
    }
    return true;
}

// One reader per word of the command line. Each consumes its values and says what is wrong with
// them.
class Reader
{
public:
    Reader(const std::vector<std::string> &arguments, Options *options, std::string *why)
        : m_arguments(arguments)
        , m_options(options)
        , m_why(why)
    {}

    bool read()
    {
        for (m_at = 0; m_at < m_arguments.size(); ++m_at) {
            const std::string &word = m_arguments[m_at];
            if (word.empty() || word[0] != '-' || word == "-") {
                m_options->command.assign(m_arguments.begin() + static_cast<long>(m_at),
                                          m_arguments.end());
                return true;
            }
            if (flag(word))
                continue;
            if (!valued(word))
                return false;
        }
        return true;
    }

private:
    bool fail(const std::string &text)
    {
        *m_why = text;
        return false;
    }
    const std::string *value()
    {
        return m_at + 1 < m_arguments.size() ? &m_arguments[++m_at] : nullptr;
    }
    bool setMode(Mode mode)
    {
        m_options->mode = mode;
        return true;
    }
    bool setOutput(Output output)
    {
        m_options->output = output;
        m_options->outputChosen = true;
        return true;
    }
    bool set(bool *what) { return *what = true; }

    bool flag(const std::string &word)
    {
        return modeFlag(word) || outputFlag(word) || connectionFlag(word) || inputFlag(word);
    }

    bool modeFlag(const std::string &word)
    {
        static constexpr struct
        {
            const char *word;
            Mode mode;
        } kModes[] = {
            {"--pipe", Mode::Pipe},
            {"--scan", Mode::Scan},
            {"--stat", Mode::Stat},
            {"--latency", Mode::Latency},
            {"--latency-history", Mode::LatencyHistory},
            {"--latency-dist", Mode::LatencyDistribution},
            {"--bigkeys", Mode::BigKeys},
            {"--memkeys", Mode::MemoryKeys},
            {"--hotkeys", Mode::HotKeys},
            {"--help", Mode::Help},
            {"--version", Mode::Version},
            {"-v", Mode::Version},
        };
        for (const auto &mode : kModes) {
            if (word == mode.word)
                return setMode(mode.mode);
        }
        // As redis-cli takes it: -h without a host asks for help.
        return word == "-h" && m_at + 1 == m_arguments.size() && setMode(Mode::Help);
    }

    bool outputFlag(const std::string &word)
    {
        if (word == "--raw")
            return setOutput(Output::Raw);
        if (word == "--no-raw")
            return setOutput(Output::Text);
        if (word == "--csv")
            return setOutput(Output::Csv);
        if (word != "--json" && word != "--quoted-json")
            return false;
        if (m_options->protocol == 0) {
            m_options->protocol = 3;
            m_options->protocolMayFail = true;
        }
        return setOutput(word == "--json" ? Output::Json : Output::QuotedJson);
    }

    bool connectionFlag(const std::string &word)
    {
        if (word == "-2" || word == "-3") {
            m_options->protocol = word[1] - '0';
            m_options->protocolMayFail = false;
            return true;
        }
        if (word == "--askpass")
            return set(&m_options->askPassword);
        if (word == "--no-auth-warning")
            return set(&m_options->noAuthWarning);
        return word == "-c" && set(&m_options->cluster);
    }

    bool inputFlag(const std::string &word)
    {
        if (word == "-x")
            return set(&m_options->lastArgumentFromStdin);
        if (word == "--quoted-input")
            return set(&m_options->quotedInput);
        if (word == "-e")
            return set(&m_options->exitOnError);
        if (word == "--verbose")
            return set(&m_options->verbose);
        if (word != "--check" && word != "--no-check")
            return false;
        m_options->checks = word == "--check" ? Checks::On : Checks::Off;
        return true;
    }

    bool valued(const std::string &word)
    {
        const std::string *text = value();
        if (!text)
            return fail("Unrecognized option or bad number of args for: '" + word + "'");
        if (stringOption(word, *text))
            return true;
        bool known = true;
        if (!numberOption(word, *text, &known) && known)
            return fail("Invalid value for " + word + ": '" + *text + "'");
        if (known)
            return true;
        if (word == "-u" || word == "--uri")
            return readUri(*text, m_options, m_why);
        if (word == "--quoted-pattern")
            return quotedPattern(*text);
        if (word == "--tls" || word == "--cacert" || word == "--cert" || word == "--key")
            return fail("This build of cay does not speak TLS ('" + word + "')");
        return fail("Unrecognized option or bad number of args for: '" + word + "'");
    }

    bool stringOption(const std::string &word, const std::string &text)
    {
        if (word == "-a" || word == "--pass") {
            m_options->hasPassword = m_options->passwordOnCommandLine = true;
            m_options->password = text;
            return true;
        }
        if (word == "--pattern") {
            m_options->hasPattern = true;
            m_options->pattern = text;
            return true;
        }
        std::string *target = word == "-h"           ? &m_options->host
                              : word == "-s"         ? &m_options->socket
                              : word == "--embedded" ? &m_options->embedded
                              : word == "--user"     ? &m_options->user
                              : word == "-X"         ? &m_options->stdinTag
                              : word == "-d"         ? &m_options->elementDelimiter
                              : word == "-D"         ? &m_options->replyDelimiter
                                                     : nullptr;
        if (target)
            *target = text;
        return target != nullptr;
    }

    bool numberOption(const std::string &word, const std::string &text, bool *known)
    {
        long n = 0;
        if (word == "-p")
            return readNumber(text, 0, 65535, &n) && (m_options->port = static_cast<int>(n), true);
        if (word == "-n")
            return readNumber(text, 0, 1 << 30, &n)
                   && (m_options->database = static_cast<int>(n), true);
        if (word == "-r")
            return readNumber(text, -1, 1L << 62, &m_options->repeat);
        if (word == "--count")
            return readNumber(text, 1, 1L << 62, &m_options->scanCount);
        if (word == "--pipe-timeout")
            return readNumber(text, 0, 1 << 20, &n)
                   && (m_options->pipeTimeout = static_cast<int>(n), true);
        if (word == "--memkeys-samples")
            return setMode(Mode::MemoryKeys)
                   && readNumber(text, 0, 1L << 62, &m_options->memorySamples);
        if (word == "-i")
            return interval(text);
        if (word == "--show-pushes")
            return yesOrNo(text);
        *known = false;
        return false;
    }

    bool interval(const std::string &text)
    {
        char *end = nullptr;
        m_options->interval = std::strtod(text.c_str(), &end);
        m_options->intervalChosen = true;
        return !text.empty() && *end == '\0' && m_options->interval >= 0
               && m_options->interval < 1e9;
    }

    bool yesOrNo(const std::string &text)
    {
        const std::string lower = toLower(text);
        m_options->showPushesChosen = true;
        m_options->showPushes = lower == "yes" || lower == "y";
        return m_options->showPushes || lower == "no" || lower == "n";
    }

    bool quotedPattern(const std::string &text)
    {
        std::vector<std::string> words;
        if (!resp::splitArgs(text, &words) || words.size() != 1)
            return fail("Invalid quoted string specified for --quoted-pattern");
        m_options->pattern = words[0];
        return set(&m_options->hasPattern);
    }

    const std::vector<std::string> &m_arguments;
    Options *m_options;
    std::string *m_why;
    std::size_t m_at = 0;
};

bool readUserInfo(Bytes info, Options *options)
{
    const std::size_t colon = info.find(':');
    if (colon != Bytes::npos && colon > 0) {
        options->user.clear();
        if (!percentDecode(info.substr(0, colon), &options->user))
            return false;
    }
    options->password.clear();
    options->hasPassword = options->passwordOnCommandLine = true;
    return percentDecode(colon == Bytes::npos ? info : info.substr(colon + 1), &options->password);
}

bool readHostAndPort(Bytes where, Options *options)
{
    std::size_t colon = where.rfind(':');
    if (!where.empty() && where[0] == '[') {
        const std::size_t close = where.find(']');
        if (close == Bytes::npos)
            return false;
        options->host = std::string(where.substr(1, close - 1));
        colon = close + 1 < where.size() ? close + 1 : Bytes::npos;
        if (colon != Bytes::npos && where[colon] != ':')
            return false;
    } else if (!where.substr(0, colon).empty()) {
        options->host = std::string(where.substr(0, colon));
    }
    long port = options->port;
    if (colon != Bytes::npos && !readNumber(std::string(where.substr(colon + 1)), 1, 65535, &port))
        return false;
    options->port = static_cast<int>(port);
    return true;
}

bool expandQuotes(std::vector<std::string> *words, std::string *why)
{
    for (std::string &word : *words) {
        const bool quoted = word.size() > 1 && (word.front() == '"' || word.front() == '\'');
        if (!quoted)
            continue;
        std::vector<std::string> parts;
        if (!resp::splitArgs(word, &parts) || parts.size() != 1) {
            *why = "Invalid quoted string";
            return false;
        }
        word = parts[0];
    }
    return true;
}

void readEnvironment(Options *options)
{
    for (const char *name : {"REDISCLI_AUTH", "CAY_AUTH"}) {
        const char *password = std::getenv(name);
        if (password && *password) {
            options->hasPassword = true;
            options->password = password;
        }
    }
}

} // namespace

bool readUri(const std::string &uri, Options *options, std::string *why)
{
    const std::string lower = toLower(uri);
    Bytes rest;
    if (lower.starts_with("redis://")) {
        rest = Bytes(uri).substr(8);
    } else if (lower.starts_with("rediss://")) {
        *why = "This build of cay does not speak TLS ('rediss://')";
        return false;
    } else {
        *why = "Invalid URI scheme";
        return false;
    }
    const std::size_t slash = rest.find('/', rest.find('@') == Bytes::npos ? 0 : rest.find('@'));
    Bytes authority = rest.substr(0, slash);
    const Bytes path = slash == Bytes::npos ? Bytes() : rest.substr(slash + 1);
    const std::size_t at = authority.rfind('@');
    if (at != Bytes::npos) {
        if (!readUserInfo(authority.substr(0, at), options)) {
            *why = "Illegal character in URI encoding";
            return false;
        }
        authority = authority.substr(at + 1);
    }
    long database = options->database;
    if (!readHostAndPort(authority, options)
        || (!path.empty() && !readNumber(std::string(path), 0, 1 << 30, &database))) {
        *why = "Invalid URI: '" + uri + "'";
        return false;
    }
    options->database = static_cast<int>(database);
    return true;
}

bool readOptions(const std::vector<std::string> &arguments, Options *options, std::string *why)
{
    readEnvironment(options);
    if (!Reader(arguments, options, why).read())
        return false;
    if (options->lastArgumentFromStdin && !options->stdinTag.empty()) {
        *why = "Options -x and -X are mutually exclusive.";
        return false;
    }
    if (!options->stdinTag.empty()) {
        bool found = false;
        for (const std::string &word : options->command)
            found = found || word == options->stdinTag;
        if (!found) {
            *why = "Using -X option but stdin tag not match.";
            return false;
        }
    }
    return !options->quotedInput || expandQuotes(&options->command, why);
}

} // namespace cay::shell
