// Ctrl-C, noticed between two reads instead of ending the program.
#pragma once

namespace cay::shell {

// From now on Ctrl-C only interrupts what waits. For interactive use.
void catchInterrupts();
// True once after each Ctrl-C.
bool takeInterrupt();

} // namespace cay::shell
