#include "store/glob.h"

#include <QtTest>

#include <string>

using cay::store::globMatch;

class GlobTest : public QObject
{
    Q_OBJECT

private slots:
    void matches_data();
    void matches();
    void ignoresCase_data();
    void ignoresCase();
    void manyStarsAreQuick();
};

struct Row
{
    const char *pattern, *text;
    bool matches;
};

// What redis-server 7.0.15 answers to KEYS <pattern> with a key of this text.
static const Row kRows[] = {
    {"", "", true},
    {"*", "", false},
    {"**", "", false},
    {"", "a", false},
    {"?", "", false},
    {"*", "a", true},
    {"a*", "a", true},
    {"*a", "a", true},
    {"a**", "a", true},
    {"a*b", "ab", true},
    {"a*b", "axxb", true},
    {"a*b", "axxbc", false},
    {"a*b*", "axxbc", true},
    {"*b*c", "abbbc", true},
    {"h?llo", "hello", true},
    {"h?llo", "hllo", false},
    {"h[ae]llo", "hallo", true},
    {"h[ae]llo", "hillo", false},
    {"h[^e]llo", "hallo", true},
    {"h[^e]llo", "hello", false},
    {"h[a-b]llo", "hbllo", true},
    {"h[b-a]llo", "hallo", true},
    {"h[a-b]llo", "hcllo", false},
    {"[]", "a", false},
    {"[]", "]", false},
    {"[^]", "a", true},
    {"[^", "a", true},
    {"[", "a", false},
    {"[", "[", false},
    {"[a", "a", true},
    {"[a", "b", false},
    {"[^a", "b", true},
    {"[a-", "-", true},
    {"[a-", "a", true},
    {"[a-", "b", false},
    {"[a-]", "b", false},
    {"[a-]", "^", true},
    {"[a-]", "a", true},
    {"[a-]", "-", false},
    {"[-a]", "-", true},
    {"[\\]]", "]", true},
    {"[\\", "\\", true},
    {"[\\\\]", "\\", true},
    {"[\\a-c]", "b", false},
    {"[\\a-c]", "-", true},
    {"[a-\\]", "b", false},
    {"[a-\\]", "^", true},
    {"[*]", "*", true},
    {"[?]", "a", false},
    {"\\*", "*", true},
    {"\\*", "a", false},
    {"\\", "\\", true},
    {"a\\", "a\\", true},
    {"a\\", "a", false},
    {"\\a", "a", true},
    {"\\\\", "\\", true},
    {"*\\", "a\\", true},
    {"*[^x]", "a", true},
    {"*?", "a", true},
    {"*??", "a", false},
    {"a?*", "a", false},
    {"[a-c]*[x-z]", "booz", true},
    {"*[", "[", false},
    {"[^-z]", "-", false},
    {"[^^]", "^", false},
    {"[^^]", "a", true},
    {"[a^]", "^", true},
    {"*a*a*a", "aa", false},
    {"*a*a*a", "aaa", true},
    {"a]", "a]", true},
    {"[!a]", "!", true},
    {"[\x80-\xff]", "\xa0", true},
    {"[a-\xff]", "b", false},
    {"[a-\xff]", "0", true},
    {"[a-\x80]", "\x90", true},
};

void GlobTest::matches_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("expected");
    int n = 0;
    for (const Row &row : kRows) {
        QTest::addRow("%d: %s %s", n++, row.pattern, row.text)
            << QByteArray(row.pattern) << QByteArray(row.text) << row.matches;
    }
    QTest::addRow("nul") << QByteArray("a\0*", 3) << QByteArray("a\0b", 3) << true;
    QTest::addRow("nul in the text") << QByteArray("a?b") << QByteArray("a\0b", 3) << true;
}

void GlobTest::matches()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, text);
    QFETCH(bool, expected);
    QCOMPARE(globMatch(pattern.toStdString(), text.toStdString()), expected);
}

void GlobTest::ignoresCase_data()
{
    QTest::addColumn<QByteArray>("pattern");
    QTest::addColumn<QByteArray>("text");
    QTest::addColumn<bool>("expected");
    static const Row rows[] = {
        {"MAX*", "maxmemory", true},
        {"*Memory", "maxmemory", true},
        {"max[A-Z]emory", "maxmemory", true},
        {"max[L-N]*", "maxmemory", true},
        {"max[N-P]*", "maxmemory", false},
        {"[M]axmemory", "maxmemory", true},
        {"[\\M]axmemory", "maxmemory", false},
        {"\\Maxmemory", "maxmemory", true},
        {"*Y", "maxmemory", true},
        {"[Z-a]", "b", false},
        {"[Z-a]", "z", false},
        {"[Z-a]", "a", false},
    };
    for (const Row &row : rows)
        QTest::addRow("%s %s", row.pattern, row.text)
            << QByteArray(row.pattern) << QByteArray(row.text) << row.matches;
}

void GlobTest::ignoresCase()
{
    QFETCH(QByteArray, pattern);
    QFETCH(QByteArray, text);
    QFETCH(bool, expected);
    QCOMPARE(globMatch(pattern.toStdString(), text.toStdString(), true), expected);
}

void GlobTest::manyStarsAreQuick()
{
    std::string pattern;
    for (int i = 0; i < 2000; ++i)
        pattern += "a*";
    pattern += "b";
    QVERIFY(!globMatch(pattern, std::string(5000, 'a')));
    QVERIFY(!globMatch(pattern, std::string(5000, 'a'), true));
    QVERIFY(globMatch(pattern, std::string(5000, 'a') + "b"));
    std::string classes;
    for (int i = 0; i < 500; ++i)
        classes += "*[a-c]";
    QVERIFY(!globMatch(classes + "d", std::string(2000, 'a')));
}

QTEST_APPLESS_MAIN(GlobTest)
#include "tst_glob.moc"
