// Ten thousand clients that do nothing, as far as the limit of open files allows.
#include "network_fixture.h"

#include <sys/resource.h>

using namespace test;

class TestNetworkIdle : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void idleClients_data()
    {
        QTest::addColumn<QString>("backend");
        for (const char *backend : {"epoll", "uring", "notifier"})
            QTest::addRow("%s", backend) << QString::fromLatin1(backend);
    }
    void idleClients()
    {
        QFETCH(QString, backend);
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        limit.rlim_cur = limit.rlim_max;
        ::setrlimit(RLIMIT_NOFILE, &limit);
        // Both ends are in this process.
        const int clients = static_cast<int>(std::min<rlim_t>(9990, (limit.rlim_cur - 100) / 2));
        if (clients < 1000)
            QSKIP("too few open files are allowed");
        Server server(backend);
        QVERIFY2(server.begin(), qPrintable(server.why));
        std::vector<std::unique_ptr<Peer>> peers;
        for (int i = 0; i < clients; ++i) {
            peers.push_back(std::make_unique<Peer>(server.port()));
            QVERIFY2(peers.back()->connected(), qPrintable(QString::number(i)));
        }
        QTRY_COMPARE_WITH_TIMEOUT(server.connections(), static_cast<std::size_t>(clients), 20000);
        for (std::size_t i = 0; i < peers.size(); i += 100)
            QCOMPARE(peers[i]->ask("PING"), "+PONG\r\n");
        // Nobody who is idle holds a buffer.
        std::size_t held = 0;
        server.with([&] {
            server.engine->forEachSession([&](cay::Session &session) {
                const auto &client = static_cast<cay::core::Client &>(session);
                held += client.output.capacity() + client.inputCapacity;
            });
        });
        QVERIFY2(held < static_cast<std::size_t>(clients) * 64, qPrintable(QString::number(held)));
        peers.resize(10);
        QTRY_COMPARE_WITH_TIMEOUT(server.connections(), std::size_t{10}, 20000);
        for (const auto &peer : peers)
            QCOMPARE(peer->ask("PING"), "+PONG\r\n");
    }
};

QTEST_GUILESS_MAIN(TestNetworkIdle)

#include "tst_network_idle.moc"
