#include "shell/format.h"

#include <QtTest/QtTest>

using namespace cay::shell;
using cay::Bytes;

namespace {

cay::resp::ReplyTree parse(const QByteArray &text)
{
    cay::resp::ReplyParser parser;
    std::size_t used = 0;
    const auto status
        = parser.feed(Bytes(text.constData(), static_cast<std::size_t>(text.size())), &used);
    Q_ASSERT(status == cay::resp::ReplyParser::Status::Complete);
    return parser.take();
}

QByteArray format(const QByteArray &reply, Output output, bool plain = false)
{
    Options options;
    options.output = output;
    const cay::resp::ReplyTree tree = parse(reply);
    return QByteArray::fromStdString(formatReply(tree.root(), options, plain));
}

} // namespace

// The expected texts are what redis-cli 7.0.15 prints; tests/system/test_shell.py compares with the
// program itself.
class TestFormat : public QObject
{
    Q_OBJECT

private slots:
    void formats_data()
    {
        QTest::addColumn<QByteArray>("reply");
        QTest::addColumn<QByteArray>("text");
        QTest::addColumn<QByteArray>("raw");
        QTest::addColumn<QByteArray>("csv");
        QTest::addColumn<QByteArray>("json");
        const auto row = [](const char *name, QByteArray reply, QByteArray text, QByteArray raw,
                            QByteArray csv, QByteArray json) {
            QTest::newRow(name) << reply << text << raw << csv << json;
        };
        row("status", "+OK\r\n", "OK\n", "OK\n", "\"OK\"\n", "\"OK\"\n");
        row("error", "-ERR x\r\n", "(error) ERR x\n", "ERR x\n\n", "ERROR,\"ERR x\"\n",
            "error:\"ERR x\"\n");
        row("integer", ":7\r\n", "(integer) 7\n", "7\n", "7\n", "7\n");
        row("bulk", "$4\r\na\"\n\x01\r\n", "\"a\\\"\\n\\x01\"\n", "a\"\n\x01\n",
            "\"a\\\"\\n\\x01\"\n", "\"a\\\"\\n\\u0001\"\n");
        row("null", "$-1\r\n", "(nil)\n", "\n", "NULL\n", "null\n");
        row("double", ",1.5\r\n", "(double) 1.5\n", "1.5\n", "1.5\n", "1.5\n");
        row("boolean", "#t\r\n", "(true)\n", "(true)\n", "true\n", "true\n");
        row("big number", "(12\r\n", "(big number) 12\n", "12\n", "12\n", "12\n");
        row("verbatim", "=6\r\ntxt:a\n\r\n", "a\n\n", "a\n\n", "\"a\\n\"\n", "\"a\\n\"\n");
        row("empty", "*0\r\n", "(empty array)\n", "\n", "\n", "[]\n");
        row("empty map", "%0\r\n", "(empty hash)\n", "\n", "\n", "{}\n");
        row("nested", "*2\r\n*2\r\n:1\r\n+a\r\n$-1\r\n", "1) 1) (integer) 1\n   2) a\n2) (nil)\n",
            "1\na\n\n", "1,\"a\",NULL\n", "[[1,\"a\"],null]\n");
        row("set", "~1\r\n:1\r\n", "1~ (integer) 1\n", "1\n", "1\n", "[1]\n");
        row("map", "%2\r\n+a\r\n*1\r\n:1\r\n:2\r\n*2\r\n:1\r\n:2\r\n",
            "1# a => 1) (integer) 1\n2# (integer) 2 => \n   1) (integer) 1\n   2) (integer) 2\n",
            "a 1\n2 1\n2\n", "\"a\",1,2,1,2\n", "{\"a\":[1],\"2\":[1,2]}\n");
    }
    void formats()
    {
        QFETCH(QByteArray, reply);
        QTEST(format(reply, Output::Text), "text");
        QTEST(format(reply, Output::Raw), "raw");
        QTEST(format(reply, Output::Csv), "csv");
        QTEST(format(reply, Output::Json), "json");
    }

    void indentsByTheWidthOfNumbers()
    {
        QByteArray reply = "*10\r\n";
        for (int i = 0; i < 9; ++i)
            reply += "+x\r\n";
        const QByteArray text = format(reply + "*2\r\n+a\r\n+b\r\n", Output::Text);
        QVERIFY(text.startsWith(" 1) x\n 2) x\n"));
        QVERIFY(text.endsWith("10) 1) a\n    2) b\n"));
    }

    void quotedJsonIsAscii()
    {
        QCOMPARE(format("$5\r\na\"\xc3\xa9\n\r\n", Output::QuotedJson),
                 "\"a\\\\\\\"\\\\xc3\\\\xa9\\\\n\"\n");
    }

    void reportsArePlain()
    {
        QVERIFY(isReport({"INFO"}));
        QVERIFY(isReport({"client", "LIST", "TYPE", "normal"}));
        QVERIFY(!isReport({"client", "ID"}));
        QCOMPARE(format("$2\r\na\n\r\n", Output::Csv, true), "a\n");
    }

    void invalidations()
    {
        Options options;
        const cay::resp::ReplyTree push
            = parse(">2\r\n$10\r\ninvalidate\r\n*2\r\n$1\r\na\r\n$1\r\nb\r\n");
        QCOMPARE(formatPush(push.root(), options), std::string("-> invalidate: 'a', 'b'\n"));
    }
};

QTEST_APPLESS_MAIN(TestFormat)
#include "tst_shell_format.moc"
