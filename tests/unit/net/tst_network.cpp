// Clients against a server on each backend, over loopback and unix sockets.
#include "network_fixture.h"

#include <QtCore/QTemporaryDir>

#include <sys/resource.h>
#include <sys/stat.h>

using namespace test;

class TestNetwork : public QObject
{
    Q_OBJECT

private:
    static void backends()
    {
        QTest::addColumn<QString>("backend");
        for (const char *backend : {"epoll", "uring", "notifier"})
            QTest::addRow("%s", backend) << QString::fromLatin1(backend);
    }

private Q_SLOTS:
    void answers_data() { backends(); }
    void answers()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY2(server.begin(), qPrintable(server.why));
        Peer a(server.port()), b(server.port());
        for (int i = 0; i < 100; ++i) {
            QCOMPARE(a.ask("PING"), "+PONG\r\n");
            QVERIFY(b.say(request({"ECHO", "hello"})));
            QCOMPARE(b.hear(11), bulk("hello"));
        }
        QCOMPARE(server.connections(), std::size_t{2});
        const cay::Statistics statistics = server.statistics();
        QCOMPARE(statistics.connections, std::uint64_t{2});
        QVERIFY(statistics.bytesIn > 1000 && statistics.bytesOut > 1000);
        a.close();
        QTRY_COMPARE(server.connections(), std::size_t{1});
    }

    void pipelines_data() { backends(); }
    void pipelines()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer peer(server.port());
        constexpr int kCommands = 50000;
        std::string all;
        for (int i = 0; i < kCommands; ++i)
            all += request({"ECHO", std::to_string(i)});
        QThread *writer = QThread::create([&] { peer.say(all); });
        writer->start();
        for (int i = 0; i < kCommands; ++i) {
            const std::string expected = bulk(std::to_string(i));
            QCOMPARE(peer.hear(expected.size()), expected);
        }
        writer->wait();
        delete writer;
    }

    void piecesOfCommands_data() { backends(); }
    void piecesOfCommands()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer peer(server.port()), other(server.port());
        const std::string text = request({"ECHO", "in pieces"});
        for (const char c : text) {
            QVERIFY(peer.say({&c, 1}));
            QThread::usleep(300);
        }
        QCOMPARE(peer.line(), "$9\r\n");
        QCOMPARE(peer.line(), "in pieces\r\n");
        // One half of a command, for good, disturbs nobody.
        QVERIFY(peer.say("*2\r\n$4\r\nECHO\r\n$100\r\nabc"));
        QCOMPARE(other.ask("PING"), "+PONG\r\n");
        peer.close();
        QCOMPARE(other.ask("PING"), "+PONG\r\n");
        QTRY_COMPARE(server.connections(), std::size_t{1});
    }

    void largeArguments_data() { backends(); }
    void largeArguments()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        for (const std::size_t size : {40'000u, 100'000u, 3'000'000u, 60'000'000u}) {
            Peer peer(server.port());
            std::string text(size, 'x');
            for (std::size_t i = 0; i < size; i += 4096)
                text[i] = static_cast<char>('a' + i / 4096 % 26);
            const std::string all
                = request({"LEN", text}) + request({"ECHO", text}) + request({"PING"});
            QThread *writer = QThread::create([&] { peer.say(all); });
            writer->start();
            QCOMPARE(peer.line(), ":" + std::to_string(size) + "\r\n");
            QCOMPARE(peer.line(), "$" + std::to_string(size) + "\r\n");
            QVERIFY(peer.hear(size) == text);
            QCOMPARE(peer.line(), "\r\n");
            QCOMPARE(peer.line(), "+PONG\r\n");
            writer->wait();
            delete writer;
        }
    }

    void slowReaders_data() { backends(); }
    void slowReaders()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer slow(server.port()), other(server.port());
        // Far more than the sockets hold: sends are partial, then the core stops running its
        // commands.
        constexpr int kReplies = 200;
        constexpr std::size_t kSize = 500'000;
        std::string all;
        for (int i = 0; i < kReplies; ++i)
            all += request({"BIG", std::to_string(kSize)});
        QVERIFY(slow.say(all));
        for (int i = 0; i < 50; ++i)
            QCOMPARE(other.ask("PING"), "+PONG\r\n");
        std::size_t held = 0;
        server.with([&] {
            server.engine->forEachSession([&](cay::Session &session) {
                held = std::max(held, static_cast<cay::core::Client &>(session).output.capacity());
            });
        });
        QVERIFY2(held < 40'000'000, qPrintable(QString::number(held)));
        const std::string expected = bulk(std::string(kSize, 'b'));
        for (int i = 0; i < kReplies; ++i)
            QVERIFY(slow.hear(expected.size()) == expected);
        QCOMPARE(slow.ask("PING"), "+PONG\r\n");
    }

    void outputLimits_data() { backends(); }
    void outputLimits()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"client-output-buffer-limit", "normal 20000000 10000000 1"}});
        QVERIFY2(server.begin(), qPrintable(server.why));
        Peer reader(server.port()), feeder(server.port());
        QCOMPARE(reader.ask("PING"), "+PONG\r\n");
        // A reader that takes nothing, fed from outside: over the hard limit at once.
        QCOMPARE(feeder.ask("PUSH 30000000"), "+OK\r\n");
        QTRY_COMPARE(server.connections(), std::size_t{1});
        QCOMPARE(server.statistics().outputLimitDisconnections, std::uint64_t{1});
        // Over the soft limit only after its time.
        Peer soft(server.port());
        QCOMPARE(soft.ask("PING"), "+PONG\r\n");
        QCOMPARE(feeder.ask("PUSH 17000000"), "+OK\r\n");
        QCOMPARE(feeder.ask("PING"), "+PONG\r\n");
        QCOMPARE(server.connections(), std::size_t{2});
        QTRY_COMPARE_WITH_TIMEOUT(server.connections(), std::size_t{1}, 10000);
        QCOMPARE(server.statistics().outputLimitDisconnections, std::uint64_t{2});
    }

    void queryLimits_data() { backends(); }
    void queryLimits()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"client-query-buffer-limit", "1mb"}});
        QVERIFY(server.begin());
        Peer peer(server.port());
        peer.say("*2\r\n$4\r\nECHO\r\n$20000000\r\n" + std::string(19'000'000, 'x'));
        QVERIFY(peer.closedByServer());
        QCOMPARE(server.statistics().queryLimitDisconnections, std::uint64_t{1});
    }

    void unauthenticated_data() { backends(); }
    void unauthenticated()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"unauthenticated-query-limit", "20000"}, {"auth-timeout", "1"}});
        server.needPassword = true;
        QVERIFY2(server.begin(), qPrintable(server.why));
        Peer greedy(server.port());
        // Ten arguments of 16 KB are what the parser allows before AUTH.
        const std::string part(16'000, 'x');
        std::string half = "*4\r\n" + bulk("ECHO") + bulk(part) + bulk(part);
        greedy.say(half);
        QVERIFY(greedy.closedByServer());
        QCOMPARE(server.statistics().queryLimitDisconnections, std::uint64_t{1});
        Peer silent(server.port()), known(server.port());
        QCOMPARE(known.ask("AUTH"), "+OK\r\n");
        QVERIFY(silent.closedByServer());
        QCOMPARE(known.ask("PING"), "+PONG\r\n");
    }

    void idleClients_data() { backends(); }
    void idleClients()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"timeout", "1"}});
        QVERIFY(server.begin());
        Peer idle(server.port()), blocked(server.port());
        QCOMPARE(idle.ask("PING"), "+PONG\r\n");
        QVERIFY(blocked.say("BLOCK\r\n"));
        QVERIFY(idle.closedByServer(8000));
        Peer fresh(server.port());
        QCOMPARE(fresh.ask("RELEASE"), "+OK\r\n");
        QCOMPARE(blocked.line(), "+OK\r\n");
    }

    void maxClients_data() { backends(); }
    void maxClients()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"maxclients", "3"}});
        QVERIFY(server.begin());
        std::vector<std::unique_ptr<Peer>> peers;
        for (int i = 0; i < 3; ++i) {
            peers.push_back(std::make_unique<Peer>(server.port()));
            QCOMPARE(peers.back()->ask("PING"), "+PONG\r\n");
        }
        Peer more(server.port());
        QCOMPARE(more.line(), "-ERR max number of clients reached\r\n");
        QVERIFY(more.closedByServer());
        QCOMPARE(server.statistics().rejectedConnections, std::uint64_t{1});
        peers.pop_back();
        QTRY_COMPARE(server.connections(), std::size_t{2});
        Peer again(server.port());
        QCOMPARE(again.ask("PING"), "+PONG\r\n");
    }

    void clientEviction_data() { backends(); }
    void clientEviction()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"maxmemory-clients", "10000000"}});
        QVERIFY(server.begin());
        Peer small(server.port()), large(server.port()), larger(server.port()),
            spared(server.port());
        QCOMPARE(small.ask("PING"), "+PONG\r\n");
        QCOMPARE(spared.ask("NOEVICT"), "+OK\r\n");
        spared.say("*2\r\n$4\r\nECHO\r\n$2000000\r\n" + std::string(1'000'000, 'x'));
        large.say("*2\r\n$4\r\nECHO\r\n$200000\r\n" + std::string(100'000, 'x'));
        larger.say("*2\r\n$4\r\nECHO\r\n$9000000\r\n" + std::string(5'000'000, 'x'));
        QVERIFY(larger.closedByServer());
        QCOMPARE(server.statistics().evictedClients, std::uint64_t{1});
        QCOMPARE(small.ask("PING"), "+PONG\r\n");
        QCOMPARE(server.connections(), std::size_t{3});
    }

    void blockedClients_data() { backends(); }
    void blockedClients()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer blocked(server.port()), gone(server.port()), goneTalking(server.port()),
            other(server.port());
        QVERIFY(blocked.say("BLOCK\r\nECHO after\r\n"));
        QVERIFY(gone.say("BLOCK\r\n"));
        QVERIFY(goneTalking.say("BLOCK\r\n"));
        QCOMPARE(other.ask("PING"), "+PONG\r\n");
        QVERIFY(goneTalking.say("PING\r\n"));
        QVERIFY(!blocked.readable(50));
        // A peer that goes away while it waits is noticed, whether it said something since or not.
        gone.close();
        goneTalking.close();
        QTRY_COMPARE(server.connections(), std::size_t{2});
        QVERIFY(blocked.say("ECHO later\r\n"));
        QCOMPARE(other.ask("RELEASE"), "+OK\r\n");
        QCOMPARE(blocked.line(), "+OK\r\n");
        QCOMPARE(blocked.hear(11), bulk("after"));
        QCOMPARE(blocked.hear(11), bulk("later"));
    }

    void halfClosedPeers_data() { backends(); }
    void halfClosedPeers()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer peer(server.port());
        std::string all, expected;
        for (int i = 0; i < 20000; ++i) {
            all += "ECHO " + std::to_string(i) + "\r\n";
            expected += bulk(std::to_string(i));
        }
        QThread *writer = QThread::create([&] {
            peer.say(all);
            peer.halfClose();
        });
        writer->start();
        QVERIFY(peer.hear(expected.size()) == expected);
        QVERIFY(peer.closedByServer());
        writer->wait();
        delete writer;
        QTRY_COMPARE(server.connections(), std::size_t{0});
    }

    void closingAfterReply_data() { backends(); }
    void closingAfterReply()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer peer(server.port());
        QVERIFY(peer.say("PING\r\nQUIT\r\nPING\r\n"));
        QCOMPARE(peer.line(), "+PONG\r\n");
        QCOMPARE(peer.line(), "+OK\r\n");
        QVERIFY(peer.closedByServer());
    }

    void garbage_data() { backends(); }
    void garbage()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer good(server.port());
        quint32 seed = 12345;
        for (int i = 0; i < 100; ++i) {
            Peer bad(server.port());
            std::string bytes;
            for (int j = 0; j < 3000; ++j) {
                seed = seed * 1664525 + 1013904223;
                bytes += static_cast<char>(seed >> 24);
            }
            std::ranges::replace(bytes, '\0', '0'); // behind a NUL byte more is waited for
            if (i % 3 == 0)
                bytes.insert(0, "*3\r\n$");
            bad.say(bytes);
            if (i % 2)
                bad.hear(1);
        }
        Peer protocol(server.port());
        QCOMPARE(protocol.ask("*1\r\n!"), "-ERR Protocol error: expected '$', got '!'\r\n");
        QVERIFY(protocol.closedByServer());
        QCOMPARE(good.ask("PING"), "+PONG\r\n");
        QTRY_COMPARE(server.connections(), std::size_t{1});
    }

    void nestedLoopServesNobodyTwice_data() { backends(); }
    void nestedLoopServesNobodyTwice()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer a(server.port()), b(server.port());
        for (int i = 0; i < 3; ++i) {
            QVERIFY(a.say("NESTED\r\nECHO done\r\n"));
            QVERIFY(b.say("PING\r\nPING\r\n"));
            QVERIFY(a.say("PING\r\n"));
            QCOMPARE(a.line(), "+OK\r\n");
            QCOMPARE(a.hear(10), bulk("done"));
            QCOMPARE(a.line(), "+PONG\r\n");
            QCOMPARE(b.hear(14), "+PONG\r\n+PONG\r\n");
        }
    }

    void neverReads_data() { backends(); }
    void neverReads()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        auto deaf = std::make_unique<Peer>(server.port());
        Peer other(server.port());
        // Writes without reading until nobody takes anything more.
        std::string all;
        for (int i = 0; i < 100; ++i)
            all += request({"BIG", "1000000"});
        deaf->say(all);
        for (int i = 0; i < 200; ++i)
            QCOMPARE(other.ask("PING"), "+PONG\r\n");
        deaf.reset();
        QTRY_COMPARE(server.connections(), std::size_t{1});
    }

    // --- Listeners

    void severalAddresses_data() { backends(); }
    void severalAddresses()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"bind", "127.0.0.1 127.0.0.2 ::1 -10.9.8.7"}});
        QVERIFY2(server.begin(), qPrintable(server.why));
        for (const char *address : {"127.0.0.1", "127.0.0.2", "::1"}) {
            Peer peer(server.port(), address);
            QVERIFY2(peer.connected(), address);
            QCOMPARE(peer.ask("PING"), "+PONG\r\n");
        }
        std::string text;
        Peer peer(server.port(), "::1");
        QCOMPARE(peer.ask("PING"), "+PONG\r\n");
        server.with([&] {
            server.engine->forEachSession([&](cay::Session &s) { text += s.peer + ' ' + s.local; });
        });
        QVERIFY2(text.find("[::1]:") != std::string::npos, text.c_str());
    }

    void allAddresses()
    {
        Server server(QStringLiteral("epoll"), {{"bind", "* -::*"}});
        QVERIFY2(server.begin(), qPrintable(server.why));
        QCOMPARE(Peer(server.port(), "127.0.0.3").ask("PING"), "+PONG\r\n");
        QCOMPARE(Peer(server.port(), "::1").ask("PING"), "+PONG\r\n");
    }

    void failedBinds()
    {
        Server first(QStringLiteral("epoll"));
        QVERIFY(first.begin());
        Server second(QStringLiteral("epoll"), {{"port", std::to_string(first.port())}});
        QVERIFY(!second.begin());
        QCOMPARE(second.why,
                 QStringLiteral("Failed listening on port %1 (TCP), aborting.").arg(first.port()));
        Server missing(QStringLiteral("epoll"), {{"bind", "10.9.8.7"}});
        QVERIFY(!missing.begin());
        Server nowhere(QStringLiteral("epoll"), {{"port", "0"}});
        QVERIFY(!nowhere.begin());
        QCOMPARE(nowhere.why, QStringLiteral("Configured to not listen anywhere, exiting."));
    }

    void rebinding_data() { backends(); }
    void rebinding()
    {
        QFETCH(QString, backend);
        Server server(backend);
        QVERIFY(server.begin());
        Peer old(server.port());
        QCOMPARE(old.ask("PING"), "+PONG\r\n");
        const int port = freePort();
        QCOMPARE(server.set("port", std::to_string(port)), "");
        QCOMPARE(Peer(port).ask("PING"), "+PONG\r\n");
        QVERIFY(!Peer(server.port()).connected());
        QCOMPARE(old.ask("PING"), "+PONG\r\n"); // who is here stays
        QCOMPARE(server.set("bind", "127.0.0.2"), "");
        QVERIFY(!Peer(port).connected());
        QCOMPARE(Peer(port, "127.0.0.2").ask("PING"), "+PONG\r\n");
        const std::string error = server.set("bind", "127.0.0.1 10.9.8.7");
        QVERIFY2(error.find("Failed to bind to specified addresses.") != std::string::npos,
                 error.c_str());
        QVERIFY(!Peer(port).connected());
        QCOMPARE(Peer(port, "127.0.0.2").ask("PING"), "+PONG\r\n");
        Server other(backend);
        QVERIFY(other.begin());
        QCOMPARE(server.set("bind", "127.0.0.1"), "");
        const std::string taken = server.set("port", std::to_string(other.port()));
        QVERIFY2(taken.find("Unable to listen on this port. Check server logs.")
                     != std::string::npos,
                 taken.c_str());
        QCOMPARE(Peer(port).ask("PING"), "+PONG\r\n");
        QCOMPARE(server.set("port", "0"), "");
        QVERIFY(!Peer(port).connected());
        QCOMPARE(old.ask("PING"), "+PONG\r\n");
    }

    void narrowing_data() { backends(); }
    void narrowing()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"bind", "* -::*"}});
        QVERIFY(server.begin());
        const std::string error = server.set("bind", "127.0.0.1 10.9.8.7");
        QVERIFY2(error.find("Failed to bind to specified addresses.") != std::string::npos,
                 error.c_str());
        QCOMPARE(Peer(server.port(), "127.0.0.2").ask("PING"), "+PONG\r\n");
        QCOMPARE(server.set("bind", "127.0.0.1"), "");
        QCOMPARE(Peer(server.port()).ask("PING"), "+PONG\r\n");
        QVERIFY(!Peer(server.port(), "127.0.0.2").connected());
        QVERIFY(!Peer(server.port(), "::1").connected());
        QCOMPARE(server.set("bind", "*"), "");
        QCOMPARE(Peer(server.port(), "127.0.0.2").ask("PING"), "+PONG\r\n");
    }

    void unixSocket_data() { backends(); }
    void unixSocket()
    {
        QFETCH(QString, backend);
        QTemporaryDir folder;
        const std::string path = folder.filePath(QStringLiteral("cay.sock")).toStdString();
        Server server(backend, {{"port", "0"}, {"unixsocket", path}, {"unixsocketperm", "640"}});
        QVERIFY2(server.begin(), qPrintable(server.why));
        struct stat info;
        QCOMPARE(::stat(path.c_str(), &info), 0);
        QCOMPARE(info.st_mode & 0777, 0640u);
        Peer peer(path);
        QCOMPARE(peer.ask("PING"), "+PONG\r\n");
        std::string text;
        bool flagged = false;
        server.with([&] {
            server.engine->forEachSession([&](cay::Session &s) {
                text = s.peer;
                flagged = s.has(cay::SessionUnixSocket);
            });
        });
        QCOMPARE(text, path + ":0");
        QVERIFY(flagged);
        server.stop();
        QVERIFY(::stat(path.c_str(), &info) != 0);
        // What an earlier process left behind is replaced; what is no socket is not.
        {
            Server leftover(backend, {{"port", "0"}, {"unixsocket", path}});
            QVERIFY(leftover.begin());
        }
        QFile file(QString::fromStdString(path));
        QVERIFY(file.open(QIODevice::WriteOnly));
        file.close();
        Server refused(backend, {{"port", "0"}, {"unixsocket", path}});
        QVERIFY(!refused.begin());
        QCOMPARE(refused.why,
                 QStringLiteral("Failed opening Unix socket: bind: Address already in use"));
    }

    void protectedMode()
    {
        // A peer of this machine that does not come over the loopback interface.
        std::string address;
        {
            const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
            sockaddr_in to{};
            to.sin_family = AF_INET;
            to.sin_port = htons(9);
            ::inet_pton(AF_INET, "192.0.2.1", &to.sin_addr);
            if (::connect(fd, reinterpret_cast<sockaddr *>(&to), sizeof to) == 0)
                address = cay::net::localText(fd);
            ::close(fd);
        }
        address = address.substr(0, address.find(':'));
        if (address.empty() || address.starts_with("127."))
            QSKIP("no other address than loopback here");
        Server server(QStringLiteral("epoll"), {{"bind", "*"}});
        QVERIFY(server.begin());
        Peer outside(server.port(), address.c_str());
        QVERIFY(outside.line().starts_with("-DENIED Redis is running in protected mode"));
        QVERIFY(outside.closedByServer());
        QCOMPARE(server.set("protected-mode", "no"), "");
        QCOMPARE(Peer(server.port(), address.c_str()).ask("PING"), "+PONG\r\n");
        QCOMPARE(server.set("protected-mode", "yes"), "");
        QCOMPARE(server.set("requirepass", "secret"), "");
        QCOMPARE(Peer(server.port(), address.c_str()).ask("PING"), "+PONG\r\n");
    }

    void outOfDescriptors_data() { backends(); }
    void outOfDescriptors();

    void stopSendsWhatIsWaiting_data() { backends(); }
    void stopSendsWhatIsWaiting()
    {
        QFETCH(QString, backend);
        auto server = std::make_unique<Server>(backend);
        QVERIFY(server->begin());
        Peer peer(server->port());
        QVERIFY(peer.say(request({"BIG", "8000000"})));
        QCOMPARE(peer.line(), "$8000000\r\n");
        QThread *stopper = QThread::create([&] { server.reset(); });
        stopper->start();
        QVERIFY(peer.hear(8'000'002).size() > 4'000'000);
        stopper->wait();
        delete stopper;
    }
};

// Descriptors run out for the whole process, so this one fills the table itself.
void TestNetwork::outOfDescriptors()
{
    QFETCH(QString, backend);
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    rlimit low = limit;
    low.rlim_cur = 256;
    // Before the server begins: an accept of io_uring keeps the limit that it was armed with.
    ::setrlimit(RLIMIT_NOFILE, &low);
    Server server(backend);
    QVERIFY(server.begin());
    Peer before(server.port());
    QCOMPARE(before.ask("PING"), "+PONG\r\n");
    const int mine = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    std::vector<int> filler;
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0))
        filler.push_back(fd);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(static_cast<std::uint16_t>(server.port()));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::connect(mine, reinterpret_cast<sockaddr *>(&to), sizeof to);
    pollfd entry{mine, POLLIN, 0};
    const bool told = ::poll(&entry, 1, 5000) > 0;
    char text[64] = "";
    const ssize_t n = ::recv(mine, text, sizeof text - 1, 0);
    const std::string answer = before.ask("PING");
    ::setrlimit(RLIMIT_NOFILE, &limit);
    for (const int fd : filler)
        ::close(fd);
    ::close(mine);
    QVERIFY(told);
    QVERIFY(n > 0);
    QCOMPARE(std::string(text), "-ERR max number of clients reached\r\n");
    QCOMPARE(answer, "+PONG\r\n");
    QCOMPARE(Peer(server.port()).ask("PING"), "+PONG\r\n");
}

QTEST_GUILESS_MAIN(TestNetwork)

#include "tst_network.moc"
