// Commands that wait: who is served, in which order, and what becomes of those who leave.
#include "engine_fixture.h"

#include "cay/blocking.h"

using namespace cay;

namespace {

const char *const kMetadata = R"json({
    "id": "probe", "version": "1", "sdk": 1, "summary": "Commands for this test",
    "requires": [], "options": {},
    "commands": {
        "SET": {
            "summary": "Writes", "group": "string",
            "since": "1", "complexity": "O(1)",
            "arity": 3, "flags": ["write"], "acl": [],
            "keys": ["1 OW update"], "syntax": "key value"
        },
        "DEL": {
            "summary": "Erases", "group": "string",
            "since": "1", "complexity": "O(1)",
            "arity": 2, "flags": ["write"], "acl": [],
            "keys": ["1 RM delete"], "syntax": "key"
        },
        "TAKE": {
            "summary": "Waits for a string", "group": "string",
            "since": "1", "complexity": "O(1)",
            "arity": -3, "flags": ["write", "blocking"], "acl": [],
            "keys": ["1..-2 RW delete"],
            "syntax": "key ... timeout"
        },
        "PASS": {
            "summary": "Waits, and moves it on", "group": "string",
            "since": "1", "complexity": "O(1)",
            "arity": 3, "flags": ["write", "blocking"], "acl": [],
            "keys": ["1..2 RW delete"],
            "syntax": "source=key destination=key"
        },
        "GONE": {
            "summary": "Waits for the end of a key", "group": "string",
            "since": "1", "complexity": "O(1)",
            "arity": 2, "flags": ["blocking"], "acl": [],
            "keys": ["1 RO access"], "syntax": "key"
        }
    }
})json";

void nothing(resp::Reply &reply) { reply.nullArray(); }

void set(Call &call)
{
    call.db.putString(call.key(1), call[2]);
    call.modified(call.key(1), EventClass::String, "set");
    call.reply.ok();
}

void del(Call &call)
{
    if (call.db.erase(call.key(1)))
        call.modified(call.key(1), EventClass::Generic, "del");
    call.reply.ok();
}

void take(Call &call)
{
    UnixMs until = 0;
    if (!readTimeout(call, call[call.size() - 1], &until))
        return;
    const auto keys = call.args.subspan(1, call.size() - 2);
    for (const Bytes key : keys) {
        const Entry *entry = call.db.read(Key(key));
        if (!entry)
            continue;
        char scratch[24];
        call.reply.bulk(store::stringText(*entry, scratch));
        call.db.erase(Key(key));
        call.modified(Key(key), EventClass::Generic, "del");
        call.propagateAs({"DEL", key});
        return;
    }
    call.block({.keys = keys, .type = kStringType, .until = until, .timedOut = nothing});
}

void pass(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry) {
        call.block({.keys = call.args.subspan(1, 1), .type = kStringType, .timedOut = nothing});
        return;
    }
    char scratch[24];
    const std::string text(store::stringText(*entry, scratch));
    call.db.erase(call.key(1));
    call.modified(call.key(1), EventClass::Generic, "del");
    call.db.putString(call.key(2), text);
    call.modified(call.key(2), EventClass::String, "set");
    call.reply.ok();
}

void gone(Call &call)
{
    if (call.again && !call.db.contains(call.key(1)))
        return call.reply.error("GONE it went");
    call.block({.keys = call.args.subspan(1, 1),
                .type = kStringType,
                .timedOut = nothing,
                .whenGone = true});
}

constexpr Binding kBindings[]
    = {{"set", set}, {"del", del}, {"take", take}, {"pass", pass}, {"gone", gone}};

} // namespace

class TestWaiters : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void servesInTheOrderOfWaiting();
    void aNameTwiceIsOnePlace();
    void servesWhenATransactionIsOver();
    void whatIsServedServesOthers();
    void timeRunsOut();
    void unblocks();
    void wakesWhenAKeyGoes();
    void flushAndSwap();
    void closedSessionsGetNothing();
    void commandsBehindItWait();
    void refusesBadTimeouts();

private:
    std::string turn(core::Client *client, Bytes input = {})
    {
        return m_fixture->turn(*client, input);
    }
    std::string output(core::Client *client) { return EngineFixture::takeOutput(*client); }

    std::unique_ptr<EngineFixture> m_fixture;
    core::Client *m_first = nullptr, *m_second = nullptr, *m_writer = nullptr;
    std::vector<std::string> m_effects;
};

void TestWaiters::init()
{
    m_fixture = std::make_unique<EngineFixture>();
    m_fixture->start(kMetadata, kBindings);
    m_first = m_fixture->open();
    m_second = m_fixture->open();
    m_writer = m_fixture->open();
    m_effects.clear();
}

void TestWaiters::cleanup() { m_fixture.reset(); }

void TestWaiters::servesInTheOrderOfWaiting()
{
    m_fixture->engine->onPropagate([this](int, std::span<const Bytes> command) {
        m_effects.push_back(std::string(command[0]) + " " + std::string(command[1]));
    });
    QCOMPARE(turn(m_first, "TAKE a b 0\r\n"), std::string());
    QCOMPARE(turn(m_second, "TAKE b a 0\r\n"), std::string());
    QVERIFY(m_first->has(SessionBlocked));
    QCOMPARE(turn(m_writer, "SET a 1\r\n"), std::string("+OK\r\n"));
    QCOMPARE(output(m_first), std::string("$1\r\n1\r\n"));
    QCOMPARE(output(m_second), std::string());
    QVERIFY(!m_first->has(SessionBlocked));
    QCOMPARE(turn(m_writer, "SET a 2\r\nSET b 3\r\n"), std::string("+OK\r\n+OK\r\n"));
    QCOMPARE(output(m_second), std::string("$1\r\n2\r\n"));
    QVERIFY(m_fixture->engine->db(0).contains(Key("b")));
    const std::vector<std::string> expected{"SET a", "DEL a", "SET a", "DEL a", "SET b"};
    QCOMPARE(m_effects, expected);
    QCOMPARE(m_fixture->engine->statistics(*m_fixture->engine->command(Bytes("TAKE"))).calls,
             std::uint64_t{2});
}

void TestWaiters::aNameTwiceIsOnePlace()
{
    turn(m_first, "TAKE a b a 0\r\n");
    turn(m_writer, "SET a 1\r\n");
    QCOMPARE(output(m_first), std::string("$1\r\n1\r\n"));
    turn(m_writer, "SET a 1\r\nSET b 1\r\n");
    QCOMPARE(output(m_first), std::string());
}

void TestWaiters::servesWhenATransactionIsOver()
{
    turn(m_first, "TAKE a 0\r\n");
    core::Engine &engine = *m_fixture->engine;
    const Bytes one[] = {"SET", "a", "1"}, two[] = {"SET", "a", "2"};
    engine.beginGroup();
    engine.execute(*m_writer, one, m_writer->reply);
    engine.execute(*m_writer, two, m_writer->reply);
    QCOMPARE(output(m_first), std::string());
    engine.endGroup();
    QCOMPARE(output(m_first), std::string("$1\r\n2\r\n"));
}

void TestWaiters::whatIsServedServesOthers()
{
    turn(m_first, "TAKE b 0\r\n");
    turn(m_second, "PASS a b\r\n");
    turn(m_writer, "SET a 1\r\n");
    QCOMPARE(output(m_second), std::string("+OK\r\n"));
    QCOMPARE(output(m_first), std::string("$1\r\n1\r\n"));
    QCOMPARE(m_fixture->engine->db(0).size(), std::size_t{0});
}

void TestWaiters::timeRunsOut()
{
    turn(m_first, "TAKE a 0.02\r\n");
    turn(m_second, "TAKE a 0\r\n");
    QTRY_VERIFY(!m_first->has(SessionBlocked));
    QCOMPARE(output(m_first), std::string("*-1\r\n"));
    turn(m_writer, "SET a 1\r\n");
    QCOMPARE(output(m_first), std::string());
    QCOMPARE(output(m_second), std::string("$1\r\n1\r\n"));
}

void TestWaiters::unblocks()
{
    turn(m_first, "TAKE a 0\r\n");
    turn(m_second, "TAKE a 0\r\n");
    QVERIFY(m_fixture->engine->unblock(*m_first, true));
    QVERIFY(m_fixture->engine->unblock(*m_second, false));
    QVERIFY(!m_fixture->engine->unblock(*m_second, false));
    QCOMPARE(output(m_first), std::string("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n"));
    QCOMPARE(output(m_second), std::string("*-1\r\n"));
}

void TestWaiters::wakesWhenAKeyGoes()
{
    turn(m_writer, "SET a 1\r\n");
    turn(m_first, "GONE a\r\n");
    turn(m_writer, "SET a 2\r\n");
    QCOMPARE(output(m_first), std::string());
    turn(m_writer, "DEL a\r\n");
    QCOMPARE(output(m_first), std::string("-GONE it went\r\n"));
}

void TestWaiters::flushAndSwap()
{
    turn(m_writer, "SET a 1\r\n");
    turn(m_first, "GONE a\r\n");
    m_fixture->engine->flush(-1, Freeing::Now);
    turn(m_writer, "DEL nosuch\r\n");
    QCOMPARE(output(m_first), std::string("-GONE it went\r\n"));

    turn(m_second, "TAKE a 0\r\n");
    const Key key("a");
    m_fixture->engine->db(1).putString(key, "1");
    m_fixture->engine->swapDatabases(0, 1);
    turn(m_writer, "DEL nosuch\r\n");
    QCOMPARE(output(m_second), std::string("$1\r\n1\r\n"));
}

void TestWaiters::closedSessionsGetNothing()
{
    turn(m_first, "TAKE a 0\r\n");
    turn(m_second, "TAKE a 0\r\n");
    m_fixture->engine->close(*m_first, false);
    turn(m_writer, "SET a 1\r\n");
    QCOMPARE(output(m_first), std::string());
    QCOMPARE(output(m_second), std::string("$1\r\n1\r\n"));
    turn(m_second, "TAKE a 0\r\n");
    m_fixture->engine->closed(m_second);
    turn(m_writer, "SET a 2\r\n");
    QVERIFY(m_fixture->engine->db(0).contains(Key("a")));
}

void TestWaiters::commandsBehindItWait()
{
    QCOMPARE(turn(m_first, "TAKE a 0\r\nSET b 1\r\nTAKE b 0\r\n"), std::string());
    QVERIFY(!m_fixture->engine->db(0).contains(Key("b")));
    turn(m_writer, "SET a 1\r\n");
    QCOMPARE(output(m_first) + turn(m_first), std::string("$1\r\n1\r\n+OK\r\n$1\r\n1\r\n"));
}

void TestWaiters::refusesBadTimeouts()
{
    QCOMPARE(
        turn(m_first, "TAKE a x\r\nTAKE a -1\r\nTAKE a 1e300\r\nTAKE a 9223372036854775\r\n"),
        std::string("-ERR timeout is not a float or out of range\r\n-ERR timeout is negative\r\n"
                    "-ERR timeout is out of range\r\n-ERR timeout is out of range\r\n"));
}

QTEST_GUILESS_MAIN(TestWaiters)
#include "tst_waiters.moc"
