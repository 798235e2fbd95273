// Large sets against std::set, with members of all lengths.
#include "store/member_set.h"

#include <QtTest/QtTest>

#include <memory>
#include <random>
#include <set>
#include <string>

using namespace cay;
using store::MemberSet;

namespace {

std::string memberOf(std::uint64_t n)
{
    std::string text = std::to_string(n);
    if (n % 10 == 0)
        text.append(n % 1'000, 'x'); // some are longer than an item holds
    return text;
}

bool same(const MemberSet &members, const std::set<std::string> &model)
{
    std::set<std::string> found;
    members.forEach([&](Bytes member) { found.emplace(member); });
    return members.size() == model.size() && found == model;
}

} // namespace

class TestMemberSet : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void agreesWithSet();
    void edges();
    void copies();
    void scans();
    void stopsWhenAsked();
    void isSmall();
};

void TestMemberSet::agreesWithSet()
{
    std::mt19937_64 random(3);
    MemberSet members;
    std::set<std::string> model;
    for (int round = 0; round < 60'000; ++round) {
        const std::string member = memberOf(random() % 5'000);
        const unsigned weight = round / 15'000 % 2 ? 3 : 7;
        if (random() % 10 < weight)
            QCOMPARE(members.add(member), model.insert(member).second);
        else
            QCOMPARE(members.remove(member), model.erase(member) == 1);
        QCOMPARE(members.contains(member), model.count(member) == 1);
        if (round % 6'000 == 0)
            QVERIFY(same(members, model));
    }
    QVERIFY(same(members, model));
    while (!members.empty()) {
        const std::string member(members.random([&] { return random(); }));
        QVERIFY(members.remove(member));
        QCOMPARE(model.erase(member), std::size_t{1});
    }
    QCOMPARE(members.bytes(), std::size_t{0});
}

void TestMemberSet::edges()
{
    MemberSet members;
    for (const std::size_t size : {0u, 1u, 253u, 254u, 255u, 256u, 100'000u}) {
        const std::string member(size, 'm');
        QVERIFY(!members.contains(member));
        QVERIFY(members.add(member));
        QVERIFY(!members.add(member));
        QVERIFY(members.contains(member));
    }
    QVERIFY(members.bytes() > 100'000);
    // What is removed may be named by its own bytes.
    while (!members.empty()) {
        const Bytes member = members.random([] { return 0x9e3779b97f4a7c15ull; });
        QVERIFY(members.remove(member));
    }
}

void TestMemberSet::copies()
{
    auto members = std::make_unique<MemberSet>();
    std::set<std::string> model;
    for (std::uint64_t i = 0; i < 3'000; ++i) {
        members->add(memberOf(i));
        model.insert(memberOf(i));
    }
    MemberSet copy(*members);
    members.reset();
    QVERIFY(same(copy, model));
}

void TestMemberSet::scans()
{
    MemberSet members;
    std::set<std::string> model, seen;
    for (std::uint64_t i = 0; i < 9'000; ++i) {
        members.add(memberOf(i));
        model.insert(memberOf(i));
    }
    std::uint64_t cursor = 0;
    do
        cursor = members.scan(cursor, [&](Bytes member) { seen.emplace(member); });
    while (cursor);
    QCOMPARE(seen, model);
}

void TestMemberSet::stopsWhenAsked()
{
    MemberSet members;
    for (std::uint64_t i = 0; i < 9'000; ++i)
        members.add(memberOf(i));
    int visits = 0;
    QVERIFY(!members.forEachWhile([&](Bytes) { return ++visits < 5'000; }));
    QCOMPARE(visits, 5'000);
    QVERIFY(members.forEachWhile([](Bytes) { return true; }));
}

void TestMemberSet::isSmall()
{
#ifdef CAY_TORTURE
    QSKIP("segments are tiny");
#endif
    MemberSet members;
    char text[16];
    for (int i = 0; i < 300'000; ++i) {
        std::snprintf(text, sizeof text, "%010d", i);
        members.add(Bytes(text, 10));
    }
    QVERIFY(members.bytes() < members.size() * 20);
}

QTEST_APPLESS_MAIN(TestMemberSet)
#include "tst_member_set.moc"
