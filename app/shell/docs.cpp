#include "shell/docs.h"

#include "shell/client.h"
#include "shell/text.h"

#include <algorithm>
#include <set>

namespace cay::shell {

using resp::ReplyTree;
using resp::ReplyView;

namespace {

constexpr std::size_t kMaxDepth = 16; // of argument trees

std::string textOf(ReplyView map, Bytes key)
{
    ReplyView value = map;
    return map.find(key, &value) ? std::string(value.text()) : std::string();
}

std::vector<std::string> wordsOf(ReplyView list)
{
    std::vector<std::string> words;
    for (const ReplyView word : list)
        words.emplace_back(word.text());
    return words;
}

Argument::Type typeOf(const std::string &name)
{
    static const std::map<std::string, Argument::Type> kTypes = {
        {"key", Argument::Type::Key},         {"integer", Argument::Type::Integer},
        {"double", Argument::Type::Double},   {"unix-time", Argument::Type::UnixTime},
        {"pattern", Argument::Type::Pattern}, {"pure-token", Argument::Type::Token},
        {"oneof", Argument::Type::OneOf},     {"block", Argument::Type::Block},
    };
    const auto found = kTypes.find(name);
    return found == kTypes.end() ? Argument::Type::Text : found->second;
}

std::vector<Argument> readArguments(ReplyView list, std::size_t depth = 0)
{
    std::vector<Argument> arguments;
    if (depth > kMaxDepth)
        return arguments;
    for (const ReplyView map : list) {
        Argument &argument = arguments.emplace_back();
        argument.name = textOf(map, "display_text");
        if (argument.name.empty())
            argument.name = textOf(map, "name");
        argument.type = typeOf(textOf(map, "type"));
        argument.token = textOf(map, "token");
        argument.since = textOf(map, "since");
        argument.deprecatedSince = textOf(map, "deprecated_since");
        argument.summary = textOf(map, "summary");
        ReplyView value = map;
        if (map.find("flags", &value)) {
            for (const std::string &flag : wordsOf(value)) {
                argument.optional |= flag == "optional";
                argument.multiple |= flag == "multiple";
                argument.multipleToken |= flag == "multiple_token";
            }
        }
        if (map.find("arguments", &value))
            argument.arguments = readArguments(value, depth + 1);
    }
    return arguments;
}

void readHistory(ReplyView list, CommandDoc *doc)
{
    for (const ReplyView entry : list) {
        if (entry.size() == 2)
            doc->history.emplace_back(entry.at(0).text(), entry.at(1).text());
    }
}

// Calls visit(key, value) for each pair of a map or of an array that alternates.
template <typename Visit>
void forEachPair(ReplyView map, Visit visit)
{
    std::string key;
    bool isKey = true;
    for (const ReplyView child : map) {
        if (isKey)
            key = child.text();
        else
            visit(key, child);
        isKey = !isKey;
    }
}

// "client|kill" is "kill" among its siblings.
std::string ownWord(const std::string &name)
{
    const std::size_t bar = name.rfind('|');
    return toLower(bar == std::string::npos ? name : name.substr(bar + 1));
}

// Where servers call an argument an integer and read a double.
void correctTypes(CommandDoc *doc)
{
    for (Argument &argument : doc->arguments) {
        const bool isScore = doc->name == "zincrby" && argument.name == "increment";
        if (argument.type == Argument::Type::Integer && (isScore || argument.name == "weight"))
            argument.type = Argument::Type::Double;
    }
}

void readDoc(ReplyView map, const std::string &name, CommandDoc *doc)
{
    doc->name = toLower(name);
    doc->documented = true;
    doc->summary = textOf(map, "summary");
    doc->since = textOf(map, "since");
    doc->group = textOf(map, "group");
    doc->complexity = textOf(map, "complexity");
    doc->deprecatedSince = textOf(map, "deprecated_since");
    doc->replacedBy = textOf(map, "replaced_by");
    ReplyView value = map;
    if (map.find("example", &value) || map.find("examples", &value))
        doc->examples
            = value.isAggregate() ? wordsOf(value) : std::vector{std::string(value.text())};
    if (map.find("history", &value))
        readHistory(value, doc);
    if (map.find("arguments", &value))
        doc->arguments = readArguments(value);
    correctTypes(doc);
    if (map.find("subcommands", &value)) {
        forEachPair(value, [&](const std::string &sub, ReplyView entry) {
            readDoc(entry, sub, &doc->subcommands[ownWord(sub)]);
        });
    }
}

void readInfo(ReplyView info, CommandDoc *doc)
{
    if (info.size() < 6)
        return;
    if (doc->name.empty())
        doc->name = toLower(info.at(0).text());
    doc->arity = static_cast<int>(info.at(1).integer());
    doc->flags = wordsOf(info.at(2));
    if (info.size() > 6)
        doc->acl = wordsOf(info.at(6));
    if (info.size() > 9) {
        for (const ReplyView sub : info.at(9)) {
            if (sub.size() > 1)
                readInfo(sub, &doc->subcommands[ownWord(std::string(sub.at(0).text()))]);
        }
    }
}

} // namespace

std::string CommandDoc::title() const
{
    std::string out = toUpper(name);
    std::replace(out.begin(), out.end(), '|', ' ');
    return out;
}

void Docs::addDocs(ReplyView docs)
{
    if (!docs.isAggregate())
        return;
    forEachPair(docs, [this](const std::string &name, ReplyView entry) {
        readDoc(entry, name, &m_commands[toLower(name)]);
    });
}

void Docs::addInfo(ReplyView infos)
{
    for (const ReplyView info : infos) {
        if (info.size() > 0 && info.at(0).hasText())
            readInfo(info, &m_commands[toLower(info.at(0).text())]);
    }
}

bool Docs::loadAll(Client &client)
{
    if (m_complete)
        return true;
    ReplyTree reply;
    if (!client.ask({"COMMAND", "DOCS"}, &reply))
        return false;
    addDocs(reply.root());
    if (!client.ask({"COMMAND"}, &reply))
        return false;
    addInfo(reply.root());
    m_complete = !m_commands.empty();
    return m_complete;
}

bool Docs::load(Client &client, const std::string &name)
{
    const std::string key = toLower(name);
    if (m_complete || m_commands.contains(key))
        return m_commands.contains(key);
    ReplyTree reply;
    if (!client.ask({"COMMAND", "DOCS", key}, &reply))
        return false;
    addDocs(reply.root());
    if (!client.ask({"COMMAND", "INFO", key}, &reply))
        return false;
    addInfo(reply.root());
    return m_commands.contains(key);
}

void Docs::clear()
{
    m_commands.clear();
    m_complete = false;
}

const CommandDoc *Docs::find(const std::vector<std::string> &words, std::size_t *nameWords) const
{
    *nameWords = 0;
    if (words.empty())
        return nullptr;
    const auto command = m_commands.find(toLower(words[0]));
    if (command == m_commands.end())
        return nullptr;
    *nameWords = 1;
    if (words.size() < 2)
        return &command->second;
    const auto sub = command->second.subcommands.find(toLower(words[1]));
    if (sub == command->second.subcommands.end())
        return &command->second;
    *nameWords = 2;
    return &sub->second;
}

std::vector<std::string> Docs::groups() const
{
    std::set<std::string> names;
    for (const auto &[name, doc] : m_commands) {
        if (!doc.group.empty())
            names.insert(doc.group);
    }
    return {names.begin(), names.end()};
}

} // namespace cay::shell
