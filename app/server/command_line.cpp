#include "server/command_line.h"

#include "cay/version.h"

#include <QtCore/QtGlobal>

#include <cstring>

namespace cay::server {

CommandLine readCommandLine(int argc, char **argv)
{
    CommandLine line;
    for (int i = 1; i < argc; ++i)
        line.arguments.emplace_back(argv[i]);
    if (line.arguments.empty())
        return line;
    const std::string first = line.arguments[0];
    if (first == "-h" || first == "--help") {
        line.mode = Mode::Help;
    } else if (first == "-v" || first == "--version") {
        line.mode = Mode::Version;
    } else if (first == "--test-memory" || first == "--sentinel") {
        line.mode = Mode::Refuse;
        line.why = first + " is not offered; see cay-server --help";
    } else if (std::erase(line.arguments, "--check-config") > 0) {
        line.mode = Mode::CheckConfig;
    }
    return line;
}

std::string versionText()
{
    return "Cay server v=" + std::string(kCayVersion) + " redis=" + std::string(kRedisVersion)
           + " qt=" + qVersion() + " bits=" + std::to_string(sizeof(void *) * 8) + '\n';
}

std::string helpText(const std::string &program)
{
    const auto line = [&](const char *rest) { return "       " + program + ' ' + rest + '\n'; };
    return "Usage: " + program + " [/path/to/cay.conf] [options] [-]\n"
           + line("- (read config from stdin)") + line("-v or --version") + line("-h or --help")
           + line("[/path/to/cay.conf] [options] --check-config (say what would be used, and stop)")
           + "\nExamples:\n" + line("(run the server with default conf)")
           + "       echo 'maxmemory 128mb' | " + program + " -\n" + line("/etc/cay/6379.conf")
           + line("--port 7777") + line("--port 7777 --bind 127.0.0.1 ::1")
           + line("/etc/cay/mycay.conf --loglevel verbose -")
           + line("/etc/cay/mycay.conf --loglevel verbose")
           + "\nEvery option of the configuration file may stand on the command line, with two "
             "dashes in front.\n"
             "cay.conf documents them all: see man cay-server.\n";
}

} // namespace cay::server
