// Gives the server its network.
#pragma once

#include "host/socket_layer.h"

namespace cay::server {

std::unique_ptr<host::SocketLayer> makeSocketLayer(core::Engine &engine, Options &options);

} // namespace cay::server
