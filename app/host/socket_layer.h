// The network, as the server sees it. The program that assembles a server gives it; a store inside
// another program has none.
#pragma once

#include "core/engine.h"

#include <functional>
#include <memory>

namespace cay::host {

class SocketLayer
{
public:
    virtual ~SocketLayer() = default; // closes everything
    // Opens the listeners. False with the line that the log is to have.
    virtual bool listen(QString *why) = 0;
    // Accepts no more, sends what is waiting, closes everything.
    virtual void stop() = 0;
    // As INFO's multiplexing_api.
    virtual std::string backend() const = 0;
};

using SocketLayerFactory
    = std::function<std::unique_ptr<SocketLayer>(core::Engine &engine, Options &options)>;

} // namespace cay::host
