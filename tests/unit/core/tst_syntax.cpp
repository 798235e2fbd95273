#include "core/syntax.h"

#include <QtTest/QtTest>

using namespace cay;
using namespace cay::core;

class TestSyntax : public QObject
{
    Q_OBJECT

private slots:
    void trees_data();
    void trees();
    void usage_data();
    void usage();
    void refusals_data();
    void refusals();
    void deepNestingIsRefused();
};

namespace {

// name:type@spec{token}?*+ (members): short enough to write down.
std::string shape(const std::vector<Argument> &arguments)
{
    std::string text;
    for (const Argument &argument : arguments) {
        text += (text.empty() ? "" : " ") + argument.name + ":" + argumentTypeName(argument.type);
        if (argument.keySpec >= 0)
            text += "@" + std::to_string(argument.keySpec);
        if (!argument.token.empty())
            text += "{" + argument.token + "}";
        text += argument.optional ? "?" : "";
        text += argument.multiple ? "*" : "";
        text += argument.multipleToken ? "+" : "";
        if (!argument.arguments.empty())
            text += "(" + shape(argument.arguments) + ")";
    }
    return text;
}

} // namespace

void TestSyntax::trees_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("expected");
    QTest::newRow("nothing") << ""
                             << "";
    QTest::newRow("names") << "key value count:integer"
                           << "key:key@0 value:string count:integer";
    QTest::newRow("keys") << "source:key destination:key third:key"
                          << "source:key@0 destination:key@1 third:key@1";
    QTest::newRow("chosen spec") << "destination:key@1 source:key"
                                 << "destination:key@1 source:key@0";
    QTest::newRow("types") << "a:double b:pattern c:unix-time"
                           << "a:double b:pattern c:unix-time";
    QTest::newRow("pure token") << "[GET]"
                                << "get:pure-token{GET}?";
    QTest::newRow("token") << "EX seconds:integer"
                           << "seconds:integer{EX}";
    QTest::newRow("odd tokens") << "[= | ~] [* | $]"
                                << "=-~:oneof?(=:pure-token{=} ~:pure-token{~}) "
                                   "*-$:oneof?(*:pure-token{*} $:pure-token{$})";
    QTest::newRow("quoted") << "'to ken' x"
                            << "x:string{to ken}";
    QTest::newRow("label inside") << "[condition=NX | XX]"
                                  << "condition:oneof?(nx:pure-token{NX} xx:pure-token{XX})";
    QTest::newRow("label outside") << "condition=[NX | XX]"
                                   << "condition:oneof?(nx:pure-token{NX} xx:pure-token{XX})";
    QTest::newRow("both") << "c=[first=a | b]"
                          << "c:oneof?(first:string b:string)";
    QTest::newRow("block") << "[limit=LIMIT (offset:integer count:integer)]"
                           << "limit:block{LIMIT}?(offset:integer count:integer)";
    QTest::newRow("token, labelled block") << "LIMIT limit=(a b)"
                                           << "limit:block{LIMIT}(a:string b:string)";
    QTest::newRow("labelled token follows")
        << "REPLACE where=BEFORE"
        << "replace:pure-token{REPLACE} where:pure-token{BEFORE}";
    QTest::newRow("pairs") << "(data=key:key value) ..."
                           << "data:block*(key:key@0 value:string)";
    QTest::newRow("optional rest") << "[member ...]"
                                   << "member:string?*";
    QTest::newRow("repeated token") << "[GET pattern +...]"
                                    << "pattern:string{GET}?*+";
    QTest::newRow("block in a choice")
        << "(a b | C)"
        << "a-b-c:oneof(a-b:block(a:string b:string) c:pure-token{C})";
    QTest::newRow("token before bracket") << "ASYNC [x]"
                                          << "async:pure-token{ASYNC} x:string?";
    QTest::newRow("one in a block") << "ARGS (arg) ..."
                                    << "arg:block{ARGS}*(arg:string)";
    QTest::newRow("optional alone in a block") << "([x]) ..."
                                               << "x:block*(x:string?)";
}

void TestSyntax::trees()
{
    QFETCH(QString, line);
    QFETCH(QString, expected);
    std::vector<Argument> arguments;
    std::string why;
    QVERIFY2(parseSyntax(line.toStdString(), 2, &arguments, &why), why.c_str());
    QCOMPARE(QString::fromStdString(shape(arguments)), expected);
}

void TestSyntax::usage_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("expected");
    QTest::newRow("SET")
        << "key value [condition=NX | XX] [GET] [expiration=EX seconds:integer | KEEPTTL]"
        << "key value [NX|XX] [GET] [EX seconds|KEEPTTL]";
    QTest::newRow("MSET") << "(data=key:key value) ..."
                          << "key value [key value ...]";
    QTest::newRow("DEL") << "key ..."
                         << "key [key ...]";
    QTest::newRow("PING") << "[message]"
                          << "[message]";
    QTest::newRow("rest") << "key [member ...]"
                          << "key [member [member ...]]";
    QTest::newRow("SORT") << "key [GET pattern +...] [BY pattern] [order=ASC | DESC]"
                          << "key [GET pattern [GET pattern ...]] [BY pattern] [ASC|DESC]";
    QTest::newRow("token once") << "AUTH word ..."
                                << "AUTH word [word ...]";
    QTest::newRow("must choose") << "key where=(LEFT | RIGHT)"
                                 << "key <LEFT|RIGHT>";
}

void TestSyntax::usage()
{
    QFETCH(QString, line);
    QFETCH(QString, expected);
    std::vector<Argument> arguments;
    std::string why;
    QVERIFY2(parseSyntax(line.toStdString(), 1, &arguments, &why), why.c_str());
    QCOMPARE(QString::fromStdString(core::usage(arguments)), expected);
}

void TestSyntax::refusals_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("expected");
    QTest::newRow("open") << "key [NX"
                          << "']' is missing at column 8";
    QTest::newRow("close") << "key )"
                           << "unexpected ')' at column 5";
    QTest::newRow("type") << "key:integr"
                          << "unknown type 'integr' at column 11";
    QTest::newRow("group type") << "a:block"
                                << "unknown type 'block' at column 8";
    QTest::newRow("empty group") << "[]"
                                 << "a group holds nothing at column 3";
    QTest::newRow("empty alternative") << "[a | ]"
                                       << "a group holds nothing at column 7";
    QTest::newRow("quote") << "'abc"
                           << "a quote is not closed at column 2";
    QTest::newRow("character") << "key #"
                               << "unexpected '#' at column 5";
    QTest::newRow("label of nothing") << "a="
                                      << "an argument is missing at column 3";
    QTest::newRow("spec") << "x:key@9"
                          << "no such key specification at column 7";
    QTest::newRow("bar") << "a | b"
                         << "unexpected '|' at column 3";
}

void TestSyntax::refusals()
{
    QFETCH(QString, line);
    QFETCH(QString, expected);
    std::vector<Argument> arguments;
    std::string why;
    QVERIFY(!parseSyntax(line.toStdString(), 1, &arguments, &why));
    QCOMPARE(QString::fromStdString(why), expected);
}

void TestSyntax::deepNestingIsRefused()
{
    std::vector<Argument> arguments;
    std::string why;
    QVERIFY(!parseSyntax(std::string(1000, '('), 0, &arguments, &why));
    QCOMPARE(QString::fromStdString(why), "groups are nested too deeply at column 17");
}

QTEST_APPLESS_MAIN(TestSyntax)
#include "tst_syntax.moc"
