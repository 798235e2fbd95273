// The server behind the process, or, in a build that has none, one that only holds the options:
// with it the process's own side (configuration, log, signals, background) can be built and tested.
#pragma once

#if __has_include("host/server.h")
#include "host/server.h"

namespace cay::server {
using Backend = host::Server;
}
#else
#include "core/options_store.h"

#include <QtCore/QCoreApplication>

namespace cay::server {

class Backend
{
public:
    explicit Backend(core::OptionStore &) {}
    bool declare(QString *) { return true; }
    bool start(QString *) { return true; }
    void shutdown(int exitCode) { QCoreApplication::exit(exitCode); }
};

} // namespace cay::server
#endif
