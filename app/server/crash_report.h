// The report that a fatal signal leaves in the log.
#pragma once

namespace cay::server {

// Handlers of SIGSEGV, SIGBUS, SIGFPE, SIGILL and SIGABRT, on a stack of their own, in place from
// now on (or taken out). They write a report with the frames' names and the registers, then let the
// signal end the process as it would have. Nothing in them allocates or takes a lock, except what
// backtrace() needs once: that is done here.
void enableCrashReport(bool on);
// After the report of a failed check (SIGABRT) the process exits with status 1: no core file.
void exitAfterCrashReport(bool on);

} // namespace cay::server
