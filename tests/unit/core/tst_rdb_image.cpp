#include "options_fixture.h"

#include "cay/digest.h"
#include "cay/rdb_image.h"
#include "core/engine.h"
#include "store/crc64.h"
#include "store/string_block.h"

#include <QtCore/QProcess>
#include <QtCore/QStandardPaths>

using namespace cay;

namespace {

// Strings as the strings plugin has them, which a test of the core cannot load.
constexpr std::uint8_t kCodes[] = {0};
constexpr ValueType kString = {
    .name = "string",
    .rdbCodes = kCodes,
    .free = [](void *object) noexcept { static_cast<store::StringBlock *>(object)->release(); },
    .freeEffort = [](const void *) -> std::size_t { return 1; },
    .copy = [](const Value &value) { return value; },
    .memory = [](const Value &, std::size_t) -> std::size_t { return 0; },
    .encoding = [](const Value &) -> std::string_view { return "raw"; },
    .rdbCode = [](const Value &) { return kCodes[0]; },
    .save =
        [](const Value &value, RdbWriter &writer) {
            char digits[24];
            writer.string(store::stringText(value, digits));
        },
    .load =
        [](std::uint8_t, RdbReader &reader, Value *out) {
            const Bytes text = reader.string();
            if (!reader.ok())
                return false;
            *out = text.size() <= store::kMaxInline
                       ? Value::ofText(text)
                       : Value::ofObject(kStringType, store::StringBlock::fromBytes(text));
            return true;
        },
    .rewrite = [](Bytes, const Value &, LogWriter &) {},
    .digest =
        [](const Value &value, Digest &digest) {
            char digits[24];
            digest.mix(store::stringText(value, digits));
        },
};

struct Data
{
    test::Server options;
    core::Engine engine{options.store};

    Data()
    {
        QString why;
        std::string text;
        if (!engine.start(&why) || !engine.addType(&kString, &text))
            qFatal("%s%s", qPrintable(why), text.c_str());
    }

    void fill()
    {
        Db &first = engine.db(0);
        for (int i = 0; i < 3000; ++i)
            first.putString(Key("key:" + std::to_string(i)), std::to_string(i * 100));
        const UnixMs later = 33177117420123;
        first.putString(Key(Bytes("timed")), "soon", Expiry::Discard, &later);
        first.putString(Key(Bytes("long")), std::string(100000, 'x'));
        first.putString(Key(Bytes("")), "");
        engine.db(9).putString(Key(Bytes("other")), "database");
    }

    std::string saved(const RdbSaveOptions &how = {})
    {
        std::string image;
        saveRdb(engine, how, [&image](Bytes piece) {
            image.append(piece);
            return true;
        });
        return image;
    }

    std::string load(Bytes image, const RdbLoadOptions &how = {})
    {
        return loadRdb(engine, image, how, &result) ? "" : result.why;
    }

    RdbLoadResult result;
};

std::string withChecksum(std::string image)
{
    RdbWriter(image).fixed64(store::crc64(0, image));
    return image;
}

} // namespace

class TestRdbImage : public QObject
{
    Q_OBJECT
private slots:
    void thereAndBack_data()
    {
        QTest::addColumn<bool>("compress");
        QTest::addColumn<bool>("checksum");
        QTest::newRow("as usual") << true << true;
        QTest::newRow("plain") << false << true;
        QTest::newRow("without a checksum") << true << false;
    }
    void thereAndBack()
    {
        QFETCH(bool, compress);
        QFETCH(bool, checksum);
        Data from, to;
        from.fill();
        RdbSaveOptions options;
        options.compress = compress;
        options.checksum = checksum;
        QCOMPARE(to.load(from.saved(options)), std::string());
        QCOMPARE(to.result.keys, 3004u);
        QCOMPARE(digestDataset(to.engine).hex(), digestDataset(from.engine).hex());
        QCOMPARE(to.engine.db(0).expires(), std::size_t{1});
    }

    void nothing()
    {
        Data from, to;
        QCOMPARE(to.load(from.saved()), std::string());
        QCOMPARE(to.result.keys, 0u);
    }

    void redisAcceptsIt()
    {
        const QString program = QStandardPaths::findExecutable(QStringLiteral("redis-check-rdb"));
        if (program.isEmpty())
            QSKIP("redis-check-rdb is not installed");
        Data from;
        from.fill();
        const std::string image = from.saved();
        QTemporaryDir folder;
        const QString file = folder.filePath(QStringLiteral("dump.rdb"));
        test::writeFile(file, QByteArray(image.data(), static_cast<qsizetype>(image.size())));
        QProcess check;
        check.start(program, {file});
        QVERIFY(check.waitForFinished());
        const QByteArray output = check.readAllStandardOutput();
        QVERIFY2(check.exitCode() == 0, output.constData());
        QVERIFY2(output.contains("Checksum OK"), output.constData());
        QVERIFY2(output.contains("3004 keys read"), output.constData());
    }

    void aSinkThatRefuses()
    {
        Data from;
        from.fill();
        int pieces = 0;
        QVERIFY(!saveRdb(from.engine, {}, [&pieces](Bytes) { return ++pieces < 1; }));
        QCOMPARE(pieces, 1);
    }

    void keysThatAreThere()
    {
        Data from;
        from.engine.db(0).putString(Key(Bytes("a")), "old");
        const std::string image = from.saved();
        from.engine.db(0).putString(Key(Bytes("a")), "new");
        QVERIFY(from.load(image).starts_with("the key 'a' of database 0 is there already"));
        RdbLoadOptions options;
        options.replace = true;
        QCOMPARE(from.load(image, options), std::string());
        QCOMPARE(from.engine.db(0).peek(Key(Bytes("a")))->text(), Bytes("old"));
    }

    void expiredKeys()
    {
        Data from, to;
        const UnixMs past = 1000;
        from.engine.db(0).putString(Key(Bytes("gone")), "v", Expiry::Discard, &past);
        const std::string image = from.saved();
        QCOMPARE(to.load(image), std::string());
        QCOMPARE(to.result.expired, 1u);
        QCOMPARE(to.engine.db(0).size(), std::size_t{0});
        RdbLoadOptions options;
        options.keepExpired = true;
        QCOMPARE(to.load(image, options), std::string());
        QCOMPARE(to.engine.db(0).size(), std::size_t{1});
    }

    void otherVersions()
    {
        Data data;
        // Version 3 has no checksum and times in seconds.
        const Bytes old("REDIS0003\xfe\x00\xfd\x00\x00\x00\x7f\x00\x01k\x01v\xff", 22);
        QCOMPARE(data.load(old), std::string());
        QCOMPARE(data.engine.db(0).peek(Key(Bytes("k")))->expiry(), 0x7f000000ll * 1000);
        // Version 12 may tell what cluster slots hold.
        const Bytes hints("REDIS0012\xf4\x05\x01\x00\xfe\x01\xf8\x0a\x00\x01k\x01v\xff", 23);
        QCOMPARE(data.load(withChecksum(std::string(hints))), std::string());
        QCOMPARE(data.engine.db(1).size(), std::size_t{1});
    }

    void nonsense_data()
    {
        QTest::addColumn<QByteArray>("sections");
        QTest::addColumn<QByteArray>("why");
        QTest::newRow("no end") << QByteArray() << QByteArray("it ends too early");
        QTest::newRow("more") << QByteArray("\xff\x00", 2)
                              << QByteArray("something follows its end");
        QTest::newRow("database") << QByteArray("\xfe\x10\xff")
                                  << QByteArray("it has a database 16, and there are only 16");
        QTest::newRow("type") << QByteArray("\x09\x01k\x01v\xff")
                              << QByteArray("it has a value of the unknown type 9");
        QTest::newRow("functions") << QByteArray("\xf5\x01x\xff") << QByteArray("it has functions");
        QTest::newRow("module") << QByteArray("\xf7\x01\xff")
                                << QByteArray("it has data of a Redis module");
        QTest::newRow("half a value")
            << QByteArray("\x00\x01k\x09v\xff", 6) << QByteArray("it ends too early");
    }
    void nonsense()
    {
        QFETCH(QByteArray, sections);
        QFETCH(QByteArray, why);
        Data data;
        const std::string image = withChecksum("REDIS0010" + sections.toStdString());
        const std::string got = data.load(image);
        QVERIFY2(got.starts_with(why.constData()), got.c_str());
        QVERIFY(got.find(", at byte ") != std::string::npos);
    }

    void damage()
    {
        Data from, to;
        from.fill();
        const std::string image = from.saved();
        std::string damaged = image;
        damaged[image.size() / 2] ^= 1;
        QVERIFY(to.load(damaged).starts_with("its checksum is wrong"));
        QVERIFY(to.load(Bytes(image).substr(0, image.size() - 20))
                    .starts_with("its checksum is wrong"));
        QCOMPARE(to.load(""), std::string("it is not an RDB file"));
        QCOMPARE(to.load("REDIS00x0"), std::string("it is not an RDB file"));
        QCOMPARE(to.load("REDIS0010"), std::string("it ends too early"));
        QVERIFY(to.load("REDIS0013").starts_with("it is of RDB version 13"));
        QCOMPARE(to.engine.db(0).size(), std::size_t{0});
        // Whatever is cut off or changed, loading without a checksum ends in a reason, not in a
        // crash.
        RdbLoadOptions trusting;
        trusting.checksum = false;
        trusting.replace = true;
        for (std::size_t at = 9; at < 600; at += 7) {
            damaged = image;
            damaged[at] = static_cast<char>(at * 31);
            to.load(damaged, trusting);
            to.load(Bytes(image).substr(0, at), trusting);
        }
    }

    void payloads()
    {
        Data data;
        std::string payload;
        writeDump(kString, Value::ofText("hello"), true, payload);
        QCOMPARE(payload, std::string("\x00\x05hello\x0a\x00\x63\x72\xdf\x76\x65\x34\x20\x0a", 17));
        Bytes body;
        QVERIFY(checkDump(payload, &body));
        RdbReader reader(body);
        Value value;
        QVERIFY(loadDump(data.engine, reader, &value));
        QCOMPARE(value.text, Bytes("hello"));
        for (std::size_t i = 0; i < payload.size(); ++i) {
            std::string damaged = payload;
            damaged[i] ^= 0x40;
            QVERIFY(!checkDump(damaged, &body));
            QVERIFY(!checkDump(Bytes(payload).substr(0, i), &body));
        }
        RdbReader more("\x00\x01vv");
        QVERIFY(!loadDump(data.engine, more, &value));
    }
};

QTEST_GUILESS_MAIN(TestRdbImage)
#include "tst_rdb_image.moc"
