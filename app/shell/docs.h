// What the connected server says of its commands: COMMAND DOCS and COMMAND INFO, as one description
// per command. Nothing is built in, so help, hints and checks fit whatever server is there; an old
// one without COMMAND DOCS still gives names and arities.
#pragma once

#include "resp/reply_parser.h"

#include <map>
#include <string>
#include <vector>

namespace cay::shell {

class Client;

struct Argument
{
    enum class Type : unsigned char {
        Text,
        Key,
        Integer,
        Double,
        UnixTime,
        Pattern,
        Token,
        OneOf,
        Block
    };
    std::string name;  // as shown
    std::string token; // the word in front of it, or the word that it is
    std::string since, deprecatedSince, summary;
    Type type = Type::Text;
    bool optional = false;
    bool multiple = false;
    bool multipleToken = false;
    std::vector<Argument> arguments;
};

struct CommandDoc
{
    std::string name; // lower case; "client|kill" for a subcommand
    std::string summary, since, group, complexity, deprecatedSince, replacedBy;
    std::vector<std::string> examples;
    std::vector<std::pair<std::string, std::string>> history; // version, what changed
    std::vector<std::string> flags, acl;
    std::vector<Argument> arguments;
    int arity = 0;                                 // as in COMMAND INFO, 0 when not known
    bool documented = false;                       // COMMAND DOCS knows it
    std::map<std::string, CommandDoc> subcommands; // by their own word

    std::string title() const; // "CLIENT KILL"
};

class Docs
{
public:
    // Asks the server for all commands, once. False when it does not tell.
    bool loadAll(Client &client);
    // Asks for one command if it is not known yet.
    bool load(Client &client, const std::string &name);
    // Forgets everything: another server may answer from now on.
    void clear();

    // The command or subcommand that these words name, and how many words that took. Null for an
    // unknown one.
    const CommandDoc *find(const std::vector<std::string> &words, std::size_t *nameWords) const;
    const std::map<std::string, CommandDoc> &commands() const { return m_commands; }
    std::vector<std::string> groups() const;
    bool isComplete() const { return m_complete; }

private:
    void addDocs(resp::ReplyView docs);
    void addInfo(resp::ReplyView infos);

    std::map<std::string, CommandDoc> m_commands; // by lower-case name
    bool m_complete = false;
};

} // namespace cay::shell
