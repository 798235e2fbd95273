#include "shell/options.h"
#include "shell/session.h"
#include "shell/text.h"

#include <QtTest/QtTest>

using namespace cay::shell;

namespace {

std::string failure(const std::vector<std::string> &arguments)
{
    Options options;
    std::string why;
    return readOptions(arguments, &options, &why) ? "accepted" : why;
}

Options parse(const std::vector<std::string> &arguments)
{
    Options options;
    std::string why;
    if (!readOptions(arguments, &options, &why))
        qFatal("%s", why.c_str());
    return options;
}

} // namespace

class TestOptions : public QObject
{
    Q_OBJECT

private slots:
    void init()
    {
        qunsetenv("REDISCLI_AUTH");
        qunsetenv("CAY_AUTH");
    }

    void connection()
    {
        const Options o = parse(
            {"-h", "::1", "-p", "7000", "-n", "3", "-a", "pw", "--user", "me", "-3", "get", "-n"});
        QCOMPARE(o.host, std::string("::1"));
        QCOMPARE(o.port, 7000);
        QCOMPARE(o.database, 3);
        QCOMPARE(o.password, std::string("pw"));
        QVERIFY(o.hasPassword && o.passwordOnCommandLine);
        QCOMPARE(o.user, std::string("me"));
        QCOMPARE(o.protocol, 3);
        QCOMPARE(o.command, (std::vector<std::string>{"get", "-n"}));
    }

    void environment()
    {
        qputenv("REDISCLI_AUTH", "one");
        QCOMPARE(parse({}).password, std::string("one"));
        qputenv("CAY_AUTH", "two");
        QCOMPARE(parse({}).password, std::string("two"));
        QVERIFY(!parse({}).passwordOnCommandLine);
        QCOMPARE(parse({"-a", "three"}).password, std::string("three"));
    }

    void uris()
    {
        Options o = parse({"-u", "redis://us%65r:p%40ss@example.org:7001/5"});
        QCOMPARE(o.user, std::string("user"));
        QCOMPARE(o.password, std::string("p@ss"));
        QCOMPARE(o.host, std::string("example.org"));
        QCOMPARE(o.port, 7001);
        QCOMPARE(o.database, 5);
        o = parse({"-u", "redis://secret@[::1]:7002"});
        QCOMPARE(o.password, std::string("secret"));
        QVERIFY(o.user.empty());
        QCOMPARE(o.host, std::string("::1"));
        QCOMPARE(o.port, 7002);
        o = parse({"-u", "redis:///2"});
        QCOMPARE(o.host, std::string("127.0.0.1"));
        QCOMPARE(o.database, 2);
        QCOMPARE(failure({"-u", "http://x"}), std::string("Invalid URI scheme"));
        QCOMPARE(failure({"-u", "redis://a%4@x"}),
                 std::string("Illegal character in URI encoding"));
        QVERIFY(failure({"-u", "redis://x:99999"}).starts_with("Invalid URI"));
        QVERIFY(failure({"-u", "rediss://x"}).find("TLS") != std::string::npos);
    }

    void outputs()
    {
        QVERIFY(parse({"--csv"}).output == Output::Csv);
        const Options json = parse({"--json"});
        QCOMPARE(json.protocol, 3);
        QVERIFY(json.protocolMayFail);
        QCOMPARE(parse({"-2", "--json"}).protocol, 2);
        QVERIFY(!parse({"--json", "-3"}).protocolMayFail);
        QVERIFY(parse({"--show-pushes", "yes"}).showPushes);
    }

    void wrongOnes()
    {
        QCOMPARE(failure({"--nope", "x"}),
                 std::string("Unrecognized option or bad number of args for: '--nope'"));
        QCOMPARE(failure({"-p"}),
                 std::string("Unrecognized option or bad number of args for: '-p'"));
        QCOMPARE(failure({"-p", "x"}), std::string("Invalid value for -p: 'x'"));
        QCOMPARE(failure({"-p", "65536"}), std::string("Invalid value for -p: '65536'"));
        QCOMPARE(failure({"-i", "-1"}), std::string("Invalid value for -i: '-1'"));
        QCOMPARE(failure({"-x", "-X", "t", "echo", "t"}),
                 std::string("Options -x and -X are mutually exclusive."));
        QVERIFY(failure({"-X", "t", "echo"}).starts_with("Using -X"));
        QCOMPARE(failure({"--quoted-input", "set", "\"a"}), std::string("Invalid quoted string"));
    }

    void quotedInput()
    {
        const Options o = parse({"--quoted-input", "set", "\"a\\x41\"", "plain\\n"});
        QCOMPARE(o.command, (std::vector<std::string>{"set", "aA", "plain\\n"}));
    }

    void helpWithoutHost() { QVERIFY(parse({"-h"}).mode == Mode::Help); }

    void sensitiveCommands()
    {
        QVERIFY(isSensitive({"AUTH", "x"}));
        QVERIFY(isSensitive({"hello", "3", "AUTH", "u", "p"}));
        QVERIFY(isSensitive({"config", "set", "maxmemory", "1", "RequirePass", "x"}));
        QVERIFY(isSensitive({"acl", "setuser", "x", ">p"}));
        QVERIFY(isSensitive({"migrate", "h", "1", "k", "0", "10", "AUTH", "x"}));
        QVERIFY(!isSensitive({"migrate", "h", "1", "auth", "0", "10"}));
        QVERIFY(!isSensitive({"set", "auth", "x"}));
        QVERIFY(!isSensitive({}));
    }

    void amounts()
    {
        QCOMPARE(humanBytes(5), std::string("5B"));
        QCOMPARE(humanBytes(1536), std::string("1.50K"));
        QCOMPARE(humanBytes(-3LL << 30), std::string("-3.00G"));
    }
};

QTEST_APPLESS_MAIN(TestOptions)
#include "tst_shell_options.moc"
