// MODULE's subcommands.
#pragma once

#include "cay/call.h"

namespace cay::modules {

void help(Call &call);
void list(Call &call);
void load(Call &call);
void loadEx(Call &call);
void unload(Call &call);

} // namespace cay::modules
