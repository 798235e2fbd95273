#include "connection.h"

#include "cay/plugin.h"

namespace connection {

namespace {

constexpr cay::Binding kCommands[] = {
    {"auth", auth},
    {"client|capa", clientCapa},
    {"client|getname", clientGetname},
    {"client|getredir", clientGetredir},
    {"client|help", clientHelp},
    {"client|id", clientId},
    {"client|info", clientInfo},
    {"client|kill", clientKill},
    {"client|list", clientList},
    {"client|no-evict", clientNoEvict},
    {"client|no-touch", clientNoTouch},
    {"client|pause", clientPause},
    {"client|reply", clientReply},
    {"client|setinfo", clientSetinfo},
    {"client|setname", clientSetname},
    {"client|unblock", clientUnblock},
    {"client|unpause", clientUnpause},
    {"echo", echo},
    {"hello", hello},
    {"ping", ping},
    {"quit", quit},
    {"reset", reset},
    {"select", select},
};

} // namespace

class ConnectionPlugin : public QObject, public cay::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "connection.json")
    Q_INTERFACES(cay::Plugin)
public:
    std::span<const cay::Binding> commands() const override { return kCommands; }

    bool start(cay::Host &host, QString *) override
    {
        setUpAuthentication(host);
        return true;
    }
};

} // namespace connection

#include "connection_plugin.moc"
