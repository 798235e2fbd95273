// What commands of the keys plugin propagate to logs and replicas, and which keyspace events they
// fire, against what redis-server 7.0.15 sends to a replica and publishes. Its event "new" is not
// among them.
#include "effect_rows.h"

using namespace cay;

namespace {

// DUMP of the string 12.
const std::string kPayload("\x00\xc0\x0c\x0a\x00\x3c\x2a\xf8\x51\x5c\x04\xbc\xd5", 13);

const EffectRow kRows[] = {
    {"set a 1; del a", {u"del a"_qs}, {u"0 del a"_qs}},
    {"del a", {}, {}},
    {"set a 1; set b 1; del a nokey b", {u"del a nokey b"_qs}, {u"0 del a"_qs, u"0 del b"_qs}},
    {"set a 1; unlink a", {u"unlink a"_qs}, {u"0 del a"_qs}},
    {"set a 1; rename a b", {u"rename a b"_qs}, {u"0 rename_from a"_qs, u"0 rename_to b"_qs}},
    {"set a 1; set b 2; rename a b",
     {u"rename a b"_qs},
     {u"0 rename_from a"_qs, u"0 rename_to b"_qs}},
    {"set a 1; rename a a", {}, {}},
    {"set a 1; renamenx a b", {u"renamenx a b"_qs}, {u"0 rename_from a"_qs, u"0 rename_to b"_qs}},
    {"set a 1; set b 2; renamenx a b", {}, {}},
    {"set a 1; copy a b", {u"copy a b"_qs}, {u"0 copy_to b"_qs}},
    {"set a 1; set b 2; copy a b replace", {u"copy a b replace"_qs}, {u"0 copy_to b"_qs}},
    {"set a 1; copy a b db 3", {u"copy a b db 3"_qs}, {u"3 copy_to b"_qs}},
    {"set a 1; move a 3", {u"move a 3"_qs}, {u"0 move_from a"_qs, u"3 move_to a"_qs}},
    {"set a 1; expire a 100", {u"PEXPIREAT a NOW"_qs}, {u"0 expire a"_qs}},
    {"set a 1; expire a 100 nx", {u"PEXPIREAT a NOW nx"_qs}, {u"0 expire a"_qs}},
    {"set a 1; expire a 100 xx", {}, {}},
    {"set a 1; pexpire a 100000", {u"PEXPIREAT a NOW"_qs}, {u"0 expire a"_qs}},
    {"set a 1; expireat a 33177117420", {u"PEXPIREAT a 33177117420000"_qs}, {u"0 expire a"_qs}},
    {"set a 1; expireat a 33177117420 nx",
     {u"PEXPIREAT a 33177117420000 nx"_qs},
     {u"0 expire a"_qs}},
    {"set a 1; pexpireat a 33177117420123", {u"pexpireat a 33177117420123"_qs}, {u"0 expire a"_qs}},
    {"set a 1; PEXPIREAT a 33177117420123 NX",
     {u"PEXPIREAT a 33177117420123 NX"_qs},
     {u"0 expire a"_qs}},
    {"set a 1 ex 100; expire a 50 xx lt", {u"PEXPIREAT a NOW xx lt"_qs}, {u"0 expire a"_qs}},
    {"set a 1; expire a 0", {u"DEL a"_qs}, {u"0 del a"_qs}},
    {"set a 1; expire a -1", {u"DEL a"_qs}, {u"0 del a"_qs}},
    {"set a 1; pexpireat a 1", {u"DEL a"_qs}, {u"0 del a"_qs}},
    {"set a 1; persist a", {}, {}},
    {"set a 1 ex 100; persist a", {u"persist a"_qs}, {u"0 persist a"_qs}},
    {"set a 1; touch a", {}, {}},
    {"set a 1; exists a b", {}, {u"0 keymiss b"_qs}},
    {"ttl nokey", {}, {u"0 keymiss nokey"_qs}},
    {"type nokey", {}, {u"0 keymiss nokey"_qs}},
    {"object encoding nokey", {}, {}},
    {"dump nokey", {}, {u"0 keymiss nokey"_qs}},
    {"set a 1; restore a 0 x", {}, {}},
    {"swapdb 0 1", {u"swapdb 0 1"_qs}, {}},
    {"swapdb 0 0", {u"swapdb 0 0"_qs}, {}},
    {"flushdb", {u"flushdb"_qs}, {}},
    {"set a 1; flushdb", {u"flushdb"_qs}, {}},
    {"flushall", {u"flushall"_qs}, {}},
    {"flushall async", {u"flushall async"_qs}, {}},
    {"set a 1; flushdb async", {u"flushdb async"_qs}, {}},
    {"restore a 0 PAY", {u"restore a 0 PAY"_qs}, {u"0 restore a"_qs}},
    {"restore a 0 PAY replace", {u"restore a 0 PAY replace"_qs}, {u"0 restore a"_qs}},
    {"set a 1; restore a 0 PAY replace", {u"restore a 0 PAY replace"_qs}, {u"0 restore a"_qs}},
    {"restore a 100000 PAY", {u"restore a NOW PAY ABSTTL"_qs}, {u"0 restore a"_qs}},
    {"restore a 100000 PAY replace idletime 5",
     {u"restore a NOW PAY replace idletime 5 ABSTTL"_qs},
     {u"0 restore a"_qs}},
    {"restore a 33177117420123 PAY absttl",
     {u"restore a 33177117420123 PAY absttl"_qs},
     {u"0 restore a"_qs}},
    {"restore a 1 PAY absttl", {}, {}},
    {"set a 1; restore a 1 PAY absttl replace", {u"DEL a"_qs}, {u"0 del a"_qs}},
    {"set a 1; scan 0", {}, {}},
    {"set a 1; keys *", {}, {}},
};

} // namespace

class TestKeyEffects : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void effects_data() { addRows(kRows); }
    void effects() { compareEffects(QString::fromLatin1(kPayload.data(), 13)); }
};

QTEST_GUILESS_MAIN(TestKeyEffects)
#include "tst_key_effects.moc"
