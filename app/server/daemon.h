// Going to the background, and the file with the process id.
#pragma once

#include <string>

namespace cay::server {

// Forks; the parent ends with status 0, the child goes on without a terminal. False when the system
// cannot fork.
bool daemonize();

// The file that holds the process id for as long as the object lives.
class PidFile
{
public:
    PidFile() = default;
    ~PidFile();
    PidFile(const PidFile &) = delete;
    PidFile &operator=(const PidFile &) = delete;

    // A failure is logged and is no reason not to start.
    void create(const std::string &path);
    void remove();                                     // harmless when there is none
    const std::string &path() const { return m_path; } // absolute; empty without a file

private:
    std::string m_path;
};

} // namespace cay::server
