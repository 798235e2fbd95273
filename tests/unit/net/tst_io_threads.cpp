// Helpers that share a turn's jobs, alone and in a server with many busy clients.
#include "network_fixture.h"

using namespace test;

class TestIoThreads : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void everyJobRunsOnce()
    {
        cay::net::IoThreads io(3);
        QCOMPARE(io.threads(), 4);
        for (std::size_t count : {0u, 1u, 7u, 100u, 5000u}) {
            for (int round = 0; round < 20; ++round) {
                std::vector<int> calls(count, 0);
                io.run(count, [&](std::size_t index, int thread) {
                    QVERIFY(thread >= 0 && thread < 4);
                    ++calls[index];
                });
                QVERIFY(std::ranges::all_of(calls, [](int n) { return n == 1; }));
            }
        }
    }

    void manyClients_data()
    {
        QTest::addColumn<QString>("backend");
        QTest::newRow("epoll") << QStringLiteral("epoll");
        QTest::newRow("uring") << QStringLiteral(
            "uring"); // has no use for helpers, and works all the same
        QTest::newRow("notifier") << QStringLiteral("notifier");
    }
    void manyClients()
    {
        QFETCH(QString, backend);
        Server server(backend, {{"io-threads", "3"}});
        QVERIFY2(server.begin(), qPrintable(server.why));
        constexpr int kClients = 40;
        constexpr int kCommands = 300;
        std::vector<std::unique_ptr<Peer>> peers;
        for (int i = 0; i < kClients; ++i)
            peers.push_back(std::make_unique<Peer>(server.port()));
        for (int round = 0; round < 5; ++round) {
            for (int i = 0; i < kClients; ++i) {
                std::string all;
                for (int n = 0; n < kCommands; ++n)
                    all += request({"ECHO", std::to_string(i) + ":" + std::to_string(n)});
                if (i % 10 == 0)
                    all += request({"BIG", "300000"});
                QVERIFY(peers[static_cast<std::size_t>(i)]->say(all));
            }
            for (int i = 0; i < kClients; ++i) {
                std::string expected;
                for (int n = 0; n < kCommands; ++n)
                    expected += bulk(std::to_string(i) + ":" + std::to_string(n));
                if (i % 10 == 0)
                    expected += bulk(std::string(300000, 'b'));
                QVERIFY(peers[static_cast<std::size_t>(i)]->hear(expected.size()) == expected);
            }
        }
        // Half of them go away in the middle of their answers.
        for (const auto &peer : peers)
            QVERIFY(peer->say(request({"BIG", "200000"})));
        for (int i = 0; i < kClients; i += 2)
            peers[static_cast<std::size_t>(i)].reset();
        const std::string expected = bulk(std::string(200'000, 'b'));
        for (int i = 1; i < kClients; i += 2)
            QVERIFY(peers[static_cast<std::size_t>(i)]->hear(expected.size()) == expected);
        QTRY_COMPARE(server.connections(), std::size_t{kClients / 2});
    }
};

QTEST_GUILESS_MAIN(TestIoThreads)

#include "tst_io_threads.moc"
