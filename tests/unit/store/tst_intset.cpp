// Intsets against std::set, their bytes, and bytes that are none.
#include "store/intset.h"

#include <QtTest/QtTest>

#include <limits>
#include <random>
#include <set>
#include <string>

using namespace cay;
using store::Intset;
using store::IntsetView;

namespace {

bool same(const Intset &intset, const std::set<std::int64_t> &model)
{
    if (intset.size() != model.size())
        return false;
    std::size_t i = 0;
    for (const std::int64_t n : model) {
        if (intset.at(i++) != n || !intset.contains(n))
            return false;
    }
    return true;
}

} // namespace

class TestIntset : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void bytes();
    void agreesWithSet_data();
    void agreesWithSet();
    void widens();
    void keepsItsBytes();
    void validates_data();
    void validates();
};

void TestIntset::bytes()
{
    Intset intset;
    QCOMPARE(intset.all(), Bytes("\2\0\0\0\0\0\0\0", 8));
    QVERIFY(intset.add(5));
    QVERIFY(intset.add(-1));
    QVERIFY(!intset.add(5));
    QCOMPARE(intset.all(), Bytes("\2\0\0\0\2\0\0\0\xff\xff\5\0", 12));
    QVERIFY(intset.add(0x12345));
    QCOMPARE(intset.all(), Bytes("\4\0\0\0\3\0\0\0\xff\xff\xff\xff\5\0\0\0\x45\x23\1\0", 20));
    QVERIFY(intset.remove(0x12345));
    QCOMPARE(intset.all(), Bytes("\4\0\0\0\2\0\0\0\xff\xff\xff\xff\5\0\0\0", 16));
}

void TestIntset::agreesWithSet_data()
{
    QTest::addColumn<qint64>("range");
    QTest::newRow("16 bits") << qint64{300};
    QTest::newRow("32 bits") << qint64{1} * 2'000'000'000;
    QTest::newRow("64 bits") << std::numeric_limits<qint64>::max();
}

void TestIntset::agreesWithSet()
{
    QFETCH(qint64, range);
    std::mt19937_64 random(5);
    std::uniform_int_distribution<std::int64_t> pick(-range, range);
    Intset intset;
    std::set<std::int64_t> model;
    for (int round = 0; round < 4'000; ++round) {
        const std::int64_t n
            = round % 3 && !model.empty() && random() % 2 ? *model.begin() : pick(random);
        if (random() % 3)
            QCOMPARE(intset.add(n), model.insert(n).second);
        else
            QCOMPARE(intset.remove(n), model.erase(n) == 1);
        QCOMPARE(intset.contains(n), model.count(n) == 1);
        if (round % 100 == 0)
            QVERIFY(same(intset, model));
    }
    QVERIFY(same(intset, model));
    QVERIFY(model.empty() || IntsetView::valid(intset.all()));
}

void TestIntset::widens()
{
    const std::int64_t edges[] = {0,
                                  32767,
                                  -32768,
                                  32768,
                                  -32769,
                                  2147483647,
                                  -2147483648ll,
                                  2147483648ll,
                                  -2147483649ll,
                                  std::numeric_limits<std::int64_t>::max(),
                                  std::numeric_limits<std::int64_t>::min()};
    Intset intset;
    std::set<std::int64_t> model;
    for (const std::int64_t n : edges) {
        QVERIFY(!intset.contains(n));
        QVERIFY(intset.add(n));
        model.insert(n);
        QVERIFY(same(intset, model));
        QVERIFY(IntsetView::valid(intset.all()));
    }
}

void TestIntset::keepsItsBytes()
{
    Intset intset;
    intset.add(1);
    intset.add(70'000);
    Intset copy = Intset::copyOf(intset.all());
    Intset adopted = Intset::adopt(copy.release());
    QCOMPARE(adopted.all(), intset.all());
}

void TestIntset::validates_data()
{
    QTest::addColumn<QByteArray>("bytes");
    QTest::addColumn<bool>("valid");
    const auto row = [](const char *name, std::string bytes, bool valid) {
        QTest::newRow(name) << QByteArray(bytes.data(), static_cast<int>(bytes.size())) << valid;
    };
    using namespace std::string_literals;
    row("two", "\2\0\0\0\2\0\0\0\1\0\2\0"s, true);
    row("negative first", "\2\0\0\0\2\0\0\0\xff\xff\2\0"s, true);
    row("no bytes", "", false);
    row("short header", "\2\0\0\0\0\0\0"s, false);
    row("empty", "\2\0\0\0\0\0\0\0"s, false);
    row("width 3", "\3\0\0\0\1\0\0\0\1\0\0"s, false);
    row("too short", "\2\0\0\0\2\0\0\0\1\0"s, false);
    row("too long", "\2\0\0\0\1\0\0\0\1\0\2\0"s, false);
    row("double", "\2\0\0\0\2\0\0\0\1\0\1\0"s, false);
    row("descending", "\2\0\0\0\2\0\0\0\2\0\1\0"s, false);
    row("huge size", "\x8\0\0\0\xff\xff\xff\xff\1\0\2\0\0\0\0\0"s, false);
}

void TestIntset::validates()
{
    QFETCH(QByteArray, bytes);
    QFETCH(bool, valid);
    QCOMPARE(IntsetView::valid(Bytes(bytes.constData(), static_cast<std::size_t>(bytes.size()))),
             valid);
}

QTEST_APPLESS_MAIN(TestIntset)
#include "tst_intset.moc"
