#include "server/signals.h"

#include "core/log.h"

#include <QtCore/QSocketNotifier>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cay::server {

namespace {

// What the handlers touch: plain memory, set before they are in place.
int g_pipe[2] = {-1, -1};
volatile std::sig_atomic_t g_ending = 0;
std::array<char, 4096> g_pidFile{};

void handleSignal(int number)
{
    const int saved = errno;
    if (number == SIGINT || number == SIGTERM) {
        if (g_ending) {
            core::logFromSignal("You insist... exiting now.");
            if (g_pidFile[0])
                unlink(g_pidFile.data());
            _exit(1); // the user insists: nothing is saved
        }
        g_ending = 1;
        core::logFromSignal(number == SIGINT ? "Received SIGINT scheduling shutdown..."
                                             : "Received SIGTERM scheduling shutdown...");
    }
    const char byte = static_cast<char>(number);
    [[maybe_unused]] const ssize_t ignored = write(g_pipe[1], &byte, 1); // full: enough is waiting
    errno = saved;
}

void handle(int number, void (*handler)(int))
{
    struct sigaction action
    {};
    action.sa_handler = handler;
    action.sa_flags = SA_RESTART;
    sigemptyset(&action.sa_mask);
    sigaction(number, &action, nullptr);
}

} // namespace

void SignalWatcher::install()
{
    if (pipe(g_pipe) != 0)
        return;
    for (const int fd : g_pipe) {
        fcntl(fd, F_SETFD, FD_CLOEXEC);
        fcntl(fd, F_SETFL, O_NONBLOCK);
    }
    handle(SIGPIPE, SIG_IGN);
    handle(SIGUSR1, SIG_IGN);
    for (const int number : {SIGINT, SIGTERM, SIGHUP})
        handle(number, handleSignal);
}

void SignalWatcher::setPidFile(const std::string &path)
{
    if (path.size() < g_pidFile.size())
        std::memcpy(g_pidFile.data(), path.c_str(), path.size() + 1);
}

SignalWatcher::SignalWatcher(QObject *parent)
    : QObject(parent)
    , m_notifier(std::make_unique<QSocketNotifier>(g_pipe[0], QSocketNotifier::Read))
{
    connect(m_notifier.get(), &QSocketNotifier::activated, this, &SignalWatcher::readPipe);
}

SignalWatcher::~SignalWatcher() = default;

void SignalWatcher::readPipe()
{
    std::array<char, 16> bytes;
    const ssize_t n = read(g_pipe[0], bytes.data(), bytes.size());
    for (ssize_t i = 0; i < n; ++i) {
        const int number = bytes[std::size_t(i)];
        if (number == SIGHUP)
            Q_EMIT hangUp();
        else
            Q_EMIT terminate(number);
    }
}

} // namespace cay::server
