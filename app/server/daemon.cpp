#include "server/daemon.h"

#include "core/log.h"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <unistd.h>

namespace cay::server {

bool daemonize()
{
    const pid_t child = fork();
    if (child < 0)
        return false;
    if (child > 0)
        _exit(0); // buffers of stdio are the child's
    setsid();
    const int null = open("/dev/null", O_RDWR);
    if (null < 0)
        return true;
    for (const int fd : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
        dup2(null, fd);
    if (null > STDERR_FILENO)
        close(null);
    return true;
}

void PidFile::create(const std::string &path)
{
    std::FILE *file = std::fopen(path.c_str(), "we");
    if (!file) {
        core::log(LogLevel::Notice, "Failed to write PID file: %s", std::strerror(errno));
        return;
    }
    std::fprintf(file, "%d\n", int(getpid()));
    std::fclose(file);
    // Absolute, because CONFIG SET dir may change the directory before the end.
    char *absolute = realpath(path.c_str(), nullptr);
    m_path = absolute ? absolute : path;
    std::free(absolute);
}

PidFile::~PidFile() { remove(); }

void PidFile::remove()
{
    if (!m_path.empty() && unlink(m_path.c_str()) == 0)
        core::log(LogLevel::Notice, "Removing the pid file.");
    m_path.clear();
}

} // namespace cay::server
