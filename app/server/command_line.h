// What the command line asks for beside options: help, version, a check of the configuration.
#pragma once

#include <string>
#include <vector>

namespace cay::server {

enum class Mode { Serve, Help, Version, CheckConfig, Refuse };

struct CommandLine
{
    Mode mode = Mode::Serve;
    std::vector<std::string> arguments; // for core::readArguments()
    std::string why;                    // Refuse
};

CommandLine readCommandLine(int argc, char **argv);
std::string helpText(const std::string &program);
std::string versionText();

} // namespace cay::server
