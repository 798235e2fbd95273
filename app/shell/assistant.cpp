#include "shell/assistant.h"

#include "resp/inline_args.h"
#include "shell/check.h"
#include "shell/syntax.h"
#include "shell/text.h"

#include <algorithm>

namespace cay::shell {
namespace {

using Words = std::vector<std::string>;

struct Typed
{
    Words words;           // complete ones
    std::string partial;   // the one at the cursor; empty behind a blank
    std::size_t begin = 0; // where it begins
    bool valid = true;
};

Typed readLine(const std::string &line)
{
    Typed typed;
    const std::vector<Span> spans = wordSpans(line);
    const bool atWord = !spans.empty() && spans.back().end == line.size();
    typed.begin = atWord ? spans.back().begin : line.size();
    typed.partial = line.substr(typed.begin);
    typed.valid = resp::splitArgs(line.substr(0, typed.begin), &typed.words);
    // "5 INCR n" repeats INCR.
    const auto isDigit = [](char c) { return c >= '0' && c <= '9'; };
    if (!typed.words.empty() && std::all_of(typed.words[0].begin(), typed.words[0].end(), isDigit))
        typed.words.erase(typed.words.begin());
    return typed;
}

// What may follow the words, null when they are wrong already.
SyntaxPtr remaining(const CommandDoc &doc, std::size_t nameWords, Words words)
{
    rewriteDashes(doc, nameWords, &words);
    SyntaxPtr syntax = compileSyntax(doc.arguments);
    for (std::size_t i = nameWords; i < words.size() && syntax; ++i)
        syntax = derive(syntax, words[i]);
    return syntax;
}

bool isUpper(const std::string &text)
{
    const auto letter = std::find_if(text.begin(), text.end(),
                                     [](char c) { return (c | 0x20) >= 'a' && (c | 0x20) <= 'z'; });
    return letter == text.end() || *letter <= 'Z';
}

class Collector
{
public:
    explicit Collector(std::string partial)
        : m_partial(std::move(partial))
        , m_upper(isUpper(m_partial))
    {}
    void offer(const std::string &word)
    {
        const std::string candidate = m_upper ? toUpper(word) : toLower(word);
        if (startsWithIgnoringCase(candidate, m_partial) && !candidate.empty()
            && std::find(m_found.begin(), m_found.end(), candidate) == m_found.end())
            m_found.push_back(candidate);
    }
    Words take()
    {
        std::sort(m_found.begin(), m_found.end());
        return std::move(m_found);
    }

private:
    std::string m_partial;
    bool m_upper;
    Words m_found;
};

void offerNames(const Docs &docs, Collector *collector)
{
    for (const auto &[name, doc] : docs.commands())
        collector->offer(name);
    for (const char *local : {"help", "quit", "exit", "clear", "connect", "deselect"})
        collector->offer(local);
}

void offerTopics(const Docs &docs, const Words &words, Collector *collector)
{
    if (words.size() == 1) {
        offerNames(docs, collector);
        for (const std::string &group : docs.groups())
            collector->offer("@" + group);
        return;
    }
    const auto command = docs.commands().find(toLower(words[1]));
    if (words.size() > 2 || command == docs.commands().end())
        return;
    for (const auto &[name, sub] : command->second.subcommands)
        collector->offer(name);
}

void offerTokens(const CommandDoc &doc, std::size_t nameWords, const Typed &typed,
                 Collector *collector)
{
    const SyntaxPtr syntax = remaining(doc, nameWords, typed.words);
    if (!syntax)
        return;
    const bool dashed = typed.partial.starts_with('-');
    for (const Expected &expected : expectedWords(syntax)) {
        if (expected.type == Argument::Type::Token)
            collector->offer(dashed ? "-" + expected.text : expected.text);
    }
}

} // namespace

std::string hintFor(const Docs &docs, const std::string &line)
{
    Typed typed = readLine(line);
    if (!typed.valid)
        return {};
    const bool atBlank = typed.partial.empty();
    if (!atBlank) {
        // A finished word counts; one with its quote still open does not.
        Words last;
        if (!resp::splitArgs(typed.partial, &last) || last.size() != 1)
            return {};
        typed.words.push_back(last[0]);
    }
    std::size_t nameWords = 0;
    const CommandDoc *doc = docs.find(typed.words, &nameWords);
    if (!doc)
        return {};
    std::string hint;
    if (!doc->subcommands.empty() && typed.words.size() == nameWords) {
        hint = "<subcommand> ...";
    } else if (const SyntaxPtr syntax = remaining(*doc, nameWords, typed.words)) {
        hint = describe(syntax);
    }
    return hint.empty() || atBlank ? hint : " " + hint;
}

Completion completionsFor(const Docs &docs, const std::string &line)
{
    const Typed typed = readLine(line);
    Completion completion{typed.begin, {}};
    if (!typed.valid)
        return completion;
    Collector collector(typed.partial);
    if (typed.words.empty()) {
        offerNames(docs, &collector);
    } else if (equalsIgnoringCase(typed.words[0], "help")) {
        offerTopics(docs, typed.words, &collector);
    } else {
        std::size_t nameWords = 0;
        const CommandDoc *doc = docs.find(typed.words, &nameWords);
        if (doc && !doc->subcommands.empty() && typed.words.size() == 1) {
            for (const auto &[name, sub] : doc->subcommands)
                collector.offer(name);
        } else if (doc) {
            offerTokens(*doc, nameWords, typed, &collector);
        }
    }
    completion.candidates = collector.take();
    return completion;
}

std::string commonPrefix(const Words &candidates)
{
    std::string prefix = candidates.empty() ? std::string() : candidates[0];
    for (const std::string &candidate : candidates) {
        while (!startsWithIgnoringCase(candidate, prefix))
            prefix.pop_back();
    }
    return prefix;
}

} // namespace cay::shell
