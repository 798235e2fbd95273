#include "load.h"

#include "replies.h"
#include "socket.h"

#include <cstdio>
#include <ctime>

#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <unistd.h>

namespace bench {

static void runFirst()
{
    sched_param parameter{};
    parameter.sched_priority = 10;
    if (sched_setscheduler(0, SCHED_FIFO, &parameter) != 0)
        setpriority(PRIO_PROCESS, 0, -20);
}

static void sleepUntil(std::int64_t ns)
{
    const timespec at{ns / 1000000000, ns % 1000000000};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, nullptr);
}

// Whoever started the pinger closes its standard input when it is to end.
static bool inputEnded()
{
    pollfd in{STDIN_FILENO, POLLIN, 0};
    char byte;
    return poll(&in, 1, 0) > 0 && read(STDIN_FILENO, &byte, 1) == 0;
}

// True when the answer came.
static bool ping(int fd, ReplyCounter &replies)
{
    static constexpr char kPing[] = "*1\r\n$4\r\nPING\r\n";
    if (write(fd, kPing, sizeof kPing - 1) != sizeof kPing - 1)
        return false;
    for (;;) {
        pollfd socket{fd, POLLIN, 0};
        char buffer[256];
        if (poll(&socket, 1, 60000) <= 0)
            return false;
        const ssize_t n = read(fd, buffer, sizeof buffer);
        if (n <= 0)
            return false;
        if (replies.feed(buffer, static_cast<std::size_t>(n)) != 0)
            return true;
    }
}

Result runPinger(const Options &options)
{
    Result result;
    const int fd = connectTo(options.host, options.port, options.unixPath);
    result.ok = fd >= 0;
    runFirst();
    ReplyCounter replies;
    const std::int64_t start = nowNs();
    const std::int64_t end
        = options.seconds > 0 ? start + static_cast<std::int64_t>(options.seconds * 1e9) : 0;
    std::int64_t due = start;
    while (result.ok && !inputEnded() && (end == 0 || nowNs() < end)) {
        sleepUntil(due);
        const std::int64_t sent = nowNs();
        result.ok = ping(fd, replies);
        const std::int64_t now = nowNs();
        result.latency.add(static_cast<std::uint64_t>(now - sent));
        ++result.requests;
        due = std::max(due + options.intervalUs * 1000, now);
    }
    result.elapsed = static_cast<double>(nowNs() - start) / 1e9;
    if (fd >= 0)
        close(fd);
    return result;
}

} // namespace bench
