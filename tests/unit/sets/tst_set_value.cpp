// A set's three forms against std::set: changes of form, chance, taking several out.
#include "choice.h"
#include "set_value.h"

#include <QtTest/QtTest>

#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace cay;
using namespace cay::sets;

namespace {

std::string textOf(const Member &member)
{
    char digits[24];
    return std::string(member.bytes(digits));
}

std::set<std::string> membersOf(const SetView &set)
{
    std::set<std::string> all;
    set.forEach([&](const Member &member) { all.insert(textOf(member)); });
    return all;
}

// How far the hits are from even, in standard deviations of the chi-squared distribution.
double deviation(const std::map<std::string, int> &hits, std::size_t kinds, double expected)
{
    double chi = 0;
    for (const auto &[member, n] : hits)
        chi += (n - expected) * (n - expected) / expected;
    chi += static_cast<double>(kinds - hits.size()) * expected;
    const auto freedom = static_cast<double>(kinds - 1);
    return std::abs(chi - freedom) / std::sqrt(2 * freedom);
}

Set make(Form form, int size)
{
    Set set = form == Form::Table ? Set::emptyTable() : Set::empty();
    for (int i = 0; i < size; ++i)
        set.add(form == Form::Intset ? std::to_string(i) : "m" + std::to_string(i));
    return set;
}

} // namespace

class TestSetValue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { g_limits = Limits{}; }
    void changesForm();
    void goesByWhatIsExpected();
    void agreesWithSet_data();
    void agreesWithSet();
    void takesSeveralOut_data();
    void takesSeveralOut();
    void randomIsUniform_data();
    void randomIsUniform();
    void choiceIsUniform();
};

void TestSetValue::changesForm()
{
    Set set = Set::empty();
    for (int i = 0; i < 512; ++i)
        QVERIFY(set.add(std::to_string(i * 1000)));
    QCOMPARE(set.form(), Form::Intset);
    QVERIFY(set.add("-1"));
    QCOMPARE(set.form(), Form::Table);
    QCOMPARE(set.size(), std::size_t{513});
    QVERIFY(set.contains("511000") && !set.contains("512000"));

    Set words = Set::empty();
    QVERIFY(words.add("5"));
    QVERIFY(words.add("word"));
    QCOMPARE(words.form(), Form::Listpack);
    QVERIFY(words.add(std::string(64, 'x')) && words.form() == Form::Listpack);
    QVERIFY(words.add(std::string(65, 'x')) && words.form() == Form::Table);
    QCOMPARE(membersOf(words),
             (std::set<std::string>{"5", "word", std::string(64, 'x'), std::string(65, 'x')}));

    g_limits.listpackValue = 3;
    Set large = Set::empty();
    large.add("1234");
    large.add("x");
    QCOMPARE(large.form(), Form::Table); // the integer is too long for a listpack
}

void TestSetValue::goesByWhatIsExpected()
{
    QCOMPARE(Set::forMembers("1", 512).form(), Form::Intset);
    QCOMPARE(Set::forMembers("1", 513).form(), Form::Table);
    QCOMPARE(Set::forMembers("a", 128).form(), Form::Listpack);
    QCOMPARE(Set::forMembers("a", 129).form(), Form::Table);
    g_limits.intset = 100;
    QCOMPARE(Set::forMembers("1", 120).form(), Form::Listpack);
    Set set = make(Form::Listpack, 3);
    set.expect(129);
    QCOMPARE(set.form(), Form::Table);
    QCOMPARE(set.size(), std::size_t{3});
}

void TestSetValue::agreesWithSet_data()
{
    QTest::addColumn<int>("kinds");
    QTest::newRow("integers") << 1;
    QTest::newRow("words") << 2;
    QTest::newRow("both") << 3;
}

void TestSetValue::agreesWithSet()
{
    QFETCH(int, kinds);
    std::mt19937_64 random(9);
    for (int round = 0; round < 40; ++round) {
        Set set = Set::empty();
        std::set<std::string> model;
        const std::uint64_t range = 1 + random() % 400;
        for (int step = 0; step < 600; ++step) {
            const std::uint64_t n = random() % range;
            const bool word = kinds == 2 || (kinds == 3 && n % 2);
            const std::string member = word ? "w" + std::to_string(n) : std::to_string(n);
            if (random() % 5 < 3)
                QCOMPARE(set.add(member), model.insert(member).second);
            else
                QCOMPARE(set.remove(member), model.erase(member) == 1);
            QCOMPARE(set.contains(member), model.count(member) == 1);
            QCOMPARE(set.size(), model.size());
        }
        QCOMPARE(membersOf(set), model);
        QCOMPARE(membersOf(Set::copyOf(set)), model);
    }
}

void TestSetValue::takesSeveralOut_data()
{
    QTest::addColumn<int>("form");
    QTest::newRow("intset") << static_cast<int>(Form::Intset);
    QTest::newRow("listpack") << static_cast<int>(Form::Listpack);
}

void TestSetValue::takesSeveralOut()
{
    QFETCH(int, form);
    Set set = make(static_cast<Form>(form), 50);
    std::vector<std::string> order;
    set.forEach([&](const Member &member) { order.push_back(textOf(member)); });
    const std::size_t positions[] = {0, 1, 7, 30, 49};
    set.eraseAt(positions);
    QCOMPARE(set.form(), static_cast<Form>(form));
    QCOMPARE(set.size(), std::size_t{45});
    for (const std::size_t at : positions)
        QVERIFY(!set.contains(order[at]));
    QVERIFY(set.contains(order[2]) && set.contains(order[48]));
}

void TestSetValue::randomIsUniform_data()
{
    QTest::addColumn<int>("form");
    QTest::addColumn<int>("size");
    QTest::newRow("intset") << static_cast<int>(Form::Intset) << 500;
    QTest::newRow("listpack") << static_cast<int>(Form::Listpack) << 100;
    QTest::newRow("small table") << static_cast<int>(Form::Table) << 40;
    QTest::newRow("table") << static_cast<int>(Form::Table) << 15'000;
}

void TestSetValue::randomIsUniform()
{
    QFETCH(int, form);
    QFETCH(int, size);
    const Set set = make(static_cast<Form>(form), size);
    QCOMPARE(set.form(), static_cast<Form>(form));
    std::mt19937_64 random(17);
    std::map<std::string, int> hits;
    for (int i = 0; i < size * 30; ++i)
        ++hits[textOf(set.random([&] { return random(); }))];
    QVERIFY(deviation(hits, static_cast<std::size_t>(size), 30) < 6);
}

// Each pair of five is chosen as often as any other.
void TestSetValue::choiceIsUniform()
{
    std::mt19937_64 random(23);
    std::map<std::string, int> hits;
    for (int round = 0; round < 20'000; ++round) {
        Choice choice([&] { return random(); }, 2, 5);
        std::string chosen;
        for (char c = 'a'; c < 'f'; ++c) {
            if (choice.next())
                chosen += c;
        }
        QCOMPARE(chosen.size(), std::size_t{2});
        ++hits[chosen];
    }
    QVERIFY(deviation(hits, 10, 2'000) < 6);
}

QTEST_APPLESS_MAIN(TestSetValue)
#include "tst_set_value.moc"
