#include "options_fixture.h"

#include "cay/args.h"
#include "core/engine.h"

#include <optional>

using namespace cay;

namespace {

// One execution of a command that does not exist, over arguments of the test's choice.
class Execution
{
public:
    explicit Execution(std::vector<Bytes> words)
        : m_words(std::move(words))
        , m_session(m_out)
    {
        m_info.fullName = "demo";
        if (QString why; !m_engine.start(&why))
            qFatal("%s", qPrintable(why));
        m_call.emplace(Call{.args = m_words,
                            .hashes = nullptr,
                            .db = m_engine.db(0),
                            .reply = m_session.reply,
                            .session = m_session,
                            .info = m_info,
                            .host = m_engine});
    }

    Call &call() { return *m_call; }
    UnixMs now() const { return m_call->db.now(); }
    // What has been replied, without the line's end.
    std::string reply()
    {
        Bytes views[4];
        std::string text;
        for (std::size_t i = 0, n = m_out.front(views, 4); i < n; ++i)
            text.append(views[i]);
        return text.substr(0, text.find('\r'));
    }

private:
    test::Server m_options;
    core::Engine m_engine{m_options.store};
    std::vector<Bytes> m_words;
    resp::OutputBuffer m_out;
    Session m_session;
    CommandInfo m_info;
    std::optional<Call> m_call;
};

constexpr unsigned kAll
    = Expiration::Times | Expiration::AllowKeep | static_cast<unsigned>(Expiration::AllowPersist);

} // namespace

class ArgsTest : public QObject
{
    Q_OBJECT

private slots:
    void words();
    void parsesAllThenChecksOnce();
    void firstErrorStays();
    void missingArgument();
    void ranges();
    void expirations();
    void expirationTimes();
    void expireTimes();
};

void ArgsTest::words()
{
    QVERIFY(isWord("nx", "NX"));
    QVERIFY(isWord("WithScores", "WITHSCORES"));
    QVERIFY(!isWord("NX", "N"));
    QVERIFY(!isWord("", "NX"));
    QVERIFY(!isWord("N{", "NX"));
    QVERIFY(!isWord(Bytes("NX\0", 3), "NX"));
}

void ArgsTest::parsesAllThenChecksOnce()
{
    Execution demo({"DEMO", "key", "count", "5", "WITHSCORES", "WEIGHT", "0.5"});
    ArgParser args(demo.call(), 2);
    std::int64_t count = 0;
    double weight = 0;
    bool withScores = false;
    while (args.more()) {
        if (args.word("COUNT", 1))
            count = args.integer();
        else if (args.word("WEIGHT", 1))
            weight = args.number();
        else if (args.word("WITHSCORES"))
            withScores = true;
        else
            args.syntaxError();
    }
    QVERIFY(args.ok());
    QCOMPARE(count, std::int64_t(5));
    QCOMPARE(weight, 0.5);
    QVERIFY(withScores);
    QVERIFY(demo.reply().empty());
}

void ArgsTest::firstErrorStays()
{
    Execution demo({"DEMO", "x", "1", "y"});
    ArgParser args(demo.call(), 1);
    QCOMPARE(args.integer(), std::int64_t(0));
    QVERIFY(!args.ok());
    QVERIFY(!args.more());
    QCOMPARE(args.integer(), std::int64_t(0));
    QVERIFY(!args.syntaxError());
    QCOMPARE(demo.reply(), std::string("-ERR value is not an integer or out of range"));
    QCOMPARE(demo.call().reply.errors(), std::uint64_t(1));
}

void ArgsTest::missingArgument()
{
    Execution demo({"DEMO", "COUNT"});
    ArgParser args(demo.call(), 1);
    QVERIFY(!args.word("COUNT", 1)); // needs a value
    QVERIFY(args.word("COUNT"));
    QVERIFY(args.next().empty());
    QCOMPARE(demo.reply(), std::string("-ERR syntax error"));
}

void ArgsTest::ranges()
{
    Execution between({"DEMO", "11"});
    QCOMPARE(ArgParser(between.call(), 1).integerIn(1, 10), std::int64_t(0));
    QCOMPARE(between.reply(),
             std::string("-ERR value is out of range, value must between 1 and 10"));
    Execution given({"DEMO", "abc"});
    QCOMPARE(ArgParser(given.call(), 1).integerIn(1, 10, "ERR mine"), std::int64_t(0));
    QCOMPARE(given.reply(), std::string("-ERR mine"));
    Execution negative({"DEMO", "-1"});
    QCOMPARE(ArgParser(negative.call(), 1).positive(), std::int64_t(0));
    QCOMPARE(negative.reply(), std::string("-ERR value is out of range, must be positive"));
    Execution zero({"DEMO", "0"});
    ArgParser args(zero.call(), 1);
    QCOMPARE(args.positive(), std::int64_t(0));
    QVERIFY(args.ok());
}

void ArgsTest::expirations()
{
    Execution demo({"DEMO", "ex", "10", "EX", "20", "PX", "5", "KEEPTTL"});
    Expiration expiration;
    ArgParser args(demo.call(), 1);
    QVERIFY(args.expiration(&expiration, kAll));
    QVERIFY(args.expiration(&expiration, kAll));
    QCOMPARE(expiration.kind, Expiration::Seconds);
    QCOMPARE(std::string(expiration.text), std::string("20"));
    QVERIFY(!args.expiration(&expiration, kAll)); // another kind
    QCOMPARE(args.position(), std::size_t(5));

    Expiration keep;
    ArgParser last(demo.call(), 7);
    QVERIFY(!last.expiration(&keep, Expiration::Times));
    QVERIFY(last.expiration(&keep, kAll));
    QCOMPARE(keep.kind, Expiration::Keep);
    QVERIFY(!keep.isTime());

    Execution bare({"DEMO", "PXAT"});
    QVERIFY(!ArgParser(bare.call(), 1).expiration(&keep, kAll)); // no time
}

void ArgsTest::expirationTimes()
{
    Execution demo({"DEMO"});
    UnixMs at = 0;
    QVERIFY(expirationTime(demo.call(), {Expiration::Seconds, "10"}, &at));
    QCOMPARE(at, demo.now() + 10000);
    QVERIFY(expirationTime(demo.call(), {Expiration::Milliseconds, "10"}, &at));
    QCOMPARE(at, demo.now() + 10);
    QVERIFY(expirationTime(demo.call(), {Expiration::UnixSeconds, "10"}, &at));
    QCOMPARE(at, UnixMs(10000));
    QVERIFY(expirationTime(demo.call(), {Expiration::UnixMilliseconds, "10"}, &at));
    QCOMPARE(at, UnixMs(10));
    QVERIFY(demo.reply().empty());
    for (const char *text : {"0", "-1", "9223372036854775807", "9223372036854775"}) {
        Execution wrong({"DEMO"});
        QVERIFY(!expirationTime(wrong.call(), {Expiration::Seconds, text}, &at));
        QCOMPARE(wrong.reply(), std::string("-ERR invalid expire time in 'demo' command"));
    }
    Execution overflow({"DEMO"});
    QVERIFY(
        !expirationTime(overflow.call(), {Expiration::Milliseconds, "9223372036854775807"}, &at));
    Execution text({"DEMO"});
    QVERIFY(!expirationTime(text.call(), {Expiration::Seconds, "soon"}, &at));
    QCOMPARE(text.reply(), std::string("-ERR value is not an integer or out of range"));
}

void ArgsTest::expireTimes()
{
    Execution demo({"DEMO"});
    UnixMs at = 0;
    QVERIFY(expireTime(demo.call(), "-5", TimeUnit::Seconds, 1000, &at));
    QCOMPARE(at, UnixMs(-4000));
    QVERIFY(expireTime(demo.call(), "0", TimeUnit::Milliseconds, 7, &at));
    QCOMPARE(at, UnixMs(7));
    QVERIFY(expireTime(demo.call(), "9223372036854775807", TimeUnit::Milliseconds, 0, &at));
    QVERIFY(demo.reply().empty());
    for (const char *text : {"9223372036854776", "-9223372036854776"})
        QVERIFY(!expireTime(demo.call(), text, TimeUnit::Seconds, 0, &at));
    QVERIFY(!expireTime(demo.call(), "9223372036854775807", TimeUnit::Milliseconds, 1, &at));
    QCOMPARE(demo.call().reply.errors(), std::uint64_t(3));
}

QTEST_GUILESS_MAIN(ArgsTest)
#include "tst_args.moc"
