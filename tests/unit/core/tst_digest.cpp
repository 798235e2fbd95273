#include "cay/digest.h"
#include "cay/log_writer.h"

#include <QtTest/QtTest>

using namespace cay;

namespace {

ValueType stringType()
{
    ValueType type{};
    type.name = "string";
    type.digest = [](const Value &value, Digest &digest) {
        value.encoding == Encoding::Integer ? digest.mixInteger(value.integer)
                                            : digest.mix(value.text);
    };
    return type;
}

} // namespace

// The expected digests are DEBUG DIGEST-VALUE's of redis-server 7.0.15.
class TestDigest : public QObject
{
    Q_OBJECT
private slots:
    void emptyDigest() { QCOMPARE(Digest().hex(), std::string(40, '0')); }
    void integers()
    {
        Digest digest;
        digestValue(stringType(), Value::ofInteger(12), false, digest);
        QCOMPARE(digest.hex(), std::string("655ac46b180ad2f61a3cee25f0b1780fa2ec879a"));
    }
    void expiring()
    {
        Digest digest;
        digestValue(stringType(), Value::ofText("hello"), true, digest);
        QCOMPARE(digest.hex(), std::string("d037c4eb8a8b36b602fbced4000daeab0714c1e3"));
    }
    void combiningHasNoOrder()
    {
        Digest a, b;
        a.combine(Bytes("x"));
        a.combine(Bytes("y"));
        b.combine(Bytes("y"));
        b.combine(Bytes("x"));
        QCOMPARE(a.hex(), b.hex());
        Digest c, d;
        c.mix("x");
        c.mix("y");
        d.mix("y");
        d.mix("x");
        QVERIFY(c.hex() != d.hex());
    }
    void logWriter()
    {
        std::string out;
        LogWriter log(out);
        log.command({"SET", "k", "two words"});
        log.begin(2);
        log.argument("PX");
        log.argument(-15);
        QCOMPARE(out, std::string("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$9\r\ntwo words\r\n"
                                  "*2\r\n$2\r\nPX\r\n$3\r\n-15\r\n"));
        QCOMPARE(log.commands(), std::size_t{2});
    }
};

QTEST_APPLESS_MAIN(TestDigest)
#include "tst_digest.moc"
