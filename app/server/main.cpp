// cay-server [file.conf] [--option value ...] [-]
#include "server/application.h"
#include "server/command_line.h"
#include "server/process_title.h"

#include <clocale>
#include <cstdio>
#include <ctime>

namespace {

int checkConfig(cay::server::Application &application, const cay::server::CommandLine &line)
{
    std::string error;
    if (!application.configure(line.arguments, &error)) {
        std::fputs(error.c_str(), stderr);
        return 1;
    }
    std::fputs(application.report().c_str(), stdout);
    return 0;
}

int serve(cay::server::Application &application, const cay::server::CommandLine &line, int argc,
          char **argv)
{
    std::string error;
    if (application.configure(line.arguments, &error))
        return application.run(argc, argv);
    std::fputs(error.c_str(), stderr);
    return 1;
}

} // namespace

int main(int argc, char **argv)
{
    using cay::server::Mode;
    cay::server::prepareProcessTitle(argc, argv);
    std::setlocale(LC_COLLATE, "");
    tzset();
    const cay::server::CommandLine line = cay::server::readCommandLine(argc, argv);
    const std::string program = argc > 0 ? argv[0] : "cay-server";
    switch (line.mode) {
    case Mode::Help: std::fputs(cay::server::helpText(program).c_str(), stdout); return 0;
    case Mode::Version: std::fputs(cay::server::versionText().c_str(), stdout); return 0;
    case Mode::Refuse: std::fprintf(stderr, "%s\n", line.why.c_str()); return 1;
    default: break;
    }
    cay::server::Application application(program);
    return line.mode == Mode::CheckConfig ? checkConfig(application, line)
                                          : serve(application, line, argc, argv);
}
