// From a configuration to a running server, and back: the order in which a process gets up and goes
// down.
//
//   options -> (check only?) -> log -> background -> limits -> event loop -> server -> pid file,
//   title -> exec()
//
// Everything that can be wrong with the configuration is found before the process goes to the
// background, so that it is said on the terminal.
#pragma once

#include "host/server.h"
#include "server/daemon.h"
#include "server/supervision.h"

namespace cay::server {

class Application
{
public:
    // `program` is argv[0].
    explicit Application(std::string program);
    ~Application();

    // False with the text for stderr. Afterwards the options are complete, those of the plugins
    // included.
    bool configure(const std::vector<std::string> &arguments, std::string *error);
    // What --check-config prints.
    std::string report() const;
    // Runs until the end; returns the process's exit code.
    int run(int argc, char **argv);

private:
    bool openLogFile(std::string *error);
    void logBeginning();
    bool goToBackground();
    int serve();
    void logMode();
    void applyBackgroundCpus();
    void updateTitle();
    void reopenLogFile();
    void endBySignal();

    std::string m_program;
    host::Server m_server;
    core::OptionStore &m_options;
    std::vector<std::string> m_warnings;
    PidFile m_pidFile;
    Supervisor m_supervisor = Supervisor::None;
    bool m_inBackground = false;
};

} // namespace cay::server
