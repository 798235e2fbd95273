// Declaring, reading and setting options. The texts are those of redis-server 7.0.15.
#include "options_fixture.h"

#include <QtCore/QJsonDocument>

using test::Bytes;
using test::Server;

class OptionsTest : public QObject
{
    Q_OBJECT

private slots:
    void defaults();
    void refusedValues_data();
    void refusedValues();
    void acceptedValues_data();
    void acceptedValues();
    void setIsAtomic();
    void setChecksNames();
    void protectedOptions();
    void watches();
    void refusedByAWatch();
    void mirrors();
    void match();
    void aliases();
    void pluginOptions();
    void namedRules();
    void saveLines();
    void badDeclarations_data();
    void badDeclarations();
    void change();
};

void OptionsTest::defaults()
{
    Server server;
    QCOMPARE(server.error(), QString());
    QCOMPARE(server.get("bind"), QStringLiteral("* -::*"));
    QCOMPARE(server.get("maxmemory"), QStringLiteral("0"));
    QCOMPARE(server.get("proto-max-bulk-len"), QStringLiteral("536870912"));
    QCOMPARE(server.store.integer("maxmemory-policy"), 7);
    QCOMPARE(server.store.integer("shutdown-on-sigterm"), 0);
    QVERIFY(server.store.flag("protected-mode"));
    QCOMPARE(server.get("no-such-option"), QString());
    QCOMPARE(server.get("dir"), QDir::currentPath());
}

void OptionsTest::refusedValues_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("why");
    int row = 0;
    const auto add = [&](const char *name, const char *value, const char *why) {
        QTest::addRow("%d %s", row++, name)
            << QByteArray(name) << QByteArray(value) << QString::fromLatin1(why);
    };
    add("maxmemory", "1x", "argument must be a memory value");
    add("maxmemory", "-1", "argument must be a memory value");
    add("maxmemory", "99999999999gb", "argument must be a memory value");
    add("maxmemory-clients", "101%", "percentage argument must be less or equal to 100");
    add("maxmemory-clients", "abc", "argument must be a memory or percent value");
    add("maxmemory-clients", "-5", "argument must be a memory or percent value");
    add("maxclients", "0", "argument must be between 1 and 4294967295 inclusive");
    add("maxclients", "-1", "argument must be between 1 and 4294967295 inclusive");
    add("maxclients", "abc", "argument couldn't be parsed into an integer");
    add("loglevel", "foo",
        "argument(s) must be one of the following: debug, verbose, notice, warning");
    add("loglevel", "",
        "argument(s) must be one of the following: debug, verbose, notice, warning");
    add("protected-mode", "maybe", "argument must be 'yes' or 'no'");
    add("daemonize", "yes", "can't set immutable config");
    add("tcp-keepalive", "-1", "argument must be between 0 and 2147483647 inclusive");
    add("lfu-log-factor", "99999999999", "argument must be between 0 and 2147483647 inclusive");
    add("proto-max-bulk-len", "1",
        "argument must be between 1048576 and 9223372036854775807 inclusive");
    add("client-output-buffer-limit", "foo 0 0 0",
        "Invalid client class specified in buffer limit configuration.");
    add("client-output-buffer-limit", "normal 0 0",
        "Wrong number of arguments in buffer limit configuration.");
    add("client-output-buffer-limit", "normal 1 2 3  pubsub 1 2 3",
        "Wrong number of arguments in buffer limit configuration.");
    add("client-output-buffer-limit", "normal a 0 0",
        "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    add("client-output-buffer-limit", "normal 1 2 -3",
        "Error in hard, soft or soft_seconds setting in buffer limit configuration.");
    add("oom-score-adj-values", "1 2", "wrong number of arguments");
    add("oom-score-adj-values", "1 x 3",
        "Invalid oom-score-adj-values, elements must be between -2000 and 2000.");
    add("shutdown-on-sigterm", "save nosave",
        "shutdown options SAVE and NOSAVE can't be used simultaneously");
    add("shutdown-on-sigterm", "",
        "argument(s) must be one of the following: default, save, nosave, now, force");
    add("shutdown-on-sigterm", "now  force",
        "argument(s) must be one of the following: default, save, nosave, now, force");
    add("proc-title-template", "{foo}", "template format is invalid or contains unknown variables");
    add("proc-title-template", "{title",
        "template format is invalid or contains unknown variables");
    add("proc-title-template", "", "template format is invalid or contains unknown variables");
    add("bind", "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17", "Too many bind addresses specified.");
}

void OptionsTest::refusedValues()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(QString, why);
    Server server;
    const QString before = server.get(Bytes(name.constData()));
    QCOMPARE(server.whySet(Bytes(name.constData()), Bytes(value.constData())), why);
    QCOMPARE(server.get(Bytes(name.constData())), before);
}

void OptionsTest::acceptedValues_data()
{
    QTest::addColumn<QByteArray>("name");
    QTest::addColumn<QByteArray>("value");
    QTest::addColumn<QString>("text");
    QTest::addColumn<qint64>("integer");
    int row = 0;
    const auto add = [&](const char *name, const char *value, const char *text, qint64 integer) {
        QTest::addRow("%d %s", row++, name)
            << QByteArray(name) << QByteArray(value) << QString::fromLatin1(text) << integer;
    };
    add("maxmemory", "", "0", 0);
    add("maxmemory", "1k", "1000", 1000);
    add("maxmemory", "1KB", "1024", 1024);
    add("maxmemory", "3b", "3", 3);
    add("maxmemory", "2M", "2000000", 2000000);
    add("maxmemory", "2Mb", "2097152", 2097152);
    add("maxmemory", "1g", "1000000000", 1000000000);
    add("maxmemory", "1gb", "1073741824", 1073741824);
    add("maxmemory", "18446744073709551615", "18446744073709551615", -1);
    add("maxmemory-clients", "50%", "50%", -50);
    add("maxmemory-clients", "1mb", "1048576", 1048576);
    add("LogLevel", "VERBOSE", "verbose", 1);
    add("protected-mode", "No", "no", 0);
    add("hz", "0", "1", 1);
    add("hz", "10000", "500", 500);
    add("shutdown-on-sigterm", "force NOW default", "now force", 4 + 8);
    add("client-output-buffer-limit", "normal 1mb 2kb 3 replica 4 5 6",
        "normal 1048576 2048 3 slave 4 5 6 pubsub 33554432 8388608 60", 0);
    add("client-output-buffer-limit", "",
        "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60", 0);
    add("oom-score-adj-values", "-1000 3 2", "-1000 3 2", 0);
    add("proc-title-template", "abc {{x}} }", "abc {{x}} }", 0);
    add("bind", "", "", 0);
    add("bind", "127.0.0.1 -::1", "127.0.0.1 -::1", 0);
}

void OptionsTest::acceptedValues()
{
    QFETCH(QByteArray, name);
    QFETCH(QByteArray, value);
    QFETCH(QString, text);
    QFETCH(qint64, integer);
    Server server;
    QCOMPARE(server.set(Bytes(name.constData()), Bytes(value.constData())), QStringLiteral("OK"));
    QCOMPARE(server.get(Bytes(name.constData())), text);
    QCOMPARE(server.store.integer(Bytes(name.constData())), integer);
}

void OptionsTest::setIsAtomic()
{
    Server server;
    QCOMPARE(server.set({{"maxmemory", "5mb"}, {"timeout", "x"}}),
             QStringLiteral("ERR CONFIG SET failed (possibly related to argument 'timeout') - "
                            "argument couldn't be parsed into an integer"));
    QCOMPARE(server.get("maxmemory"), QStringLiteral("0"));
    QCOMPARE(server.set({{"maxmemory", "5mb"}, {"timeout", "7"}}), QStringLiteral("OK"));
    QCOMPARE(server.get("maxmemory"), QStringLiteral("5242880"));
    QCOMPARE(server.get("timeout"), QStringLiteral("7"));
}

void OptionsTest::setChecksNames()
{
    Server server;
    QCOMPARE(server.set({{"timeout", "x"}, {"NoSuch", "1"}, {"daemonize", "yes"}}),
             QStringLiteral("ERR Unknown option or number of arguments for CONFIG SET - 'NoSuch'"));
    QCOMPARE(server.set({{"daemonize", "yes"}, {"NoSuch", "1"}}),
             QStringLiteral("ERR CONFIG SET failed (possibly related to argument 'daemonize') - "
                            "can't set immutable config"));
    QCOMPARE(server.set({{"LOGLEVEL", "notice"}, {"loglevel", "debug"}}),
             QStringLiteral("ERR CONFIG SET failed (possibly related to argument 'loglevel') - "
                            "duplicate parameter"));
    QCOMPARE(server.get("loglevel"), QStringLiteral("notice"));
}

void OptionsTest::protectedOptions()
{
    const QString refused = QStringLiteral(
        "ERR CONFIG SET failed (possibly related to argument 'dir') - can't set protected config");
    const std::string here = QDir::currentPath().toStdString();
    Server closed;
    QCOMPARE(closed.set({{"dir", here}}, true), refused);
    Server local("enable-protected-configs local\n");
    QCOMPARE(local.set({{"dir", here}}, false), refused);
    QCOMPARE(local.set({{"dir", here}}, true), QStringLiteral("OK"));
    Server open("enable-protected-configs yes\n");
    QCOMPARE(open.set({{"dir", here}}, false), QStringLiteral("OK"));
    QCOMPARE(open.whySet("dir", "/no/such/folder"), QStringLiteral("No such file or directory"));
    // A directory that was entered is left again when another pair is refused.
    QCOMPARE(open.set({{"dir", "/"}, {"timeout", "x"}}).left(3), QStringLiteral("ERR"));
    QCOMPARE(QDir::currentPath().toStdString(), here);
}

void OptionsTest::watches()
{
    Server server;
    QStringList seen;
    server.store.watch("timeout", [&](QString *) {
        seen.append(server.get("timeout"));
        return true;
    });
    server.set("timeout", "5");
    server.set("timeout", "5"); // no change, nobody is told
    server.set("timeout", "x");
    QCOMPARE(seen, QStringList({QStringLiteral("0"), QStringLiteral("5")}));
}

void OptionsTest::refusedByAWatch()
{
    Server server;
    QStringList seen;
    server.store.watch("maxmemory", [&](QString *) {
        seen.append(server.get("maxmemory"));
        return true;
    });
    server.store.watch("timeout", [&](QString *why) {
        *why = QStringLiteral("Too long.");
        return server.store.integer("timeout") < 100;
    });
    QString why;
    QVERIFY(!server.store.takeRefusal(&why));
    QCOMPARE(server.set({{"maxmemory", "9"}, {"timeout", "100"}}),
             QStringLiteral(
                 "ERR CONFIG SET failed (possibly related to argument 'timeout') - Too long."));
    QCOMPARE(server.get("timeout"), QStringLiteral("0"));
    QCOMPARE(seen, QStringList({QStringLiteral("0"), QStringLiteral("9"), QStringLiteral("0")}));

    server.store.watch("timeout", [](QString *text) {
        *text = QStringLiteral("Never.");
        return false;
    });
    QVERIFY(server.store.takeRefusal(&why));
    QCOMPARE(why, QStringLiteral("option 'timeout': Never."));
    QVERIFY(!server.store.takeRefusal(&why));
}

void OptionsTest::mirrors()
{
    Server server("timeout 3\n");
    std::int64_t timeout = 0;
    bool protectedMode = false;
    server.store.mirror("timeout", &timeout);
    server.store.mirror("protected-mode", &protectedMode);
    QCOMPARE(timeout, 3);
    QVERIFY(protectedMode);
    server.set({{"timeout", "4"}, {"protected-mode", "no"}});
    QCOMPARE(timeout, 4);
    QVERIFY(!protectedMode);
}

void OptionsTest::match()
{
    Server server;
    const auto names = [&](std::vector<Bytes> patterns) {
        QStringList result;
        for (const auto &[name, value] : server.store.match(patterns))
            result.append(QString::fromStdString(name));
        return result;
    };
    QCOMPARE(names({"timeout", "TIMEOUT", "no-such"}), QStringList({QStringLiteral("timeout")}));
    QCOMPARE(names({"TIMEOUT"}), QStringList({QStringLiteral("TIMEOUT")}));
    QCOMPARE(names({"MAXMEMORY-c*", "timeou?"}),
             QStringList({QStringLiteral("maxmemory-clients"), QStringLiteral("timeout")}));
    QCOMPARE(names({"use-exit-on-pani*"}), QStringList());
    QCOMPARE(names({"use-exit-on-panic"}), QStringList({QStringLiteral("use-exit-on-panic")}));
}

QJsonObject json(const char *text)
{
    const QJsonObject object = QJsonDocument::fromJson(text).object();
    return object;
}

void OptionsTest::aliases()
{
    Server server;
    QString why;
    QVERIFY(server.store.addOptions(
        QStringLiteral("p"),
        json(R"({"replica-x": {"type": "integer", "default": "1", "aliases": ["slave-x"]}})"),
        &why));
    QCOMPARE(server.set({{"slave-x", "2"}, {"replica-x", "3"}}), QStringLiteral("OK"));
    QCOMPARE(server.get("slave-x"), QStringLiteral("3"));
    QCOMPARE(server.store.match(std::vector<Bytes>{"*-x"}).size(), std::size_t(2));
    QCOMPARE(server.set("slave-x", "y"),
             QStringLiteral("ERR CONFIG SET failed (possibly related to argument 'slave-x') - "
                            "argument couldn't be parsed into an integer"));
}

void OptionsTest::pluginOptions()
{
    Server server;
    const QJsonObject options
        = json(R"({"colour": {"type": "enum", "values": ["red", "blue"], "default": "red"}})");
    QString why;
    std::string error;
    // A line for a plugin waits until the plugin is there, and comes back with it.
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("c.conf"));
    test::writeFile(file, "colour blue\nshade dark\n");
    test::OptionStore store;
    QVERIFY(store.declareHost(&why));
    QVERIFY(store.load(cay::core::readArguments({file.toStdString()}), &error));
    for (int round = 0; round < 2; ++round) {
        QVERIFY(store.addOptions(QStringLiteral("paint"), options, &why));
        QCOMPARE(store.integer("colour"), 1);
        int watched = 0;
        store.actFor(QStringLiteral("paint"));
        store.watch("timeout", [&](QString *) { return ++watched; });
        store.actFor(QString());
        store.removeOptions(QStringLiteral("paint"));
        QVERIFY(!store.spec("colour"));
        QVERIFY(store.change("timeout", round ? "1" : "2", &error));
        QCOMPARE(watched, 1);
    }
    QVERIFY(!store.addOptions(
        QStringLiteral("paint"),
        json(R"({"colour": {"type": "string"}, "shade": {"type": "bool", "default": "no"}})"),
        &why));
    QVERIFY2(why.contains(QStringLiteral(
                 "at line 2\n>>> 'shade dark'\nargument must be 'yes' or 'no'\nin ")),
             qPrintable(why));
    QVERIFY(!store.spec("colour"));
    std::vector<std::string> warnings;
    QVERIFY(!store.finishLoading(&warnings, &error));
    QVERIFY(QString::fromStdString(error).contains(
        QStringLiteral(">>> 'colour blue'\nBad directive or wrong number of arguments\n")));
}

// The rules of well-known names hold in a plugin's JSON too.
void OptionsTest::namedRules()
{
    Server server;
    QString why;
    QVERIFY(server.store.addOptions(QStringLiteral("p"), json(R"({
        "notify-keyspace-events": {"type": "special", "default": ""},
        "latency-tracking-info-percentiles": {"type": "list", "default": "50 99 99.9"},
        "save": {"type": "special", "default": "3600 1 300 100"},
        "dbfilename": {"type": "string", "default": "dump.rdb"}})"),
                                    &why));
    const auto set = [&](Bytes name, Bytes value) {
        const QString answer = server.whySet(name, value);
        return answer.isEmpty() ? server.get(name) : answer;
    };
    QCOMPARE(set("notify-keyspace-events", "KEAz"), QStringLiteral("AKE"));
    QCOMPARE(server.store.integer("notify-keyspace-events"), 3 + 0x7fc + (1 << 13));
    QCOMPARE(set("notify-keyspace-events", "KEg$lshzxetmdn"), QStringLiteral("AKEm"));
    QCOMPARE(set("notify-keyspace-events", "KE$lshzxetdn"), QStringLiteral("$lshzxetdnKE"));
    QCOMPARE(set("notify-keyspace-events", "nmKt"), QStringLiteral("tnKm"));
    QCOMPARE(set("notify-keyspace-events", "q"),
             QStringLiteral("Invalid event class character. Use 'Ag$lshzxeKEtmdn'."));
    QCOMPARE(server.get("latency-tracking-info-percentiles"), QStringLiteral("50 99 99.9"));
    QCOMPARE(set("latency-tracking-info-percentiles", "99.90 50.0"), QStringLiteral("99.9 50"));
    QCOMPARE(set("latency-tracking-info-percentiles", "101"),
             QStringLiteral(
                 "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]"));
    QCOMPARE(set("latency-tracking-info-percentiles", "x"),
             QStringLiteral("Invalid latency-tracking-info-percentiles parameters"));
    QCOMPARE(set("latency-tracking-info-percentiles", ""), QString());
    QCOMPARE(set("save", "60 1 30 2"), QStringLiteral("60 1 30 2"));
    for (const Bytes bad : {"100", "100 1 x 1", "0 1", "100 -1", "100  1", "100 1 "})
        QCOMPARE(set("save", bad), QStringLiteral("Invalid save parameters"));
    QCOMPARE(set("save", ""), QString());
    QCOMPARE(set("dbfilename", "a/b"),
             QStringLiteral("dbfilename can't be a path, just a filename"));
}

// The lines of a configuration add up, the first one in place of the default; an empty one starts
// again.
void OptionsTest::saveLines()
{
    const QJsonObject options = json(R"({"save": {"type": "special", "default": "3600 1"}})");
    const auto loaded = [&](const char *config) {
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("c.conf"));
        test::writeFile(file, config);
        test::OptionStore store;
        QString why;
        std::string error;
        if (!store.declareHost(&why)
            || !store.load(cay::core::readArguments({file.toStdString()}), &error)
            || !store.addOptions(QStringLiteral("p"), options, &why))
            return QStringLiteral("refused");
        return QString::fromStdString(store.text("save"));
    };
    QCOMPARE(loaded(""), QStringLiteral("3600 1"));
    QCOMPARE(loaded("save 1 2\nsave 3 4\n"), QStringLiteral("1 2 3 4"));
    QCOMPARE(loaded("save 1 2\nsave \"\"\n"), QString());
    QCOMPARE(loaded("save \"\"\nsave 3 4 5 6\n"), QStringLiteral("3 4 5 6"));
    QCOMPARE(loaded("save \"1 2\"\n"), QStringLiteral("1 2"));
    QCOMPARE(loaded("save\n"), QString());
    QCOMPARE(loaded("save 1\n"), QStringLiteral("refused"));
}

void OptionsTest::badDeclarations_data()
{
    QTest::addColumn<QByteArray>("options");
    QTest::addColumn<QString>("why");
    const auto add = [&](const char *options, const char *why) {
        QTest::addRow("%s", why) << QByteArray(options) << QString::fromLatin1(why);
    };
    add(R"({"timeout": {"type": "bool", "default": "no"}})", "option 'timeout' is declared twice");
    add(R"({"a": {"type": "bool", "default": "no", "aliases": ["port"]}})",
        "option 'port' is declared twice");
    add(R"({"a": {"type": "number"}})", "option 'a': unknown type");
    add(R"({"A": {"type": "bool", "default": "no"}})",
        "option 'A': the name must be in lower case");
    add(R"({"a": {"type": "enum", "default": "b"}})", "option 'a': an enum needs \"values\"");
    add(R"({"a": {"type": "integer", "default": "1", "min": "x"}})",
        "option 'a': \"min\" or \"max\" is not a number");
    add(R"({"a": {"type": "integer", "default": "1", "min": "2"}})",
        "option 'a': the default: argument must be between 2 and 9223372036854775807 inclusive");
}

void OptionsTest::badDeclarations()
{
    QFETCH(QByteArray, options);
    QFETCH(QString, why);
    Server server;
    QString reason;
    QVERIFY(!server.store.addOptions(QStringLiteral("p"), json(options.constData()), &reason));
    QCOMPARE(reason, why);
    QVERIFY(!server.store.spec("a"));
    QVERIFY(server.store.spec("timeout"));
}

void OptionsTest::change()
{
    Server server;
    std::string why;
    QVERIFY(server.store.change("databases", "5", &why)); // immutable for clients only
    QCOMPARE(server.store.integer("databases"), 5);
    QVERIFY(!server.store.change("databases", "0", &why));
    QCOMPARE(why, std::string("argument must be between 1 and 2147483647 inclusive"));
    QVERIFY(!server.store.change("no-such", "0", &why));
}

QTEST_GUILESS_MAIN(OptionsTest)
#include "tst_options.moc"
