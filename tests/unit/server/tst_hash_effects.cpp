// What commands of hashes propagate and which events they fire. What Redis 7.0.15 has is as it does
// it; times of fields are as Redis 8.0 documents them. A field that expires is told as HDEL.
#include "effect_rows.h"

using namespace cay;

namespace {

const EffectRow kRows[] = {
    {"hset h a 1", {u"hset h a 1"_qs}, {u"0 hset h"_qs}},
    {"hset h a 1; hmset h a 2 b 3", {u"hmset h a 2 b 3"_qs}, {u"0 hset h"_qs}},
    {"hsetnx h a 1", {u"hsetnx h a 1"_qs}, {u"0 hset h"_qs}},
    {"hset h a 1; hsetnx h a 1", {}, {}},
    {"hset h a 1; hget h a", {}, {}},
    {"hset h a 1 b 2; hdel h a c", {u"hdel h a c"_qs}, {u"0 hdel h"_qs}},
    {"hset h a 1; hdel h a", {u"hdel h a"_qs}, {u"0 hdel h"_qs, u"0 del h"_qs}},
    {"hset h a 1; hdel h b", {}, {}},
    {"hincrby h a 5", {u"hincrby h a 5"_qs}, {u"0 hincrby h"_qs}},
    {"hincrbyfloat h a 0.5", {u"HSET h a 0.5"_qs}, {u"0 hincrbyfloat h"_qs}},
    {"hset h a 1; hexpire h 100 fields 1 a; hincrbyfloat h a 0.5",
     {u"HSETEX h KEEPTTL FIELDS 1 a 1.5"_qs},
     {u"0 hincrbyfloat h"_qs}},
    {"hset h a 1; hexpire h 100 fields 2 a b",
     {u"HPEXPIREAT h NOW FIELDS 1 a"_qs},
     {u"0 hexpire h"_qs}},
    {"hset h a 1; hpexpireat h 33177117420123 nx fields 1 a",
     {u"HPEXPIREAT h 33177117420123 FIELDS 1 a"_qs},
     {u"0 hexpire h"_qs}},
    {"hset h a 1; hexpire h 100 xx fields 1 a", {}, {}},
    {"hset h a 1 b 2; hexpire h 0 fields 1 a", {u"HDEL h a"_qs}, {u"0 hdel h"_qs}},
    {"hset h a 1; hpexpireat h 1 fields 1 a", {u"HDEL h a"_qs}, {u"0 hdel h"_qs, u"0 del h"_qs}},
    {"hset h a 1; hpersist h fields 1 a", {}, {}},
    {"hsetex h ex 100 fields 1 a 1; hpersist h fields 1 a",
     {u"hpersist h fields 1 a"_qs},
     {u"0 hpersist h"_qs}},
    {"hsetex h fields 1 a 1", {u"HSET h a 1"_qs}, {u"0 hset h"_qs}},
    {"hsetex h keepttl fields 1 a 1", {u"HSETEX h KEEPTTL fields 1 a 1"_qs}, {u"0 hset h"_qs}},
    {"hsetex h fnx px 100000 fields 2 a 1 b 2",
     {u"HSETEX h PXAT NOW fields 2 a 1 b 2"_qs},
     {u"0 hset h"_qs, u"0 hexpire h"_qs}},
    {"hset h a 1; hsetex h fnx fields 1 a 2", {}, {}},
    {"hset h a 1 b 2; hsetex h pxat 1 fields 1 a 2",
     {u"HDEL h a"_qs},
     {u"0 hset h"_qs, u"0 hdel h"_qs}},
    {"hset h a 1; hgetex h fields 1 a", {}, {}},
    {"hset h a 1; hgetex h ex 100 fields 2 a b",
     {u"HPEXPIREAT h NOW FIELDS 1 a"_qs},
     {u"0 hexpire h"_qs}},
    {"hsetex h ex 100 fields 1 a 1; hgetex h persist fields 1 a",
     {u"HPERSIST h FIELDS 1 a"_qs},
     {u"0 hpersist h"_qs}},
    {"hset h a 1; hgetex h persist fields 1 a", {}, {}},
    {"hset h a 1; hgetex h exat 1 fields 1 a", {u"HDEL h a"_qs}, {u"0 hdel h"_qs, u"0 del h"_qs}},
    {"hset h a 1 b 2; hgetdel h fields 2 a c", {u"HDEL h a"_qs}, {u"0 hdel h"_qs}},
    {"hset h a 1; hgetdel h fields 1 a", {u"HDEL h a"_qs}, {u"0 hdel h"_qs, u"0 del h"_qs}},
    {"hset h a 1; hgetall h", {}, {}},
    {"hset h a 1; hscan h 0", {}, {}},
};

} // namespace

class TestHashEffects : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void effects_data() { addRows(kRows); }
    void effects() { compareEffects(); }
    void expiryIsTold();
    void valuesTakeTheirTimesAlong();
};

// A field goes with the first command that meets it, and without one in a turn of the loop.
void TestHashEffects::expiryIsTold()
{
    EffectStore store;
    store.run(QStringLiteral("hset h a 1 b 2 c 3"));
    store.run(QStringLiteral("hpexpire h 5 fields 2 a b"));
    store.engine().keyspace().setClock(store.engine().now() + 1000);
    store.propagated.clear();
    store.events.clear();
    store.run(QStringLiteral("hlen h"));
    QCOMPARE(store.propagated, QStringList{u"HDEL h a b"_qs});
    QCOMPARE(store.events, QStringList{u"0 hexpired h"_qs});
    store.engine().run(); // the clock is right again
    store.run(QStringLiteral("hpexpire h 5 fields 1 c"));
    store.propagated.clear();
    store.events.clear();
    QTest::qSleep(20);
    store.engine().run();
    QCOMPARE(store.propagated, QStringList{u"HDEL h c"_qs});
    QCOMPARE(store.events, (QStringList{u"0 hexpired h"_qs, u"0 del h"_qs}));
}

void TestHashEffects::valuesTakeTheirTimesAlong()
{
    EffectStore store;
    Db &first = store.engine().db(0), &third = store.engine().db(3);
    store.run(QStringLiteral("hsetex h pxat 33177117420123 fields 1 a 1"));
    QCOMPARE(first.timed(), std::size_t{1});
    store.run(QStringLiteral("copy h g"));
    store.run(QStringLiteral("rename g k"));
    store.run(QStringLiteral("expire k 1000"));
    QCOMPARE(first.timed(), std::size_t{2});
    store.run(QStringLiteral("move k 3"));
    QCOMPARE(first.timed(), std::size_t{1});
    QCOMPARE(third.timed(), std::size_t{1});
    store.run(QStringLiteral("swapdb 0 3"));
    store.run(QStringLiteral("persist k"));
    store.run(QStringLiteral("set k v"));
    QCOMPARE(first.timed(), std::size_t{0});
    store.run(QStringLiteral("swapdb 0 3"));
    store.run(QStringLiteral("hpersist h fields 1 a"));
    QCOMPARE(first.timed(), std::size_t{0});
    store.run(QStringLiteral("hexpire h 100 fields 1 a"));
    QCOMPARE(first.timed(), std::size_t{1});
    store.run(QStringLiteral("config set hash-max-listpack-entries 0"));
    store.run(QStringLiteral("hset h b 2"));
    QCOMPARE(first.timed(), std::size_t{1});
    store.run(QStringLiteral("hdel h a"));
    QCOMPARE(first.timed(), std::size_t{0});
    store.run(QStringLiteral("hexpire h 100 fields 1 b"));
    store.run(QStringLiteral("flushdb"));
    QCOMPARE(first.timed(), std::size_t{0});
    store.run(QStringLiteral("hsetex h ex 100 fields 1 a 1"));
    store.run(QStringLiteral("del h"));
    QCOMPARE(first.timed(), std::size_t{0});
}

QTEST_GUILESS_MAIN(TestHashEffects)
#include "tst_hash_effects.moc"
