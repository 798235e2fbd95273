#include "resp/reply_parser.h"
#include "resp/request_writer.h"

#include <QtTest/QtTest>

using namespace cay::resp;
using cay::Bytes;

namespace {

// One line per reply, so that a tree can be compared with a text.
QByteArray show(ReplyView value)
{
    QByteArray out;
    ReplyView attribute = value;
    if (value.attribute(&attribute))
        out += show(attribute);
    const QByteArray text(value.text().data(), static_cast<qsizetype>(value.text().size()));
    switch (value.type()) {
    case ReplyType::Simple: return out + "+" + text;
    case ReplyType::Error: return out + "-" + text;
    case ReplyType::Integer: return out + QByteArray::number(qlonglong(value.integer()));
    case ReplyType::Bulk: return out + "'" + text + "'";
    case ReplyType::Null: return out + (value.isNullArray() ? "null*" : "null");
    case ReplyType::Double: return out + "d" + text;
    case ReplyType::Boolean: return out + (value.truth() ? "true" : "false");
    case ReplyType::BigNumber: return out + "n" + text;
    case ReplyType::BulkError: return out + "!" + text;
    case ReplyType::Verbatim: {
        const Bytes format = value.verbatimFormat();
        return out + QByteArray(format.data(), static_cast<qsizetype>(format.size())) + "'" + text
               + "'";
    }
    default: break;
    }
    static const char *const kOpen[] = {"[", "{", "(", ">[", "|{"};
    out += kOpen[int(value.type()) - int(ReplyType::Array)];
    std::size_t n = 0;
    for (const ReplyView child : value)
        out += (n++ ? " " : "") + show(child);
    return out + "]";
}

QByteArray parseAll(Bytes input, std::size_t piece, const ReplyParser::Limits &limits = {})
{
    ReplyParser parser(limits);
    QByteArray out;
    while (!input.empty()) {
        std::size_t used = 0;
        const auto status = parser.feed(input.substr(0, piece), &used);
        if (status == ReplyParser::Status::Failed)
            return out + "FAILED " + QByteArray::fromStdString(parser.error());
        if (status == ReplyParser::Status::Complete)
            out += show(parser.reply().root()) + ";";
        input.remove_prefix(used);
    }
    return parser.isPartial() && !out.endsWith(';') ? out + "..." : out;
}

Bytes view(const QByteArray &text)
{
    return {text.constData(), static_cast<std::size_t>(text.size())};
}

} // namespace

class TestReplyParser : public QObject
{
    Q_OBJECT

private slots:
    void values_data()
    {
        QTest::addColumn<QByteArray>("input");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *name, QByteArray in, QByteArray out) {
            QTest::newRow(name) << in << out;
        };
        row("simple", "+OK\r\n", "+OK;");
        row("empty simple", "+\r\n", "+;");
        row("error", "-ERR no\r\n", "-ERR no;");
        row("integer", ":-42\r\n:+7\r\n:9223372036854775807\r\n", "-42;7;9223372036854775807;");
        row("bulk", "$3\r\na\r\n\r\n$0\r\n\r\n", "'a\r\n';'';");
        row("nulls", "$-1\r\n*-1\r\n_\r\n", "null;null*;null;");
        row("double", ",1.5\r\n,inf\r\n,-inf\r\n,nan\r\n,1e300\r\n,10\r\n",
            "d1.5;dinf;d-inf;dnan;d1e300;d10;");
        row("boolean", "#t\r\n#f\r\n", "true;false;");
        row("big number", "(-123456789012345678901234567890\r\n",
            "n-123456789012345678901234567890;");
        row("bulk error", "!5\r\nERR x\r\n", "!ERR x;");
        row("verbatim", "=5\r\ntxt:a\r\n=4\r\nmkd:\r\n", "txt'a';mkd'';");
        row("array", "*3\r\n:1\r\n*0\r\n*1\r\n+a\r\n", "[1 [] [+a]];");
        row("map", "%2\r\n+a\r\n:1\r\n+b\r\n%0\r\n", "{+a 1 +b {]];");
        row("set, push", "~1\r\n:1\r\n>2\r\n+p\r\n*1\r\n:2\r\n", "(1];>[+p [2]];");
        row("attribute", "|1\r\n+k\r\n:1\r\n:5\r\n", "|{+k 1]5;");
        row("attribute inside", "*2\r\n|1\r\n+k\r\n*1\r\n:1\r\n:5\r\n:6\r\n", "[|{+k [1]]5 6];");
        row("empty attribute", "*1\r\n|0\r\n:5\r\n", "[|{]5];");
        row("line feed in a line", "+a\nb\r\n", "+a\nb;");
        row("incomplete", "*2\r\n:1\r\n", "...");
        row("pipeline", "+a\r\n*1\r\n$1\r\nb\r\n+c\r\n", "+a;['b'];+c;");
    }
    void values()
    {
        QFETCH(QByteArray, input);
        QFETCH(QByteArray, expected);
        for (std::size_t piece = 1; piece <= 7; ++piece)
            QCOMPARE(parseAll(view(input), piece), expected);
        QCOMPARE(parseAll(view(input), static_cast<std::size_t>(input.size())), expected);
    }

    void failures_data()
    {
        QTest::addColumn<QByteArray>("input");
        QTest::addColumn<QByteArray>("expected");
        const auto row = [](const char *in, const char *out) {
            QTest::newRow(in) << QByteArray(in) << QByteArray(out);
        };
        row("?x\r\n", "got \"?\" as reply type byte");
        row("\x01", "got \"\\x01\" as reply type byte");
        row(":\r\n", "bad integer value");
        row(":1a\r\n", "bad integer value");
        row(":9223372036854775808\r\n", "bad integer value");
        row(":000000000000000000000000000000000000000000000000000000000000000000001\r\n",
            "line too long");
        row("$-2\r\n", "bad length");
        row("$1x\r\n", "bad length");
        row("$?\r\n", "streamed values are not supported");
        row("$99999999999999999999\r\n", "length out of range");
        row("$11\r\n", "string too long");
        row("$1\r\nabc", "string not ended by CRLF");
        row("$1\r\na\rb", "string not ended by CRLF");
        row("+0123456789abc\r\n", "line too long");
        row("*101\r\n", "too many elements");
        row("%51\r\n", "too many elements");
        row("*1\r\n*1\r\n*1\r\n*1\r\n", "nested too deeply");
        row(",1.5x\r\n", "bad double value");
        row("#x\r\n", "bad bool value");
        row("_x\r\n", "bad null");
        row("(12x\r\n", "bad big number");
        row("=3\r\ntxt\r\n", "verbatim string without its format");
        row("*-2\r\n", "bad length");
        row("%-1\r\n", "bad length");
    }
    void failures()
    {
        QFETCH(QByteArray, input);
        QFETCH(QByteArray, expected);
        const ReplyParser::Limits limits{
            .depth = 3, .textBytes = 10, .nodes = 100, .totalBytes = 1000};
        const QByteArray end = "FAILED Protocol error, " + expected;
        QCOMPARE(parseAll(view(input), static_cast<std::size_t>(input.size()), limits), end);
        QCOMPARE(parseAll(view(input), 1, limits), end);
    }

    void totals()
    {
        QByteArray input = "*200\r\n";
        for (int i = 0; i < 200; ++i)
            input += "$10\r\n0123456789\r\n";
        QCOMPARE(parseAll(view(input), 100, {.totalBytes = 1000}),
                 "FAILED Protocol error, reply too large");
        QCOMPARE(parseAll(view(input), 100, {.nodes = 150}),
                 "FAILED Protocol error, too many elements");
        QVERIFY(parseAll(view(input), 100, {.totalBytes = 2000}).startsWith("['0123456789'"));
    }

    // A length alone must not make the parser take memory.
    void hugeLengthCostsNothing()
    {
        ReplyParser parser;
        std::size_t used = 0;
        QCOMPARE(parser.feed("$4000000000\r\n", &used), ReplyParser::Status::More);
        QCOMPARE(parser.feed("*1000000000\r\n", &used), ReplyParser::Status::More);
    }

    void lookup()
    {
        ReplyParser parser;
        std::size_t used = 0;
        const Bytes input = "*4\r\n$1\r\na\r\n$1\r\nb\r\n$1\r\nb\r\n*1\r\n:9\r\n";
        QCOMPARE(parser.feed(input, &used), ReplyParser::Status::Complete);
        const ReplyTree tree = parser.take();
        QVERIFY(parser.reply().empty());
        ReplyView value = tree.root();
        QVERIFY(tree.root().find("b", &value)); // the value "b" in front of it is no key
        QCOMPARE(value.at(0).integer(), 9);
        QVERIFY(!tree.root().find("c", &value));
        QCOMPARE(tree.root().at(3).at(0).integer(), 9);
    }

    void encodesRequests()
    {
        std::string out;
        appendCommand(&out, {"SET", "k", ""});
        appendCommand(&out, std::vector<std::string>{"PING"});
        QCOMPARE(QByteArray::fromStdString(out),
                 "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$0\r\n\r\n*1\r\n$4\r\nPING\r\n");
    }
};

QTEST_APPLESS_MAIN(TestReplyParser)
#include "tst_reply_parser.moc"
