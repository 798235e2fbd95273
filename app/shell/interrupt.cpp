#include "shell/interrupt.h"

#include <csignal>

namespace cay::shell {
namespace {

volatile std::sig_atomic_t interrupted = 0;

void onInterrupt(int) { interrupted = 1; }

} // namespace

void catchInterrupts()
{
    struct sigaction action = {};
    action.sa_handler = onInterrupt; // without SA_RESTART: a wait ends with EINTR
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, nullptr);
}

bool takeInterrupt()
{
    const bool was = interrupted;
    interrupted = 0;
    return was;
}

} // namespace cay::shell
