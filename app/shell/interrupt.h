// Ctrl-C, noticed between two reads instead of ending the program.
#pragma once

namespace cay::shell {

// From now on Ctrl-C only interrupts what waits. For interactive use.
void catchInterrupts();
// True once after each Ctrl-C, and whenever the program was told to end.
bool takeInterrupt();
// From now on SIGTERM and SIGHUP are noticed in the same way, for who has something to save.
void catchTermination();
bool isTerminated();

enum class Waited : unsigned char { Ready, Timeout, Interrupted, Failed };
// Waits until there is something to read. A Ctrl-C that came just before is not missed;
// takeInterrupt() tells of it.
Waited waitReadable(int descriptor, int timeoutMs);

} // namespace cay::shell
