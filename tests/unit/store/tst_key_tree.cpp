#include "store/key_tree.h"

#include <QtTest>

#include <map>
#include <random>
#include <string>
#include <vector>

using namespace cay::store;
using cay::Bytes;
using cay::kNever;
using cay::UnixMs;

class KeyTreeTest : public QObject
{
    Q_OBJECT

private slots:
    void ranges();
    void agreesWithModel_data();
    void agreesWithModel();
    void keysInOrder();
    void longKeys();
    void moves();
};

struct Facts
{
    std::uint64_t bytes;
    UnixMs expiry;
};
using Model = std::map<std::string, Facts>;

static std::mt19937_64 g_random{11};

static KeyTotals totalOf(const Model &model, const std::string &prefix, UnixMs now)
{
    KeyTotals totals;
    for (auto it = model.lower_bound(prefix); it != model.end() && it->first.starts_with(prefix);
         ++it) {
        if (it->second.expiry > now)
            totals.add({1, it->second.bytes, it->second.expiry});
    }
    return totals;
}

static bool same(const KeyTotals &a, const KeyTotals &b)
{
    return a.keys == b.keys && a.bytes == b.bytes && a.nextExpiry == b.nextExpiry;
}

static std::vector<std::string> walked(const KeyTree &tree, const KeyRange &range, UnixMs now,
                                       std::size_t limit = SIZE_MAX)
{
    std::vector<std::string> keys;
    tree.walk(range, now, [&](const KeyTree::Item &item) {
        keys.emplace_back(item.key);
        return keys.size() < limit;
    });
    return keys;
}

void KeyTreeTest::ranges()
{
    const KeyRange user = KeyRange::ofPrefix("user:");
    QVERIFY(user.contains("user:") && user.contains("user:1") && user.contains("user:\xff"));
    QVERIFY(!user.contains("user") && !user.contains("user;") && !user.contains("v"));
    QVERIFY(KeyRange::ofPrefix("").contains("") && KeyRange::ofPrefix("").contains("\xff"));
    const KeyRange last = KeyRange::ofPrefix("\xff\xff");
    QVERIFY(last.unbounded && last.contains("\xff\xff\xff") && !last.contains("\xff"));
    QVERIFY(KeyRange::ofPrefix("a\xff").isAbove("b")
            && !KeyRange::ofPrefix("a\xff").isAbove("a\xff"));
}

void KeyTreeTest::agreesWithModel_data()
{
    QTest::addColumn<int>("kind");
    QTest::addColumn<int>("keys");
    QTest::newRow("bytes") << 0 << 300;
    QTest::newRow("few letters") << 1 << 3000;
    QTest::newRow("numbers") << 2 << 20000;
}

static std::string someKey(int kind, int keys)
{
    const auto n = static_cast<int>(g_random() % static_cast<unsigned>(keys));
    if (kind == 0) {
        std::string key(g_random() % 3, '\0');
        for (char &c : key)
            c = static_cast<char>(g_random());
        return key;
    }
    if (kind == 2)
        return "user:" + std::to_string(n) + (n % 3 ? ":name" : "");
    std::string key;
    for (std::size_t i = g_random() % 9; i > 0; --i)
        key += "ab:\xff"[g_random() % 4];
    return key;
}

static void changeSome(KeyTree *tree, Model *model, int kind, int keys, bool growing)
{
    for (int i = 0; i < 2000; ++i) {
        const std::string key = someKey(kind, keys);
        if (g_random() % 10 < (growing ? 8u : 2u)) {
            const Facts facts{g_random() % 5000,
                              g_random() % 3 ? kNever : UnixMs(g_random() % 1000)};
            const bool added = !model->contains(key);
            (*model)[key] = facts;
            QCOMPARE(tree->put(key, facts.bytes, facts.expiry), added);
        } else {
            QCOMPARE(tree->erase(key), model->erase(key) == 1);
        }
    }
}

void KeyTreeTest::agreesWithModel()
{
    QFETCH(int, kind);
    QFETCH(int, keys);
    KeyTree tree;
    Model model;
    for (int round = 0; round < 40; ++round) {
        changeSome(&tree, &model, kind, keys, round % 20 < 10);
        QVERIFY(tree.check());
        QCOMPARE(tree.size(), std::uint64_t(model.size()));
        for (int i = 0; i < 50; ++i) {
            const std::string key = someKey(kind, keys);
            const std::string prefix = key.substr(0, g_random() % (key.size() + 1));
            const UnixMs now = UnixMs(g_random() % 1100) - 50;
            const KeyRange range = KeyRange::ofPrefix(prefix);
            const KeyTotals totals = totalOf(model, prefix, now);
            QVERIFY(same(tree.total(range, now), totals));
            if (i % 10 == 0)
                QCOMPARE(walked(tree, range, now).size(), std::size_t(totals.keys));
            const auto first = walked(tree, range, now, 1);
            auto it = model.lower_bound(prefix);
            while (it != model.end() && it->second.expiry <= now)
                ++it;
            const bool there = it != model.end() && it->first.starts_with(prefix);
            QCOMPARE(first.empty(), !there);
            QVERIFY(!there || first[0] == it->first);
        }
    }
    while (!model.empty()) {
        QVERIFY(tree.erase(model.begin()->first));
        model.erase(model.begin());
    }
    QVERIFY(tree.check() && tree.size() == 0);
    QVERIFY(!tree.erase("") && walked(tree, KeyRange::ofPrefix(""), 0).empty());
    QVERIFY(tree.memory() < 1000);
}

void KeyTreeTest::keysInOrder()
{
    KeyTree tree;
    for (int i = 0; i < 50000; ++i) {
        char key[32];
        std::snprintf(key, sizeof key, "session:%08d", i);
        QVERIFY(tree.put(key, 100, kNever));
    }
    QVERIFY(tree.check());
    QCOMPARE(tree.total(KeyRange::ofPrefix("session:0001"), 0).keys, std::uint64_t(10000));
    QCOMPARE(tree.total(KeyRange::ofPrefix("session:0001"), 0).bytes, std::uint64_t(1000000));
#ifndef CAY_TORTURE
    QVERIFY(tree.memory() < 50000 * 16);
#endif
}

void KeyTreeTest::longKeys()
{
    KeyTree tree;
    const std::string shared(10000, 'x');
    for (int i = 0; i < 200; ++i)
        QVERIFY(tree.put(shared + std::to_string(i), 1, kNever));
    QVERIFY(tree.put("a", 1, kNever) && tree.put("z", 1, kNever) && tree.put("", 1, kNever));
    QVERIFY(tree.check());
    QCOMPARE(tree.total(KeyRange::ofPrefix(shared), 0).keys, std::uint64_t(200));
    QCOMPARE(walked(tree, KeyRange::ofPrefix(""), 0).size(), std::size_t(203));
    for (int i = 0; i < 200; ++i)
        QVERIFY(tree.erase(shared + std::to_string(i)));
    QVERIFY(tree.check());
    QCOMPARE(tree.size(), std::uint64_t(3));
}

void KeyTreeTest::moves()
{
    KeyTree one, two;
    one.put("a", 5, kNever);
    std::swap(one, two);
    QCOMPARE(one.size(), std::uint64_t(0));
    QCOMPARE(two.totals().bytes, std::uint64_t(5));
    two = KeyTree();
    QCOMPARE(two.size(), std::uint64_t(0));
}

QTEST_APPLESS_MAIN(KeyTreeTest)
#include "tst_key_tree.moc"
