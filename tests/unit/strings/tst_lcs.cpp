#include "lcs.h"

#include <QtTest>

#include <random>
#include <string>

using cay::Bytes;
using cay::strings::Lcs;

namespace {

struct Found
{
    std::size_t length = 0;
    std::string text;
    std::vector<std::array<std::size_t, 4>> ranges;
};

bool operator==(const Found &a, const Found &b)
{
    return a.length == b.length && a.text == b.text && a.ranges == b.ranges;
}

// The textbook's table and the way back through it that Redis describes.
Found byTable(const std::string &a, const std::string &b)
{
    std::vector<std::vector<std::size_t>> table(a.size() + 1,
                                                std::vector<std::size_t>(b.size() + 1, 0));
    for (std::size_t i = 1; i <= a.size(); ++i) {
        for (std::size_t j = 1; j <= b.size(); ++j) {
            table[i][j] = a[i - 1] == b[j - 1] ? table[i - 1][j - 1] + 1
                                               : std::max(table[i - 1][j], table[i][j - 1]);
        }
    }
    Found found;
    found.length = table[a.size()][b.size()];
    std::size_t i = a.size(), j = b.size(), run = 0;
    const auto close = [&](std::size_t atA, std::size_t atB) {
        if (run)
            found.ranges.push_back({atA, atA + run - 1, atB, atB + run - 1});
        run = 0;
    };
    while (i > 0 && j > 0) {
        if (a[i - 1] == b[j - 1]) {
            found.text.insert(found.text.begin(), a[i - 1]);
            --i, --j, ++run;
            continue;
        }
        close(i, j);
        if (table[i - 1][j] > table[i][j - 1])
            --i;
        else
            --j;
    }
    close(i, j);
    return found;
}

Found byBits(const std::string &a, const std::string &b)
{
    Found found;
    Lcs lcs(a, b);
    if (!lcs.build(&found.length) || lcs.length() != found.length)
        return {};
    found.text.resize(found.length);
    lcs.walk(found.text.data(), [&](const Lcs::Range &range) {
        found.ranges.push_back({range.aFirst, range.aLast, range.bFirst, range.bLast});
    });
    return found;
}

} // namespace

class LcsTest : public QObject
{
    Q_OBJECT

private slots:
    void examples();
    void empty();
    void likeTheTable_data();
    void likeTheTable();
    void long64();
};

void LcsTest::examples()
{
    const Found found = byBits("ohmytext", "mynewtext");
    QCOMPARE(found.text, std::string("mytext"));
    QCOMPARE(found.ranges.size(), std::size_t(2));
    QVERIFY((found.ranges[0] == std::array<std::size_t, 4>{4, 7, 5, 8}));
    QVERIFY((found.ranges[1] == std::array<std::size_t, 4>{2, 3, 0, 1}));
}

void LcsTest::empty()
{
    QVERIFY(byBits("", "") == Found());
    QVERIFY(byBits("", "abc") == Found());
    QVERIFY(byBits("abc", "") == Found());
    QVERIFY(byBits("abc", "def") == Found());
}

void LcsTest::likeTheTable_data()
{
    QTest::addColumn<int>("longest");
    QTest::addColumn<int>("letters");
    QTest::newRow("short") << 8 << 2;
    QTest::newRow("one word") << 64 << 3;
    QTest::newRow("around a word") << 70 << 4;
    QTest::newRow("several words") << 300 << 3;
    QTest::newRow("bytes") << 200 << 256;
}

void LcsTest::likeTheTable()
{
    QFETCH(int, longest);
    QFETCH(int, letters);
    std::mt19937 random(7);
    const auto text = [&] {
        std::string s(random() % (longest + 1), 'a');
        for (char &c : s)
            c = static_cast<char>('a' + random() % letters);
        return s;
    };
    for (int i = 0; i < 60; ++i) {
        const std::string a = text(), b = text();
        QVERIFY2(byBits(a, b) == byTable(a, b), (a + " " + b).c_str());
    }
}

void LcsTest::long64()
{
    for (const std::size_t size : {63, 64, 65, 127, 128, 129}) {
        const std::string a(size, 'x');
        QCOMPARE(byBits(a, a).text, a);
        QVERIFY(byBits(a, a + "y") == byTable(a, a + "y"));
        QVERIFY(byBits("y" + a, a) == byTable("y" + a, a));
    }
}

QTEST_APPLESS_MAIN(LcsTest)
#include "tst_lcs.moc"
