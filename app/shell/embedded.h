// A store inside this process: no server, no port. Options, engine and plugins are those of
// cay-server; what the network does there, a connection does here by hand, on the thread that asks.
//
// Between runs the data lies in <directory>/store.resp: the commands that bring it back (SELECT,
// RESTORE), encoded as a client sends them. It is written anew, beside the old one, when the store
// is closed after changes; nothing is written while the store is open. <directory>/cay.conf, if
// there is one, configures the store. One process at a time.
#pragma once

#include "shell/connection.h"

namespace cay::shell {

class EmbeddedStore
{
public:
    // Null with the reason. The directory is made if it is missing.
    static std::shared_ptr<EmbeddedStore> open(const std::string &directory, std::string *why);
    virtual ~EmbeddedStore() = default;

    // A connection holds the store open.
    virtual std::unique_ptr<Connection> connect(std::string *why) = 0;
    // Lets timers run: expiry, time limits of waiting commands.
    virtual void idle() = 0;
    // Writes the data if it has changed. False with the reason.
    virtual bool save(std::string *why) = 0;
};

} // namespace cay::shell
