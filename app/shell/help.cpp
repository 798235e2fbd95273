#include "shell/help.h"

#include "shell/check.h"
#include "shell/syntax.h"
#include "shell/text.h"

#include <algorithm>

namespace cay::shell {
namespace {

constexpr std::size_t kLineWidth = 96;
constexpr std::size_t kLabelWidth = 14;

class Page
{
public:
    explicit Page(bool colour)
        : m_colour(colour)
    {}

    Page &bold(Bytes text) { return styled("\x1b[1m", text); }
    Page &dim(Bytes text) { return styled("\x1b[2m", text); }
    Page &add(Bytes text)
    {
        m_text.append(text);
        return *this;
    }
    Page &endLine() { return add("\n"); }

    // "  summary:      text", wrapped.
    void line(Bytes label, Bytes text)
    {
        if (text.empty())
            return;
        add("  ");
        if (label.empty())
            add(std::string(kLabelWidth, ' '));
        else
            styled("\x1b[33m", std::string(label) + ":")
                .add(std::string(
                    label.size() + 1 < kLabelWidth ? kLabelWidth - label.size() - 1 : 1, ' '));
        wrap(text, kLabelWidth + 2);
    }
    void wrap(Bytes text, std::size_t indent)
    {
        std::size_t column = indent;
        bool first = true;
        while (!text.empty()) {
            const std::size_t end = std::min(text.find(' '), text.size());
            if (!first && column + 1 + end > kLineWidth) {
                add("\n").add(std::string(indent, ' '));
                column = indent;
            } else if (!first) {
                add(" ");
                ++column;
            }
            add(text.substr(0, end));
            column += end;
            text.remove_prefix(std::min(end + 1, text.size()));
            first = false;
        }
        endLine();
    }
    std::string take() { return std::move(m_text); }

private:
    Page &styled(Bytes style, Bytes text)
    {
        if (!m_colour)
            return add(text);
        return add(style).add(text).add("\x1b[0m");
    }

    bool m_colour;
    std::string m_text;
};

std::string typeName(const Argument &argument)
{
    switch (argument.type) {
    case Argument::Type::Key: return "key";
    case Argument::Type::Integer: return "integer";
    case Argument::Type::Double: return "number";
    case Argument::Type::UnixTime: return "Unix time";
    case Argument::Type::Pattern: return "glob pattern";
    case Argument::Type::Token: return "option";
    case Argument::Type::OneOf: return "one of these";
    case Argument::Type::Block: return "together";
    case Argument::Type::Text: return "text";
    }
    return {};
}

std::string shownName(const Argument &argument)
{
    if (argument.type == Argument::Type::Token)
        return argument.token;
    if (argument.token.empty())
        return argument.name;
    return argument.token + " " + argument.name;
}

std::string remarks(const Argument &argument)
{
    std::string out = typeName(argument);
    if (argument.optional)
        out += ", optional";
    if (argument.multiple)
        out += argument.multipleToken ? ", several, each with " + argument.token : ", several";
    if (!argument.since.empty())
        out += ", since " + argument.since;
    if (!argument.deprecatedSince.empty())
        out += ", deprecated since " + argument.deprecatedSince;
    if (!argument.summary.empty())
        out += ": " + argument.summary;
    return out;
}

void addArguments(Page *page, const std::vector<Argument> &arguments, std::size_t depth)
{
    for (const Argument &argument : arguments) {
        const std::string name = std::string(4 + depth * 2, ' ') + shownName(argument);
        page->add(name).add(std::string(name.size() < 34 ? 34 - name.size() : 1, ' '));
        page->dim(remarks(argument)).endLine();
        addArguments(page, argument.arguments, depth + 1);
    }
}

void addSubcommands(Page *page, const CommandDoc &doc)
{
    page->line("subcommands", " ");
    for (const auto &[name, sub] : doc.subcommands) {
        const std::string title = "    " + sub.title();
        page->add(title).add(std::string(title.size() < 34 ? 34 - title.size() : 1, ' '));
        page->dim(sub.summary).endLine();
    }
}

void addHistory(Page *page, const CommandDoc &doc)
{
    bool first = true;
    for (const auto &[version, change] : doc.history) {
        page->line(first ? "history" : "", version + ": " + change);
        first = false;
    }
}

std::string generalPage(const Docs &docs, bool colour)
{
    Page page(colour);
    page.bold("cay").add(", a shell for Cay and every server that speaks Redis's protocol\n\n");
    page.add("  help GET           what a command does; GET -h is the same\n"
             "  help @string       the commands of a group\n"
             "  help client kill   a subcommand\n"
             "  <tab>              completes commands, subcommands and options\n"
             "  SET k v -NX -EX 9  options may be written with a dash; a -- ends that\n"
             "  5 INCR n           runs a command five times\n"
             "  DESELECT           returns to the database before the last SELECT\n"
             "  connect HOST PORT  talks to another server\n"
             "  clear, quit        clear the screen; leave (so does Ctrl-D)\n");
    const std::vector<std::string> groups = docs.groups();
    if (!groups.empty()) {
        page.add("\n  Groups: ");
        page.wrap("@" + join(groups, " @"), 10);
    }
    return page.take();
}

std::string groupPage(const Docs &docs, const std::string &group, bool colour)
{
    Page page(colour);
    std::size_t count = 0;
    for (const auto &[name, doc] : docs.commands()) {
        if (doc.group != group)
            continue;
        const std::string title = "  " + doc.title();
        page.bold(title).add(std::string(title.size() < 24 ? 24 - title.size() : 1, ' '));
        page.wrap(doc.summary, 24);
        ++count;
    }
    if (count == 0)
        return "No such group: @" + group + ". There are: @" + join(docs.groups(), " @") + "\n";
    return page.take();
}

// Names that the user may have meant: those which begin with the word or hold it.
std::string similarNames(const Docs &docs, const std::string &word)
{
    std::vector<std::string> names;
    for (const auto &[name, doc] : docs.commands()) {
        if (names.size() < 12 && name.find(toLower(word)) != std::string::npos)
            names.push_back(toUpper(name));
    }
    return names.empty() ? "\n" : " Similar: " + join(names, ", ") + "\n";
}

} // namespace

bool takeHelpFlag(std::vector<std::string> *words)
{
    if (words->size() < 2 || words->size() > 3)
        return false;
    const std::string &last = words->back();
    if (last != "-h" && last != "--help" && last != "-?")
        return false;
    words->pop_back();
    return true;
}

std::string commandPage(const CommandDoc &doc, bool colour)
{
    Page page(colour);
    page.endLine().add("  ").bold(doc.title());
    const std::string syntax = syntaxLine(doc).substr(doc.title().size());
    page.wrap(syntax, doc.title().size() + 3);
    page.endLine();
    page.line("summary", doc.summary);
    page.line("complexity", doc.complexity);
    page.line("since", doc.since);
    page.line("group", doc.group);
    page.line("ACL", join(doc.acl, " "));
    page.line("flags", join(doc.flags, " "));
    if (!doc.deprecatedSince.empty())
        page.line("deprecated", "since " + doc.deprecatedSince
                                    + (doc.replacedBy.empty() ? "" : ", use " + doc.replacedBy));
    addHistory(&page, doc);
    for (const std::string &example : doc.examples)
        page.line("example", example);
    if (!doc.arguments.empty()) {
        page.line("arguments", " ");
        addArguments(&page, doc.arguments, 0);
    }
    if (!doc.subcommands.empty())
        addSubcommands(&page, doc);
    page.endLine();
    return page.take();
}

std::string helpPage(const Docs &docs, const std::vector<std::string> &topic, bool colour)
{
    if (topic.empty())
        return generalPage(docs, colour);
    if (topic[0].starts_with('@'))
        return groupPage(docs, toLower(topic[0].substr(1)), colour);
    std::size_t nameWords = 0;
    const CommandDoc *doc = docs.find(topic, &nameWords);
    if (doc)
        return commandPage(*doc, colour);
    if (docs.commands().empty())
        return "The server does not describe its commands (COMMAND DOCS is not available).\n";
    return "No such command: " + topic[0] + "." + similarNames(docs, topic[0]);
}

} // namespace cay::shell
