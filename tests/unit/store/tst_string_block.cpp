#include "store/string_block.h"

#include <QtTest>

#include <limits>
#include <string>

using namespace cay::store;

class StringBlockTest : public QObject
{
    Q_OBJECT

private slots:
    void holdsBytes();
    void growsWithSlack();
    void copiesWhenShared();
    void textOfEveryEncoding();
};

void StringBlockTest::holdsBytes()
{
    const std::string text(1000, 'x');
    StringBlock *block = StringBlock::fromBytes(text);
    QCOMPARE(block->size(), text.size());
    QCOMPARE(block->capacity(), text.size());
    QVERIFY(block->text() == text);
    QVERIFY(block->usableSize() >= text.size() + 24);
    QVERIFY(StringBlock::usableSize(1000) >= 1024);
    block->release();
}

void StringBlockTest::growsWithSlack()
{
    StringBlock *block = StringBlock::fromBytes(std::string(1000, 'x'));
    block = StringBlock::writable(block, 1001);
    QCOMPARE(block->capacity(), std::size_t(2002));
    QCOMPARE(block->size(), std::size_t(1000));
    StringBlock *same = StringBlock::writable(block, 2002);
    QVERIFY(same == block);
    constexpr std::size_t mega = 1024 * 1024;
    block = StringBlock::writable(block, 3 * mega);
    QCOMPARE(block->capacity(), 4 * mega);
    QVERIFY(block->text() == std::string(1000, 'x'));
    block->release();
}

void StringBlockTest::copiesWhenShared()
{
    StringBlock *block = StringBlock::fromBytes("shared");
    block->retain();
    QVERIFY(block->isShared());
    StringBlock *mine = StringBlock::writable(block, 3);
    QVERIFY(mine != block);
    QVERIFY(!block->isShared());
    mine->data()[0] = 'S';
    QVERIFY(block->text() == "shared");
    QVERIFY(mine->text() == "Shared");
    mine->release();
    block->release();
}

void StringBlockTest::textOfEveryEncoding()
{
    char scratch[24];
    QVERIFY(stringText(Value::ofInteger(-7), scratch) == "-7");
    QVERIFY(stringText(Value::ofInteger(std::numeric_limits<std::int64_t>::min()), scratch)
            == "-9223372036854775808");
    QVERIFY(stringText(Value::ofText("abc"), scratch) == "abc");
    StringBlock *block = StringBlock::fromBytes("long");
    QVERIFY(stringText(Value::ofObject(0, block), scratch) == "long");

    alignas(8) char memory[128];
    QVERIFY(stringText(*Entry::make(memory, "k", Value::ofText("v"), 0, nullptr), scratch) == "v");
    QVERIFY(stringText(*Entry::make(memory, "k", Value::ofInteger(12), 0, nullptr), scratch)
            == "12");
    QVERIFY(stringText(*Entry::make(memory, "k", Value::ofObject(0, block), 0, nullptr), scratch)
            == "long");
    block->release();
}

QTEST_APPLESS_MAIN(StringBlockTest)
#include "tst_string_block.moc"
