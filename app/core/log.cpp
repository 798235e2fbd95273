// One write() per line to a descriptor in append mode: lines of threads do not mix, and the process
// that is killed loses nothing. No lock: a reopened file takes the descriptor's number over with
// dup2(), so that a line that is being written lands in the old or in the new file.
#include "core/log.h"

#include <QtCore/QString>
#include <QtCore/qlogging.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <ctime>
#include <fcntl.h>
#include <sys/time.h>
#include <syslog.h>
#include <unistd.h>

namespace cay {

namespace {

constexpr std::size_t kMaxLine = 1024;

struct LogState
{
    std::atomic<LogLevel> level{LogLevel::Notice};
    std::atomic<char> role{'C'};
    std::atomic<int> descriptor{STDOUT_FILENO};
    std::atomic<bool> syslog{false};
    std::string file, ident; // ident: openlog() keeps the pointer
};

LogState &state()
{
    static LogState instance;
    return instance;
}

// "123:M 21 Nov 2026 03:51:44.249 * ", at most 64 bytes.
std::size_t writePrefix(LogLevel level, std::array<char, 96> *out)
{
    timeval now{};
    gettimeofday(&now, nullptr);
    std::tm local{};
    localtime_r(&now.tv_sec, &local);
    std::array<char, 40> date;
    std::strftime(date.data(), date.size(), "%d %b %Y %H:%M:%S", &local);
    const int n = std::snprintf(out->data(), out->size(), "%d:%c %s.%03d %c ", int(getpid()),
                                state().role.load(), date.data(), int(now.tv_usec / 1000),
                                ".-*#"[int(level)]);
    return static_cast<std::size_t>(n);
}

void writeLine(Bytes line)
{
    while (!line.empty()) {
        const ssize_t n = write(state().descriptor, line.data(), line.size());
        if (n < 0 && errno != EINTR)
            return; // a full disk must not stop the server
        line.remove_prefix(n > 0 ? static_cast<std::size_t>(n) : 0);
    }
}

int openFile(const std::string &file)
{
    return open(file.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
}

void openSyslog(const core::LogSettings &settings)
{
    static constexpr std::array kFacilities{LOG_USER,   LOG_LOCAL0, LOG_LOCAL1,
                                            LOG_LOCAL2, LOG_LOCAL3, LOG_LOCAL4,
                                            LOG_LOCAL5, LOG_LOCAL6, LOG_LOCAL7};
    state().syslog = settings.syslog;
    if (!settings.syslog)
        return;
    state().ident = settings.syslogIdent;
    openlog(state().ident.c_str(), LOG_PID | LOG_NDELAY | LOG_NOWAIT,
            kFacilities[std::size_t(settings.syslogFacility) % kFacilities.size()]);
}

LogLevel levelOf(QtMsgType type)
{
    switch (type) {
    case QtDebugMsg: return LogLevel::Debug;
    case QtInfoMsg: return LogLevel::Notice;
    default: return LogLevel::Warning;
    }
}

void takeQtMessage(QtMsgType type, const QMessageLogContext &, const QString &message)
{
    logText(levelOf(type), message.toStdString()); // Qt itself ends the process after a fatal one
}

} // namespace

bool logs(LogLevel level) { return level >= state().level.load(std::memory_order_relaxed); }

void logText(LogLevel level, Bytes text)
{
    if (!logs(level))
        return;
    std::array<char, 96> prefix;
    std::string line(prefix.data(), writePrefix(level, &prefix));
    line.append(text);
    line += '\n';
    writeLine(line);
    static constexpr std::array kPriorities{LOG_DEBUG, LOG_INFO, LOG_NOTICE, LOG_WARNING};
    if (state().syslog)
        syslog(kPriorities[std::size_t(level)], "%.*s",
               int(std::min<std::size_t>(text.size(), 8192)), text.data());
}

void log(LogLevel level, const char *format, ...)
{
    if (!logs(level))
        return;
    std::array<char, kMaxLine> text;
    va_list arguments;
    va_start(arguments, format);
    const int n = std::vsnprintf(text.data(), text.size(), format, arguments);
    va_end(arguments);
    if (n >= 0)
        logText(level, {text.data(), std::min<std::size_t>(std::size_t(n), text.size() - 1)});
}

namespace core {

bool openLog(const LogSettings &settings, std::string *why)
{
    int descriptor = STDOUT_FILENO;
    if (!settings.file.empty() && (descriptor = openFile(settings.file)) < 0) {
        *why = std::strerror(errno);
        return false;
    }
    const int old = state().descriptor.exchange(descriptor);
    if (old != STDOUT_FILENO)
        close(old);
    state().file = settings.file;
    state().level = settings.level;
    openSyslog(settings);
    return true;
}

bool reopenLog(std::string *why)
{
    if (state().file.empty())
        return true;
    const int fresh = openFile(state().file);
    const bool ok = fresh >= 0 && dup2(fresh, state().descriptor) >= 0;
    if (!ok)
        *why = std::strerror(errno);
    else
        fcntl(state().descriptor, F_SETFD, FD_CLOEXEC);
    if (fresh >= 0)
        close(fresh);
    return ok;
}

void setLogLevel(LogLevel level) { state().level = level; }
void setLogRole(char role) { state().role = role; }
void installQtLogging() { qInstallMessageHandler(takeQtMessage); }
int logDescriptor() { return state().descriptor; }

void logFromSignal(const char *text)
{
    // snprintf is not on the list of safe functions: digits by hand.
    std::array<char, 256> line;
    std::size_t used = 0;
    const auto put = [&](const char *p) {
        while (*p && used + 1 < line.size())
            line[used++] = *p++;
    };
    const auto putNumber = [&](long number) {
        std::array<char, 24> digits{};
        std::size_t at = digits.size() - 1;
        do {
            digits[--at] = char('0' + number % 10);
        } while ((number /= 10) > 0);
        put(&digits[at]);
    };
    putNumber(getpid());
    put(":signal-handler (");
    putNumber(std::time(nullptr));
    put(") ");
    put(text);
    line[used++] = '\n';
    writeLine({line.data(), used});
}

} // namespace core

} // namespace cay
