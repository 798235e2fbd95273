// The ordered tree against std::set: random inserts, erases and changes of score, ranks and bounds,
// for scores of several kinds.
#include "store/ordered_tree.h"

#include <QtTest/QtTest>

#include <cmath>
#include <limits>
#include <random>
#include <set>
#include <string>
#include <vector>

using namespace cay;
using store::OrderedTree;
using store::ScoredItem;

namespace {

struct Before
{
    bool operator()(const ScoredItem *a, const ScoredItem *b) const
    {
        return a->score() < b->score() || (a->score() == b->score() && a->member() < b->member());
    }
};

struct Model
{
    OrderedTree tree;
    std::set<ScoredItem *, Before> items;
    std::vector<ScoredItem *> all; // in no order

    ~Model()
    {
        tree.clear();
        for (ScoredItem *item : all)
            std::free(item);
    }
    ScoredItem *add(double score, const std::string &member)
    {
        auto *item
            = ScoredItem::make(std::malloc(ScoredItem::sizeFor(member.size())), score, member);
        tree.insert(item);
        items.insert(item);
        all.push_back(item);
        return item;
    }
    void erase(std::size_t index)
    {
        std::swap(all[index], all.back());
        tree.erase(all.back());
        items.erase(all.back());
        std::free(all.back());
        all.pop_back();
    }
    void move(std::size_t index, double score)
    {
        items.erase(all[index]);
        tree.move(all[index], score);
        items.insert(all[index]);
    }
    bool sameOrder() const
    {
        auto at = tree.first();
        for (const ScoredItem *item : items) {
            if (!at || at.item() != item)
                return false;
            at.next();
        }
        if (at)
            return false;
        at = tree.last();
        for (auto i = items.rbegin(); i != items.rend(); ++i) {
            if (!at || at.item() != *i)
                return false;
            at.previous();
        }
        return !at;
    }
};

using Bound = OrderedTree::Bound;

bool isBefore(const ScoredItem *item, const Bound &bound)
{
    if (item->score() != bound.score)
        return item->score() < bound.score;
    switch (bound.kind) {
    case Bound::BeforeScore: return false;
    case Bound::AfterScore: return true;
    case Bound::BeforeMember: return item->member() < bound.member;
    case Bound::AfterMember: break;
    }
    return item->member() <= bound.member;
}

// Every rank both ways, and what lies on both sides of bounds.
template <typename Score>
void compareRanksAndBounds(const Model &model, std::mt19937_64 &random, Score score)
{
    std::uint64_t rank = 0;
    for (const ScoredItem *item : model.items) {
        QCOMPARE(model.tree.rank(item), rank);
        QCOMPARE(model.tree.at(rank).item(), item);
        ++rank;
    }
    QVERIFY(!model.tree.at(rank));
    for (int i = 0; i < 300; ++i) {
        const std::string member = std::to_string(random() % 1000);
        const Bound bound{static_cast<Bound::Kind>(random() % 4),
                          model.all.empty() || random() % 4 == 0
                              ? score()
                              : model.all[random() % model.all.size()]->score(),
                          member};
        std::uint64_t before = 0;
        for (const ScoredItem *item : model.items) {
            if (!isBefore(item, bound))
                break;
            ++before;
        }
        QCOMPARE(model.tree.countBefore(bound), before);
        const auto after = model.tree.firstAfter(bound);
        QCOMPARE(after ? after.item() : nullptr,
                 before < rank ? model.tree.at(before).item() : nullptr);
        const auto last = model.tree.lastBefore(bound);
        QCOMPARE(last ? last.item() : nullptr,
                 before > 0 ? model.tree.at(before - 1).item() : nullptr);
    }
}

} // namespace

class TestOrderedTree : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void empty();
    void againstModel_data();
    void againstModel();
    void inOrder();
    void extremeScores();
    void longMembers();
};

void TestOrderedTree::empty()
{
    OrderedTree tree;
    QVERIFY(tree.isSound());
    QVERIFY(!tree.first());
    QVERIFY(!tree.last());
    QVERIFY(!tree.at(0));
    QVERIFY(!tree.firstAfter({}));
    QVERIFY(!tree.lastBefore({}));
    QCOMPARE(tree.countBefore({}), std::uint64_t{0});
}

void TestOrderedTree::againstModel_data()
{
    QTest::addColumn<int>("kind");
    QTest::newRow("spread") << 0;
    QTest::newRow("equal") << 1;
    QTest::newRow("few") << 2;
    QTest::newRow("clustered") << 3;
    QTest::newRow("magnitudes") << 4;
}

void TestOrderedTree::againstModel()
{
    QFETCH(int, kind);
    std::mt19937_64 random(static_cast<unsigned>(kind) + 5);
    const auto score = [&]() -> double {
        switch (kind) {
        case 0: return static_cast<double>(random() % 1'000'000) - 500'000;
        case 1: return 7;
        case 2: return static_cast<double>(random() % 5) - 2;
        case 3: return random() % 20 ? 1e9 + static_cast<double>(random() % 300) / 1e4 : -1e300;
        default: break;
        }
        return std::ldexp(static_cast<double>(random() % 1000) - 500,
                          static_cast<int>(random() % 600) - 300);
    };
    Model model;
    std::uint64_t next = 0;
    for (int phase = 0; phase < 6; ++phase) {
        const unsigned addOf100 = phase % 2 == 0 ? 70 : 15;
        for (int i = 0; i < 4'000; ++i) {
            const auto what = random() % 100;
            if (what < addOf100 || model.all.empty())
                model.add(score(), std::to_string(random() % 90 + 10) + std::to_string(next++));
            else if (what < addOf100 + (100 - addOf100) / 2)
                model.erase(random() % model.all.size());
            else
                model.move(random() % model.all.size(), score());
            if (i % 97 == 0)
                QVERIFY(model.tree.isSound());
        }
        QVERIFY(model.tree.isSound());
        QCOMPARE(model.tree.size(), model.items.size());
        QVERIFY(model.sameOrder());
        compareRanksAndBounds(model, random, score);
        if (QTest::currentTestFailed())
            return;
    }
    while (!model.all.empty()) {
        model.erase(random() % model.all.size());
        if (model.all.size() % 61 == 0)
            QVERIFY(model.tree.isSound());
    }
    QVERIFY(model.tree.isSound());
}

void TestOrderedTree::inOrder()
{
    for (const bool rising : {true, false}) {
        Model model;
        for (int i = 0; i < 20'000; ++i)
            model.add(rising ? i : -i, "m" + std::to_string(i));
        QVERIFY(model.tree.isSound());
        QVERIFY(model.sameOrder());
        for (int i = 0; i < 10'000; ++i) {
            ScoredItem *first = model.tree.first().item();
            const auto at = std::find(model.all.begin(), model.all.end(), first);
            model.erase(static_cast<std::size_t>(at - model.all.begin()));
        }
        QVERIFY(model.tree.isSound());
        QVERIFY(model.sameOrder());
    }
}

void TestOrderedTree::extremeScores()
{
    using Limits = std::numeric_limits<double>;
    Model model;
    int n = 0;
    for (const double score :
         {-Limits::infinity(), Limits::lowest(), -1.0, -Limits::denorm_min(), -0.0, 0.0,
          Limits::denorm_min(), Limits::min(), 1.0, Limits::max(), Limits::infinity()}) {
        for (int i = 0; i < 40; ++i)
            model.add(score, std::to_string(n++));
    }
    QVERIFY(model.tree.isSound());
    QVERIFY(model.sameOrder());
    QCOMPARE(model.tree.countBefore({Bound::BeforeScore, 0.0, {}}), std::uint64_t{160});
    QCOMPARE(model.tree.countBefore({Bound::AfterScore, -0.0, {}}), std::uint64_t{240});
    QCOMPARE(model.tree.countBefore({Bound::AfterScore, Limits::infinity(), {}}),
             std::uint64_t{440});
    QCOMPARE(model.tree.countBefore({Bound::BeforeScore, -Limits::infinity(), {}}),
             std::uint64_t{0});
}

void TestOrderedTree::longMembers()
{
    for (const std::size_t size : {0u, 1u, 254u, 255u, 256u, 70'000u}) {
        const std::string member(size, 'x');
        void *memory = std::malloc(ScoredItem::sizeFor(size));
        const ScoredItem *item = ScoredItem::make(memory, 1.5, member);
        QCOMPARE(item->member(), Bytes(member));
        QCOMPARE(item->score(), 1.5);
        QCOMPARE(item->size(), ScoredItem::sizeFor(size));
        std::free(memory);
    }
}

QTEST_APPLESS_MAIN(TestOrderedTree)
#include "tst_ordered_tree.moc"
