#include "core/key_spec.h"

#include <QtTest/QtTest>

using namespace cay;
using namespace cay::core;

class TestKeySpec : public QObject
{
    Q_OBJECT

private slots:
    void notation_data();
    void notation();
    void refusals_data();
    void refusals();
    void legacyRange_data();
    void legacyRange();
    void positions_data();
    void positions();
    void finderDecidesVariableFlags();
    void incompleteWithoutFinder();
    void channelsOnRequest();
};

namespace {

CommandInfo commandWith(const QStringList &lines)
{
    CommandInfo command;
    for (const QString &line : lines) {
        std::string why;
        command.keys.emplace_back();
        if (!parseKeySpec(line.toStdString(), &command.keys.back(), &why))
            qFatal("%s: %s", qPrintable(line), why.c_str());
    }
    deriveKeyRange(&command);
    return command;
}

std::string found(const CommandInfo &command, const QString &line,
                  KeySearch search = KeySearch::Keys)
{
    std::vector<std::string> words;
    for (const QString &word : line.split(u' '))
        words.push_back(word.toStdString());
    const std::vector<Bytes> args(words.begin(), words.end());
    std::vector<KeyPosition> keys;
    if (!findKeys(command, args, keys, search))
        return "none";
    std::string text;
    for (const KeyPosition &key : keys)
        text += (text.empty() ? "" : " ") + std::to_string(key.position);
    return text;
}

} // namespace

void TestKeySpec::notation_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QList<int>>(
        "expected"); // begin find index lastKey step limit keyNumIndex firstKey startFrom
    const int index = KeySpec::BeginIndex, word = KeySpec::BeginKeyword;
    const int range = KeySpec::FindRange, num = KeySpec::FindKeyNum;
    QTest::newRow("one") << "1 RO" << QList<int>{index, range, 1, 0, 1, 0, 0, 0, 0};
    QTest::newRow("two") << "1..2 RO" << QList<int>{index, range, 1, 1, 1, 0, 0, 0, 0};
    QTest::newRow("rest") << "2..-1 RO" << QList<int>{index, range, 2, -1, 1, 0, 0, 0, 0};
    QTest::newRow("pairs") << "1..-1/2 OW" << QList<int>{index, range, 1, -1, 2, 0, 0, 0, 0};
    QTest::newRow("word") << "STREAMS@1..-1 RO limit=2"
                          << QList<int>{word, range, 0, -1, 1, 2, 0, 0, 1};
    QTest::newRow("from end") << "KEYS@-2..-1 RW" << QList<int>{word, range, 0, -1, 1, 0, 0, 0, -2};
    QTest::newRow("number") << "num(2) RO" << QList<int>{index, num, 2, 0, 1, 0, 0, 1, 0};
    QTest::newRow("all of it") << "num(1,2,3) RO" << QList<int>{index, num, 1, 0, 3, 0, 0, 2, 0};
    QTest::newRow("unknown") << "unknown OW" << QList<int>{0, 0, 0, 0, 1, 0, 0, 0, 0};
}

void TestKeySpec::notation()
{
    QFETCH(QString, line);
    QFETCH(QList<int>, expected);
    KeySpec spec;
    std::string why;
    QVERIFY2(parseKeySpec(line.toStdString(), &spec, &why), why.c_str());
    const QList<int> actual{spec.begin, spec.find,        spec.index,    spec.lastKey,  spec.step,
                            spec.limit, spec.keyNumIndex, spec.firstKey, spec.startFrom};
    QCOMPARE(actual, expected);
}

void TestKeySpec::refusals_data()
{
    QTest::addColumn<QString>("line");
    QTest::addColumn<QString>("why");
    QTest::newRow("empty") << ""
                           << "a key specification is empty";
    QTest::newRow("flag") << "1 RO acess"
                          << "unknown flag 'acess'";
    QTest::newRow("no kind") << "1 access"
                             << "one of RO, RW, OW, RM or not_key is missing";
    QTest::newRow("kinds") << "1 RO RW"
                           << "more than one of RO, RW, OW, RM";
    QTest::newRow("zero") << "0 RO"
                          << "'0' does not begin with a position or KEYWORD@from";
    QTest::newRow("negative") << "-1 RO"
                              << "the first key's position must be 1 or more";
    QTest::newRow("backwards") << "3..2 RO"
                               << "'3..2' ends before it begins";
    QTest::newRow("step") << "1..-1/0 RO"
                          << "'1..-1/0' has no step of 1 or more after /";
    QTest::newRow("end") << "1..x RO"
                         << "'1..x' has no number after ..";
    QTest::newRow("word") << "@1 RO"
                          << "'@1' has no word in front of @";
    QTest::newRow("number") << "num(0) RO"
                            << "'num(0)' wants 1 to 3 numbers of 1 or more";
    QTest::newRow("numbers") << "num(1,1,1,1) RO"
                             << "'num(1,1,1,1)' wants 1 to 3 numbers of 1 or more";
    QTest::newRow("open") << "num(1 RO"
                          << "'num(1' has no closing parenthesis";
    QTest::newRow("limit") << "1..2 RO limit=2"
                           << "limit goes with a last key of -1 only";
    QTest::newRow("quote") << "1 RO note=\"x"
                           << "the quote of a note is not closed";
}

void TestKeySpec::refusals()
{
    QFETCH(QString, line);
    QFETCH(QString, why);
    KeySpec spec;
    std::string reason;
    QVERIFY(!parseKeySpec(line.toStdString(), &spec, &reason));
    QCOMPARE(QString::fromStdString(reason), why);
}

// The expected values are what COMMAND INFO of Redis 7.0.15 answers for commands with these
// specifications.
void TestKeySpec::legacyRange_data()
{
    QTest::addColumn<QStringList>("lines");
    QTest::addColumn<QList<int>>("range");
    QTest::addColumn<bool>("movable");
    QTest::newRow("GET") << QStringList{"1 RO"} << QList<int>{1, 1, 1} << false;
    QTest::newRow("DEL") << QStringList{"1..-1 RM"} << QList<int>{1, -1, 1} << false;
    QTest::newRow("MSET") << QStringList{"1..-1/2 OW"} << QList<int>{1, -1, 2} << false;
    QTest::newRow("COPY") << QStringList{"1 RO", "2 OW"} << QList<int>{1, 2, 1} << false;
    QTest::newRow("BITOP") << QStringList{"2 OW", "3..-1 RO"} << QList<int>{2, -1, 1} << false;
    QTest::newRow("PFCOUNT") << QStringList{"1..-1 RW"} << QList<int>{1, -1, 1} << false;
    QTest::newRow("BLPOP") << QStringList{"1..-2 RW"} << QList<int>{1, -2, 1} << false;
    QTest::newRow("GEORADIUS") << QStringList{"1 RO", "STORE@6 OW", "STOREDIST@6 OW"}
                               << QList<int>{1, 1, 1} << true;
    QTest::newRow("SORT") << QStringList{"1 RO", "unknown RO incomplete", "unknown OW incomplete"}
                          << QList<int>{1, 1, 1} << true;
    QTest::newRow("MIGRATE") << QStringList{"3 RW", "KEYS@-2..-1 RW incomplete"}
                             << QList<int>{3, 3, 1} << true;
    QTest::newRow("EVAL") << QStringList{"num(2) RW"} << QList<int>{0, 0, 0} << true;
    QTest::newRow("ZUNIONSTORE") << QStringList{"1 OW", "num(2) RO"} << QList<int>{1, 1, 1} << true;
    QTest::newRow("PING") << QStringList{} << QList<int>{0, 0, 0} << false;
}

void TestKeySpec::legacyRange()
{
    QFETCH(QStringList, lines);
    QFETCH(QList<int>, range);
    QFETCH(bool, movable);
    const CommandInfo command = commandWith(lines);
    QCOMPARE((QList<int>{command.firstKey, command.lastKey, command.keyStep}), range);
    QCOMPARE((command.flags & FlagMovableKeys) != 0, movable);
}

void TestKeySpec::positions_data()
{
    QTest::addColumn<QStringList>("lines");
    QTest::addColumn<QString>("call");
    QTest::addColumn<QString>("expected");
    const QStringList streams{"STREAMS@1..-1 RO limit=2"};
    const QStringList store{"1 OW", "num(2) RO"};
    const QStringList georadius{"1 RO", "STORE@6 OW", "STOREDIST@6 OW"};
    QTest::newRow("one") << QStringList{"1 RO"} << "get a"
                         << "1";
    QTest::newRow("too short") << QStringList{"1 RO"} << "get"
                               << "none";
    QTest::newRow("rest") << QStringList{"1..-1 RM"} << "del a b c"
                          << "1 2 3";
    QTest::newRow("pairs") << QStringList{"1..-1/2 OW"} << "mset a 1 b 2"
                           << "1 3";
    QTest::newRow("all but one") << QStringList{"1..-2 RW"} << "blpop a b 0"
                                 << "1 2";
    QTest::newRow("streams") << streams << "xread count 1 Streams a b 1 2"
                             << "4 5";
    QTest::newRow("streams, odd") << streams << "xread streams a b 1"
                                  << "2";
    QTest::newRow("no streams") << streams << "xread count 1"
                                << "";
    QTest::newRow("number") << store << "zunionstore d 2 a b weights 1 2"
                            << "1 3 4";
    QTest::newRow("number too high") << store << "zunionstore d 3 a b"
                                     << "none";
    QTest::newRow("number of none") << store << "zunionstore d 0 a b"
                                    << "none";
    QTest::newRow("number negative") << store << "zunionstore d -1 a b"
                                     << "none";
    QTest::newRow("number huge") << store << "zunionstore d 9223372036854775807 a b"
                                 << "none";
    QTest::newRow("not a number") << store << "zunionstore d x a b"
                                  << "none";
    QTest::newRow("words") << georadius << "georadius k 1 2 3 m store x storedist y"
                           << "1 7 9";
    QTest::newRow("word last") << georadius << "georadius k 1 2 3 m store"
                               << "1";
}

void TestKeySpec::positions()
{
    QFETCH(QStringList, lines);
    QFETCH(QString, call);
    QFETCH(QString, expected);
    QCOMPARE(QString::fromStdString(found(commandWith(lines), call)), expected);
}

void TestKeySpec::finderDecidesVariableFlags()
{
    CommandInfo command = commandWith({"1 RW access update variable_flags"});
    QCOMPARE(found(command, "set k v"), "1");
    command.keyFinder = [](std::span<const Bytes>, std::vector<KeyPosition> &out) {
        out.push_back({2, KeySpec::Ow});
        return true;
    };
    QCOMPARE(found(command, "set k v"), "2");
}

void TestKeySpec::incompleteWithoutFinder()
{
    CommandInfo command = commandWith({"1 RO", "unknown OW incomplete"});
    QCOMPARE(found(command, "sort k"), "none");
    command.keyFinder = [](std::span<const Bytes>, std::vector<KeyPosition> &out) {
        out.push_back({1, KeySpec::Ro});
        return true;
    };
    QCOMPARE(found(command, "sort k"), "1");
}

void TestKeySpec::channelsOnRequest()
{
    const CommandInfo command = commandWith({"1 not_key"});
    QVERIFY(!hasKeys(command));
    QCOMPARE(found(command, "spublish c m"), "");
    QCOMPARE(found(command, "spublish c m", KeySearch::WithChannels), "1");
}

QTEST_APPLESS_MAIN(TestKeySpec)
#include "tst_key_spec.moc"
