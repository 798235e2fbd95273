#include "resp/number.h"

#include <QtTest>

#include <cmath>
#include <limits>

using namespace cay::resp;

class NumberTest : public QObject
{
    Q_OBJECT

private slots:
    void writesDoubles_data();
    void writesDoubles();
    void writesLikePrintf();
    void readsDoubles_data();
    void readsDoubles();
    void longDoubles_data();
    void longDoubles();
    void longDoubleNeedsItsPrecision();
    void integers();
};

static QByteArray written(double value)
{
    char text[32];
    return QByteArray(text, writeDouble(text, value) - text);
}

void NumberTest::writesDoubles_data()
{
    QTest::addColumn<double>("value");
    QTest::addColumn<QByteArray>("text");
    const double infinity = std::numeric_limits<double>::infinity();
    QTest::newRow("zero") << 0.0 << QByteArray("0");
    QTest::newRow("minus zero") << -0.0 << QByteArray("-0");
    QTest::newRow("one") << 1.0 << QByteArray("1");
    QTest::newRow("minus") << -17.0 << QByteArray("-17");
    QTest::newRow("tenth") << 0.1 << QByteArray("0.10000000000000001");
    QTest::newRow("pi") << 3.14 << QByteArray("3.1400000000000001");
    QTest::newRow("half") << 1.5 << QByteArray("1.5");
    QTest::newRow("2^52") << 4503599627370496.0 << QByteArray("4503599627370496");
    QTest::newRow("1e16") << 1e16 << QByteArray("10000000000000000");
    QTest::newRow("1e17") << 1e17 << QByteArray("1e+17");
    QTest::newRow("1e20") << 1e20 << QByteArray("1e+20");
    QTest::newRow("1e-5") << 1e-5 << QByteArray("1.0000000000000001e-05");
    QTest::newRow("least") << 4.9e-324 << QByteArray("4.9406564584124654e-324");
    QTest::newRow("most") << -1.7976931348623157e308 << QByteArray("-1.7976931348623157e+308");
    QTest::newRow("inf") << infinity << QByteArray("inf");
    QTest::newRow("-inf") << -infinity << QByteArray("-inf");
    QTest::newRow("nan") << std::nan("") << QByteArray("nan");
    QTest::newRow("-nan") << -std::nan("") << QByteArray("nan");
}

void NumberTest::writesDoubles()
{
    QFETCH(double, value);
    QFETCH(QByteArray, text);
    QCOMPARE(written(value), text);
}

void NumberTest::writesLikePrintf()
{
    std::uint64_t state = 88172645463325252ull;
    for (int i = 0; i < 50000; ++i) {
        state ^= state << 13, state ^= state >> 7, state ^= state << 17;
        double value;
        std::memcpy(&value, &state, sizeof value);
        if (i % 3 == 0)
            value = static_cast<double>(static_cast<std::int64_t>(state) >> (i % 60)) / 1000;
        if (std::isnan(value))
            continue;
        char expected[64];
        std::snprintf(expected, sizeof expected, "%.17g", value);
        QCOMPARE(written(value), QByteArray(expected));
        double read = 0;
        QVERIFY(parseDouble(expected, &read));
        QCOMPARE(std::memcmp(&read, &value, sizeof value), 0);
    }
}

void NumberTest::readsDoubles_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("valid");
    QTest::addColumn<double>("value");
    const double infinity = std::numeric_limits<double>::infinity();
    const struct
    {
        const char *text;
        double value;
    } good[] = {
        {"0", 0},
        {"1", 1},
        {"-1", -1},
        {"+1", 1},
        {".5", .5},
        {"5.", 5},
        {"-.5e1", -5},
        {"1e3", 1000},
        {"1E+3", 1000},
        {"0x1p3", 8},
        {"0X10", 16},
        {"inf", infinity},
        {"+inf", infinity},
        {"-INF", -infinity},
        {"Infinity", infinity},
        {"4.9e-324", 4.9e-324},
        {"1e-320", 1e-320},
        {"0e999", 0},
        {"0.1", 0.1},
        {"00012", 12},
        {"3.0000000000000000000000000000000000000000000000000000000000000", 3},
    };
    for (const auto &row : good)
        QTest::newRow(row.text) << QByteArray(row.text) << true << row.value;
    for (const char *text : {"",       " 1",     "1 ", "\t1", "nan", "-nan", "nan(1)", "1e400",
                             "-1e400", "1e-400", "1e", "e1",  ".",   "+",    "-",      "+-1",
                             "--1",    "1,5",    "0x", "abc", "1a",  "inff", "1_000"}) {
        QTest::newRow(*text ? text : "empty") << QByteArray(text) << false << 0.0;
    }
    QTest::newRow("nul") << QByteArray("1\0002", 3) << false << 0.0;
    QTest::newRow("long") << QByteArray(2000, '1') << false << 0.0;
    QTest::newRow("long fraction") << "1." + QByteArray(2000, '0') << true << 1.0;
}

void NumberTest::readsDoubles()
{
    QFETCH(QByteArray, text);
    QFETCH(bool, valid);
    QFETCH(double, value);
    double read = -99;
    QCOMPARE(parseDouble(cay::Bytes(text.data(), size_t(text.size())), &read), valid);
    if (valid)
        QVERIFY(read == value);
}

void NumberTest::longDoubles_data()
{
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<QByteArray>("out"); // empty: not a number
    QTest::newRow("int") << QByteArray("3") << QByteArray("3");
    QTest::newRow("zeros") << QByteArray("3.000") << QByteArray("3");
    QTest::newRow("exponent") << QByteArray("5.0e3") << QByteArray("5000");
    QTest::newRow("tenth") << QByteArray("0.1") << QByteArray("0.1");
    QTest::newRow("10.6") << QByteArray("10.6") << QByteArray("10.6");
    QTest::newRow("tiny") << QByteArray("1e-18") << QByteArray("0");
    QTest::newRow("minus tiny") << QByteArray("-1e-18") << QByteArray("0");
    QTest::newRow("minus zero") << QByteArray("-0") << QByteArray("0");
    QTest::newRow("hundred") << QByteArray("100") << QByteArray("100");
    QTest::newRow("big") << QByteArray("1e20") << QByteArray("100000000000000000000");
    QTest::newRow("inf") << QByteArray("inf") << QByteArray("inf");
    for (const char *text : {"nan", " 1", "1 ", "abc", "1e5000", "1e-5000"})
        QTest::newRow(text) << QByteArray(text) << QByteArray();
    QTest::newRow("empty") << QByteArray("") << QByteArray();
    QTest::newRow("too long") << QByteArray(5120, '0') << QByteArray();
    QTest::newRow("just fits") << QByteArray(5119, '0') << QByteArray("0");
}

void NumberTest::longDoubles()
{
    QFETCH(QByteArray, text);
    QFETCH(QByteArray, out);
    long double value = 0;
    const bool valid = parseLongDouble(cay::Bytes(text.data(), size_t(text.size())), &value);
    QCOMPARE(valid, !out.isEmpty());
    if (!valid)
        return;
    static char digits[kMaxLongDoubleChars];
    const QByteArray read(digits, writeLongDouble(digits, value) - digits);
    QCOMPARE(read, out);
}

void NumberTest::longDoubleNeedsItsPrecision()
{
    if (std::numeric_limits<long double>::digits < 64)
        QSKIP("long double is a double on this machine");
    long double a = 0, b = 0;
    QVERIFY(parseLongDouble("10.5", &a));
    QVERIFY(parseLongDouble("0.1", &b));
    char digits[kMaxLongDoubleChars];
    QCOMPARE(QByteArray(digits, writeLongDouble(digits, a + b) - digits), QByteArray("10.6"));
}

void NumberTest::integers()
{
    std::int64_t n = 0;
    for (const char *text :
         {"", "-", "+1", "01", "-0", "-01", " 1", "1 ", "1.0", "9223372036854775808",
          "-9223372036854775809", "99999999999999999999", "abc"}) {
        QVERIFY2(!parseInteger(text, &n), text);
    }
    for (const char *text : {"0", "1", "-1", "9223372036854775807", "-9223372036854775808", "10"}) {
        QVERIFY2(parseInteger(text, &n), text);
        char digits[24];
        QCOMPARE(QByteArray(digits, writeInteger(digits, n) - digits), QByteArray(text));
    }
}

QTEST_APPLESS_MAIN(NumberTest)
#include "tst_number.moc"
