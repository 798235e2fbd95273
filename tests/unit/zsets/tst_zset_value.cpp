// Sorted sets in both forms against a plain model: additions under every condition, removals,
// ranks, ranges, and the changes from one form to the other.
#include "zset_value.h"

#include <QtTest/QtTest>

#include <algorithm>
#include <cmath>
#include <map>
#include <random>
#include <set>
#include <string>

using namespace cay;
using namespace cay::zsets;

namespace {

struct Model
{
    std::map<std::string, double> scores;
    std::set<std::pair<double, std::string>> order;

    void put(const std::string &member, double score)
    {
        erase(member);
        scores[member] = score;
        order.insert({score, member});
    }
    void erase(const std::string &member)
    {
        const auto found = scores.find(member);
        if (found == scores.end())
            return;
        order.erase({found->second, member});
        scores.erase(found);
    }
};

using Pairs = std::vector<std::pair<double, std::string>>;

Pairs pairsOf(const ZsetView &zset, std::uint64_t rank, std::uint64_t count, bool reverse)
{
    Pairs pairs;
    zset.forEach(rank, count, reverse, [&](const Member &member, double score) {
        char digits[24];
        pairs.emplace_back(score, std::string(member.bytes(digits)));
        return true;
    });
    return pairs;
}

bool same(const Zset &zset, const Model &model)
{
    Pairs expected(model.order.begin(), model.order.end());
    if (zset.size() != expected.size() || pairsOf(zset, 0, zset.size(), false) != expected)
        return false;
    std::reverse(expected.begin(), expected.end());
    return expected.empty() || pairsOf(zset, zset.size() - 1, zset.size(), true) == expected;
}

// What ZADD is documented to do.
Added expectedOf(const Model &model, const std::string &member, double score, unsigned conditions)
{
    const auto found = model.scores.find(member);
    if (found == model.scores.end())
        return conditions & OnlyExisting ? Added{Added::Refused, 0} : Added{Added::New, score};
    const double present = found->second;
    if (conditions & OnlyNew)
        return {Added::Refused, present};
    if (conditions & Increment)
        score += present;
    if (std::isnan(score))
        return {Added::NotANumber, present};
    if ((conditions & OnlyGreater && !(score > present))
        || (conditions & OnlyLess && !(score < present)))
        return {Added::Refused, present};
    return {score == present ? Added::Unchanged : Added::Changed, score};
}

double randomScore(std::mt19937 &random)
{
    switch (random() % 6) {
    case 0: return static_cast<double>(random() % 10) / 3;
    case 1: return random() % 2 ? INFINITY : -INFINITY;
    default: return static_cast<double>(random() % 30) - 15;
    }
}

} // namespace

class TestZsetValue : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void init() { g_limits = {}; }
    void againstModel_data();
    void againstModel();
    void ranges();
    void limits();
    void smallAgain();
    void longMembers();
};

void TestZsetValue::againstModel_data()
{
    QTest::addColumn<int>("limit");
    QTest::newRow("large") << 0;
    QTest::newRow("converted") << 20;
    QTest::newRow("small") << 1000;
}

void TestZsetValue::againstModel()
{
    QFETCH(int, limit);
    g_limits.entries = limit;
    std::mt19937 random(static_cast<unsigned>(limit) + 1);
    OwnedZset zset;
    Model model;
    constexpr unsigned kConditions[] = {Always,
                                        OnlyNew,
                                        OnlyExisting,
                                        OnlyGreater,
                                        OnlyLess,
                                        Increment,
                                        Increment | OnlyGreater,
                                        OnlyExisting | OnlyLess};
    for (int i = 0; i < 6'000; ++i) {
        const std::string member = std::to_string(random() % 300);
        const auto what = random() % 100;
        if (what < 70) {
            const double score = randomScore(random);
            const unsigned conditions = kConditions[random() % std::size(kConditions)];
            const Added expected = expectedOf(model, member, score, conditions);
            const Added added = zset->add(member, score, conditions);
            QCOMPARE(added.outcome, expected.outcome);
            QVERIFY(added.score == expected.score);
            if (added.outcome == Added::New || added.outcome == Added::Changed)
                model.put(member, added.score);
        } else if (what < 90) {
            QCOMPARE(zset->remove(member), model.scores.contains(member));
            model.erase(member);
        } else if (what < 98 && zset->size() > 0) {
            const bool last = random() % 2;
            model.erase(last ? model.order.rbegin()->second : model.order.begin()->second);
            zset->pop(last);
        } else if (zset->size() > 10) {
            const std::uint64_t from = random() % (zset->size() - 5);
            for (int n = 0; n < 5; ++n)
                model.erase(std::next(model.order.begin(), static_cast<long>(from))->second);
            zset->removeRange({from, from + 5});
        }
        if (i % 50 == 0)
            QVERIFY(same(*zset, model));
    }
    QVERIFY(same(*zset, model));
    QCOMPARE(zset->isSmall(), limit == 1000);
    std::uint64_t expectedRank = 0;
    for (const auto &[score, member] : model.order) {
        std::uint64_t rank = 0;
        double found = 0;
        QVERIFY(zset->rank(member, false, &rank, &found));
        QCOMPARE(rank, expectedRank);
        QVERIFY(found == score);
        QVERIFY(zset->rank(member, true, &rank, &found));
        QCOMPARE(rank, zset->size() - 1 - expectedRank);
        ++expectedRank;
    }
}

void TestZsetValue::ranges()
{
    for (const bool large : {false, true}) {
        OwnedZset zset;
        if (large)
            zset->toLarge();
        for (int i = 0; i < 100; ++i)
            zset->add("m" + std::to_string(i % 10) + std::to_string(i / 10), i / 10);
        const auto count = [&](const ScoreRange &range) { return zset->ranks(range).size(); };
        QCOMPARE(count({}), std::uint64_t{100});
        QCOMPARE(count({2, 4, false, false}), std::uint64_t{30});
        QCOMPARE(count({2, 4, true, false}), std::uint64_t{20});
        QCOMPARE(count({2, 4, true, true}), std::uint64_t{10});
        QCOMPARE(count({2, 2, true, false}), std::uint64_t{0});
        QCOMPARE(count({4, 2, false, false}), std::uint64_t{0});
        QCOMPARE(count({100, 200, false, false}), std::uint64_t{0});
        QCOMPARE(zset->ranks(ScoreRange{2, 4, false, false}).from, std::uint64_t{20});
        QCOMPARE(zset->ranks(-5, -2).from, std::uint64_t{95});
        QCOMPARE(zset->ranks(-5, -2).size(), std::uint64_t{4});
        QCOMPARE(zset->ranks(INT64_MIN, INT64_MAX).size(), std::uint64_t{100});
        QCOMPARE(zset->ranks(INT64_MAX, INT64_MIN).size(), std::uint64_t{0});
    }
    for (const bool large : {false, true}) {
        OwnedZset zset;
        if (large)
            zset->toLarge();
        for (const char *member : {"", "a", "aa", "b", "c"})
            zset->add(member, 7);
        const auto lex = [&](LexEnd min, LexEnd max, bool reverse = false) {
            return zset->ranks(LexRange{min, max}, reverse).size();
        };
        const LexEnd lowest{LexEnd::Lowest, {}}, highest{LexEnd::Highest, {}};
        QCOMPARE(lex(lowest, highest), std::uint64_t{5});
        QCOMPARE(lex(highest, lowest), std::uint64_t{0});
        QCOMPARE(lex({LexEnd::Included, "a"}, {LexEnd::Included, "b"}), std::uint64_t{3});
        QCOMPARE(lex({LexEnd::Excluded, "a"}, {LexEnd::Excluded, "b"}, true), std::uint64_t{1});
        QCOMPARE(lex({LexEnd::Excluded, ""}, highest), std::uint64_t{4});
        QCOMPARE(lex({LexEnd::Included, "x"}, highest), std::uint64_t{0});
        QCOMPARE(lex({LexEnd::Included, "b"}, {LexEnd::Included, "a"}), std::uint64_t{0});
    }
}

void TestZsetValue::limits()
{
    g_limits = {4, 8};
    OwnedZset zset;
    for (int i = 0; i < 4; ++i)
        zset->add(std::to_string(i), i);
    QVERIFY(zset->isSmall());
    zset->add("0", 100);
    QVERIFY(zset->isSmall());
    zset->add("4", 4);
    QVERIFY(!zset->isSmall());
    OwnedZset other;
    other->add("12345678", 1);
    QVERIFY(other->isSmall());
    other->add("123456789", 1);
    QVERIFY(!other->isSmall());
}

void TestZsetValue::smallAgain()
{
    OwnedZset zset;
    zset->toLarge();
    Model model;
    for (int i = 0; i < 100; ++i) {
        zset->add(std::to_string(i * 7 % 100), i / 3.0);
        model.put(std::to_string(i * 7 % 100), i / 3.0);
    }
    zset->toSmallIfItFits();
    QVERIFY(zset->isSmall());
    QVERIFY(ListpackView::valid(zset->pack().all()));
    QVERIFY(same(*zset, model));
    OwnedZset large;
    large->toLarge();
    large->add(std::string(65, 'x'), 1);
    large->toSmallIfItFits();
    QVERIFY(!large->isSmall());
}

void TestZsetValue::longMembers()
{
    OwnedZset zset;
    Model model;
    for (std::size_t size = 0; size < 1'500; size += 7) {
        zset->add(std::string(size, 'm'), static_cast<double>(size % 5));
        model.put(std::string(size, 'm'), static_cast<double>(size % 5));
    }
    QVERIFY(same(*zset, model));
    const std::size_t bytes = zset->large().bytes();
    for (std::size_t size = 700; size < 1'500; size += 7) {
        QVERIFY(zset->remove(std::string(size, 'm')));
        model.erase(std::string(size, 'm'));
    }
    QVERIFY(zset->large().bytes() < bytes);
    QVERIFY(same(*zset, model));
}

QTEST_APPLESS_MAIN(TestZsetValue)
#include "tst_zset_value.moc"
