#include "cay/rdb.h"

#include <QtTest/QtTest>

#include <cmath>

using namespace cay;

namespace {

std::string lengthOf(std::uint64_t n)
{
    std::string out;
    RdbWriter(out).length(n);
    return out;
}

std::string stringOf(Bytes text, bool compress = true)
{
    std::string out;
    RdbWriter(out, compress).string(text);
    return out;
}

template <std::size_t N>
Bytes literal(const char (&text)[N])
{
    return Bytes(text, N - 1);
}

} // namespace

class TestRdb : public QObject
{
    Q_OBJECT
private slots:
    void lengths()
    {
        QCOMPARE(lengthOf(63), std::string("\x3f"));
        QCOMPARE(lengthOf(64), std::string("\x40\x40"));
        QCOMPARE(lengthOf(16383), std::string("\x7f\xff"));
        QCOMPARE(lengthOf(16384), std::string("\x80\x00\x00\x40\x00", 5));
        QCOMPARE(lengthOf(0x100000000ull), std::string("\x81\0\0\0\1\0\0\0\0", 9));
        for (const std::uint64_t n :
             {0ull, 63ull, 64ull, 16383ull, 16384ull, 0xffffffffull, 0x100000000ull, ~0ull}) {
            const std::string bytes = lengthOf(n);
            RdbReader reader(bytes);
            QCOMPARE(reader.length(), n);
            QVERIFY(reader.ok() && reader.atEnd());
        }
    }

    // As redis-server 7.0.15 dumps the same strings.
    void stringForms()
    {
        QCOMPARE(Bytes(stringOf("12")), literal("\xc0\x0c"));
        QCOMPARE(Bytes(stringOf("-300")), literal("\xc1\xd4\xfe"));
        QCOMPARE(Bytes(stringOf("100000")), literal("\xc2\xa0\x86\x01\x00"));
        QCOMPARE(Bytes(stringOf("-2147483648")), literal("\xc2\x00\x00\x00\x80"));
        QCOMPARE(Bytes(stringOf("-2147483649")), literal("\x0b-2147483649"));
        QCOMPARE(Bytes(stringOf("hello")), literal("\x05hello"));
        QCOMPARE(Bytes(stringOf("007")), literal("\x03"
                                                 "007"));
        QCOMPARE(Bytes(stringOf("")), literal("\x00"));
    }

    void stringsComeBack_data()
    {
        QTest::addColumn<QByteArray>("text");
        QTest::newRow("empty") << QByteArray();
        QTest::newRow("integer") << QByteArray("-32768");
        QTest::newRow("twenty") << QByteArray(20, 'x');
        QTest::newRow("twenty-one") << QByteArray(21, 'x');
        QTest::newRow("repetitive") << QByteArray(100000, 'x');
        QByteArray noise;
        for (quint32 i = 1, x = 1; i < 5000; ++i) {
            x = x * 1664525u + 1013904223u;
            noise.append(static_cast<char>(x >> 24));
        }
        QTest::newRow("noise") << noise;
    }
    void stringsComeBack()
    {
        QFETCH(QByteArray, text);
        const Bytes expected(text.constData(), static_cast<std::size_t>(text.size()));
        for (const bool compress : {false, true}) {
            const std::string bytes = stringOf(expected, compress);
            RdbReader reader(bytes);
            QVERIFY(reader.string() == expected);
            QVERIFY(reader.ok() && reader.atEnd());
        }
    }

    void redisCompressed()
    {
        RdbReader reader(literal("\xc3\x09\x40\xc8\x01\x78\x78\xe0\xbb\x00\x01\x78\x78"));
        QVERIFY(reader.string() == std::string(200, 'x'));
        QVERIFY(reader.ok());
    }

    void stringsStayUntilRelease()
    {
        std::string bytes;
        RdbWriter writer(bytes);
        for (int i = 0; i < 2000; ++i)
            writer.string(std::string(30 + static_cast<std::size_t>(i), 'a' + i % 26));
        RdbReader reader(bytes);
        std::vector<Bytes> views;
        for (int i = 0; i < 2000; ++i)
            views.push_back(reader.string());
        QVERIFY(reader.ok());
        for (std::size_t i = 0; i < 2000; ++i)
            QVERIFY(views[i] == std::string(30 + i, static_cast<char>('a' + i % 26)));
        reader.release();
    }

    void numbers()
    {
        std::string bytes;
        RdbWriter writer(bytes);
        writer.binaryDouble(-0.1);
        writer.milliseconds(-5);
        writer.fixed32(7);
        writer.integer(123456789012ll);
        writer.integer(-7);
        bytes += literal("\x03"
                         "2.5\xfe\xff\xfd");
        RdbReader reader(bytes);
        QCOMPARE(reader.binaryDouble(), -0.1);
        QCOMPARE(reader.milliseconds(), -5);
        QCOMPARE(reader.fixed32(), 7u);
        QCOMPARE(reader.integer(), 123456789012ll);
        QCOMPARE(reader.integer(), -7);
        QCOMPARE(reader.textDouble(), 2.5);
        QVERIFY(reader.textDouble() > 1e308);
        QVERIFY(reader.textDouble() < -1e308);
        QVERIFY(std::isnan(reader.textDouble()));
        QVERIFY(reader.ok() && reader.atEnd());
    }

    void nonsense_data()
    {
        QTest::addColumn<QByteArray>("bytes");
        QTest::newRow("nothing") << QByteArray();
        QTest::newRow("short") << QByteArray("\x05hell");
        QTest::newRow("unknown form") << QByteArray("\xc4");
        QTest::newRow("unknown length") << QByteArray("\x82\0\0\0\0\0\0\0\0\0", 10);
        QTest::newRow("half a length") << QByteArray("\x80\0\0", 3);
        QTest::newRow("half an integer") << QByteArray("\xc2\1\2\3");
        QTest::newRow("huge") << QByteArray("\x81\xff\xff\xff\xff\xff\xff\xff\xff");
        QTest::newRow("bomb") << QByteArray("\xc3\x04\x80\xff\xff\xff\xff"
                                            "abcd");
        QTest::newRow("empty compressed") << QByteArray("\xc3\x01\x00\x00", 4);
        QTest::newRow("corrupt compressed") << QByteArray("\xc3\x04\x0a\xff\xff\xff\xff");
    }
    void nonsense()
    {
        QFETCH(QByteArray, bytes);
        RdbReader reader(Bytes(bytes.constData(), static_cast<std::size_t>(bytes.size())));
        QVERIFY(reader.string().empty());
        QVERIFY(!reader.ok());
        QVERIFY(reader.why() != nullptr);
        QVERIFY(reader.string().empty());
        QCOMPARE(reader.length(), 0u);
    }

    void countsAreCapped()
    {
        RdbReader fits(literal("\x03"
                               "abc"));
        QCOMPARE(fits.count(), std::size_t{3});
        RdbReader tooMany(literal("\x03"
                                  "abc"));
        QCOMPARE(tooMany.count(2), std::size_t{0});
        QVERIFY(!tooMany.ok());
    }
};

QTEST_APPLESS_MAIN(TestRdb)
#include "tst_rdb.moc"
