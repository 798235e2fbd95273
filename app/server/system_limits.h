// What the server asks of the system and what it tells about it: open files, out-of-memory score,
// huge pages, overcommit, backlog, CPUs.
#pragma once

#include "core/options_store.h"

namespace cay::server {

// Raises the limit of open files to what maxclients needs, or lowers maxclients to what the limit
// allows, and watches the option from then on. False when not even a server without clients could
// start.
bool fitOpenFiles(core::OptionStore &options);

// Applies oom-score-adj and its values, now and after each change.
void watchOomScore(core::OptionStore &options);

// disable-thp, and the warnings that Redis logs at its start.
void checkMemorySettings(const core::OptionStore &options);
void checkBacklog(const core::OptionStore &options);

// Binds the calling thread to CPUs as "0-3,8,10-20:2" says; empty leaves it. False for a list that
// cannot be read.
bool setCpuAffinity(const std::string &list);

} // namespace cay::server
