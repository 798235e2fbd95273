#include "server/application.h"

#include "cay/version.h"
#include "core/log.h"
#include "core/options_special.h"
#include "net/event_dispatcher.h"
#include "server/crash_report.h"
#include "server/process_title.h"
#include "server/signals.h"
#include "server/sockets.h"
#include "server/system_limits.h"

#include <QtCore/QCoreApplication>

#include <array>
#include <clocale>
#include <unistd.h>

namespace cay::server {

namespace {

// Qt takes the whole locale from the environment. Numbers in replies, dates in the log and the
// system's messages are the same for every user; LC_CTYPE stays, for the names of files.
void useNeutralLocale()
{
    for (const int category : {LC_NUMERIC, LC_TIME, LC_MESSAGES, LC_MONETARY})
        std::setlocale(category, "C");
}

} // namespace

Application::Application(std::string program)
    : m_program(std::move(program))
    , m_options(m_server.options())
{
    m_server.setSocketLayer(makeSocketLayer);
}

Application::~Application() = default;

bool Application::configure(const std::vector<std::string> &arguments, std::string *error)
{
    const bool ok = m_server.configure(core::readArguments(arguments), &m_warnings, error)
                    && openLogFile(error);
    if (!ok && !error->ends_with('\n'))
        *error += '\n';
    return ok;
}

bool Application::openLogFile(std::string *error)
{
    core::LogSettings settings;
    settings.level = static_cast<LogLevel>(m_options.integer("loglevel"));
    settings.file = m_options.text("logfile");
    settings.syslog = m_options.flag("syslog-enabled");
    settings.syslogIdent = m_options.text("syslog-ident");
    settings.syslogFacility = static_cast<int>(m_options.integer("syslog-facility"));
    std::string why;
    if (core::openLog(settings, &why))
        return true;
    *error = "\n*** FATAL CONFIG FILE ERROR (Cay " + std::string(kCayVersion)
             + ") ***\nCan't open the log file: " + why + '\n';
    return false;
}

std::string Application::report() const
{
    std::string text;
    for (const std::string &warning : m_warnings)
        text += "# " + warning + '\n';
    return text + m_options.report();
}

void Application::logBeginning()
{
    core::log(LogLevel::Warning, "Cay is starting");
    core::log(LogLevel::Warning,
              "Cay version=%s, redis_version=%s, qt=%s, bits=%d, pid=%d, just started",
              kCayVersion.data(), kRedisVersion.data(), qVersion(), int(sizeof(void *) * 8),
              int(getpid()));
    if (m_options.configFile().empty()) {
        core::log(LogLevel::Warning,
                  "Warning: no config file specified, using the default config. In order to "
                  "specify a config "
                  "file use %s /path/to/cay.conf",
                  m_program.c_str());
    } else {
        core::log(LogLevel::Warning, "Configuration loaded");
    }
    for (const std::string &warning : m_warnings)
        core::logText(LogLevel::Warning, "WARNING " + warning);
}

// A supervised process stays where it was started.
bool Application::goToBackground()
{
    m_supervisor = detectSupervisor(static_cast<Supervisor>(m_options.integer("supervised")));
    if (!m_options.flag("daemonize") || m_supervisor != Supervisor::None)
        return true;
    m_inBackground = true;
    if (daemonize())
        return true;
    core::log(LogLevel::Warning, "Can't go to the background, exiting");
    return false;
}

int Application::run(int argc, char **argv)
{
    core::installQtLogging();
    if (!goToBackground())
        return 1;
    logBeginning();
    SignalWatcher::install();
    m_options.watch("use-exit-on-panic", [this](QString *) {
        exitAfterCrashReport(m_options.flag("use-exit-on-panic"));
        return true;
    });
    m_options.watch("crash-log-enabled", [this](QString *) {
        enableCrashReport(m_options.flag("crash-log-enabled"));
        return true;
    });
    m_options.watch("loglevel", [this](QString *) {
        core::setLogLevel(static_cast<LogLevel>(m_options.integer("loglevel")));
        return true;
    });
    if (!fitOpenFiles(m_options))
        return 1;
    if (!setCpuAffinity(m_options.text("server_cpulist")))
        core::log(LogLevel::Warning, "server_cpulist cannot be applied");
    QString note;
    if (auto *dispatcher = net::EventDispatcher::create(m_options.text("event-backend"), &note))
        QCoreApplication::setEventDispatcher(dispatcher);
    if (!note.isEmpty())
        core::logText(LogLevel::Notice, note.toStdString());
    QCoreApplication application(argc, argv);
    useNeutralLocale();
    const int code = serve();
    m_server.stop(); // before the event loop that it lives on
    m_pidFile.remove();
    core::log(LogLevel::Warning, "Cay is now ready to exit, bye bye...");
    return code;
}

int Application::serve()
{
    core::setLogRole('M');
    SignalWatcher signalWatcher;
    QObject::connect(&signalWatcher, &SignalWatcher::terminate, [this] { endBySignal(); });
    QObject::connect(&signalWatcher, &SignalWatcher::hangUp, [this] { reopenLogFile(); });
    const std::string pidFile = m_options.text("pidfile");
    if (m_inBackground || !pidFile.empty()) {
        m_pidFile.create(pidFile.empty() ? "/var/run/cay.pid" : pidFile);
        SignalWatcher::setPidFile(m_pidFile.path());
    }
    watchOomScore(m_options);
    m_options.watch("proc-title-template", [this](QString *) {
        updateTitle();
        return true;
    });
    logMode();
    checkBacklog(m_options);
    notifySystemd(m_supervisor, "STATUS=Cay is loading...\n");
    QString why;
    if (!m_server.start(&why)) {
        core::logText(LogLevel::Warning, why.toStdString());
        return 1;
    }
    applyBackgroundCpus();
    core::log(LogLevel::Warning, "Server initialized");
    checkMemorySettings(m_options);
    if (!m_options.text("unixsocket").empty()) {
        core::log(LogLevel::Notice, "The server is now ready to accept connections at %s",
                  m_options.text("unixsocket").c_str());
    }
    core::log(LogLevel::Notice, "Ready to accept connections");
    notifySystemd(m_supervisor, "STATUS=Ready to accept connections\nREADY=1\n");
    const int code = m_server.exec();
    notifySystemd(m_supervisor, "STOPPING=1\n");
    return code;
}

// " PID: <pid>" is what harnesses look for before "Server initialized".
void Application::logMode()
{
    const auto port = static_cast<int>(m_options.integer("port"));
    const bool terminal = isatty(STDOUT_FILENO) && m_options.text("logfile").empty();
    if (!m_options.flag("always-show-logo") && !terminal) {
        core::log(LogLevel::Notice, "Running mode=standalone, port=%d, PID: %d.", port,
                  int(getpid()));
        return;
    }
    std::array<char, 512> text;
    std::snprintf(text.data(), text.size(),
                  "\n"
                  "     ___ __ _ _  _\n"
                  "    / __/ _` | || |    Cay %s, %d bit\n"
                  "   | (_| (_| | || |    Running in standalone mode\n"
                  "    \\___\\__,_|\\_, |    Port: %d\n"
                  "              |__/     PID: %d\n",
                  kCayVersion.data(), int(sizeof(void *) * 8), port, int(getpid()));
    core::logText(LogLevel::Notice, text.data());
}

// The background thread sets its own.
void Application::applyBackgroundCpus()
{
    const std::string cpus = m_options.text("bio_cpulist");
    if (cpus.empty())
        return;
    m_server.engine().inBackground([cpus] {
        if (!setCpuAffinity(cpus))
            core::log(LogLevel::Warning, "bio_cpulist cannot be applied");
    });
}

void Application::updateTitle()
{
    if (!m_options.flag("set-proc-title"))
        return;
    const std::string bind = m_options.text("bind"), socket = m_options.text("unixsocket");
    const std::string port = m_options.text("port");
    std::string address = bind.substr(0, bind.find(' '));
    if (address.empty())
        address = "*";
    address = port == "0" && !socket.empty() ? socket : address + ':' + port;
    const std::array<core::TitleVariable, 7> values{{{"title", m_program},
                                                     {"listen-addr", address},
                                                     {"server-mode", ""},
                                                     {"port", port},
                                                     {"tls-port", "0"},
                                                     {"unixsocket", socket},
                                                     {"config-file", m_options.configFile()}}};
    std::string title;
    core::expandTitle(m_options.text("proc-title-template"), values, &title);
    title.erase(title.find_last_not_of(' ') + 1);
    setProcessTitle(title);
}

void Application::reopenLogFile()
{
    std::string why;
    if (core::reopenLog(&why))
        core::log(LogLevel::Notice, "Log file opened again after SIGHUP");
    else
        core::log(LogLevel::Warning, "Can't open the log file again: %s", why.c_str());
}

void Application::endBySignal()
{
    core::log(LogLevel::Warning, "User requested shutdown...");
    m_server.shutdown(0);
}

} // namespace cay::server
