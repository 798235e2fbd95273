// The expiry index against a std::multimap, with many equal times, moves and erasures in any order.
#include "store/arena.h"
#include "store/expiry_index.h"
#include "store/siphash.h"

#include <QtTest/QtTest>

#include <map>
#include <random>
#include <set>
#include <string>

using namespace cay;
using store::Entry;

class TestExpiryIndex : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void agreesWithMultimap_data();
    void agreesWithMultimap();
    void ascendingTimesFillLeaves();

private:
    void compare(const store::ExpiryIndex &index, const std::multiset<UnixMs> &order, UnixMs now);
    Entry *make(const std::string &key, UnixMs at)
    {
        const auto value = store::Value::ofText("v");
        void *memory = m_arena.allocate(Entry::sizeFor(key.size(), true, value), key.size());
        return Entry::make(memory, key, value, 0, &at);
    }
    store::EntryArena m_arena;
};

void TestExpiryIndex::agreesWithMultimap_data()
{
    QTest::addColumn<int>("times");
    QTest::newRow("one time for all") << 1;
    QTest::newRow("few times") << 20;
    QTest::newRow("many times") << 1'000'000;
}

void TestExpiryIndex::compare(const store::ExpiryIndex &index, const std::multiset<UnixMs> &order,
                              UnixMs now)
{
    QCOMPARE(index.next(), *order.begin());
    std::vector<Entry *> due;
    index.due(now, order.size() + 1, &due);
    QCOMPARE(static_cast<std::ptrdiff_t>(due.size()),
             std::distance(order.begin(), order.upper_bound(now)));
    QCOMPARE(static_cast<std::ptrdiff_t>(index.countBefore(now)),
             std::distance(order.begin(), order.lower_bound(now)));
    QCOMPARE(index.countBefore(kNever), order.size());
    std::vector<UnixMs> seen;
    index.forEach([&](Entry *entry) {
        seen.push_back(entry->expiry());
        return true;
    });
    QVERIFY(std::equal(seen.begin(), seen.end(), order.begin(), order.end()));
    seen.clear();
    index.forEach(
        [&](Entry *entry) {
            seen.push_back(entry->expiry());
            return true;
        },
        now);
    QVERIFY(std::equal(seen.begin(), seen.end(), order.lower_bound(now), order.end()));
}

void TestExpiryIndex::agreesWithMultimap()
{
    QFETCH(int, times);
    std::mt19937_64 random(5);
    store::ExpiryIndex index;
    std::map<std::string, Entry *> model;
    std::multiset<UnixMs> order;
    for (int i = 0; i < 40'000; ++i) {
        const std::string key = "k" + std::to_string(random() % 6'000);
        const auto hash = store::hashBytes(key);
        const auto found = model.find(key);
        if (found == model.end()) {
            const UnixMs at = static_cast<UnixMs>(random() % static_cast<unsigned>(times));
            Entry *entry = make(key, at);
            index.insert(entry, hash);
            model[key] = entry;
            order.insert(at);
        } else if (random() % 3 == 0) {
            Entry *entry = make(key, found->second->expiry());
            index.moved(found->second, entry, hash);
            m_arena.free(found->second, key.size());
            found->second = entry;
        } else if (random() % 2 == 0) {
            const UnixMs at = static_cast<UnixMs>(random() % static_cast<unsigned>(times));
            order.erase(order.find(found->second->expiry()));
            order.insert(at);
            index.reschedule(found->second, at, hash);
            QCOMPARE(found->second->expiry(), at);
        } else {
            index.erase(found->second, hash);
            order.erase(order.find(found->second->expiry()));
            m_arena.free(found->second, key.size());
            model.erase(found);
        }
        QCOMPARE(index.size(), model.size());
        if (i % 500 == 0 && !model.empty()) {
            compare(index, order, times / 2);
        }
    }
    for (const auto &[key, entry] : model)
        index.erase(entry, store::hashBytes(key));
    QCOMPARE(index.size(), std::size_t{0});
    QCOMPARE(index.bytes(), std::size_t{0});
}

void TestExpiryIndex::ascendingTimesFillLeaves()
{
#ifdef CAY_TORTURE
    QSKIP("leaves are tiny here");
#endif
    store::ExpiryIndex index;
    for (int i = 0; i < 100'000; ++i) {
        const std::string key = std::to_string(i);
        index.insert(make(key, i), store::hashBytes(key));
    }
    QVERIFY2(index.bytes() < 100'000 * 9, "8 bytes a key and little more");
}

QTEST_APPLESS_MAIN(TestExpiryIndex)
#include "tst_expiry_index.moc"
