#include "server/supervision.h"

#include "core/log.h"

#include <csignal>
#include <cstdlib>

#ifdef CAY_HAVE_SYSTEMD
#include <systemd/sd-daemon.h>
#endif

namespace cay::server {

namespace {

bool underUpstart(bool asked)
{
    if (!std::getenv("UPSTART_JOB")) {
        if (asked)
            core::log(LogLevel::Warning,
                      "upstart supervision requested, but UPSTART_JOB not found");
        return false;
    }
    core::log(LogLevel::Notice, "supervised by upstart, will stop to signal readiness");
    raise(SIGSTOP);
    unsetenv("UPSTART_JOB");
    return true;
}

bool underSystemd(bool asked)
{
#ifdef CAY_HAVE_SYSTEMD
    if (!std::getenv("NOTIFY_SOCKET")) {
        if (asked)
            core::log(LogLevel::Warning,
                      "systemd supervision requested, but NOTIFY_SOCKET not found");
        return false;
    }
    core::log(LogLevel::Notice,
              "supervised by systemd. Please make sure you set appropriate values for "
              "TimeoutStartSec and TimeoutStopSec in your service unit.");
    return true;
#else
    if (asked || std::getenv("NOTIFY_SOCKET")) {
        core::log(LogLevel::Warning,
                  "systemd supervision requested or auto-detected, but Cay was built "
                  "without libsystemd");
    }
    return false;
#endif
}

} // namespace

Supervisor detectSupervisor(Supervisor wanted)
{
    const bool any = wanted == Supervisor::Auto;
    if ((any || wanted == Supervisor::Upstart) && underUpstart(!any))
        return Supervisor::Upstart;
    if ((any || wanted == Supervisor::Systemd) && underSystemd(!any))
        return Supervisor::Systemd;
    return Supervisor::None;
}

void notifySystemd(Supervisor supervisor, const std::string &state)
{
#ifdef CAY_HAVE_SYSTEMD
    if (supervisor == Supervisor::Systemd)
        sd_notify(0, state.c_str());
#else
    (void)supervisor;
    (void)state;
#endif
}

} // namespace cay::server
