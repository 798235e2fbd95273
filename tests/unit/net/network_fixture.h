// A server in a thread of its own, on the backend that a test names, and a blocking client to talk
// to it.
//
// Its commands: PING; ECHO text; LEN text; BIG n (n bytes); BLOCK (held until RELEASE on another
// connection); NESTED (runs an event loop of its own for 50 ms); AUTH; PUSH n (a push of n bytes to
// every other session); QUIT.
#pragma once

#include "core/engine.h"
#include "core/options_store.h"
#include "net/network.h"
#include "net/sockets.h"

#include <QtCore/QEventLoop>
#include <QtCore/QThread>
#include <QtTest/QtTest>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

namespace test {

using cay::Bytes;
using cay::Call;

inline void ping(Call &call) { call.reply.pong(); }
inline void echo(Call &call) { call.reply.bulk(call[1]); }
inline void len(Call &call) { call.reply.integer(static_cast<std::int64_t>(call[1].size())); }
inline void big(Call &call)
{
    const std::string text(std::stoul(std::string(call[1])), 'b');
    call.reply.bulk(text);
}
inline void block(Call &call) { call.host.hold(call.session); }
inline void release(Call &call)
{
    call.host.forEachSession([&](cay::Session &session) {
        if (session.has(cay::SessionBlocked)) {
            session.reply.ok();
            call.host.release(session);
            call.host.flushSoon(session);
        }
    });
    call.reply.ok();
}
inline void nested(Call &call)
{
    QEventLoop loop;
    QTimer::singleShot(50, &loop, &QEventLoop::quit);
    loop.exec();
    call.reply.ok();
}
inline void auth(Call &call)
{
    call.session.set(cay::SessionAuthenticated);
    call.reply.ok();
}
inline void push(Call &call)
{
    const std::string text(std::stoul(std::string(call[1])), 'p');
    call.host.forEachSession([&](cay::Session &session) {
        if (&session == &call.session)
            return;
        session.reply.bulk(text);
        call.host.flushSoon(session);
    });
    call.reply.ok();
}
inline void quit(Call &call)
{
    call.reply.ok();
    call.host.close(call.session, true);
}
inline void doNotEvict(Call &call)
{
    call.session.set(cay::SessionNoEvict);
    call.reply.ok();
}

inline int freePort()
{
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    ::bind(fd, reinterpret_cast<sockaddr *>(&address), size);
    ::getsockname(fd, reinterpret_cast<sockaddr *>(&address), &size);
    ::close(fd);
    return ntohs(address.sin_port);
}

class Server : public QThread
{
public:
    using Options = std::vector<std::pair<std::string, std::string>>;

    // `bind` is 127.0.0.1 when the options do not say.
    explicit Server(const QString &backend, Options options = {})
        : m_options(std::move(options))
        , m_port(freePort())
    {
        const QByteArray name = backend.toLatin1();
        auto *dispatcher = cay::net::EventDispatcher::create(
            {name.constData(), static_cast<std::size_t>(name.size())}, &note);
        if (dispatcher)
            setEventDispatcher(dispatcher);
    }
    ~Server() override { stop(); }

    // False with `why` when it does not listen.
    bool begin()
    {
        start();
        QDeadlineTimer deadline(10000);
        while (!m_ready && !deadline.hasExpired())
            QThread::msleep(1);
        return m_listening;
    }
    void stop()
    {
        quit();
        wait();
    }
    int port() const { return m_port; }
    // Runs in the server's thread.
    void with(const std::function<void()> &work)
    {
        QMetaObject::invokeMethod(m_context, work, Qt::BlockingQueuedConnection);
    }
    std::string set(const char *option, const std::string &value)
    {
        std::string error;
        with([&] {
            const std::pair<Bytes, Bytes> pair{option, value};
            store->setMany({&pair, 1}, true, &error);
        });
        return error;
    }
    cay::Statistics statistics()
    {
        cay::Statistics copy;
        with([&] { copy = engine->statistics(); });
        return copy;
    }
    std::size_t connections()
    {
        std::size_t count = 0;
        with([&] { count = network->connections(); });
        return count;
    }

    QString why, note;
    cay::core::OptionStore *store = nullptr;
    cay::core::Engine *engine = nullptr;
    cay::net::Network *network = nullptr;
    bool needPassword = false; // sessions are unauthenticated until AUTH

protected:
    void run() override
    {
        cay::core::OptionStore options;
        std::string error;
        std::vector<std::string> arguments = {"--port", std::to_string(m_port)};
        bool bound = false;
        for (const auto &[name, value] : m_options) {
            arguments.push_back("--" + name);
            arguments.push_back(value);
            bound |= name == "bind";
        }
        if (!bound)
            arguments.insert(arguments.end(), {"--bind", "127.0.0.1"});
        if (!options.declareHost(&why)
            || !options.load(cay::core::readArguments(arguments), &error)) {
            why += QString::fromStdString(error);
            m_ready = true;
            return;
        }
        cay::core::Engine core(options);
        addCommands(core);
        core.start(&why);
        cay::net::Network net(core, options);
        QObject context;
        if (needPassword)
            core.onSessionOpened([](cay::Session &s) { s.unset(cay::SessionAuthenticated); });
        store = &options;
        engine = &core;
        network = &net;
        m_context = &context;
        m_listening = net.listen(&why);
        m_ready = true;
        if (m_listening)
            exec();
        net.stop(100);
    }

private:
    static void addCommands(cay::core::Engine &engine)
    {
        struct Entry
        {
            const char *name;
            int arity;
            void (*run)(Call &);
        };
        std::vector<std::unique_ptr<cay::core::Command>> commands;
        for (const Entry &entry : {Entry{"ping", -1, ping},
                                   {"echo", 2, echo},
                                   {"len", 2, len},
                                   {"big", 2, big},
                                   {"block", 1, block},
                                   {"release", 1, release},
                                   {"nested", 1, nested},
                                   {"auth", -1, auth},
                                   {"push", 2, push},
                                   {"quit", -1, test::quit},
                                   {"noevict", 1, doNotEvict}}) {
            auto command = std::make_unique<cay::core::Command>();
            command->name = command->fullName = entry.name;
            command->plugin = "test";
            command->arity = entry.arity;
            command->run = entry.run;
            command->flags = cay::FlagNoAuth | cay::FlagFast;
            commands.push_back(std::move(command));
        }
        std::string why;
        if (!engine.table().add(std::move(commands), &why))
            qFatal("%s", why.c_str());
    }

    Options m_options;
    int m_port;
    QObject *m_context = nullptr;
    std::atomic<bool> m_ready = false;
    std::atomic<bool> m_listening = false;
};

// A blocking connection; reads give up after five seconds.
class Peer
{
public:
    explicit Peer(int port, const char *address = "127.0.0.1")
    {
        if (std::strchr(address, ':')) {
            sockaddr_in6 to{};
            to.sin6_family = AF_INET6;
            to.sin6_port = htons(static_cast<std::uint16_t>(port));
            ::inet_pton(AF_INET6, address, &to.sin6_addr);
            connectTo(reinterpret_cast<sockaddr *>(&to), sizeof to);
        } else {
            sockaddr_in to{};
            to.sin_family = AF_INET;
            to.sin_port = htons(static_cast<std::uint16_t>(port));
            ::inet_pton(AF_INET, address, &to.sin_addr);
            connectTo(reinterpret_cast<sockaddr *>(&to), sizeof to);
        }
    }
    explicit Peer(const std::string &path)
    {
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        std::memcpy(to.sun_path, path.data(), std::min(path.size(), sizeof to.sun_path - 1));
        connectTo(reinterpret_cast<sockaddr *>(&to), sizeof to);
    }
    ~Peer() { close(); }
    Peer(const Peer &) = delete;
    Peer &operator=(const Peer &) = delete;

    bool connected() const { return m_fd >= 0; }
    int fd() const { return m_fd; }
    void close()
    {
        if (m_fd >= 0)
            ::close(m_fd);
        m_fd = -1;
    }
    void halfClose() { ::shutdown(m_fd, SHUT_WR); }
    // False when the peer has gone.
    bool say(std::string_view text)
    {
        while (!text.empty()) {
            const ssize_t n = ::send(m_fd, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0)
                return false;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
        return true;
    }
    // Exactly n bytes, fewer at the end of input or after five seconds.
    std::string hear(std::size_t n)
    {
        std::string text;
        while (text.size() < n && readable(5000)) {
            char bytes[65536];
            const ssize_t got = ::recv(m_fd, bytes, std::min(n - text.size(), sizeof bytes), 0);
            if (got <= 0)
                break;
            text.append(bytes, static_cast<std::size_t>(got));
        }
        return text;
    }
    std::string line()
    {
        std::string text;
        while (!text.ends_with("\r\n")) {
            const std::string byte = hear(1);
            if (byte.empty())
                break;
            text += byte;
        }
        return text;
    }
    std::string ask(std::string_view command)
    {
        return say(std::string(command) + "\r\n") ? line() : std::string("(not sent)");
    }
    // Nothing more comes: the server has closed it.
    bool closedByServer(int ms = 5000)
    {
        char bytes[4096];
        while (readable(ms)) {
            const ssize_t n = ::recv(m_fd, bytes, sizeof bytes, 0);
            if (n <= 0)
                return n == 0 || errno == ECONNRESET;
        }
        return false;
    }
    bool readable(int ms) const
    {
        pollfd entry{m_fd, POLLIN, 0};
        return ::poll(&entry, 1, ms) > 0;
    }

private:
    void connectTo(const sockaddr *to, socklen_t size)
    {
        m_fd = ::socket(to->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
        if (::connect(m_fd, to, size) != 0)
            close();
    }

    int m_fd = -1;
};

inline std::string bulk(std::string_view text)
{
    return "$" + std::to_string(text.size()) + "\r\n" + std::string(text) + "\r\n";
}
inline std::string request(std::initializer_list<std::string_view> words)
{
    std::string text = "*" + std::to_string(words.size()) + "\r\n";
    for (const std::string_view word : words)
        text += bulk(word);
    return text;
}

} // namespace test
