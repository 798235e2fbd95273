#include "registry.h"

#include <QtTest/QtTest>

#include <map>
#include <random>
#include <set>

using namespace cay;
using namespace cay::pubsub;

namespace {

struct Listener
{
    resp::OutputBuffer out;
    Session session{out};
    Subscriptions subscriptions{session};
};

} // namespace

class TestRegistry : public QObject
{
    Q_OBJECT

private slots:
    void comesAndGoes();
    void agreesWithAMap();
};

void TestRegistry::comesAndGoes()
{
    Registry registry(Kind::Channel);
    Listener a, b;
    QVERIFY(registry.add(a.subscriptions, "news"));
    QVERIFY(!registry.add(a.subscriptions, "news"));
    QVERIFY(registry.add(b.subscriptions, "news"));
    QVERIFY(registry.add(a.subscriptions, Bytes("\0x", 2)));
    QCOMPARE(registry.size(), std::size_t{2});
    QCOMPARE(registry.find("news")->receivers.size(), std::size_t{2});
    QVERIFY(!registry.find("new"));
    QVERIFY(registry.remove(a.subscriptions, "news"));
    QVERIFY(!registry.remove(a.subscriptions, "news"));
    QVERIFY(!a.subscriptions.empty());
    QCOMPARE(registry.find("news")->receivers[0].session, &b.session);
    QVERIFY(registry.remove(b.subscriptions, "news"));
    QVERIFY(!registry.find("news"));
    QVERIFY(b.subscriptions.empty());
    QVERIFY(registry.remove(a.subscriptions, Bytes("\0x", 2)));
    QCOMPARE(registry.size(), std::size_t{0});
}

void TestRegistry::agreesWithAMap()
{
    Registry registry(Kind::Pattern);
    std::array<Listener, 20> listeners;
    std::map<std::string, std::set<const Session *>> expected;
    std::mt19937 random(7);
    for (int step = 0; step < 20000; ++step) {
        Listener &listener = listeners[random() % listeners.size()];
        const std::string name = "p" + std::to_string(random() % 300);
        auto &sessions = expected[name];
        if (random() % 2)
            QCOMPARE(registry.add(listener.subscriptions, name),
                     sessions.insert(&listener.session).second);
        else
            QCOMPARE(registry.remove(listener.subscriptions, name),
                     sessions.erase(&listener.session) == 1);
        if (sessions.empty())
            expected.erase(name);
    }
    QCOMPARE(registry.size(), expected.size());
    for (const Topic *topic : registry.topics()) {
        std::set<const Session *> sessions;
        for (const Receiver &receiver : topic->receivers)
            sessions.insert(receiver.session);
        QCOMPARE(sessions.size(), topic->receivers.size());
        QVERIFY(sessions == expected[topic->name]);
    }
    for (Listener &listener : listeners) {
        for (const auto &[name, sessions] : expected)
            registry.remove(listener.subscriptions, name);
    }
    QCOMPARE(registry.size(), std::size_t{0});
}

QTEST_APPLESS_MAIN(TestRegistry)
#include "tst_registry.moc"
