#pragma once

#include "cay/call.h"

namespace cay::config {

void get(Call &call);
void set(Call &call);
void rewrite(Call &call);
void resetStatistics(Call &call);
void help(Call &call);

} // namespace cay::config
