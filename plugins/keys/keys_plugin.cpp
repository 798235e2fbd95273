#include "keys.h"

#include "cay/plugin.h"

namespace keys {

namespace {

constexpr cay::Binding kCommands[] = {
    {"copy", copy},
    {"dbsize", dbsize},
    {"del", del},
    {"dump", dump},
    {"exists", exists},
    {"expire", expire},
    {"expireat", expireat},
    {"expiretime", expiretime},
    {"flushall", flushall},
    {"flushdb", flushdb},
    {"keys", keys},
    {"move", move},
    {"object|encoding", objectEncoding},
    {"object|freq", objectFreq},
    {"object|help", objectHelp},
    {"object|idletime", objectIdletime},
    {"object|refcount", objectRefcount},
    {"persist", persist},
    {"pexpire", pexpire},
    {"pexpireat", pexpireat},
    {"pexpiretime", pexpiretime},
    {"pttl", pttl},
    {"randomkey", randomkey},
    {"rename", rename},
    {"renamenx", renamenx},
    {"restore", restore},
    {"restore-asking", restore},
    {"scan", scan},
    {"swapdb", swapdb},
    {"touch", touch},
    {"ttl", ttl},
    {"type", type},
    {"unlink", unlink},
};

} // namespace

class KeysPlugin : public QObject, public cay::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "keys.json")
    Q_INTERFACES(cay::Plugin)
public:
    std::span<const cay::Binding> commands() const override { return kCommands; }
};

} // namespace keys

#include "keys_plugin.moc"
