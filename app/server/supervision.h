// Telling systemd or upstart how far the server is.
#pragma once

#include <string>

namespace cay::server {

enum class Supervisor { Upstart, Systemd, Auto, None }; // as the option's values

// Who supervises the process, found out for Auto; None when the environment says that nobody does.
// Logs what is missing. For upstart the process stops itself here (SIGSTOP), which says "ready"
// there.
Supervisor detectSupervisor(Supervisor wanted);

// "READY=1\nSTATUS=..." as sd_notify() takes it. Without systemd nothing happens.
void notifySystemd(Supervisor supervisor, const std::string &state);

} // namespace cay::server
