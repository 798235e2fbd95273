// The engine without sockets: turns, holding and releasing, silent sessions, backpressure, and what
// is propagated.
#include "engine_fixture.h"

#include <thread>

using namespace cay;

namespace {

const char *const kMetadata = R"json({
    "id": "probe", "version": "1", "sdk": 1, "summary": "Commands for this test",
    "requires": [], "options": {},
    "commands": {
        "GET": {
            "summary": "Reads", "group": "string", "since": "1", "complexity": "O(1)",
            "arity": 2, "flags": ["readonly", "fast"], "acl": [],
            "keys": ["1 RO access"], "syntax": "key"
        },
        "SET": {
            "summary": "Writes", "group": "string", "since": "1", "complexity": "O(1)",
            "arity": 3, "flags": ["write"], "acl": [],
            "keys": ["1 OW update"], "syntax": "key value"
        },
        "BOTH": {
            "summary": "Writes twice", "group": "string", "since": "1", "complexity": "O(1)",
            "arity": 2, "flags": ["write"], "acl": [],
            "keys": ["1 OW update"], "syntax": "key"
        },
        "HOLD": {
            "summary": "Waits", "group": "string", "since": "1", "complexity": "O(1)",
            "arity": 1, "flags": [], "acl": [],
            "keys": [], "syntax": ""
        },
        "BIG": {
            "summary": "Answers a megabyte", "group": "string", "since": "1", "complexity": "O(1)",
            "arity": 1, "flags": [], "acl": [],
            "keys": [], "syntax": ""
        },
        "SILENT": {
            "summary": "Turns replies off", "group": "string", "since": "1", "complexity": "O(1)",
            "arity": 1, "flags": [], "acl": [],
            "keys": [], "syntax": ""
        }
    }
})json";

void get(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    char scratch[24];
    if (entry)
        call.reply.bulk(store::stringText(*entry, scratch));
    else
        call.reply.null();
}

void set(Call &call)
{
    call.db.putString(call.key(1), call[2]);
    call.modified(call.key(1), EventClass::String, "set");
    call.reply.ok();
}

void both(Call &call)
{
    call.db.putInteger(call.key(1), 1);
    call.modified(call.key(1), EventClass::String, "set");
    call.reply.ok();
    call.propagateAs({"SET", call[1], "1"});
    call.propagateAs({"PERSIST", call[1]});
}

void holdIt(Call &call)
{
    call.host.hold(call.session);
    call.reply.ok();
}

void big(Call &call) { call.reply.bulk(std::string(1 << 20, 'x')); }

void silent(Call &call) { call.session.set(SessionReplyOff); }

// As much of the type of strings as long ones need.
constexpr ValueType kText = {
    .name = "string",
    .rdbCodes = {},
    .free = [](void *object) noexcept { static_cast<store::StringBlock *>(object)->release(); },
    .freeEffort = [](const void *) { return std::size_t{1}; },
    .copy = nullptr,
    .memory = nullptr,
    .encoding = nullptr,
    .rdbCode = nullptr,
    .save = nullptr,
    .load = nullptr,
    .rewrite = nullptr,
    .digest = nullptr,
};

std::string g_stepsAhead; // of GETs in a pipeline

void getAhead(const Entry &, std::span<const Bytes> args, std::uint64_t *hashes, int step)
{
    if (args.size() == 2 && hashes[1] == store::hashBytes(args[1]))
        g_stepsAhead += static_cast<char>('0' + step);
}

constexpr Binding kBindings[] = {{"get", get, nullptr, getAhead},
                                 {"set", set},
                                 {"both", both},
                                 {"hold", holdIt},
                                 {"big", big},
                                 {"silent", silent}};

} // namespace

class TestEngine : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init();
    void cleanup();
    void runsCommandsInOrder();
    void asksAheadForWhatPipelinesTouch();
    void keepsPartsOfCommands();
    void holdsWhatFollowsAndReleasesInOrder();
    void keepsTheOrderOfWhatABatchTookInPart();
    void stopsASessionWhoseOutputIsFull();
    void silentSessionsGetNothing();
    void errorsCloseAfterWhatCameBefore();
    void propagatesEffects();
    void groupsEffects();
    void expiresAndSaysSo();
    void tellsNewKeys();
    void evictsUntilTheMemoryFits();

private:
    std::string turn(core::Client &client, Bytes input) { return m_fixture->turn(client, input); }
    std::string takeOutput(core::Client &client) { return EngineFixture::takeOutput(client); }

    std::unique_ptr<EngineFixture> m_fixture;
    core::Engine *m_engine = nullptr;
    std::vector<std::string> m_effects;
    core::Client *m_client = nullptr;
};

void TestEngine::init()
{
    m_fixture = std::make_unique<EngineFixture>();
    m_fixture->start(kMetadata, kBindings);
    m_engine = m_fixture->engine.get();
    m_effects.clear();
    m_client = m_fixture->open();
}

void TestEngine::cleanup() { m_fixture.reset(); }

void TestEngine::runsCommandsInOrder()
{
    std::string input, expected;
    for (int i = 0; i < 200; ++i) {
        const std::string n = std::to_string(i);
        input += "SET k" + n + " v" + n + "\r\nGET k" + n + "\r\n";
        expected += "+OK\r\n$" + std::to_string(n.size() + 1) + "\r\nv" + n + "\r\n";
    }
    QCOMPARE(turn(*m_client, input), expected);
    QCOMPARE(m_engine->db(0).size(), std::size_t{200});
}

void TestEngine::asksAheadForWhatPipelinesTouch()
{
    std::string why;
    QVERIFY(m_engine->addType(&kText, &why));
    g_stepsAhead.clear();
    turn(*m_client, "SET long " + std::string(2'000, 'x') + "\r\nSET short x\r\n");
    turn(*m_client, "GET long\r\n");
    QCOMPARE(g_stepsAhead, std::string());
    turn(*m_client, "GET long\r\nGET short\r\nGET none\r\nGET long\r\n");
    QCOMPARE(g_stepsAhead, std::string("0011"));
}

void TestEngine::keepsPartsOfCommands()
{
    const std::string input
        = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$5\r\nhello\r\n*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    std::string output;
    for (const char byte : input)
        output += turn(*m_client, Bytes(&byte, 1));
    QCOMPARE(output, std::string("+OK\r\n$5\r\nhello\r\n"));
    QCOMPARE(m_client->input.unparsed(), std::size_t{0});
}

void TestEngine::holdsWhatFollowsAndReleasesInOrder()
{
    QCOMPARE(turn(*m_client, "HOLD\r\nSET k 1\r\nGET k\r\nHOLD\r\nGET nosuch\r\n"),
             std::string("+OK\r\n"));
    // What comes meanwhile is kept unparsed, behind what was kept already.
    QVERIFY(m_engine->wantsInput(*m_client));
    QCOMPARE(turn(*m_client, "SET k 2\r\n"), std::string());
    QCOMPARE(m_client->inputBytes, std::size_t{9});
    m_engine->release(*m_client);
    QCOMPARE(turn(*m_client, {}), std::string("+OK\r\n$1\r\n1\r\n+OK\r\n"));
    QCOMPARE(turn(*m_client, "GET k\r\n"), std::string());
    m_engine->release(*m_client);
    QVERIFY(turn(*m_client, {}).starts_with("$-1\r\n+OK\r\n$1\r\n2\r\n"));
    QVERIFY(m_engine->wantsInput(*m_client));
}

void TestEngine::keepsTheOrderOfWhatABatchTookInPart()
{
    core::Client *other = m_fixture->open();
    QCOMPARE(turn(*m_client, "HOLD\r\nHOLD\r\nSET k 1\r\nGET k\r\nSET k 2\r\nGET k\r\n"),
             std::string("+OK\r\n"));
    // The other client leaves room for three of the five commands that were kept.
    std::string input;
    for (std::size_t i = 0; i + 3 < core::Batch::kRequests; ++i)
        input += "GET x\r\n";
    m_engine->received(*other, input);
    m_engine->release(*m_client);
    QCOMPARE(turn(*m_client, {}), std::string("+OK\r\n"));
    m_engine->release(*m_client);
    QCOMPARE(turn(*m_client, {}), std::string("+OK\r\n$1\r\n1\r\n+OK\r\n$1\r\n2\r\n"));
}

void TestEngine::stopsASessionWhoseOutputIsFull()
{
    std::string input;
    for (int i = 0; i < 100; ++i)
        input += "BIG\r\n";
    m_engine->received(*m_client, input);
    m_engine->run();
    const std::size_t waiting = m_client->output.pending();
    QVERIFY2(waiting < (40u << 20), "a hundred megabytes are not piled up");
    QVERIFY(!m_engine->wantsInput(*m_client));
    std::size_t total = 0;
    for (int turns = 0; turns < 200; ++turns) {
        total += takeOutput(*m_client).size();
        m_engine->drained(*m_client);
        if (!m_engine->hasWork())
            break;
        m_engine->run();
    }
    QCOMPARE(total, std::size_t{100} * ((1 << 20) + 12));
}

void TestEngine::silentSessionsGetNothing()
{
    QCOMPARE(turn(*m_client, "SILENT\r\nSET k 1\r\nNOSUCH\r\nGET k\r\n"), std::string());
    m_client->unset(SessionReplyOff);
    QCOMPARE(turn(*m_client, "GET k\r\n"), std::string("$1\r\n1\r\n"));
}

void TestEngine::errorsCloseAfterWhatCameBefore()
{
    QCOMPARE(turn(*m_client, "SET k 1\r\n*1\r\nGARBAGE\r\n"),
             std::string("+OK\r\n-ERR Protocol error: expected '$', got 'G'\r\n"));
    QVERIFY(m_client->has(SessionCloseAfterReply));
}

void TestEngine::propagatesEffects()
{
    m_engine->onPropagate([this](int db, std::span<const Bytes> command) {
        std::string text = std::to_string(db);
        for (const Bytes word : command)
            text.append(" ").append(word);
        m_effects.push_back(text);
    });
    turn(*m_client, "SET a 1\r\nGET a\r\nNOSUCH\r\nBOTH b\r\n");
    const std::vector<std::string> expected{"0 SET a 1", "0 MULTI", "0 SET b 1", "0 PERSIST b",
                                            "0 EXEC"};
    QCOMPARE(m_effects, expected);
}

void TestEngine::groupsEffects()
{
    m_engine->onPropagate(
        [this](int, std::span<const Bytes> command) { m_effects.emplace_back(command[0]); });
    const Bytes first[] = {"SET", "a", "1"}, second[] = {"SET", "b", "2"};
    m_engine->beginGroup();
    QVERIFY(m_engine->execute(*m_client, first, m_client->reply));
    QVERIFY(m_engine->execute(*m_client, second, m_client->reply));
    QVERIFY(m_effects.empty());
    m_engine->endGroup();
    const std::vector<std::string> expected{"MULTI", "SET", "SET", "EXEC"};
    QCOMPARE(m_effects, expected);
}

void TestEngine::expiresAndSaysSo()
{
    std::vector<std::string> events;
    m_engine->onKeyEvent([&](const KeyEvent &event) {
        events.push_back(std::string(event.event) + " " + std::string(event.key));
    });
    m_engine->onPropagate([this](int, std::span<const Bytes> command) {
        m_effects.push_back(std::string(command[0]) + " " + std::string(command[1]));
    });
    turn(*m_client, "SET k 1\r\nSET other 2\r\n");
    Db &db = m_engine->db(0);
    db.setExpiry(db.write(Key("k")), m_engine->now() + 5);
    QCOMPARE(db.expires(), std::size_t{1});
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
    // The turn itself deletes what is due, asked for or not.
    turn(*m_client, "GET other\r\n");
    QCOMPARE(db.size(), std::size_t{1});
    QCOMPARE(db.expires(), std::size_t{0});
    QCOMPARE(events.back(), std::string("expired k"));
    QCOMPARE(m_effects.back(), std::string("DEL k"));
    QCOMPARE(m_engine->statistics().expiredKeys, std::uint64_t{1});
}

void TestEngine::tellsNewKeys()
{
    std::vector<std::string> events;
    m_engine->onKeyEvent([&](const KeyEvent &event) { events.emplace_back(event.event); });
    turn(*m_client, "SET k 1\r\nSET k 2\r\nGET nosuch\r\n");
    const std::vector<std::string> expected{"new", "set", "set", "keymiss"};
    QVERIFY(events == expected);
}

void TestEngine::evictsUntilTheMemoryFits()
{
    if (m_engine->usedMemory() < 100'000)
        QSKIP("the sanitizers' allocator does not tell how much is used");
    std::string why;
    QVERIFY(m_fixture->options.change("maxmemory-policy", "allkeys-lru", &why));
    QVERIFY(m_fixture->options.change("maxmemory-eviction-tenacity", "100", &why));
    const std::size_t limit = m_engine->usedMemory() + (4u << 20);
    QVERIFY(m_fixture->options.change("maxmemory", std::to_string(limit), &why));
    const std::string value(300, 'v');
    for (int i = 0; i < 40'000; ++i)
        turn(*m_client, "SET k" + std::to_string(i) + " " + value + "\r\n");
    const std::size_t left = m_engine->db(0).size();
    QVERIFY2(left > 5'000 && left < 20'000, qPrintable(QString::number(left)));
    QVERIFY(m_engine->statistics().evictedKeys > 20'000);
    QVERIFY(m_engine->usedMemory() < limit + (1u << 20));
}

QTEST_GUILESS_MAIN(TestEngine)
#include "tst_engine.moc"
