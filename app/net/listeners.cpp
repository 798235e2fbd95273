#include "net/listeners.h"

#include "cay/log.h"
#include "net/sockets.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <sstream>
#include <unistd.h>

namespace cay::net {

namespace {

// The system lacks the protocol: Redis goes on with the other addresses.
bool isUnsupported(int error)
{
    return error == ENOPROTOOPT || error == EPROTONOSUPPORT || error == ESOCKTNOSUPPORT
           || error == EPFNOSUPPORT || error == EAFNOSUPPORT;
}

} // namespace

Listeners::Listeners(Options &options, Poller &poller)
    : m_options(options)
    , m_poller(poller)
{}

Listeners::~Listeners() { close(); }

std::vector<Listeners::Wanted> Listeners::wanted() const
{
    std::vector<Wanted> list;
    const int port = static_cast<int>(m_options.integer("port"));
    if (port == 0)
        return list;
    std::istringstream words(m_options.text("bind"));
    for (std::string word; words >> word;) {
        const bool optional = word.starts_with('-');
        std::string address = optional ? word.substr(1) : word;
        const bool known = std::any_of(list.begin(), list.end(), [&](const Wanted &other) {
            return other.address == address;
        });
        if (!known)
            list.push_back({std::move(address), optional, port});
    }
    return list;
}

bool Listeners::open(QString *why)
{
    const int port = static_cast<int>(m_options.integer("port"));
    if (!update(why, QStringLiteral("Failed listening on port %1 (TCP), aborting.").arg(port))
        || !openUnix(why))
        return false;
    if (m_listeners.empty()) {
        *why = QStringLiteral("Configured to not listen anywhere, exiting.");
        return false;
    }
    m_following = true;
    m_options.watch("port", [this](QString *reason) {
        return update(reason, QStringLiteral("Unable to listen on this port. Check server logs."));
    });
    m_options.watch("bind", [this](QString *reason) {
        return update(reason, QStringLiteral("Failed to bind to specified addresses."));
    });
    m_options.watch("tcp-keepalive", [this](QString *) { return followKeepAlive(); });
    m_following = false;
    return true;
}

bool Listeners::update(QString *why, const QString &refusal)
{
    if (m_following)
        return true; // watch() tells the value that was just read
    std::vector<Wanted> missing = wanted();
    std::erase_if(missing, [this](const Wanted &one) {
        return std::ranges::any_of(m_listeners, [&](const auto &l) { return one.names(*l); });
    });
    // An address may lie within one that is no longer asked for (127.0.0.1 in *), on the same port:
    // that one goes first.
    const std::vector<Wanted> replaced = endUnwanted([&](const Listener &listener) {
        return std::ranges::any_of(missing,
                                   [&](const Wanted &w) { return w.port == listener.port; });
    });
    std::vector<std::unique_ptr<Listener>> opened;
    const bool ok
        = std::ranges::all_of(missing, [&](const Wanted &one) { return openTcp(one, &opened); });
    if (!ok) {
        for (const auto &listener : opened)
            ::close(listener->fd);
        opened.clear();
        for (const Wanted &one : replaced)
            openTcp(one, &opened);
        *why = refusal;
    } else {
        endUnwanted([](const Listener &) { return true; });
    }
    for (auto &listener : opened)
        start(std::move(listener));
    return ok;
}

// Closes the TCP listeners that the options no longer name and that `which` picks; returns what
// they were.
std::vector<Listeners::Wanted>
Listeners::endUnwanted(const std::function<bool(const Listener &)> &which)
{
    const std::vector<Wanted> list = wanted();
    std::vector<Wanted> ended;
    std::erase_if(m_listeners, [&](const auto &listener) {
        const bool asked
            = std::ranges::any_of(list, [&](const Wanted &w) { return w.names(*listener); });
        if (listener->unixSocket || asked || !which(*listener))
            return false;
        ended.push_back({listener->address, false, listener->port});
        end(*listener);
        return true;
    });
    return ended;
}

bool Listeners::openTcp(const Wanted &wanted, std::vector<std::unique_ptr<Listener>> *opened)
{
    ListenOptions options;
    options.backlog = static_cast<int>(m_options.integer("tcp-backlog"));
    options.mark = static_cast<std::uint32_t>(m_options.integer("socket-mark-id"));
    options.keepAliveSeconds = static_cast<int>(m_options.integer("tcp-keepalive"));
    std::string why;
    const int fd = listenTcp(wanted.address, wanted.port, options, &why);
    if (fd < 0) {
        const int error = errno;
        log(LogLevel::Warning, "Warning: Could not create server TCP listening socket %s:%d: %s",
            wanted.address.c_str(), wanted.port, why.c_str());
        return isUnsupported(error) || (wanted.optional && error == EADDRNOTAVAIL);
    }
    auto listener = std::make_unique<Listener>();
    listener->fd = fd;
    listener->address = wanted.address;
    listener->port = wanted.port;
    opened->push_back(std::move(listener));
    return true;
}

bool Listeners::openUnix(QString *why)
{
    const std::string path = m_options.text("unixsocket");
    if (path.empty())
        return true;
    UnixSocketOptions options;
    options.backlog = static_cast<int>(m_options.integer("tcp-backlog"));
    // CONFIG GET shows the mode in octal digits, as it is written in the file.
    const std::string mode = m_options.text("unixsocketperm");
    std::from_chars(mode.data(), mode.data() + mode.size(), options.permissions, 8);
    options.group = m_options.text("unixsocketgroup");
    std::string reason;
    const int fd = listenUnix(path, options, &reason);
    if (fd < 0) {
        *why = QStringLiteral("Failed opening Unix socket: ") + QString::fromStdString(reason);
        return false;
    }
    auto listener = std::make_unique<Listener>();
    listener->fd = fd;
    listener->unixSocket = true;
    listener->address = path;
    m_unixPath = path;
    return start(std::move(listener));
}

bool Listeners::start(std::unique_ptr<Listener> listener)
{
    listener->generation = ++m_generation;
    m_poller.addListener(*listener);
    m_listeners.push_back(std::move(listener));
    return true;
}

void Listeners::end(Listener &listener)
{
    m_poller.removeListener(listener);
    std::erase_if(m_poller.accepted(), [&listener](const Accepted &accepted) {
        if (accepted.listener != &listener)
            return false;
        if (accepted.fd >= 0)
            ::close(accepted.fd);
        return true;
    });
    ::close(listener.fd);
}

bool Listeners::followKeepAlive()
{
    for (const auto &listener : m_listeners) {
        if (!listener->unixSocket)
            setKeepAlive(listener->fd, static_cast<int>(m_options.integer("tcp-keepalive")));
    }
    return true;
}

void Listeners::close()
{
    for (const auto &listener : m_listeners)
        end(*listener);
    m_listeners.clear();
    if (m_unixPath.empty())
        return;
    log(LogLevel::Notice, "Removing the unix socket file.");
    if (::unlink(m_unixPath.c_str()) != 0)
        log(LogLevel::Warning, "Error removing the unix socket file: %s", std::strerror(errno));
    m_unixPath.clear();
}

int Listeners::port() const
{
    for (const auto &listener : m_listeners) {
        if (!listener->unixSocket)
            return listener->port;
    }
    return 0;
}

} // namespace cay::net
