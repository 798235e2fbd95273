#include "hll.h"

#include <QtTest>

#include <cmath>
#include <random>
#include <set>
#include <string>

using namespace cay::hyperloglog;
using cay::Bytes;

class HllTest : public QObject
{
    Q_OBJECT

private slots:
    void hashes();
    void packs();
    void sparseAgreesWithModel();
    void estimates();
    void refuses();
};

static std::mt19937_64 g_random{5};

void HllTest::hashes()
{
    QVERIFY(murmurHash64A("", 0) == 0);
    // Every tail of a block counts, and so does the seed.
    std::set<std::uint64_t> seen;
    for (std::size_t n = 0; n <= 20; ++n)
        seen.insert(murmurHash64A(std::string(n, 'a'), 0xadc83b19));
    QCOMPARE(seen.size(), std::size_t(21));
    QVERIFY(murmurHash64A("abc", 1) != murmurHash64A("abc", 2));
    for (int i = 0; i < 1000; ++i) {
        const Observation seenNow = observe(std::to_string(i));
        QVERIFY(seenNow.index < kRegisters && seenNow.value >= 1 && seenNow.value <= kHashBits + 1);
    }
}

void HllTest::packs()
{
    Registers model{};
    std::string dense(kDenseSize - kHeader, '\0');
    for (int i = 0; i < 50000; ++i) {
        const std::size_t index = g_random() % kRegisters;
        model[index] = g_random() & 0x3f;
        denseSet(dense.data(), index, model[index]);
    }
    std::string packed(dense.size(), 'x');
    pack(model, packed.data());
    QVERIFY(packed == dense);
    for (std::size_t i = 0; i < kRegisters; ++i)
        QCOMPARE(denseGet(dense.data(), i), model[i]);
    const std::string text = std::string("HYLL") + std::string(12, '\0') + dense;
    QVERIFY(isHyperLogLog(text));
    Registers merged{};
    QVERIFY(mergeInto(&merged, text));
    QVERIFY(merged == model);
}

void HllTest::sparseAgreesWithModel()
{
    for (int round = 0; round < 20; ++round) {
        std::string text(emptyHyperLogLog());
        Registers model{};
        for (int i = 0; i < 2000; ++i) {
            const std::size_t index = g_random() % (round % 2 ? kRegisters : 300);
            const auto value = static_cast<std::uint8_t>(1 + g_random() % (round % 3 ? 5 : 32));
            const std::size_t size = text.size();
            text.resize(size + 3);
            SparseEditor editor(text.data(), size);
            const auto result = editor.set(index, value, 100000);
            text.resize(editor.size());
            QCOMPARE(result == SparseEditor::Changed, value > model[index]);
            model[index] = std::max(model[index], value);
        }
        Registers registers{};
        QVERIFY(mergeInto(&registers, text));
        QVERIFY(registers == model);
        std::string dense(kDenseSize, 'x');
        QVERIFY(toDense(text, dense.data()));
        std::uint64_t one = 0, two = 0;
        QVERIFY(estimate(text, &one) && estimate(dense, &two));
        QCOMPARE(one, two);
        QCOMPARE(estimate(model), one);
    }
}

void HllTest::estimates()
{
    std::string text(kDenseSize, '\0');
    QVERIFY(toDense(emptyHyperLogLog(), text.data()));
    std::uint64_t cardinality = 1;
    QVERIFY(estimate(text, &cardinality));
    QCOMPARE(cardinality, std::uint64_t(0));
    std::uint64_t next = 10;
    for (std::uint64_t n = 1; n <= 100000; ++n) {
        const Observation seen = observe(std::to_string(n));
        if (denseGet(text.data() + kHeader, seen.index) < seen.value)
            denseSet(text.data() + kHeader, seen.index, seen.value);
        if (n != next)
            continue;
        next *= 10;
        QVERIFY(estimate(text, &cardinality));
        const double off = std::fabs(double(cardinality) - double(n));
        QVERIFY(off <= std::ceil(0.0082 * 4 * double(n)));
    }
    setCachedCardinality(text.data(), 77);
    QVERIFY(cachedCardinality(text, &cardinality) && cardinality == 77);
    invalidateCache(text.data());
    QVERIFY(!cachedCardinality(text, &cardinality));
}

void HllTest::refuses()
{
    QVERIFY(!isHyperLogLog("") && !isHyperLogLog("HYLL") && !isHyperLogLog(std::string(16, 'x')));
    QVERIFY(!isHyperLogLog(std::string("HYLL") + std::string(20, '\0'))); // dense, and short
    const std::string header(emptyHyperLogLog().substr(0, kHeader));
    std::uint64_t cardinality;
    Registers registers{};
    for (const std::string &opcodes : {std::string("\x7f\xf0", 2), std::string("\x7f", 1),
                                       std::string("\x7f\xff\x80", 3), std::string()}) {
        const std::string text = header + opcodes;
        QVERIFY(!estimate(text, &cardinality));
        QVERIFY(!mergeInto(&registers, text));
        std::string room = text + "xxx";
        SparseEditor editor(room.data(), text.size());
        const auto result = editor.set(kRegisters - 1, 1, 3000);
        QCOMPARE(result == SparseEditor::Corrupt, opcodes.size() < 3);
    }
    // What is too large for an opcode, or makes the text too long, is for the dense kind.
    std::string text = std::string(emptyHyperLogLog()) + "xxx";
    SparseEditor editor(text.data(), text.size() - 3);
    QCOMPARE(editor.set(5, kMaxSparseValue + 1, 3000), SparseEditor::TooLarge);
    QCOMPARE(editor.set(5, 1, kHeader + 2), SparseEditor::TooLarge);
    QCOMPARE(editor.size(), emptyHyperLogLog().size());
    QCOMPARE(editor.set(5, kMaxSparseValue, 3000), SparseEditor::Changed);
}

QTEST_APPLESS_MAIN(HllTest)
#include "tst_hll.moc"
