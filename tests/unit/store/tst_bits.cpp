#include "store/bits.h"

#include <QtTest>

#include <bit>
#include <random>
#include <string>
#include <vector>

using namespace cay::store;
using cay::Bytes;

class BitsTest : public QObject
{
    Q_OBJECT

private slots:
    void counts();
    void finds();
    void combines();
    void combinesInPlace();
};

static std::mt19937_64 g_random{7};

static std::string randomText(std::size_t n)
{
    std::string text(n, '\0');
    for (char &c : text)
        c = static_cast<char>(g_random());
    return text;
}

static bool bitAt(Bytes text, std::uint64_t i)
{
    return i / 8 < text.size() && (text[i / 8] >> (7 - i % 8)) & 1;
}

void BitsTest::counts()
{
    QCOMPARE(countBits({}), std::uint64_t(0));
    QCOMPARE(countBits("foobar"), std::uint64_t(26));
    for (std::size_t n = 0; n < 3000; n += 1 + n / 16) {
        const std::string text = randomText(n + 3);
        for (std::size_t offset = 0; offset < 4; ++offset) {
            std::uint64_t expected = 0;
            for (std::size_t i = offset; i < text.size(); ++i)
                expected
                    += static_cast<unsigned>(std::popcount(static_cast<unsigned char>(text[i])));
            QCOMPARE(countBits(Bytes(text).substr(offset)), expected);
        }
    }
    QCOMPARE(countBits(std::string(100000, '\xff')), std::uint64_t(800000));
}

void BitsTest::finds()
{
    for (int round = 0; round < 3000; ++round) {
        const bool bit = g_random() % 2;
        std::string text(g_random() % 200, bit ? '\0' : '\xff');
        for (int i = 0; i < 2 && !text.empty(); ++i)
            text[g_random() % text.size()] = static_cast<char>(g_random());
        const std::uint64_t size = text.size() * 8;
        const std::uint64_t from = g_random() % (size + 1);
        const std::uint64_t to = from + g_random() % (size - from + 1);
        std::uint64_t expected = from;
        while (expected < to && bitAt(text, expected) != bit)
            ++expected;
        QCOMPARE(findBit(text, bit, from, to), expected);
    }
}

static bool model(BitOperation operation, const std::vector<Bytes> &sources, std::uint64_t i)
{
    const bool first = bitAt(sources[0], i);
    bool all = first, any = false, odd = first;
    int count = first;
    for (std::size_t k = 1; k < sources.size(); ++k) {
        const bool b = bitAt(sources[k], i);
        all &= b;
        any |= b;
        odd ^= b;
        count += b;
    }
    switch (operation) {
    case BitOperation::And: return all;
    case BitOperation::Or: return first || any;
    case BitOperation::Xor: return odd;
    case BitOperation::Not: return !first;
    case BitOperation::Diff: return first && !any;
    case BitOperation::Diff1: return !first && any;
    case BitOperation::AndOr: return first && any;
    case BitOperation::One: return count == 1;
    }
    return false;
}

static void check(BitOperation operation, const std::vector<Bytes> &sources, Bytes result)
{
    for (std::uint64_t i = 0; i < result.size() * 8; ++i)
        QCOMPARE(bitAt(result, i), model(operation, sources, i));
}

void BitsTest::combines()
{
    for (int round = 0; round < 400; ++round) {
        const auto operation = static_cast<BitOperation>(round % 8);
        std::vector<std::string> texts(1 + g_random() % 5);
        std::vector<Bytes> sources;
        std::size_t longest = 0;
        for (std::string &text : texts) {
            const std::size_t most = round % 20 == 0 ? 9000 : 200;
            text = randomText(round % 3 == 0 ? most : g_random() % most);
            sources.push_back(text);
            longest = std::max(longest, text.size());
        }
        if (operation == BitOperation::Not)
            sources.resize(1), longest = sources[0].size();
        std::string result(longest, 'x');
        combineBits(operation, sources, result.data(), longest);
        check(operation, sources, result);
    }
}

void BitsTest::combinesInPlace()
{
    for (int operation = 0; operation < 8; ++operation) {
        std::string first = randomText(9000);
        const std::string copy = first, second = randomText(5000);
        combineBits(static_cast<BitOperation>(operation), std::vector<Bytes>{first, second},
                    first.data(), first.size());
        check(static_cast<BitOperation>(operation), {copy, second}, first);
        // The destination is the last of three of one length.
        const std::string third = randomText(9000);
        std::string last = copy;
        if (operation == int(BitOperation::Not))
            continue;
        combineBits(static_cast<BitOperation>(operation), std::vector<Bytes>{first, third, last},
                    last.data(), last.size());
        check(static_cast<BitOperation>(operation), {first, third, copy}, last);
    }
}

QTEST_APPLESS_MAIN(BitsTest)
#include "tst_bits.moc"
