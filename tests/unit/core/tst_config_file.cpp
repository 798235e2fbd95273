// The configuration file and the command line, with the errors that redis-server 7.0.15 prints for
// the same input.
#include "options_fixture.h"

#include "core/config_file.h"

using cay::core::ConfigInput;
using cay::core::Directive;
using test::Server;

namespace {

QString optionsOf(const QStringList &arguments)
{
    std::vector<std::string> all;
    for (const QString &argument : arguments)
        all.push_back(argument.toStdString());
    const ConfigInput input = cay::core::readArguments(all);
    return QString::fromStdString(input.options) + QLatin1String(input.fromStdin ? "<stdin>" : "");
}

// Directives as "line:word word", or the error.
QStringList directivesOf(const ConfigInput &input)
{
    QStringList result;
    std::string error;
    const bool ok = cay::core::readConfig(
        input,
        [&](const Directive &directive, std::string *) {
            QString line = QString::number(directive.line) + QLatin1Char(':');
            for (const std::string &word : directive.words)
                line += QLatin1Char('[') + QString::fromStdString(word) + QLatin1Char(']');
            result.append(line);
            return true;
        },
        &error);
    if (!ok)
        result.append(QString::fromStdString(error));
    return result;
}

} // namespace

class ConfigFileTest : public QObject
{
    Q_OBJECT

private slots:
    void arguments_data();
    void arguments();
    void lines();
    void includes();
    void errors_data();
    void errors();
    void errorNamesTheFile();
    void missingFile();
    void warnings();
    void laterLinesWin();
    void relativeDirectory();
    void limits();
};

void ConfigFileTest::arguments_data()
{
    QTest::addColumn<QStringList>("given");
    QTest::addColumn<QString>("options");
    const auto add = [](const char *given, const char *options) {
        QTest::addRow("%s", given)
            << QString::fromLatin1(given).split(QLatin1Char('|')) << QString::fromLatin1(options);
    };
    add("--port|7000", "port \"7000\" ");
    add("--port|7000|--bind|127.0.0.1|::1", "port \"7000\" \nbind \"127.0.0.1\" \"::1\" ");
    add("--maxmemory 700mb|--hz|5", "maxmemory 700mb \nhz \"5\" ");
    add("--loglevel|verbose|--save", "loglevel \"verbose\" \nsave \"\"");
    add("--save|--loglevel|verbose", "save \"\"\nloglevel \"verbose\" ");
    add("--save||--hz|5", "save \"\" \nhz \"5\" ");
    add("--save 1 2|3|4", "save 1 2 \"3\" \"4\" ");
    add("--requirepass|--x|--hz|5", "requirepass \"--x\" \nhz \"5\" ");
    add("--port|7000|-", "port \"7000\" <stdin>");
    add("-|--port|7000", "port \"7000\" <stdin>");
    add("--port|-|--hz|5", "port \"-\" \nhz \"5\" ");
}

void ConfigFileTest::arguments()
{
    QFETCH(QStringList, given);
    QFETCH(QString, options);
    QCOMPARE(optionsOf(given), options);
}

void ConfigFileTest::lines()
{
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("a.conf"));
    test::writeFile(file, "# comment\n\n  PORT   1  \r\nbind \"a b\" 'c\\'d'\t-e\n\t# "
                          "another\nrequirepass \"\\x41\\n\"");
    QCOMPARE(directivesOf({file.toStdString(), false, "hz 1\nhz 2"}),
             QStringList({QStringLiteral("3:[port][1]"), QStringLiteral("4:[bind][a b][c'd][-e]"),
                          QStringLiteral("6:[requirepass][A\n]"), QStringLiteral("7:[hz][1]"),
                          QStringLiteral("8:[hz][2]")}));
    QCOMPARE(directivesOf({"", false, "hz 1"}), QStringList({QStringLiteral("2:[hz][1]")}));
}

void ConfigFileTest::includes()
{
    QTemporaryDir folder;
    const auto path = [&](const char *name) { return folder.filePath(QLatin1String(name)); };
    test::writeFile(path("b2.conf"), "hz 2\n");
    test::writeFile(path("b1.conf"), "\nhz 1\ninclude " + path("c.conf").toUtf8() + "\n");
    test::writeFile(path("c.conf"), "hz 3");
    test::writeFile(path("a.conf"), "port 1\ninclude " + path("b?.conf").toUtf8() + "\ninclude "
                                        + path("none*.conf").toUtf8() + "\nport 2\n");
    QCOMPARE(directivesOf({path("a.conf").toStdString(), false, ""}),
             QStringList({QStringLiteral("1:[port][1]"), QStringLiteral("2:[hz][1]"),
                          QStringLiteral("1:[hz][3]"), QStringLiteral("1:[hz][2]"),
                          QStringLiteral("4:[port][2]")}));
    test::writeFile(path("a.conf"), "include " + path("a.conf").toUtf8() + "\n");
    QVERIFY(directivesOf({path("a.conf").toStdString(), false, ""})[0].contains(
        QStringLiteral("Too many levels of included files")));
    test::writeFile(path("a.conf"), "include " + path("gone.conf").toUtf8() + "\n");
    QCOMPARE(directivesOf({path("a.conf").toStdString(), false, ""})[0],
             QStringLiteral("Fatal error, can't open config file '%1': No such file or directory\n")
                 .arg(path("gone.conf")));
}

void ConfigFileTest::errors_data()
{
    QTest::addColumn<QByteArray>("line");
    QTest::addColumn<QString>("reason");
    const auto add = [](const char *line, const char *reason) {
        QTest::addRow("%s", line) << QByteArray(line) << QString::fromLatin1(reason);
    };
    add("foo bar", "Bad directive or wrong number of arguments");
    add("foo.bar 5", "Bad directive or wrong number of arguments");
    add("include", "Bad directive or wrong number of arguments");
    add("rename-command x", "Bad directive or wrong number of arguments");
    add("port 1 2", "wrong number of arguments");
    add("hz", "wrong number of arguments");
    add("port abc", "argument couldn't be parsed into an integer");
    add("dir \"abc", "Unbalanced quotes in configuration line");
    add("dir /no/such/folder", "No such file or directory");
    add("unixsocketperm 999", "argument couldn't be parsed as an octal number");
    add("unixsocketperm 7777", "argument must be between 0 and 777 inclusive");
    add("databases 0", "argument must be between 1 and 2147483647 inclusive");
    add("daemonize maybe", "argument must be 'yes' or 'no'");
    add("client-output-buffer-limit normal 1 2",
        "Wrong number of arguments in buffer limit configuration.");
    add("shutdown-on-sigterm save nosave",
        "shutdown options SAVE and NOSAVE can't be used simultaneously");
    add("oom-score-adj-values 1 2", "wrong number of arguments");
    add("syslog-facility foo",
        "argument(s) must be one of the following: user, local0, local1, local2, local3, "
        "local4, local5, local6, local7");
    add("enable-debug-command x", "argument(s) must be one of the following: no, yes, local");
    add("proc-title-template {foo}", "template format is invalid or contains unknown variables");
}

void ConfigFileTest::errors()
{
    QFETCH(QByteArray, line);
    QFETCH(QString, reason);
    Server server("\n" + line + "\n");
    QVERIFY2(server.error().startsWith(QStringLiteral("\n*** FATAL CONFIG FILE ERROR (")),
             qPrintable(server.error()));
    const QStringList lines = server.error().split(QLatin1Char('\n'));
    QCOMPARE(lines.value(2), QStringLiteral("Reading the configuration file, at line 2"));
    QCOMPARE(lines.value(3), QStringLiteral(">>> '%1'").arg(QString::fromUtf8(line)));
    QCOMPARE(lines.value(4), reason);
}

void ConfigFileTest::errorNamesTheFile()
{
    Server server("hz x\n");
    QVERIFY(server.error().endsWith(QStringLiteral("\nin %1\n").arg(server.file)));
    Server line(QByteArray(), {QStringLiteral("--hz"), QStringLiteral("x")});
    QVERIFY(line.error().endsWith(QStringLiteral("\nin the command line\n")));
}

void ConfigFileTest::missingFile()
{
    Server server(QByteArray(), {QStringLiteral("/no/such.conf")});
    QCOMPARE(
        server.error(),
        QStringLiteral(
            "Fatal error, can't open config file '/no/such.conf': No such file or directory\n"));
}

void ConfigFileTest::warnings()
{
    Server server("appendonly yes\nlist-max-ziplist-entries 5\nappendonly no\nwatchdog-period 5\n");
    QCOMPARE(server.error(), QString());
    QCOMPARE(server.warnings.size(), std::size_t(2));
    QVERIFY(QString::fromStdString(server.warnings[0])
                .startsWith(
                    QStringLiteral("Option 'appendonly' (%1, line 1) is known").arg(server.file)));
}

void ConfigFileTest::laterLinesWin()
{
    Server server(
        "timeout 1\nbind 127.0.0.1\ntimeout 2\nbind 127.0.0.1 ::1\n"
        "client-output-buffer-limit normal 1 2 3\nclient-output-buffer-limit pubsub 4 5 6\n"
        "load-plugin /a.so x 'y z'\nload-plugin /b.so\nrename-command FLUSHALL \"\"\n",
        {QStringLiteral("--maxmemory"), QStringLiteral("7mb"), QStringLiteral("--timeout 3")});
    QCOMPARE(server.error(), QString());
    QCOMPARE(server.get("timeout"), QStringLiteral("3"));
    QCOMPARE(server.get("bind"), QStringLiteral("127.0.0.1 ::1"));
    QCOMPARE(server.get("maxmemory"), QStringLiteral("7340032"));
    QCOMPARE(server.get("client-output-buffer-limit"),
             QStringLiteral("normal 1 2 3 slave 268435456 67108864 60 pubsub 4 5 6"));
    const auto plugins = server.store.entries("load-plugin");
    QCOMPARE(plugins.size(), std::size_t(2));
    QCOMPARE(plugins[0], (std::vector<std::string>{"/a.so", "x", "y z"}));
    QCOMPARE(plugins[1], (std::vector<std::string>{"/b.so"}));
    QCOMPARE(server.store.entries("rename-command")[0], (std::vector<std::string>{"FLUSHALL", ""}));
    QVERIFY(server.store.report().find("timeout 3   # the command line:") != std::string::npos);
}

void ConfigFileTest::relativeDirectory()
{
    const QString before = QDir::currentPath();
    QTemporaryDir folder;
    QVERIFY(QDir(folder.path()).mkdir(QStringLiteral("sub")));
    test::writeFile(folder.filePath(QStringLiteral("sub/more.conf")), "hz 99\n");
    // The directory holds from its line on: the include that follows stands in it.
    Server server("dir " + folder.path().toUtf8() + "\ndir ./sub\ninclude more.conf\n");
    const QString inside = QDir::currentPath();
    QVERIFY(QDir::setCurrent(before));
    QCOMPARE(server.error(), QString());
    QCOMPARE(server.get("hz"), QStringLiteral("99"));
    QCOMPARE(inside, QDir(folder.filePath(QStringLiteral("sub"))).canonicalPath());
}

void ConfigFileTest::limits()
{
    QTemporaryDir folder;
    const QString file = folder.filePath(QStringLiteral("big.conf"));
    test::writeFile(file, QByteArray(int(cay::core::kMaxConfigBytes) + 1, '\n'));
    QVERIFY(directivesOf({file.toStdString(), false, ""})[0].contains(
        QStringLiteral("File too large")));
}

QTEST_GUILESS_MAIN(ConfigFileTest)
#include "tst_config_file.moc"
