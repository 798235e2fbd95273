// The handler writes a byte into a pipe that every wait looks at too: a signal between two waits is
// not lost, as it would be if only EINTR told of it. (ppoll() would do, but macOS has none.)
#include "shell/interrupt.h"

#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <unistd.h>

namespace cay::shell {
namespace {

int pipeEnds[2] = {-1, -1};

volatile std::sig_atomic_t terminated = 0;

void onSignal(int signal)
{
    if (signal != SIGINT)
        terminated = 1;
    const int saved = errno;
    static_cast<void>(!::write(pipeEnds[1], "!", 1));
    errno = saved;
}

bool openPipe()
{
    if (pipeEnds[0] >= 0)
        return true;
    if (::pipe(pipeEnds) != 0)
        return false;
    for (const int end : pipeEnds) {
        ::fcntl(end, F_SETFL, O_NONBLOCK);
        ::fcntl(end, F_SETFD, FD_CLOEXEC);
    }
    return true;
}

void catchSignal(int signal)
{
    struct sigaction action = {};
    action.sa_handler = onSignal;
    sigemptyset(&action.sa_mask);
    if (openPipe())
        sigaction(signal, &action, nullptr);
}

} // namespace

void catchInterrupts() { catchSignal(SIGINT); }

void catchTermination()
{
    catchSignal(SIGTERM);
    catchSignal(SIGHUP);
}

bool isTerminated() { return terminated != 0; }

bool takeInterrupt()
{
    bool was = isTerminated();
    char bytes[16];
    while (pipeEnds[0] >= 0 && ::read(pipeEnds[0], bytes, sizeof bytes) > 0)
        was = true;
    return was;
}

Waited waitReadable(int descriptor, int timeoutMs)
{
    pollfd waiting[2] = {{descriptor, POLLIN, 0}, {pipeEnds[0], POLLIN, 0}};
    const int ready = ::poll(waiting, 2, timeoutMs);
    if (ready == 0)
        return Waited::Timeout;
    if (ready < 0)
        return errno == EINTR ? Waited::Interrupted : Waited::Failed;
    return waiting[1].revents ? Waited::Interrupted : Waited::Ready;
}

} // namespace cay::shell
