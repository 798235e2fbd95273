#include "host/plugin_registry.h"

#include "core/engine.h"
#include "core/options_store.h"

#include <QtCore/QFile>
#include <QtCore/QTemporaryDir>
#include <QtTest/QtTest>

using namespace cay;
using namespace cay::host;

class TestPluginRegistry : public QObject
{
    Q_OBJECT

private slots:
    void init();
    void metadataWithoutCode();
    void startReadyStopOrder();
    void folderAndDisabled();
    void errors_data();
    void errors();
    void duplicateId();
    void unreadableFiles();
    void missingFolder();
    void arguments();
    void loadAtRunTime();
    void failedLoadLeavesNothing();
    void unloadRefusals();
    void settings();
};

namespace {

// Stands for the server: remembers who asked for what.
class FakeEnvironment : public PluginEnvironment
{
public:
    Host &host() override { return engine; }
    core::CommandTable &commands() override { return table; }
    void actFor(const std::string &) override {}
    bool addOptions(const std::string &plugin, const QJsonObject &json, QString *) override
    {
        for (const QString &name : json.keys())
            options.emplace(name.toStdString(), plugin);
        return true;
    }
    bool setOption(const std::string &name, const std::string &value, QString *why) override
    {
        *why = QStringLiteral("argument must be between 0 and 9 inclusive");
        set.emplace_back(name + "=" + value);
        return value.size() == 1;
    }
    bool takeRefusal(QString *) override { return false; }
    bool addType(const std::string &, const ValueType &, QString *) override { return true; }
    QString inUse(const std::string &, std::span<const ValueType *const>) override { return use; }
    void removeHooks(const std::string &plugin) override { unhooked.push_back(plugin); }
    void removeDeclared(const std::string &plugin, std::span<const ValueType *const>) override
    {
        std::erase_if(options, [&](const auto &entry) { return entry.second == plugin; });
    }
    void retire(std::vector<std::unique_ptr<core::Command>> &&commands) override
    {
        for (const auto &command : commands)
            retired.push_back(command->name);
    }

    core::OptionStore store;
    core::Engine engine{store}; // never started: the fixtures only get a reference to it
    core::CommandTable table;
    std::map<std::string, std::string> options;
    std::vector<std::string> set, retired, unhooked;
    QString use;
};

QString fixture(const QString &id) { return QStringLiteral(FIXTURES "/%1/%1.so").arg(id); }

PluginSelection selection(const QStringList &ids)
{
    PluginSelection selected;
    for (const QString &id : ids)
        selected.requests.push_back({fixture(id), {}});
    return selected;
}

QStringList takeLog()
{
    const QStringList log = qApp->property("fixtures").toStringList();
    qApp->setProperty("fixtures", QStringList());
    return log;
}

// The first complaint of a whole start, or an empty line.
QString startWith(PluginRegistry &registry, const PluginSelection &selected)
{
    QString why;
    if (registry.select(selected, &why) && registry.declareOptions(&why) && registry.startAll(&why))
        registry.readyAll();
    return why;
}

} // namespace

void TestPluginRegistry::init() { takeLog(); }

void TestPluginRegistry::metadataWithoutCode()
{
    PluginFile file;
    QString why;
    QVERIFY2(readPluginFile(fixture("alpha"), &file, &why), qPrintable(why));
    QCOMPARE(file.metadata.id, "alpha");
    QCOMPARE(file.metadata.commands.size(), 2u);
    QVERIFY(takeLog().isEmpty());
}

void TestPluginRegistry::startReadyStopOrder()
{
    FakeEnvironment environment;
    {
        PluginRegistry registry(environment);
        QCOMPARE(startWith(registry, selection({"gamma", "beta", "alpha"})), QString());
        QCOMPARE(takeLog(), (QStringList{"alpha start", "beta start", "gamma start", "alpha ready",
                                         "beta ready", "gamma ready"}));
        QVERIFY(environment.table.find(Bytes("ALPHA.PING")));
        QVERIFY(registry.api("alpha"));
        QVERIFY(!registry.api("nobody"));
        QCOMPARE(registry.states().size(), 3u);
        QCOMPARE(registry.states()[2].id, "gamma");
        QVERIFY(registry.states()[2].loaded);
    }
    QCOMPARE(takeLog(), (QStringList{"gamma stop", "beta stop", "alpha stop"}));
}

void TestPluginRegistry::folderAndDisabled()
{
    QTemporaryDir folder;
    for (const char *id : {"alpha", "beta", "gamma"})
        QVERIFY(QFile::copy(fixture(id), folder.filePath(QStringLiteral("%1.so").arg(id))));
    QVERIFY(QFile::copy(fixture("foreign"), folder.filePath("notes.txt")));
    PluginSelection selected;
    selected.folders << folder.path();
    selected.disabled << "gamma"
                      << "gama";
    selected.requests.push_back({folder.filePath("beta.so"), {"fine"}}); // the same file again
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(startWith(registry, selected), QString());
    QCOMPARE(takeLog().filter("start"), (QStringList{"alpha start", "beta start"}));
    QCOMPARE(registry.states()[1].arguments, QStringList{"fine"});
    QCOMPARE(registry.unknownDisabled(), QStringList{"gama"});
}

void TestPluginRegistry::errors_data()
{
    QTest::addColumn<QStringList>("ids");
    QTest::addColumn<QString>("line"); // F is the fixtures' folder
    QTest::addColumn<QStringList>("disabled");
    const auto row = [](const char *name, const QStringList &ids, const char *line,
                        const QStringList &disabled = {}) {
        QTest::newRow(name) << ids << QString(line) << disabled;
    };
    row("circle", {"circle_one", "circle_two"},
        "plugins require each other in a circle: circle_one -> circle_two -> circle_one");
    row("missing", {"orphan"}, "plugin 'orphan' requires plugin 'nobody', which is not there");
    row("missing too", {"beta"}, "plugin 'beta' requires plugin 'alpha', which is not there");
    row("disabled", {"alpha", "beta"}, "plugin 'beta' requires plugin 'alpha', which is disabled",
        {"alpha"});
    row("command twice", {"alpha", "same_command"},
        "command 'alpha.ping' is provided by plugin 'alpha' and by plugin 'same_command'");
    row("no handler", {"no_handler"},
        "plugin 'no_handler': command 'forgotten' is in the JSON but has no handler");
    row("not in the JSON", {"no_metadata"},
        "plugin 'no_metadata': the handler of 'unknown' is not in the JSON");
    row("other SDK", {"other_sdk"},
        "plugin 'other_sdk' (F/other_sdk/other_sdk.so) is made for SDK 99; this server has SDK 1");
    row("refuses", {"refuses"}, "plugin 'refuses' refused to start: the moon is full");
    row("bad metadata", {"bad_flag"},
        "'F/bad_flag/bad_flag.so': plugin 'bad_flag': command 'known': flags: unknown flag 'wrte'");
    row("other plugin", {"foreign"},
        "'F/foreign/foreign.so' is not a plugin of Cay: its interface is 'org.example.Other/1', "
        "not 'cay.Plugin/1'");
}

void TestPluginRegistry::errors()
{
    QFETCH(QStringList, ids);
    QFETCH(QString, line);
    QFETCH(QStringList, disabled);
    PluginSelection selected = selection(ids);
    selected.disabled = disabled;
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(startWith(registry, selected), line.replace("F/", FIXTURES "/"));
}

void TestPluginRegistry::duplicateId()
{
    QTemporaryDir folder;
    const QString copy = folder.filePath("other.so");
    QVERIFY(QFile::copy(fixture("alpha"), copy));
    PluginSelection selected = selection({"alpha"});
    selected.requests.push_back({copy, {}});
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(
        startWith(registry, selected),
        QStringLiteral("plugin 'alpha' is there twice: '%1' and '%2'").arg(fixture("alpha"), copy));
    QVERIFY(takeLog().isEmpty());
}

void TestPluginRegistry::unreadableFiles()
{
    QTemporaryDir folder;
    const QString text = folder.filePath("text.so");
    QFile file(text);
    QVERIFY(file.open(QIODevice::WriteOnly));
    file.write("This is not a library.\n");
    file.close();
    PluginFile out;
    QString why;
    QVERIFY(!readPluginFile(text, &out, &why));
    QCOMPARE(why, QStringLiteral("'%1' is not a plugin: it holds no Qt plugin metadata").arg(text));
    QVERIFY(!readPluginFile("/no/such/file.so", &out, &why));
    QCOMPARE(why, "cannot read plugin file '/no/such/file.so': No such file or directory");
    for (const int size : {0, 1, 63, 64, 1000, 4096, 8192, 12288}) {
        const QString part = folder.filePath(QStringLiteral("part%1.so").arg(size));
        QVERIFY(QFile::copy(fixture("alpha"), part));
        QVERIFY(QFile::resize(part, size));
        FakeEnvironment environment;
        PluginRegistry registry(environment);
        PluginSelection selected;
        selected.requests.push_back({part, {}});
        why = startWith(registry, selected);
        QVERIFY2(why.contains(part) && !why.contains(u'\n'), qPrintable(why));
    }
}

void TestPluginRegistry::missingFolder()
{
    PluginSelection selected;
    selected.folders << "/no/such/folder";
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(startWith(registry, selected), "plugin folder '/no/such/folder' does not exist");
}

void TestPluginRegistry::arguments()
{
    PluginSelection selected;
    selected.requests.push_back({fixture("alpha"), {"wrong"}});
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(startWith(registry, selected),
             "plugin 'alpha' refused its arguments: 'wrong' is not for me");
}

void TestPluginRegistry::loadAtRunTime()
{
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(startWith(registry, selection({"alpha"})), QString());
    takeLog();
    QString why;
    QVERIFY(!registry.load(fixture("gamma"), {}, {}, &why));
    QCOMPARE(why, "plugin 'gamma' requires plugin 'beta', which is not there");
    QVERIFY(registry.load(fixture("beta"), {}, {}, &why));
    QCOMPARE(takeLog(), (QStringList{"beta start", "beta ready"}));
    QVERIFY(!registry.load(fixture("beta"), {}, {}, &why));
    QCOMPARE(why,
             QStringLiteral("plugin 'beta' is there twice: '%1' and '%1'").arg(fixture("beta")));
    QVERIFY(registry.unload("beta", &why));
    QCOMPARE(takeLog(), QStringList{"beta stop"});
    QCOMPARE(environment.unhooked, std::vector<std::string>{"beta"});
    QCOMPARE(environment.retired, std::vector<std::string>{"beta.ping"});
    QVERIFY(!environment.table.find(Bytes("beta.ping")));
    QVERIFY(registry.load(fixture("beta"), {}, {}, &why)); // and again
    QVERIFY(environment.table.find(Bytes("beta.ping")));
}

void TestPluginRegistry::failedLoadLeavesNothing()
{
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(startWith(registry, selection({"alpha"})), QString());
    takeLog();
    QString why;
    QVERIFY(!registry.load(fixture("refuses"), {}, {}, &why));
    QCOMPARE(takeLog(), (QStringList{"refuses start", "refuses stop"}));
    QVERIFY(!registry.load(fixture("same_command"), {}, {}, &why));
    QCOMPARE(why, "plugin 'same_command': command 'alpha.ping' of plugin 'same_command' is already "
                  "provided by "
                  "plugin 'alpha'");
    QVERIFY(!registry.load(fixture("no_handler"), {}, {}, &why));
    QCOMPARE(registry.states().size(), 1u);
    QVERIFY(!environment.table.find(Bytes("known")));
}

void TestPluginRegistry::unloadRefusals()
{
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QCOMPARE(startWith(registry, selection({"alpha", "beta"})), QString());
    QString why;
    QVERIFY(!registry.unload("nobody", &why));
    QCOMPARE(why, "no such module with that name");
    QVERIFY(!registry.unload("alpha", &why));
    QCOMPARE(why, "plugin 'alpha' cannot be unloaded: plugin 'beta' requires it");
    environment.use = QStringLiteral("1 key holds a value of its type 'box'");
    QVERIFY(!registry.unload("beta", &why));
    QCOMPARE(why, "plugin 'beta' cannot be unloaded: 1 key holds a value of its type 'box'");
    environment.use.clear();
    QVERIFY(registry.unload("beta", &why));
    QVERIFY(environment.options.contains("alpha-limit"));
    QVERIFY(registry.unload("alpha", &why));
    QVERIFY(!environment.options.contains("alpha-limit"));
}

void TestPluginRegistry::settings()
{
    FakeEnvironment environment;
    PluginRegistry registry(environment);
    QString why;
    QVERIFY(!registry.load(fixture("alpha"), {}, {{"beta-limit", "1"}}, &why));
    QCOMPARE(why, "plugin 'alpha' has no option 'beta-limit'");
    QVERIFY(!registry.load(fixture("alpha"), {}, {{"alpha-limit", "10"}}, &why));
    QCOMPARE(why,
             "plugin 'alpha': option 'alpha-limit': argument must be between 0 and 9 inclusive");
    QVERIFY(registry.load(fixture("alpha"), {}, {{"alpha.alpha-limit", "7"}}, &why));
    QCOMPARE(environment.set.back(), "alpha-limit=7");
}

QTEST_GUILESS_MAIN(TestPluginRegistry)
#include "tst_plugin_registry.moc"
