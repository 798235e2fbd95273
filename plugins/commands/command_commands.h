// COMMAND and its subcommands.
#pragma once

#include "cay/call.h"

namespace cay::commands {

void command(Call &call);
void count(Call &call);
void docs(Call &call);
void getKeys(Call &call);
void getKeysAndFlags(Call &call);
void help(Call &call);
void info(Call &call);
void list(Call &call);

// "get" or "client|kill", any case; null when there is none.
const CommandInfo *find(Host &host, Bytes name);
// The names of the bits that are set, as a set of status replies.
void replyFlags(resp::Reply &reply, std::uint64_t bits, std::span<const BitName> names,
                Bytes prefix = {});

} // namespace cay::commands
