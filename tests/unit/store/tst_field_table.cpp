// The fields of a large hash against std::map: sizes at every limit, times, copies, growth.
#include "store/field_table.h"

#include <QtTest/QtTest>

#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>

using namespace cay;
using store::FieldItem;
using store::FieldTable;

namespace {

struct Model
{
    std::string value;
    UnixMs at = kNever;
};
using Fields = std::map<std::string, Model>;

Fields contentOf(const FieldTable &table)
{
    Fields fields;
    table.forEach([&](const FieldItem *item) {
        fields[std::string(item->field())] = {std::string(item->value()), item->expiry()};
    });
    return fields;
}

bool same(const Fields &a, const Fields &b)
{
    return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto &x, const auto &y) {
        return x.first == y.first && x.second.value == y.second.value && x.second.at == y.second.at;
    });
}

std::string textOf(std::mt19937_64 &random)
{
    static constexpr std::size_t kSizes[] = {0, 1, 5, 10, 126, 127, 128, 230, 254, 255, 256, 1000};
    const std::size_t size = random() % 4 ? random() % 24 : kSizes[random() % std::size(kSizes)];
    return std::string(size, static_cast<char>('a' + random() % 26));
}

} // namespace

class TestFieldTable : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void agreesWithMap();
    void headHoldsTheTime();
    void expiredOnesAreCounted();
    void memoryOfAMillion();
};

void TestFieldTable::agreesWithMap()
{
    std::mt19937_64 random(3);
    auto table = std::make_unique<FieldTable>();
    Fields model;
    for (int i = 0; i < 60'000; ++i) {
        const std::string field = textOf(random) + std::to_string(random() % 900);
        const auto found = model.find(field);
        const UnixMs at = random() % 2 ? kNever : static_cast<UnixMs>(random() % 500);
        switch (random() % 6) {
        case 0:
            QCOMPARE(table->erase(field), found != model.end());
            model.erase(field);
            break;
        case 1:
            if (FieldItem *item = table->find(field)) {
                QCOMPARE(table->setExpiry(item, at)->expiry(), at);
                found->second.at = at;
            }
            break;
        case 2: {
            const std::string value = textOf(random);
            QCOMPARE(table->set(field, value, FieldTable::kKeep), found == model.end());
            model[field].value = value;
            break;
        }
        default: {
            const std::string value = textOf(random);
            QCOMPARE(table->set(field, value, at), found == model.end());
            model[field] = {value, at};
        }
        }
        const FieldItem *item = table->find(field);
        QCOMPARE(item != nullptr, model.contains(field));
        if (item) {
            QCOMPARE(item->value(), Bytes(model[field].value));
            QCOMPARE(item->expiry(), model[field].at);
        }
        QCOMPARE(table->size(), model.size());
        if (i % 5000 == 0) {
            QVERIFY(same(contentOf(*table), model));
            const std::unique_ptr<FieldTable> copy(table->clone());
            QVERIFY(same(contentOf(*copy), model));
            QCOMPARE(copy->expiring(), table->expiring());
            QCOMPARE(copy->nextExpiry(), table->nextExpiry());
        }
        UnixMs soonest = kNever;
        if (i % 50 == 0) {
            for (const auto &entry : model)
                soonest = std::min(soonest, entry.second.at);
            QCOMPARE(table->nextExpiry(), soonest);
        }
    }
}

// Entry::due() reads it through the value's address.
void TestFieldTable::headHoldsTheTime()
{
    auto table = std::make_unique<FieldTable>();
    table->TimedValue::due = 12345;
    QCOMPARE(*reinterpret_cast<const UnixMs *>(table.get()), UnixMs{12345});
    QCOMPARE(reinterpret_cast<std::uintptr_t>(table.get()) & 7, std::uintptr_t{0});
}

void TestFieldTable::expiredOnesAreCounted()
{
    FieldTable table;
    for (int i = 0; i < 3000; ++i)
        table.set("f" + std::to_string(i), "v", i % 3 == 0 ? kNever : i);
    QCOMPARE(table.expiring(), std::size_t{2000});
    QCOMPARE(table.expired(0), std::size_t{0});
    QCOMPARE(table.expired(1), std::size_t{1});
    QCOMPARE(table.expired(2999), std::size_t{2000});
    std::vector<FieldItem *> due;
    table.due(1499, 10'000, &due);
    QCOMPARE(due.size(), table.expired(1499));
    for (const FieldItem *item : due)
        QVERIFY(item->isExpired(1499));
    due.clear();
    table.due(1499, 10, &due);
    QCOMPARE(due.size(), std::size_t{10});
    std::set<std::string> seen;
    std::uint64_t cursor = 0;
    do
        cursor = table.scan(cursor, [&](const FieldItem *item) { seen.emplace(item->field()); });
    while (cursor);
    QCOMPARE(seen.size(), std::size_t{3000});
}

void TestFieldTable::memoryOfAMillion()
{
#ifdef CAY_TORTURE
    QSKIP("segments are tiny here");
#endif
    FieldTable table;
    for (int i = 0; i < 1'000'000; ++i) {
        char field[16], value[16];
        std::snprintf(field, sizeof field, "field:%06d", i);
        std::snprintf(value, sizeof value, "v%09d", i);
        table.set(field, value);
    }
    QVERIFY2(table.bytes() < 37'000'000, std::to_string(table.bytes()).c_str());
}

QTEST_APPLESS_MAIN(TestFieldTable)
#include "tst_field_table.moc"
