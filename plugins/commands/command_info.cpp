// COMMAND, INFO and COUNT: the machine-readable side of the metadata.
#include "command_commands.h"

#include "cay/host.h"

#include <algorithm>

namespace cay::commands {

void replyFlags(resp::Reply &reply, std::uint64_t bits, std::span<const BitName> names,
                Bytes prefix)
{
    std::size_t shown = 0;
    for (const BitName &name : names)
        shown += (bits & name.bit) != 0;
    reply.set(shown);
    for (const BitName &name : names) {
        if (bits & name.bit)
            reply.simple(std::string(prefix) + name.name);
    }
}

const CommandInfo *find(Host &host, Bytes name)
{
    const std::size_t bar = name.find('|');
    if (bar == Bytes::npos)
        return host.command(name);
    const Bytes words[] = {name.substr(0, bar), name.substr(bar + 1)};
    const CommandInfo *command = host.command(std::span<const Bytes>(words));
    return command && command->parent ? command : nullptr;
}

namespace {

void field(resp::Reply &reply, Bytes name, std::int64_t value)
{
    reply.bulk(name);
    reply.integer(value);
}

void replyBegin(resp::Reply &reply, const KeySpec &spec)
{
    reply.bulk("begin_search");
    reply.map(2);
    reply.bulk("type");
    switch (spec.begin) {
    case KeySpec::BeginUnknown:
        reply.bulk("unknown");
        reply.bulk("spec");
        reply.map(0);
        break;
    case KeySpec::BeginIndex:
        reply.bulk("index");
        reply.bulk("spec");
        reply.map(1);
        field(reply, "index", spec.index);
        break;
    case KeySpec::BeginKeyword:
        reply.bulk("keyword");
        reply.bulk("spec");
        reply.map(2);
        reply.bulk("keyword");
        reply.bulk(spec.keyword);
        field(reply, "startfrom", spec.startFrom);
        break;
    }
}

void replyFind(resp::Reply &reply, const KeySpec &spec)
{
    reply.bulk("find_keys");
    reply.map(2);
    reply.bulk("type");
    switch (spec.find) {
    case KeySpec::FindUnknown:
        reply.bulk("unknown");
        reply.bulk("spec");
        reply.map(0);
        break;
    case KeySpec::FindRange:
        reply.bulk("range");
        reply.bulk("spec");
        reply.map(3);
        field(reply, "lastkey", spec.lastKey);
        field(reply, "keystep", spec.step);
        field(reply, "limit", spec.limit);
        break;
    case KeySpec::FindKeyNum:
        reply.bulk("keynum");
        reply.bulk("spec");
        reply.map(3);
        field(reply, "keynumidx", spec.keyNumIndex);
        field(reply, "firstkey", spec.firstKey);
        field(reply, "keystep", spec.step);
        break;
    }
}

void replyKeySpec(resp::Reply &reply, const KeySpec &spec)
{
    reply.map(spec.notes.empty() ? 3 : 4);
    if (!spec.notes.empty()) {
        reply.bulk("notes");
        reply.bulk(spec.notes);
    }
    reply.bulk("flags");
    replyFlags(reply, spec.flags, keyFlagNames());
    replyBegin(reply, spec);
    replyFind(reply, spec);
}

void replyInfo(resp::Reply &reply, const CommandInfo &command)
{
    reply.array(10);
    reply.bulk(command.fullName);
    reply.integer(command.arity);
    replyFlags(reply, command.flags, commandFlagNames());
    reply.integer(command.firstKey);
    reply.integer(command.lastKey);
    reply.integer(command.keyStep);
    replyFlags(reply, command.acl, aclCategoryNames(), "@");
    reply.set(command.tips.size());
    for (const std::string &tip : command.tips)
        reply.bulk(tip);
    reply.set(command.keys.size());
    for (const KeySpec &spec : command.keys)
        replyKeySpec(reply, spec);
    if (command.subcommands.empty())
        reply.set(0);
    else
        reply.array(command.subcommands.size());
    for (const CommandInfo *subcommand : command.subcommands)
        replyInfo(reply, *subcommand);
}

} // namespace

namespace {

void replyAll(Call &call)
{
    const auto all = call.host.commands();
    call.reply.array(all.size());
    for (const CommandInfo *one : all)
        replyInfo(call.reply, *one);
}

} // namespace

// The only container of subcommands that also does something by itself.
void command(Call &call)
{
    if (call.size() == 1)
        return replyAll(call);
    const Bytes word = call[1].substr(0, std::min<std::size_t>(128, call[1].find('\0')));
    call.fail("ERR unknown subcommand '" + std::string(word) + "'. Try COMMAND HELP.");
}

void info(Call &call)
{
    if (call.size() == 2)
        return replyAll(call);
    call.reply.array(call.size() - 2);
    for (std::size_t i = 2; i < call.size(); ++i) {
        if (const CommandInfo *one = find(call.host, call[i]))
            replyInfo(call.reply, *one);
        else
            call.reply.null();
    }
}

void count(Call &call)
{
    call.reply.integer(static_cast<std::int64_t>(call.host.commands().size()));
}

} // namespace cay::commands
