// What commands on lists propagate to logs and replicas, and which keyspace events they fire,
// against what redis-server 7.0.15 sends to a replica and publishes.
#include "effect_rows.h"

using namespace cay;

namespace {

const EffectRow kRows[] = {
    {"rpush l a b c", {u"rpush l a b c"_qs}, {u"0 rpush l"_qs}},
    {"lpush l a; lpushx l b c", {u"lpushx l b c"_qs}, {u"0 lpush l"_qs}},
    {"rpushx l a", {}, {}},
    {"rpush l a b c; lpop l", {u"lpop l"_qs}, {u"0 lpop l"_qs}},
    {"rpush l a; rpop l", {u"rpop l"_qs}, {u"0 rpop l"_qs, u"0 del l"_qs}},
    {"rpush l a b c; lpop l 2", {u"lpop l 2"_qs}, {u"0 lpop l"_qs}},
    {"rpush l a b c; lpop l 0", {}, {}},
    {"rpush l a b c; rpop l 3", {u"rpop l 3"_qs}, {u"0 rpop l"_qs, u"0 del l"_qs}},
    {"lpop none", {}, {}},
    {"rpush l a b c; lset l 0 x", {u"lset l 0 x"_qs}, {u"0 lset l"_qs}},
    {"rpush l a b c; lset l 9 x", {}, {}},
    {"rpush l a b c; linsert l before b x", {u"linsert l before b x"_qs}, {u"0 linsert l"_qs}},
    {"rpush l a b c; linsert l before x x", {}, {}},
    {"rpush l a b a; lrem l 0 a", {u"lrem l 0 a"_qs}, {u"0 lrem l"_qs}},
    {"rpush l a a; lrem l -1 a", {u"lrem l -1 a"_qs}, {u"0 lrem l"_qs}},
    {"rpush l a a; lrem l 0 a", {u"lrem l 0 a"_qs}, {u"0 lrem l"_qs, u"0 del l"_qs}},
    {"rpush l a a; lrem l 0 b", {}, {}},
    {"rpush l a b c; ltrim l 0 -1", {}, {u"0 ltrim l"_qs}},
    {"rpush l a b c; ltrim l 1 1", {u"ltrim l 1 1"_qs}, {u"0 ltrim l"_qs}},
    {"rpush l a b c; ltrim l 5 6", {u"ltrim l 5 6"_qs}, {u"0 ltrim l"_qs, u"0 del l"_qs}},
    {"rpush l a b; lmove l m LEFT RIGHT",
     {u"lmove l m LEFT RIGHT"_qs},
     {u"0 rpush m"_qs, u"0 lpop l"_qs}},
    {"rpush l a; lmove l m left left",
     {u"lmove l m left left"_qs},
     {u"0 lpush m"_qs, u"0 lpop l"_qs, u"0 del l"_qs}},
    {"rpush l a b; lmove l l LEFT RIGHT",
     {u"lmove l l LEFT RIGHT"_qs},
     {u"0 rpush l"_qs, u"0 lpop l"_qs}},
    {"rpush l a b; rpoplpush l m", {u"rpoplpush l m"_qs}, {u"0 lpush m"_qs, u"0 rpop l"_qs}},
    {"rpush l a; rpoplpush l l", {u"rpoplpush l l"_qs}, {u"0 lpush l"_qs, u"0 rpop l"_qs}},
    {"rpush l a b c; lmpop 2 none l LEFT", {u"LPOP l 1"_qs}, {u"0 lpop l"_qs}},
    {"rpush l a b c; lmpop 1 l RIGHT COUNT 2", {u"RPOP l 2"_qs}, {u"0 rpop l"_qs}},
    {"rpush l a b c; lmpop 1 l LEFT COUNT 20", {u"LPOP l 3"_qs}, {u"0 lpop l"_qs, u"0 del l"_qs}},
    {"lmpop 1 none LEFT", {}, {}},
    {"rpush l a b c; blpop none l 0", {u"LPOP l"_qs}, {u"0 lpop l"_qs}},
    {"rpush l a; brpop l 0", {u"RPOP l"_qs}, {u"0 rpop l"_qs, u"0 del l"_qs}},
    {"rpush l a b c; blmpop 0 2 none l left count 2", {u"LPOP l 2"_qs}, {u"0 lpop l"_qs}},
    {"rpush l a b; blmove l m LEFT RIGHT 0",
     {u"LMOVE l m LEFT RIGHT"_qs},
     {u"0 rpush m"_qs, u"0 lpop l"_qs}},
    {"rpush l a b; brpoplpush l m 0", {u"RPOPLPUSH l m"_qs}, {u"0 lpush m"_qs, u"0 rpop l"_qs}},
    {"rpush l 3 1 2; sort l store d", {u"sort l store d"_qs}, {u"0 sortstore d"_qs}},
    {"set d x; sort none store d",
     {u"sort none store d"_qs},
     {u"0 keymiss none"_qs, u"0 del d"_qs}},
    {"sort none store d", {}, {u"0 keymiss none"_qs}},
    {"rpush l 3 1 2; sort l limit 1 1 store l",
     {u"sort l limit 1 1 store l"_qs},
     {u"0 sortstore l"_qs}},
    {"rpush l 3 1 2; sort l", {}, {}},
    {"rpush l b a; sort l store d", {}, {}},
};

} // namespace

class TestListEffects : public QObject
{
    Q_OBJECT

private Q_SLOTS:
    void effects_data() { addRows(kRows); }
    void effects() { compareEffects(); }
};

QTEST_GUILESS_MAIN(TestListEffects)
#include "tst_list_effects.moc"
