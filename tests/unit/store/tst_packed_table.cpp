// The packed hash table against std::unordered_map: growth, change of size, shrinking, scans that
// go on meanwhile, chance.
#include "store/packed_table.h"

#include <QtTest/QtTest>

#include <random>
#include <string>
#include <unordered_map>
#include <unordered_set>

using namespace cay;

namespace {

// [key size 1][value size 2][key][value]
struct Traits
{
    static Bytes key(const unsigned char *item)
    {
        return Bytes(reinterpret_cast<const char *>(item) + 3, item[0]);
    }
    static Bytes value(const unsigned char *item)
    {
        const Bytes k = key(item);
        return Bytes(k.data() + k.size(), static_cast<std::size_t>(item[1] + item[2] * 256));
    }
    static std::size_t size(const unsigned char *item)
    {
        return 3 + key(item).size() + value(item).size();
    }
    static std::size_t sizeFor(Bytes key, Bytes value) { return 3 + key.size() + value.size(); }
    static void write(unsigned char *item, Bytes key, Bytes value)
    {
        item[0] = static_cast<unsigned char>(key.size());
        item[1] = static_cast<unsigned char>(value.size() % 256);
        item[2] = static_cast<unsigned char>(value.size() / 256);
        std::memcpy(item + 3, key.data(), key.size());
        std::memcpy(item + 3 + key.size(), value.data(), value.size());
    }
};
using Table = store::PackedTable<Traits>;

std::string keyOf(std::uint64_t n) { return "key:" + std::to_string(n); }

struct Model
{
    Table table;
    std::unordered_map<std::string, std::string> items;

    void put(const std::string &key, const std::string &value)
    {
        const auto hash = store::hashBytes(key);
        const std::size_t size = Traits::sizeFor(key, value);
        const Table::Place place = table.find(key, hash);
        Traits::write(place ? table.resize(place, hash, size) : table.insert(hash, size), key,
                      value);
        items[key] = value;
    }
    bool remove(const std::string &key)
    {
        const auto hash = store::hashBytes(key);
        const Table::Place place = table.find(key, hash);
        if (!place)
            return items.count(key) == 0 ? false : throw 1;
        table.erase(place, hash);
        return items.erase(key) == 1;
    }
    bool same(const Table &other) const
    {
        std::size_t seen = 0;
        bool equal = other.size() == items.size();
        other.forEach([&](const unsigned char *item) {
            const auto found = items.find(std::string(Traits::key(item)));
            equal = equal && found != items.end() && found->second == Traits::value(item);
            ++seen;
        });
        for (const auto &[key, value] : items) {
            const Table::Place place = other.find(key, store::hashBytes(key));
            equal = equal && place && Traits::value(place.item) == value;
        }
        return equal && seen == items.size();
    }
};

} // namespace

class TestPackedTable : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void findsWhatWasInserted();
    void agreesWithUnorderedMap_data();
    void agreesWithUnorderedMap();
    void shrinksWhenEmptied();
    void copies();
    void reserves();
    void scanVisitsAllThatStay_data();
    void scanVisitsAllThatStay();
    void scanVisitsNothingTwiceWhileStill();
    void randomIsUniform_data();
    void randomIsUniform();
    void smallTablesAreSmall();
};

void TestPackedTable::findsWhatWasInserted()
{
    Model model;
    for (std::uint64_t i = 0; i < 50'000; ++i)
        model.put(keyOf(i), "v");
    QVERIFY(model.same(model.table));
    for (std::uint64_t i = 0; i < 50'000; ++i) {
        const std::string missing = "no" + keyOf(i);
        QVERIFY(!model.table.find(missing, store::hashBytes(missing)));
    }
}

void TestPackedTable::agreesWithUnorderedMap_data()
{
    QTest::addColumn<int>("keys");
    QTest::addColumn<int>("largest");
    QTest::newRow("few") << 60 << 40;
    QTest::newRow("short") << 20'000 << 4;
    QTest::newRow("mixed") << 8'000 << 60;
    QTest::newRow("long") << 2'000 << 250;
}

void TestPackedTable::agreesWithUnorderedMap()
{
    QFETCH(int, keys);
    QFETCH(int, largest);
    std::mt19937 random(7);
    Model model;
    for (int round = 0; round < 120'000; ++round) {
        // Waves: mostly growth, then mostly shrinking.
        const bool growing = round / 20'000 % 2 == 0;
        const std::string key = keyOf(random() % static_cast<unsigned>(keys));
        const bool present = model.items.count(key) > 0;
        if (random() % 10 < (growing ? 8u : 3u))
            model.put(key, std::string(random() % static_cast<unsigned>(largest), 'x'));
        else
            QCOMPARE(model.remove(key), present);
        QCOMPARE(model.table.size(), model.items.size());
        if (round % 10'000 == 0)
            QVERIFY(model.same(model.table));
    }
    QVERIFY(model.same(model.table));
}

void TestPackedTable::shrinksWhenEmptied()
{
    Model model;
    for (std::uint64_t i = 0; i < 100'000; ++i)
        model.put(keyOf(i), "value");
    const std::size_t full = model.table.bytes();
    for (std::uint64_t i = 0; i < 99'900; ++i)
        QVERIFY(model.remove(keyOf(i)));
    QVERIFY(model.same(model.table));
    QVERIFY(model.table.bytes() < full / 100);
    for (std::uint64_t i = 99'900; i < 100'000; ++i)
        QVERIFY(model.remove(keyOf(i)));
    QCOMPARE(model.table.bytes(), std::size_t{0});
    QCOMPARE(model.table.segments(), std::size_t{0});
}

void TestPackedTable::copies()
{
    for (const std::uint64_t n : {0u, 1u, 100u, 30'000u}) {
        Model model;
        for (std::uint64_t i = 0; i < n; ++i)
            model.put(keyOf(i), std::string(i % 50, 'c'));
        for (std::uint64_t i = 0; i < n; i += 3)
            model.remove(keyOf(i));
        Table copy;
        copy.copyFrom(model.table);
        QVERIFY(model.same(copy));
        for (std::uint64_t i = 1; i < n; i += 3)
            model.remove(keyOf(i));
        QVERIFY(copy.size() >= model.table.size());
    }
}

void TestPackedTable::reserves()
{
    for (const std::uint64_t n : {1u, 130u, 3'000u, 50'000u}) {
        Model model;
        model.table.reserve(n, n * 12);
        for (std::uint64_t i = 0; i < n; ++i)
            model.put(keyOf(i), "v");
        QVERIFY(model.same(model.table));
    }
}

void TestPackedTable::scanVisitsAllThatStay_data()
{
    QTest::addColumn<bool>("growing");
    QTest::newRow("growing") << true;
    QTest::newRow("shrinking") << false;
}

void TestPackedTable::scanVisitsAllThatStay()
{
    QFETCH(bool, growing);
    Model model;
    const std::uint64_t stay = 5'000, others = 60'000;
    for (std::uint64_t i = 0; i < stay; ++i)
        model.put(keyOf(i), "stays");
    for (std::uint64_t i = 0; !growing && i < others; ++i)
        model.put(keyOf(stay + i), "goes");
    std::unordered_set<std::string> seen;
    std::uint64_t cursor = 0, step = 0;
    do {
        cursor = model.table.scan(
            cursor, [&](const unsigned char *item) { seen.emplace(Traits::key(item)); });
        for (int i = 0; i < 40 && step < others; ++i, ++step) {
            if (growing)
                model.put(keyOf(stay + step), "comes");
            else
                model.remove(keyOf(stay + step));
        }
    } while (cursor);
    for (std::uint64_t i = 0; i < stay; ++i)
        QVERIFY(seen.count(keyOf(i)));
}

void TestPackedTable::scanVisitsNothingTwiceWhileStill()
{
    for (const std::uint64_t n : {1u, 5u, 30u, 1'000u, 40'000u}) {
        Model model;
        for (std::uint64_t i = 0; i < n; ++i)
            model.put(keyOf(i), "v");
        std::uint64_t cursor = 0;
        std::size_t visits = 0;
        std::unordered_set<std::string> seen;
        do {
            cursor = model.table.scan(cursor, [&](const unsigned char *item) {
                seen.emplace(Traits::key(item));
                ++visits;
            });
        } while (cursor);
        QCOMPARE(visits, static_cast<std::size_t>(n));
        QCOMPARE(seen.size(), static_cast<std::size_t>(n));
    }
}

void TestPackedTable::randomIsUniform_data()
{
    QTest::addColumn<int>("size");
    QTest::addColumn<int>("before");
    QTest::newRow("few") << 10 << 0;
    QTest::newRow("one segment") << 2'000 << 0;
    QTest::newRow("segments") << 20'000 << 0;
    QTest::newRow("after shrinking") << 2'000 << 60'000;
}

// Chi-squared: its mean is the degrees of freedom, its deviation the root of twice as many.
void TestPackedTable::randomIsUniform()
{
    QFETCH(int, size);
    QFETCH(int, before);
    Model model;
    for (int i = 0; i < std::max(size, before); ++i)
        model.put(keyOf(static_cast<std::uint64_t>(i)),
                  std::string(static_cast<std::size_t>(i % 9), 'r'));
    for (int i = size; i < before; ++i)
        model.remove(keyOf(static_cast<std::uint64_t>(i)));
    std::mt19937_64 random(11);
    std::unordered_map<std::string, int> hits;
    const int draws = size * 20;
    for (int i = 0; i < draws; ++i)
        ++hits[std::string(Traits::key(model.table.random([&] { return random(); })))];
    double chi = 0;
    for (int i = 0; i < size; ++i) {
        const double off = hits[keyOf(static_cast<std::uint64_t>(i))] - 20.0;
        chi += off * off / 20.0;
    }
    const double freedom = size - 1;
    QVERIFY2(std::abs(chi - freedom) < 6 * std::sqrt(2 * freedom),
             qPrintable(QString::number(chi)));
}

void TestPackedTable::smallTablesAreSmall()
{
    Model model;
    for (std::uint64_t i = 0; i < 200; ++i)
        model.put(keyOf(i), "");
    QVERIFY(model.table.bytes() <= 200 * 30);
}

QTEST_APPLESS_MAIN(TestPackedTable)
#include "tst_packed_table.moc"
