#include "core/metadata.h"

#include <QtCore/QJsonDocument>
#include <QtTest/QtTest>

using namespace cay;
using namespace cay::core;

class TestMetadata : public QObject
{
    Q_OBJECT

private slots:
    void everything();
    void subcommandsInherit();
    void refusals_data();
    void refusals();
    void aclCategories_data();
    void aclCategories();
    void binding();
    void bindingMismatches();
};

namespace {

const char *const kComplete = R"json({
  "id": "strings", "version": "0.1.0", "sdk": 1, "summary": "String values", "requires": ["keys"],
  "options": {"limit": {"type": "integer", "default": "5", "min": "0", "max": "9",
                        "aliases": ["cap"], "help": "A cap."}},
  "commands": {
    "SET": {
      "summary": "Sets a key", "group": "string", "since": "1.0.0", "complexity": "O(1)",
      "arity": -3, "flags": ["write", "denyoom"], "acl": ["string"],
      "keys": ["1 RW access update variable_flags"],
      "syntax": "key value [condition=NX | XX]", "history": [["2.6.12", "Added NX."]],
      "tips": ["a"],
      "deprecated_since": "", "replaced_by": ""
    },
    "CLIENT": {"group": "connection", "arity": -2, "subcommands": {
      "KILL": {"arity": -3, "flags": ["admin", "noscript"], "acl": ["connection"]},
      "ID": {"arity": 2}
    }}
  }
})json";

QJsonObject json(const QByteArray &text)
{
    QJsonParseError error;
    const QJsonDocument document = QJsonDocument::fromJson(text, &error);
    if (error.error != QJsonParseError::NoError)
        qFatal("%s", qPrintable(error.errorString()));
    return document.object();
}

void nothing(Call &) {}

} // namespace

void TestMetadata::everything()
{
    PluginMetadata metadata;
    QString why;
    QVERIFY2(parseMetadata(json(kComplete), &metadata, &why), qPrintable(why));
    QCOMPARE(metadata.id, "strings");
    QCOMPARE(metadata.version, "0.1.0");
    QCOMPARE(metadata.sdk, 1);
    QCOMPARE(metadata.requirements, std::vector<std::string>{"keys"});
    QVERIFY(metadata.options.contains("limit"));
    QCOMPARE(metadata.commands.size(), 2u);
    const Command &set = *metadata.commands[1];
    QCOMPARE(set.name, "set");
    QCOMPARE(set.plugin, "strings");
    QCOMPARE(set.arity, -3);
    QCOMPARE(set.flags, std::uint64_t(FlagWrite | FlagDenyOom));
    QCOMPARE((std::vector{set.firstKey, set.lastKey, set.keyStep}), (std::vector{1, 1, 1}));
    QCOMPARE(set.syntax, "key value [NX|XX]");
    QCOMPARE(set.history[0].second, "Added NX.");
    QCOMPARE(set.tips, std::vector<std::string>{"a"});
}

void TestMetadata::subcommandsInherit()
{
    PluginMetadata metadata;
    QString why;
    QVERIFY(parseMetadata(json(kComplete), &metadata, &why));
    const Command &client = *metadata.commands[0];
    QCOMPARE(client.children.size(), 2u);
    QCOMPARE(client.subcommands[1]->fullName, "client|kill");
    QCOMPARE(client.subcommands[1]->group, "connection");
    QCOMPARE(client.subcommands[1]->parent, &client);
}

void TestMetadata::refusals_data()
{
    QTest::addColumn<QString>("command"); // the object of command X
    QTest::addColumn<QString>("expected");
    const auto row = [](const char *name, const char *text, const char *why) {
        QTest::newRow(name) << text << QString("plugin 'x': command 'x': %1").arg(why);
    };
    row("field", R"({"arity": 1, "arty": 2})", "arty: unknown field");
    row("no arity", "{}", "arity: is missing");
    row("arity 0", R"({"arity": 0})", "arity: must count the command's own words: at least 1");
    row("arity text", R"({"arity": "1"})", "arity: must be a whole number from -1024 to 1024");
    row("arity half", R"({"arity": 1.5})", "arity: must be a whole number from -1024 to 1024");
    row("flag", R"({"arity": 1, "flags": ["wrte"]})", "flags: unknown flag 'wrte'");
    row("flags", R"({"arity": 1, "flags": "write"})", "flags: must be a list of strings");
    row("both", R"({"arity": 1, "flags": ["write", "readonly"]})",
        "flags: a command is not both write and readonly");
    row("acl", R"({"arity": 1, "acl": ["strings"]})", "acl: unknown category 'strings'");
    row("keys", R"({"arity": 2, "keys": ["1 RX"]})", "keys: unknown flag 'RX'");
    row("keys past", R"({"arity": 2, "keys": ["2 RO"]})", "keys: position 2 is beyond the arity");
    row("syntax", R"({"arity": 2, "syntax": "[key"})", "syntax: ']' is missing at column 5");
    row("summary", R"({"arity": 2, "summary": 1})", "summary: must be a string");
    row("history", R"({"arity": 2, "history": [["1.0"]]})",
        "history: must be a list of [version, change]");
    row("tips", R"({"arity": 2, "tips": [1]})", "tips: must be a list of strings");
    row("no object", "3", "must be an object");
    QTest::newRow("deep")
        << R"({"arity": -2, "subcommands": {"Y": {"arity": -2, "subcommands": {"Z": {}}}}})"
        << "plugin 'x': command 'x|y': subcommands: a subcommand has none of its own";
    QTest::newRow("child")
        << R"({"arity": -2, "subcommands": {"Y": {"arity": 1}}})"
        << "plugin 'x': command 'x|y': arity: must count the command's own words: at least 2";
    QTest::newRow("twice")
        << R"({"arity": -2, "subcommands": {"Y": {"arity": 2}, "y": {"arity": 2}}})"
        << "plugin 'x': command 'x|y': is there twice";
}

void TestMetadata::refusals()
{
    QFETCH(QString, command);
    QFETCH(QString, expected);
    const QString text = R"({"id": "x", "version": "1", "sdk": 1, "commands": {"X": %1}})";
    PluginMetadata metadata;
    QString why;
    QVERIFY(!parseMetadata(json(text.arg(command).toUtf8()), &metadata, &why));
    QCOMPARE(why, expected);
    const std::pair<const char *, const char *> plugins[] = {
        {R"({})", "plugin '': id: is missing"},
        {R"({"id": "a b"})", "plugin 'a b': id: is not a plugin's id"},
        {R"({"id": "a"})", "plugin 'a': sdk: must be a whole number from 1 to 1000000"},
        {R"({"id": "a", "sdk": 1})", "plugin 'a': version: is missing"},
        {R"({"id": "a", "sdk": 1, "version": "1", "requires": ["a"]})",
         "plugin 'a': requires: a plugin cannot require itself"},
        {R"({"id": "a", "sdk": 1, "version": "1", "options": {"o": {"tipe": "integer"}}})",
         "plugin 'a': option 'o': tipe: unknown field"},
        {R"({"id": "a", "sdk": 1, "version": "1", "options": {"o": {"type": 1}}})",
         "plugin 'a': option 'o': type: must be a string"},
        {R"({"id": "a", "sdk": 1, "version": "1", "comands": {}})",
         "plugin 'a': comands: unknown field"},
    };
    for (const auto &[plugin, line] : plugins) {
        QVERIFY(!parseMetadata(json(plugin), &metadata, &why));
        QCOMPARE(why, line);
    }
}

void TestMetadata::aclCategories_data()
{
    QTest::addColumn<quint64>("flags");
    QTest::addColumn<QString>("own");
    QTest::addColumn<QString>("expected");
    QTest::newRow("SET") << quint64(FlagWrite | FlagDenyOom) << "string"
                         << "write string slow";
    QTest::newRow("GET") << quint64(FlagReadonly | FlagFast) << "string"
                         << "read string fast";
    QTest::newRow("EVAL_RO") << quint64(FlagReadonly) << "scripting"
                             << "slow scripting";
    QTest::newRow("SHUTDOWN") << quint64(FlagAdmin) << ""
                              << "admin slow dangerous";
    QTest::newRow("PUBLISH") << quint64(FlagPubsub | FlagFast) << ""
                             << "pubsub fast";
    QTest::newRow("BLPOP") << quint64(FlagWrite | FlagBlocking) << "list"
                           << "write list slow blocking";
}

void TestMetadata::aclCategories()
{
    QFETCH(quint64, flags);
    QFETCH(QString, own);
    QFETCH(QString, expected);
    CommandInfo command;
    command.flags = flags;
    for (const BitName &category : aclCategoryNames()) {
        if (own == QLatin1String(category.name))
            command.acl |= category.bit;
    }
    deriveAclCategories(&command);
    QStringList names;
    for (const BitName &category : aclCategoryNames()) {
        if (command.acl & category.bit)
            names << category.name;
    }
    QCOMPARE(names.join(u' '), expected);
}

void TestMetadata::binding()
{
    PluginMetadata metadata;
    QString why;
    QVERIFY(parseMetadata(json(kComplete), &metadata, &why));
    const Binding bindings[] = {{"SET", nothing}, {"client|kill", nothing}, {"client|id", nothing}};
    QVERIFY2(bindCommands(&metadata, bindings, &why), qPrintable(why));
    QVERIFY(!metadata.commands[0]->run);
    QVERIFY(metadata.commands[0]->children[0]->run == nothing);
}

void TestMetadata::bindingMismatches()
{
    const std::pair<std::vector<Binding>, const char *> cases[] = {
        {{{"client|kill", nothing}, {"client|id", nothing}},
         "plugin 'strings': command 'set' is in the JSON but has no handler"},
        {{{"set", nothing}, {"client|id", nothing}},
         "plugin 'strings': command 'client|kill' is in the JSON but has no handler"},
        {{{"get", nothing}}, "plugin 'strings': the handler of 'get' is not in the JSON"},
        {{{"set", nothing}, {"SET", nothing}},
         "plugin 'strings': the handler of 'SET' is bound twice"},
        {{{"set", nullptr}}, "plugin 'strings': the handler of 'set' is null"},
    };
    for (const auto &[bindings, line] : cases) {
        PluginMetadata metadata;
        QString why;
        QVERIFY(parseMetadata(json(kComplete), &metadata, &why));
        QVERIFY(!bindCommands(&metadata, bindings, &why));
        QCOMPARE(why, line);
    }
}

QTEST_APPLESS_MAIN(TestMetadata)
#include "tst_metadata.moc"
