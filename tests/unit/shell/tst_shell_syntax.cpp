#include "shell/assistant.h"
#include "shell/check.h"
#include "shell/syntax.h"
#include "shell/text.h"

#include <QtTest/QtTest>

using namespace cay::shell;
using Type = Argument::Type;

namespace {

Argument value(const char *name, Type type = Type::Text, const char *token = "")
{
    Argument argument;
    argument.name = name;
    argument.type = type;
    argument.token = token;
    return argument;
}
Argument token(const char *name) { return value(name, Type::Token, name); }
Argument group(const char *name, Type type, std::vector<Argument> parts, const char *tokenText = "")
{
    Argument argument = value(name, type, tokenText);
    argument.arguments = std::move(parts);
    return argument;
}
Argument optional(Argument argument)
{
    argument.optional = true;
    return argument;
}
Argument several(Argument argument, bool eachWithToken = false)
{
    argument.multiple = true;
    argument.multipleToken = eachWithToken;
    return argument;
}

CommandDoc command(const char *name, int arity, std::vector<Argument> arguments)
{
    CommandDoc doc;
    doc.name = name;
    doc.arity = arity;
    doc.documented = true;
    doc.arguments = std::move(arguments);
    return doc;
}

CommandDoc setCommand()
{
    return command(
        "set", -3,
        {value("key", Type::Key), value("value"),
         optional(group("condition", Type::OneOf, {token("NX"), token("XX")})),
         optional(token("GET")),
         optional(group("expiration", Type::OneOf,
                        {value("seconds", Type::Integer, "EX"),
                         value("milliseconds", Type::Integer, "PX"), token("KEEPTTL")}))});
}

CommandDoc zunionCommand()
{
    return command("zunion", -3,
                   {value("numkeys", Type::Integer), several(value("key", Type::Key)),
                    optional(several(value("weight", Type::Double, "WEIGHTS"))),
                    optional(token("WITHSCORES"))});
}

CommandDoc sortCommand()
{
    return command(
        "sort2", -2,
        {value("key", Type::Key),
         optional(group("limit", Type::Block,
                        {value("offset", Type::Integer), value("count", Type::Integer)}, "LIMIT")),
         optional(several(value("pattern", Type::Pattern, "GET"), true)),
         optional(token("ALPHA"))});
}

std::vector<std::string> split(const char *text)
{
    std::vector<std::string> words;
    for (const QByteArray &word : QByteArray(text).split(' '))
        words.push_back(word.toStdString());
    return words;
}

// "fine", or "<word>: <message>".
std::string verdict(const CommandDoc &doc, const char *line)
{
    const auto problem = checkCommand(doc, 1, split(line));
    return problem ? std::to_string(problem->word) + ": " + problem->message : "fine";
}

std::string rewritten(const CommandDoc &doc, const char *line)
{
    std::vector<std::string> words = split(line);
    rewriteDashes(doc, 1, &words);
    return join(words, " ");
}

} // namespace

class TestSyntax : public QObject
{
    Q_OBJECT

private slots:
    void describesSyntax()
    {
        const CommandDoc set = setCommand();
        QCOMPARE(syntaxLine(set),
                 std::string("SET key value [NX|XX] [GET] [EX seconds|PX milliseconds|KEEPTTL]"));
        const CommandDoc zunion = zunionCommand();
        QCOMPARE(
            syntaxLine(zunion),
            std::string("ZUNION numkeys key [key ...] [WEIGHTS weight [weight ...]] [WITHSCORES]"));
        const CommandDoc sort = sortCommand();
        QCOMPARE(
            syntaxLine(sort),
            std::string("SORT2 key [LIMIT offset count] [GET pattern [GET pattern ...]] [ALPHA]"));
    }

    void checks_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *line, const char *expected) {
            QTest::newRow(line) << QByteArray(line) << QByteArray(expected);
        };
        row("set k v", "fine");
        row("set k v ex 10 nx get", "fine");
        row("set k v get nx px -5", "fine");
        row("set k", "2: value is missing");
        row("set", "1: key is missing");
        row("set k v ex ten", "4: an integer is wanted here (seconds)");
        row("set k v ex", "4: seconds is missing");
        row("set k v nx xx", "4: NX and XX exclude each other");
        row("set k v ex 1 px 2", "5: EX and PX exclude each other");
        row("set k v get get", "4: GET is given twice");
        row("set k v foo", "3: unknown option; possible: NX, XX, GET, EX, PX, KEEPTTL");
    }
    void checks()
    {
        QFETCH(QByteArray, line);
        QFETCH(QByteArray, expected);
        QCOMPARE(QByteArray::fromStdString(verdict(setCommand(), line.constData())), expected);
    }

    void countsKeys()
    {
        const CommandDoc doc = zunionCommand();
        QCOMPARE(verdict(doc, "zunion 2 a b"), std::string("fine"));
        QCOMPARE(verdict(doc, "zunion 2 weights withscores weights 1 1.5 withscores"),
                 std::string("fine"));
        QCOMPARE(verdict(doc, "zunion 2 a"), std::string("3: key is missing"));
        QCOMPARE(verdict(doc, "zunion two a"),
                 std::string("1: an integer is wanted here (numkeys)"));
        QCOMPARE(verdict(doc, "zunion 1 a b"),
                 std::string("3: unknown option; possible: WEIGHTS, WITHSCORES"));
        QCOMPARE(rewritten(doc, "zunion 2 a -weights -WEIGHTS 1 2"),
                 std::string("zunion 2 a -weights WEIGHTS 1 2"));
    }

    void repeatsTokens()
    {
        const CommandDoc doc = sortCommand();
        QCOMPARE(verdict(doc, "sort2 k get a get b alpha limit 0 1"), std::string("fine"));
        QCOMPARE(verdict(doc, "sort2 k limit 0"), std::string("4: count is missing"));
    }

    void dashes()
    {
        const CommandDoc doc = setCommand();
        QCOMPARE(rewritten(doc, "set k v -NX -ex 10"), std::string("set k v NX ex 10"));
        QCOMPARE(rewritten(doc, "set k -NX"), std::string("set k -NX")); // a value
        QCOMPARE(rewritten(doc, "set -NX -EX -GET"), std::string("set -NX -EX GET"));
        QCOMPARE(rewritten(doc, "set k v -foo -NX"),
                 std::string("set k v -foo -NX")); // from the unknown one on
        QCOMPARE(rewritten(doc, "set k v -- -NX"), std::string("set k v -NX"));
        QCOMPARE(rewritten(doc, "set k --"), std::string("set k --")); // a value
        QCOMPARE(rewritten(doc, "set k v -EX -5"), std::string("set k v EX -5"));
    }

    void unknownMetadataPasses()
    {
        CommandDoc doc = command("mystery", -1, {});
        QCOMPARE(verdict(doc, "mystery a b c"), std::string("fine"));
        doc.arity = 2;
        QCOMPARE(verdict(doc, "mystery a b"), std::string("2: nothing more is expected here"));
        QCOMPARE(verdict(doc, "mystery"), std::string("1: an argument is missing"));
        doc.arity = 0;
        QCOMPARE(verdict(doc, "mystery a b"), std::string("fine"));
    }

    void caret()
    {
        const std::string line = "  set \"a b\" v EX  ten";
        const std::string text
            = describeProblem({4, "no"}, {"set", "a b", "v", "EX", "ten"}, line, setCommand());
        QVERIFY(text.starts_with("  set \"a b\" v EX  ten\n                  ^^^ no\n"));
        QVERIFY(describeProblem({2, "no"}, {"set", "a b"}, {}, setCommand())
                    .starts_with("set \"a b\"\n          ^ no\n"));
    }

    void spans()
    {
        const auto found = wordSpans("a 'b\\' c' \"d\\\" e");
        QCOMPARE(found.size(), std::size_t(3));
        QCOMPARE(found[1].begin, std::size_t(2));
        QCOMPARE(found[1].end, std::size_t(9));
        QCOMPARE(found[2].end, std::size_t(16));
    }

    void completesCommonPrefixes()
    {
        QCOMPARE(commonPrefix({"hset", "hsetnx"}), std::string("hset"));
        QCOMPARE(commonPrefix({"a", "b"}), std::string());
        QCOMPARE(commonPrefix({}), std::string());
    }
};

QTEST_APPLESS_MAIN(TestSyntax)
#include "tst_shell_syntax.moc"
