// The handlers of this plugin.
#pragma once

#include "cay/call.h"

namespace cay::prefixes {

class PrefixIndex;
// Of this server.
PrefixIndex &index();

void prefixCount(Call &call);
void prefixDel(Call &call);
void prefixHelp(Call &call);
void prefixScan(Call &call);
void prefixTree(Call &call);

} // namespace cay::prefixes
