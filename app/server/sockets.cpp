#include "server/sockets.h"

#include "net/network.h"

namespace cay::server {

namespace {

class Sockets final : public host::SocketLayer
{
public:
    Sockets(core::Engine &engine, Options &options)
        : m_network(engine, options)
    {}
    bool listen(QString *why) override { return m_network.listen(why); }
    void stop() override { m_network.stop(); }
    std::string backend() const override { return m_network.multiplexingApi(); }

private:
    net::Network m_network;
};

} // namespace

std::unique_ptr<host::SocketLayer> makeSocketLayer(core::Engine &engine, Options &options)
{
    return std::make_unique<Sockets>(engine, options);
}

} // namespace cay::server
