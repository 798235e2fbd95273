#include "prefixes.h"
#include "tracked_keys.h"

#include <QtTest/QtTest>

#include <map>
#include <random>
#include <set>

using namespace cay;
using namespace cay::tracking;

class TestTrackedKeys : public QObject
{
    Q_OBJECT

private slots:
    void addAndTake();
    void agreesWithAMap();
    void prefixes();
};

void TestTrackedKeys::addAndTake()
{
    TrackedKeys keys;
    QVERIFY(!keys.take("k"));
    QVERIFY(keys.random([] { return std::uint64_t{0}; }).empty());
    for (const SessionId id : {3u, 1u, 2u, 3u, 1u})
        keys.add("k", id);
    keys.add("", 7);
    QCOMPARE(keys.size(), std::size_t{2});
    QCOMPARE(keys.items(), std::size_t{4});
    const auto taken = keys.take("k");
    QVERIFY(taken && taken->sessions == std::vector<SessionId>({1, 2, 3}));
    QVERIFY(!keys.take("k"));
    QCOMPARE(keys.items(), std::size_t{1});
    TrackedKeys other;
    other.swap(keys);
    QCOMPARE(keys.size(), std::size_t{0});
    QCOMPARE(other.items(), std::size_t{1});
}

void TestTrackedKeys::agreesWithAMap()
{
    TrackedKeys keys;
    std::map<std::string, std::set<SessionId>> expected;
    std::mt19937_64 random(11);
    for (int step = 0; step < 50000; ++step) {
        const std::string key = "key:" + std::to_string(random() % 2000);
        if (random() % 3) {
            const SessionId id = random() % 10 + 1;
            keys.add(key, id);
            expected[key].insert(id);
        } else {
            const auto taken = keys.take(key);
            QCOMPARE(taken != nullptr, expected.contains(key));
            if (taken) {
                const auto &ids = expected[key];
                QVERIFY(taken->sessions == std::vector<SessionId>(ids.begin(), ids.end()));
            }
            expected.erase(key);
        }
    }
    std::size_t items = 0;
    for (const auto &[key, ids] : expected)
        items += ids.size();
    QCOMPARE(keys.size(), expected.size());
    QCOMPARE(keys.items(), items);
    for (int i = 0; i < 100; ++i)
        QVERIFY(expected.contains(std::string(keys.random([&] { return random(); }))));
}

void TestTrackedKeys::prefixes()
{
    resp::OutputBuffer out;
    Session a(out), b(out);
    Prefixes prefixes;
    prefixes.add(a, "user:");
    prefixes.add(b, "user:");
    prefixes.add(b, "order:");
    prefixes.add(a, "u");
    QCOMPARE(prefixes.size(), std::size_t{3});
    QVERIFY(!prefixes.changed("", 1));
    QVERIFY(prefixes.changed("use", 1)); // "u" fits
    QVERIFY(!prefixes.changed("orde", 1));
    QVERIFY(prefixes.changed("user:1", 5));
    QVERIFY(prefixes.changed("user:1", 6));  // the last one counts
    std::map<std::size_t, std::size_t> told; // sessions -> keys
    prefixes.takeChanged([&](const Prefixes::Prefix &prefix) {
        told[prefix.sessions.size()] += prefix.changed.size();
        if (prefix.changed.contains(Bytes("user:1")))
            QCOMPARE(prefix.changed.find(Bytes("user:1"))->second, SessionId{6});
    });
    QCOMPARE(told[1], std::size_t{2});
    QCOMPARE(told[2], std::size_t{1});
    prefixes.takeChanged([](const Prefixes::Prefix &) { QFAIL("nothing has changed since"); });
    prefixes.remove(a, "user:");
    prefixes.remove(b, "user:");
    QVERIFY(!prefixes.changed("order", 1));
    QCOMPARE(prefixes.size(), std::size_t{2});
}

QTEST_APPLESS_MAIN(TestTrackedKeys)
#include "tst_tracked_keys.moc"
