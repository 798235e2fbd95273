// The hash table against std::unordered_map, through growth, shrinking and scans that go on
// meanwhile.
#include "store/dict.h"

#include <QtTest/QtTest>

#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>

using namespace cay;

namespace {

struct Traits
{
    static Bytes key(const std::string *item) { return *item; }
};
using Table = store::Dict<std::string, Traits>;

struct Model
{
    Table table;
    std::unordered_map<std::string, std::unique_ptr<std::string>> items;

    bool add(const std::string &key)
    {
        const auto hash = store::hashBytes(key);
        if (table.find(key, hash))
            return false;
        auto &item = items[key];
        item = std::make_unique<std::string>(key);
        table.insert(item.get(), hash);
        return true;
    }
    bool remove(const std::string &key)
    {
        const auto hash = store::hashBytes(key);
        Table::Slot *slot = table.find(key, hash);
        if (!slot)
            return false;
        table.erase(slot, hash);
        items.erase(key);
        return true;
    }
};

std::string keyOf(std::uint64_t n) { return "key:" + std::to_string(n); }

} // namespace

class TestDict : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void findsWhatWasInserted();
    void agreesWithUnorderedMap();
    void shrinksWhenEmptied();
    void scanVisitsAllThatStay_data();
    void scanVisitsAllThatStay();
    void scanVisitsNothingTwiceWhileStill();
    void randomReachesEveryItem();
    void collidingTagsAreTold();
};

void TestDict::findsWhatWasInserted()
{
    Model model;
    for (int i = 0; i < 50'000; ++i)
        QVERIFY(model.add(keyOf(i)));
    QCOMPARE(model.table.size(), std::size_t{50'000});
    for (int i = 0; i < 50'000; ++i) {
        const std::string key = keyOf(i);
        Table::Slot *slot = model.table.find(key, store::hashBytes(key));
        QVERIFY(slot);
        QCOMPARE(*Table::item(*slot), key);
        const std::string missing = "no" + key;
        QVERIFY(!model.table.find(missing, store::hashBytes(missing)));
    }
}

void TestDict::agreesWithUnorderedMap()
{
    std::mt19937_64 random(7);
    Model model;
    for (int phase = 0; phase < 6; ++phase) {
        const unsigned addPercent = phase % 2 == 0 ? 70 : 25;
        for (int i = 0; i < 30'000; ++i) {
            const std::string key = keyOf(random() % 12'000);
            const bool known = model.items.count(key) != 0;
            if (random() % 100 < addPercent)
                QCOMPARE(model.add(key), !known);
            else
                QCOMPARE(model.remove(key), known);
        }
        QCOMPARE(model.table.size(), model.items.size());
        std::size_t seen = 0;
        model.table.forEach([&](std::string *item) { seen += model.items.count(*item); });
        QCOMPARE(seen, model.items.size());
    }
}

void TestDict::shrinksWhenEmptied()
{
    Model model;
    for (int i = 0; i < 40'000; ++i)
        model.add(keyOf(i));
    const std::size_t full = model.table.tableBytes();
    for (int i = 0; i < 39'900; ++i)
        QVERIFY(model.remove(keyOf(i)));
    QVERIFY2(model.table.tableBytes() < full / 20, "tables follow the number of items down");
    for (int i = 39'900; i < 40'000; ++i)
        QVERIFY(model.remove(keyOf(i)));
    QCOMPARE(model.table.tableBytes(), std::size_t{0});
}

void TestDict::scanVisitsAllThatStay_data()
{
    QTest::addColumn<int>("stay");
    QTest::addColumn<int>("churn");
    QTest::newRow("small") << 5 << 100;
    QTest::newRow("grows much") << 300 << 20'000;
    QTest::newRow("large") << 5'000 << 20'000;
}

void TestDict::scanVisitsAllThatStay()
{
    QFETCH(int, stay);
    QFETCH(int, churn);
    std::mt19937_64 random(11);
    for (int round = 0; round < 6; ++round) {
        Model model;
        for (int i = 0; i < stay; ++i)
            model.add("stay:" + std::to_string(i));
        const bool shrinking = round % 2;
        for (int i = 0; shrinking && i < churn; ++i)
            model.add("churn:" + std::to_string(i));
        std::unordered_set<std::string> seen;
        std::uint64_t cursor = 0;
        int next = 0;
        do {
            cursor = model.table.scan(cursor, [&](std::string *item) { seen.insert(*item); });
            for (int i = 0; i < static_cast<int>(random() % 64) && next < churn; ++i, ++next) {
                const std::string key = "churn:" + std::to_string(next);
                shrinking ? model.remove(key) : model.add(key);
            }
        } while (cursor);
        for (int i = 0; i < stay; ++i)
            QVERIFY2(seen.count("stay:" + std::to_string(i)), qPrintable(QString::number(i)));
    }
}

void TestDict::scanVisitsNothingTwiceWhileStill()
{
    Model model;
    for (int i = 0; i < 10'000; ++i)
        model.add(keyOf(i));
    std::unordered_map<std::string, int> seen;
    std::uint64_t cursor = 0;
    do {
        QVERIFY(cursor < (std::uint64_t{1} << 48));
        cursor = model.table.scan(cursor, [&](std::string *item) { ++seen[*item]; });
    } while (cursor);
    QCOMPARE(seen.size(), std::size_t{10'000});
    for (const auto &[key, times] : seen)
        QCOMPARE(times, 1);
}

void TestDict::randomReachesEveryItem()
{
    std::mt19937_64 random(3);
    for (const int size : {1, 6, 50, 2'000}) {
        Model model;
        for (int i = 0; i < size; ++i)
            model.add(keyOf(i));
        std::unordered_map<std::string, int> seen;
        const int draws = size * 40;
        for (int i = 0; i < draws; ++i)
            ++seen[*model.table.random([&] { return random(); })];
        QCOMPARE(seen.size(), static_cast<std::size_t>(size));
        for (const auto &[key, times] : seen)
            QVERIFY2(times < 120, "each is drawn about 40 times");
    }
}

void TestDict::collidingTagsAreTold()
{
    // Hashes of the caller's choice: all in one bucket with one tag, so that only the key tells
    // them apart.
    Table table;
    std::vector<std::unique_ptr<std::string>> items;
    for (int i = 0; i < 7; ++i) {
        items.push_back(std::make_unique<std::string>(keyOf(i)));
        table.insert(items.back().get(), 0);
    }
    for (int i = 0; i < 7; ++i)
        QCOMPARE(Table::item(*table.find(keyOf(i), 0)), items[i].get());
    QVERIFY(!table.find("other", 0));
    table.erase(table.find(keyOf(3), 0), 0);
    QVERIFY(!table.find(keyOf(3), 0));
    QCOMPARE(table.size(), std::size_t{6});
}

QTEST_APPLESS_MAIN(TestDict)
#include "tst_dict.moc"
