// A store inside this process: no server, no port.
#pragma once

#include "shell/connection.h"

namespace cay::shell {

// Opens the store that lives in a directory; the connection speaks to it as to a server.
std::unique_ptr<Connection> openEmbedded(const std::string &directory, std::string *why);

} // namespace cay::shell
