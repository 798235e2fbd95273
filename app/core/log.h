// Where the log goes. Writing to it is cay/log.h.
#pragma once

#include "cay/log.h"

#include <string>

namespace cay::core {

using cay::log;
using cay::LogLevel;
using cay::logText;

struct LogSettings
{
    LogLevel level = LogLevel::Notice;
    std::string file; // empty: standard output
    bool syslog = false;
    std::string syslogIdent = "cay";
    int syslogFacility = 0; // position in the option's values: user, local0 ... local7
};

// Replaces the settings and opens the file. False with errno's text, and the settings are then as
// before.
[[gnu::visibility("default")]] bool openLog(const LogSettings &settings, std::string *why);
// Opens the same file again, after it was moved away. The old one stays in use when that fails.
[[gnu::visibility("default")]] bool reopenLog(std::string *why);
[[gnu::visibility("default")]] void setLogLevel(LogLevel level);
// The letter behind the process id: C before the server runs and in children, M for a master, S for
// a replica.
[[gnu::visibility("default")]] void setLogRole(char role);
// qDebug() and its siblings come into the log.
[[gnu::visibility("default")]] void installQtLogging();

// For signal handlers: async-signal-safe, nothing is allocated and no lock is taken.
[[gnu::visibility("default")]] int logDescriptor();
// "123:signal-handler (1700000000) text".
[[gnu::visibility("default")]] void logFromSignal(const char *text);

} // namespace cay::core
