// DOCS, LIST and HELP: the side of the metadata that people read.
#include "command_commands.h"

#include "cay/host.h"
#include "store/glob.h"

#include <functional>

namespace cay::commands {

namespace {

constexpr BitName kArgumentFlags[] = {{1, "optional"}, {2, "multiple"}, {4, "multiple_token"}};
constexpr BitName kDocFlags[] = {{1, "deprecated"}};

std::uint64_t flagsOf(const Argument &argument)
{
    return (argument.optional ? 1 : 0) | (argument.multiple ? 2 : 0)
           | (argument.multipleToken ? 4 : 0);
}

bool isGroup(const Argument &argument)
{
    return argument.type == Argument::OneOf || argument.type == Argument::Block;
}

void replyArguments(resp::Reply &reply, const std::vector<Argument> &arguments);

void replyArgument(resp::Reply &reply, const Argument &argument)
{
    const std::uint64_t flags = flagsOf(argument);
    reply.map(2u + (argument.keySpec >= 0) + !argument.token.empty() + (flags != 0)
              + isGroup(argument));
    reply.bulk("name");
    reply.bulk(argument.name);
    reply.bulk("type");
    reply.bulk(argumentTypeName(argument.type));
    if (argument.keySpec >= 0) {
        reply.bulk("key_spec_index");
        reply.integer(argument.keySpec);
    }
    if (!argument.token.empty()) {
        reply.bulk("token");
        reply.bulk(argument.token);
    }
    if (flags) {
        reply.bulk("flags");
        replyFlags(reply, flags, kArgumentFlags);
    }
    if (isGroup(argument)) {
        reply.bulk("arguments");
        replyArguments(reply, argument.arguments);
    }
}

void replyArguments(resp::Reply &reply, const std::vector<Argument> &arguments)
{
    reply.array(arguments.size());
    for (const Argument &argument : arguments)
        replyArgument(reply, argument);
}

std::size_t replyText(resp::Reply &reply, Bytes name, const std::string &text)
{
    if (text.empty())
        return 0;
    reply.bulk(name);
    reply.bulk(text);
    return 1;
}

std::size_t replyHistory(resp::Reply &reply, const CommandInfo &command)
{
    if (command.history.empty())
        return 0;
    reply.bulk("history");
    reply.set(command.history.size());
    for (const auto &[since, change] : command.history) {
        reply.array(2);
        reply.bulk(since);
        reply.bulk(change);
    }
    return 1;
}

void replyDocs(resp::Reply &reply, const CommandInfo &command)
{
    const auto map = reply.defer();
    std::size_t pairs = replyText(reply, "summary", command.summary);
    pairs += replyText(reply, "since", command.since);
    pairs += replyText(reply, "group", command.group.empty() ? "generic" : command.group);
    pairs += replyText(reply, "complexity", command.complexity);
    if (!command.deprecatedSince.empty()) {
        reply.bulk("doc_flags");
        replyFlags(reply, 1, kDocFlags);
        ++pairs;
    }
    pairs += replyText(reply, "deprecated_since", command.deprecatedSince);
    pairs += replyText(reply, "replaced_by", command.replacedBy);
    pairs += replyHistory(reply, command);
    if (!command.arguments.empty()) {
        reply.bulk("arguments");
        replyArguments(reply, command.arguments);
        ++pairs;
    }
    if (!command.subcommands.empty()) {
        reply.bulk("subcommands");
        reply.map(command.subcommands.size());
        for (const CommandInfo *subcommand : command.subcommands) {
            reply.bulk(subcommand->fullName);
            replyDocs(reply, *subcommand);
        }
        ++pairs;
    }
    reply.closeMap(map, pairs);
}

using Filter = std::function<bool(const CommandInfo &)>;

std::size_t replyNames(resp::Reply &reply, std::span<const CommandInfo *const> commands,
                       const Filter &matches)
{
    std::size_t shown = 0;
    for (const CommandInfo *command : commands) {
        if (matches(*command)) {
            reply.bulk(command->fullName);
            ++shown;
        }
        shown += replyNames(reply, command->subcommands, matches);
    }
    return shown;
}

bool isWord(Bytes text, Bytes word) { return store::globMatch(word, text, true); }

std::uint64_t categoryNamed(Bytes name)
{
    for (const BitName &category : aclCategoryNames()) {
        if (isWord(name, category.name))
            return category.bit;
    }
    return 0;
}

bool parseFilter(Call &call, Filter *out)
{
    if (call.size() == 2) {
        *out = [](const CommandInfo &) { return true; };
        return true;
    }
    if (call.size() != 5 || !isWord(call[2], "filterby"))
        return call.fail(errors::kSyntax);
    const Bytes what = call[4];
    if (isWord(call[3], "module"))
        *out = [what](const CommandInfo &command) { return command.plugin == what; };
    else if (isWord(call[3], "aclcat"))
        *out = [bit = categoryNamed(what)](const CommandInfo &command) {
            return (command.acl & bit) != 0;
        };
    else if (isWord(call[3], "pattern"))
        *out = [what](const CommandInfo &command) {
            return store::globMatch(what, command.fullName, true);
        };
    else
        return call.fail(errors::kSyntax);
    return true;
}

} // namespace

void docs(Call &call)
{
    const auto map = call.reply.defer();
    std::size_t pairs = 0;
    const auto add = [&](const CommandInfo &command) {
        call.reply.bulk(command.fullName);
        replyDocs(call.reply, command);
        ++pairs;
    };
    if (call.size() == 2) {
        for (const CommandInfo *command : call.host.commands())
            add(*command);
    }
    for (std::size_t i = 2; i < call.size(); ++i) {
        if (const CommandInfo *command = find(call.host, call[i]))
            add(*command);
    }
    call.reply.closeMap(map, pairs);
}

void list(Call &call)
{
    Filter matches;
    if (!parseFilter(call, &matches))
        return;
    const auto names = call.reply.defer();
    const std::size_t shown = replyNames(call.reply, call.host.commands(), matches);
    call.reply.closeArray(names, shown);
}

void help(Call &call)
{
    static constexpr Bytes kLines[] = {
        "COMMAND <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "(no subcommand)",
        "    Return details about all Redis commands.",
        "COUNT",
        "    Return the total number of commands in this Redis server.",
        "LIST",
        "    Return a list of all commands in this Redis server.",
        "INFO [<command-name> ...]",
        "    Return details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "DOCS [<command-name> ...]",
        "    Return documentation details about multiple Redis commands.",
        "    If no command names are given, documentation details for all",
        "    commands are returned.",
        "GETKEYS <full-command>",
        "    Return the keys from a full Redis command.",
        "GETKEYSANDFLAGS <full-command>",
        "    Return the keys and the access flags from a full Redis command.",
        "HELP",
        "    Prints this help.",
    };
    call.reply.array(std::size(kLines));
    for (const Bytes line : kLines)
        call.reply.simple(line);
}

} // namespace cay::commands
