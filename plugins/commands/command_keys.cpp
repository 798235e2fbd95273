// GETKEYS and GETKEYSANDFLAGS: where the keys of a command stand.
#include "command_commands.h"

#include "cay/host.h"

namespace cay::commands {

namespace {

// The command behind COMMAND GETKEYS, its keys, or the error reply.
bool keysOf(Call &call, std::span<const Bytes> words, std::vector<KeyPosition> *keys)
{
    const CommandInfo *command = call.host.command(words);
    // A container is all that is found when its subcommand is unknown.
    if (!command || !command->subcommands.empty())
        return call.fail("ERR Invalid command specified");
    if (!hasKeys(*command))
        return call.fail("ERR The command has no key arguments");
    const int count = static_cast<int>(words.size());
    if (command->arity > 0 ? count != command->arity : count < -command->arity)
        return call.fail("ERR Invalid number of arguments specified for command");
    findKeys(*command, words, *keys);
    if (keys->empty() && !(command->flags & FlagNoMandatoryKeys))
        return call.fail("ERR Invalid arguments specified for command");
    return true;
}

} // namespace

void getKeys(Call &call)
{
    const auto words = call.args.subspan(2);
    std::vector<KeyPosition> keys;
    if (!keysOf(call, words, &keys))
        return;
    call.reply.array(keys.size());
    for (const KeyPosition &key : keys)
        call.reply.bulk(words[static_cast<std::size_t>(key.position)]);
}

void getKeysAndFlags(Call &call)
{
    const auto words = call.args.subspan(2);
    std::vector<KeyPosition> keys;
    if (!keysOf(call, words, &keys))
        return;
    call.reply.array(keys.size());
    for (const KeyPosition &key : keys) {
        call.reply.array(2);
        call.reply.bulk(words[static_cast<std::size_t>(key.position)]);
        replyFlags(call.reply, key.flags, keyFlagNames());
    }
}

} // namespace cay::commands
