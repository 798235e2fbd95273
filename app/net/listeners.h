// The sockets that accept: what `bind`, `port` and `unixsocket` ask for, opened at the start and
// again when CONFIG SET changes them.
//
// A change opens what is new before it closes what is no longer asked for, so that a refused one
// leaves everything as it was. Errors and log lines are Redis's.
#pragma once

#include "cay/options.h"
#include "net/poller.h"

#include <functional>
#include <memory>

namespace cay::net {

class Listeners
{
public:
    Listeners(Options &options, Poller &poller);
    ~Listeners();

    // Opens everything; later changes of the options are followed. False with the line that the
    // server ends with.
    bool open(QString *why);
    void close();
    const std::vector<std::unique_ptr<Listener>> &all() const { return m_listeners; }
    // The port that is in use, also when the option says 0 and the test asked for any; 0 when there
    // is none.
    int port() const;

private:
    struct Wanted
    {
        std::string address;
        bool optional;
        int port;
        bool names(const Listener &listener) const
        {
            return !listener.unixSocket && listener.address == address && listener.port == port;
        }
    };

    std::vector<Wanted> wanted() const;
    bool update(QString *why, const QString &refusal);
    std::vector<Wanted> endUnwanted(const std::function<bool(const Listener &)> &which);
    bool openTcp(const Wanted &wanted, std::vector<std::unique_ptr<Listener>> *opened);
    bool openUnix(QString *why);
    bool start(std::unique_ptr<Listener> listener);
    void end(Listener &listener);
    bool followKeepAlive();

    Options &m_options;
    Poller &m_poller;
    std::vector<std::unique_ptr<Listener>> m_listeners;
    std::string m_unixPath;
    std::uint32_t m_generation = 0;
    bool m_following = false; // watches are being set up
};

} // namespace cay::net
