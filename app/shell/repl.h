// Commands from a terminal or from a script on stdin.
#pragma once

#include "shell/session.h"

namespace cay::shell {

// All return the program's exit code.
// `idle` is called now and then while nobody types; may be empty.
int runInteractively(Session &session, const std::function<void()> &idle);
int runScript(Session &session, const Options &options);
// The command of the command line.
int runCommand(Session &session, const Options &options);

} // namespace cay::shell
