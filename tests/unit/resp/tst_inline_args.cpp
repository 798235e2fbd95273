#include "resp/inline_args.h"

#include <QtTest/QtTest>

using cay::resp::splitArgs;
using Args = std::vector<std::string>;

class TestInlineArgs : public QObject
{
    Q_OBJECT

private slots:
    void splits_data()
    {
        QTest::addColumn<QByteArray>("line");
        QTest::addColumn<QByteArrayList>("expected");
        QTest::newRow("empty") << QByteArray() << QByteArrayList();
        QTest::newRow("blanks") << QByteArray(" \t\v\f\r\n") << QByteArrayList();
        QTest::newRow("words") << QByteArray("  set  a\tb\r\n") << QByteArrayList{"set", "a", "b"};
        QTest::newRow("double") << QByteArray("\"a b\" c") << QByteArrayList{"a b", "c"};
        QTest::newRow("empty word") << QByteArray("\"\" ''") << QByteArrayList{"", ""};
        QTest::newRow("escapes") << QByteArray("\"\\n\\r\\t\\b\\a\\\"\\\\\\q\"")
                                 << QByteArrayList{"\n\r\t\b\a\"\\q"};
        QTest::newRow("hex") << QByteArray("\"\\x41\\xfF\\x4\"")
                             << QByteArrayList{QByteArray("A\xffx4")};
        QTest::newRow("hex nul") << QByteArray("\"a\\x00b\"")
                                 << QByteArrayList{QByteArray("a\0b", 3)};
        QTest::newRow("single") << QByteArray("'a\\'b\\n' c") << QByteArrayList{"a'b\\n", "c"};
        QTest::newRow("mid-word") << QByteArray("a\"b c\" d'e f'")
                                  << QByteArrayList{"ab c", "de f"};
        QTest::newRow("backslash outside") << QByteArray("a\\nb") << QByteArrayList{"a\\nb"};
        QTest::newRow("form feed inside") << QByteArray("a\fb\vc") << QByteArrayList{"a\fb\vc"};
        QTest::newRow("form feed after quote")
            << QByteArray("\"a\"\fb") << QByteArrayList{"a", "b"};
        QTest::newRow("nul ends") << QByteArray("a b\0c", 5) << QByteArrayList{"a", "b"};
    }
    void splits()
    {
        QFETCH(QByteArray, line);
        QFETCH(QByteArrayList, expected);
        Args args{"left over"};
        QVERIFY(splitArgs({line.constData(), static_cast<std::size_t>(line.size())}, &args));
        QCOMPARE(args.size(), static_cast<std::size_t>(expected.size()));
        for (std::size_t i = 0; i < args.size(); ++i)
            QCOMPARE(QByteArray::fromStdString(args[i]), expected[static_cast<qsizetype>(i)]);
    }

    void unbalanced_data()
    {
        QTest::addColumn<QByteArray>("line");
        for (const char *line : {"\"a", "'a", "a\"", "\"a\"b", "'a'b", "\"a\"\"b\"", "\"a\\",
                                 "\"a\\\"", "'a\\'", "\"\\x4"})
            QTest::newRow(line) << QByteArray(line);
        QTest::newRow("nul in quotes") << QByteArray("\"a\0\"", 4);
    }
    void unbalanced()
    {
        QFETCH(QByteArray, line);
        Args args{"left over"};
        QVERIFY(!splitArgs({line.constData(), static_cast<std::size_t>(line.size())}, &args));
        QVERIFY(args.empty());
    }
};

QTEST_APPLESS_MAIN(TestInlineArgs)
#include "tst_inline_args.moc"
