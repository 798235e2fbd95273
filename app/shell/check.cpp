#include "shell/check.h"

#include "shell/syntax.h"
#include "shell/text.h"

#include <algorithm>

namespace cay::shell {
namespace {

constexpr std::size_t kListedOptions = 12;

using Words = std::vector<std::string>;

bool hasToken(const std::vector<Expected> &expected, Bytes word)
{
    return std::any_of(expected.begin(), expected.end(), [word](const Expected &e) {
        return e.type == Argument::Type::Token && equalsIgnoringCase(e.text, word);
    });
}

bool anyToken(const std::vector<Expected> &expected)
{
    return std::any_of(expected.begin(), expected.end(),
                       [](const Expected &e) { return e.type == Argument::Type::Token; });
}

bool looksLikeDashOption(const std::string &word)
{
    return word.size() > 1 && word[0] == '-'
           && ((word[1] | 0x20) >= 'a' && (word[1] | 0x20) <= 'z');
}

// The tokens with which an argument may begin.
void collectFirstTokens(const Argument &argument, Words *out)
{
    if (!argument.token.empty() || argument.type == Argument::Type::Token) {
        out->push_back(argument.token);
    } else if (argument.type == Argument::Type::OneOf) {
        for (const Argument &part : argument.arguments)
            collectFirstTokens(part, out);
    } else if (argument.type == Argument::Type::Block && !argument.arguments.empty()) {
        collectFirstTokens(argument.arguments[0], out);
    }
}

bool contains(const Words &words, Bytes word)
{
    return std::any_of(words.begin(), words.end(),
                       [word](const std::string &w) { return equalsIgnoringCase(w, word); });
}

// Two tokens that begin different branches of the same oneof, anywhere in the tree.
bool excludeEachOther(const std::vector<Argument> &arguments, Bytes a, Bytes b)
{
    for (const Argument &argument : arguments) {
        if (argument.type == Argument::Type::OneOf) {
            Words tokens;
            collectFirstTokens(argument, &tokens);
            if (contains(tokens, a) && contains(tokens, b))
                return true;
        }
        if (excludeEachOther(argument.arguments, a, b))
            return true;
    }
    return false;
}

bool isKnownToken(const std::vector<Argument> &arguments, Bytes word)
{
    return std::any_of(arguments.begin(), arguments.end(), [word](const Argument &argument) {
        return (!argument.token.empty() && equalsIgnoringCase(argument.token, word))
               || isKnownToken(argument.arguments, word);
    });
}

std::string wanted(const Expected &expected)
{
    switch (expected.type) {
    case Argument::Type::Integer: return "an integer is wanted here (" + expected.text + ")";
    case Argument::Type::UnixTime: return "a Unix time is wanted here (" + expected.text + ")";
    case Argument::Type::Double: return "a number is wanted here (" + expected.text + ")";
    default: return expected.text + " is wanted here";
    }
}

std::string listOptions(const std::vector<Expected> &expected)
{
    Words names;
    for (const Expected &e : expected) {
        const std::string name = e.type == Argument::Type::Token ? e.text : "<" + e.text + ">";
        if (!contains(names, name))
            names.push_back(name);
    }
    if (names.size() > kListedOptions) {
        names.resize(kListedOptions);
        names.push_back("...");
    }
    return join(names, ", ");
}

// Why no word of the syntax is `words[at]`. `tokens` are the options read before it.
std::string explain(const CommandDoc &doc, const std::vector<Expected> &expected,
                    const std::string &word, const Words &tokens)
{
    for (const std::string &token : tokens) {
        if (equalsIgnoringCase(token, word))
            return toUpper(word) + " is given twice";
        if (excludeEachOther(doc.arguments, token, word))
            return toUpper(token) + " and " + toUpper(word) + " exclude each other";
    }
    if (expected.empty())
        return "nothing more is expected here";
    if (!anyToken(expected))
        return wanted(expected.front());
    if (isKnownToken(doc.arguments, word))
        return toUpper(word) + " cannot stand here; possible: " + listOptions(expected);
    return "unknown option; possible: " + listOptions(expected);
}

std::string explainMissing(const std::vector<Expected> &expected)
{
    if (expected.empty())
        return "an argument is missing";
    if (!anyToken(expected))
        return expected.front().text + " is missing";
    return "missing, one of: " + listOptions(expected);
}

// Commands whose metadata is known to say less than the server takes.
bool hasVagueMetadata(const CommandDoc &doc)
{
    static const Words kVague = {"debug",         "lolwut",          "replicaof",
                                 "slaveof",       "client|kill",     "sort",
                                 "sort_ro",       "psync",           "sync",
                                 "replconf",      "acl|setuser",     "acl|dryrun",
                                 "config|set",    "command|getkeys", "command|getkeysandflags",
                                 "module|loadex", "failover",        "object",
                                 "memory"};
    return contains(kVague, doc.name);
}

std::optional<Problem> checkArity(const CommandDoc &doc, const Words &words)
{
    const auto count = static_cast<int>(words.size());
    const int least = std::abs(doc.arity);
    if (doc.arity == 0 || count == least || (doc.arity < 0 && count > least))
        return std::nullopt;
    if (count < least)
        return Problem{words.size(),
                       least - count == 1 ? "an argument is missing" : "arguments are missing"};
    return Problem{static_cast<std::size_t>(least), "nothing more is expected here"};
}

// A container without its subcommand, or with one that it does not have.
std::optional<Problem> checkSubcommand(const CommandDoc &doc, const Words &words)
{
    Words names;
    for (const auto &[name, sub] : doc.subcommands)
        names.push_back(toUpper(name));
    if (words.size() < 2) {
        // MEMORY and the like need one; COMMAND does something by itself.
        if (doc.arity >= -1)
            return std::nullopt;
        return Problem{1, "a subcommand is missing: " + join(names, ", ")};
    }
    return Problem{1, "unknown subcommand; possible: " + join(names, ", ")};
}

} // namespace

bool rewriteDashes(const CommandDoc &doc, std::size_t nameWords, Words *words)
{
    if (doc.arguments.empty())
        return false;
    SyntaxPtr syntax = compileSyntax(doc.arguments);
    bool changed = false;
    for (std::size_t i = nameWords; i < words->size() && syntax; ++i) {
        std::string &word = (*words)[i];
        if (!word.empty() && word[0] == '-') {
            const std::vector<Expected> expected = expectedWords(syntax);
            if (word == "--" && anyToken(expected)) {
                words->erase(words->begin() + static_cast<long>(i));
                return true;
            }
            if (looksLikeDashOption(word) && hasToken(expected, Bytes(word).substr(1))) {
                word.erase(0, 1);
                changed = true;
            }
        }
        syntax = derive(syntax, word);
    }
    return changed;
}

std::optional<Problem> checkCommand(const CommandDoc &doc, std::size_t nameWords,
                                    const Words &words)
{
    if (!doc.subcommands.empty() && nameWords == 1)
        return checkSubcommand(doc, words);
    if (!doc.documented || hasVagueMetadata(doc))
        return checkArity(doc, words);
    if (doc.arguments.empty())
        return checkArity(doc, words);
    SyntaxPtr syntax = compileSyntax(doc.arguments);
    Words tokens;
    for (std::size_t i = nameWords; i < words.size(); ++i) {
        const std::vector<Expected> expected = expectedWords(syntax);
        const SyntaxPtr next = derive(syntax, words[i]);
        if (!next)
            return Problem{i, explain(doc, expected, words[i], tokens)};
        if (hasToken(expected, words[i]))
            tokens.push_back(words[i]);
        syntax = next;
    }
    if (!mayEnd(syntax))
        return Problem{words.size(), explainMissing(expectedWords(syntax))};
    return checkArity(doc, words);
}

std::string syntaxLine(const CommandDoc &doc)
{
    std::string out = doc.title();
    if (!doc.subcommands.empty())
        return out + " <subcommand> [argument ...]";
    const std::string arguments = describe(compileSyntax(doc.arguments));
    return arguments.empty() ? out : out + " " + arguments;
}

std::string describeProblem(const Problem &problem, const Words &words, const std::string &line,
                            const CommandDoc &doc)
{
    std::string shown = line;
    if (shown.empty()) {
        Words quoted;
        for (const std::string &word : words)
            quoted.push_back(typed(word));
        shown = join(quoted, " ");
    }
    while (!shown.empty() && (shown.back() == ' ' || shown.back() == '\n'))
        shown.pop_back();
    const std::vector<Span> spans = wordSpans(shown);
    std::size_t column = displayWidth(shown) + 1, width = 1;
    if (problem.word < spans.size()) {
        const Span span = spans[problem.word];
        column = displayWidth(Bytes(shown).substr(0, span.begin));
        width = std::max<std::size_t>(
            1, displayWidth(Bytes(shown).substr(span.begin, span.end - span.begin)));
    }
    std::string out = shown + "\n" + std::string(column, ' ') + std::string(width, '^') + " "
                      + problem.message + "\n";
    return out + "Syntax: " + syntaxLine(doc) + "\n";
}

} // namespace cay::shell
