// Commands from a terminal or from a script on stdin.
#pragma once

#include "shell/session.h"

namespace cay::shell {

// Both return the program's exit code.
int runInteractively(Session &session);
int runScript(Session &session, const Options &options);
// The command of the command line.
int runCommand(Session &session, const Options &options);

} // namespace cay::shell
