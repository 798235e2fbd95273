#include "store/listpack.h"

#include <QtTest>

#include <random>
#include <string>
#include <vector>

using namespace cay::store;
using cay::Bytes;

namespace {

using Model = std::vector<std::string>;
using Position = ListpackView::Position;

std::string text(const ListpackView &pack, Position at)
{
    char scratch[24];
    return std::string(pack.value(at).bytes(scratch));
}

Model contents(const ListpackView &pack)
{
    Model result;
    for (Position p = pack.first(); p; p = pack.next(p))
        result.push_back(text(pack, p));
    return result;
}

Model backwards(const ListpackView &pack)
{
    Model result;
    for (Position p = pack.last(); p; p = pack.previous(p))
        result.insert(result.begin(), text(pack, p));
    return result;
}

Listpack packOf(const Model &elements)
{
    Listpack pack;
    for (const std::string &element : elements)
        pack.append(element);
    return pack;
}

// Lengths and integers at the limits of every encoding, and some in between.
Model edgeElements()
{
    Model all = {"", "-", "-0", "+1", "01", "00", "1.5", " 1", "1 ", "18446744073709551616"};
    for (const char *n : {"0",
                          "1",
                          "-1",
                          "127",
                          "128",
                          "4095",
                          "4096",
                          "-4096",
                          "-4097",
                          "32767",
                          "32768",
                          "-32768",
                          "-32769",
                          "8388607",
                          "8388608",
                          "-8388608",
                          "-8388609",
                          "2147483647",
                          "2147483648",
                          "-2147483648",
                          "-2147483649",
                          "9223372036854775807",
                          "9223372036854775808",
                          "-9223372036854775808",
                          "-9223372036854775809"}) {
        all.push_back(n);
    }
    for (const std::size_t n :
         {1u,   8u,   20u,   21u,   62u,   63u,   64u,    65u,    124u,   125u,  126u,
          127u, 128u, 4094u, 4095u, 4096u, 4097u, 16376u, 16377u, 16378u, 16379u}) {
        all.push_back(std::string(n, 'x'));
    }
    return all;
}

class RandomElement
{
public:
    explicit RandomElement(std::mt19937 &random)
        : m_random(random)
    {}
    std::string operator()()
    {
        switch (m_random() % 8) {
        case 0: return m_edges[m_random() % m_edges.size()];
        case 1: return std::to_string(static_cast<std::int64_t>(m_random()) << m_random() % 33);
        case 2: return std::to_string(-static_cast<std::int64_t>(m_random() % 10000));
        default: return std::string(m_random() % 12, static_cast<char>('a' + m_random() % 4));
        }
    }

private:
    std::mt19937 &m_random;
    const Model m_edges = edgeElements();
};

} // namespace

class ListpackTest : public QObject
{
    Q_OBJECT

private slots:
    void emptyOne();
    void everyEncoding();
    void bytesOfRedis_data();
    void bytesOfRedis();
    void sizesBehindElements();
    void randomOperations();
    void finds();
    void integers();
    void countsPast65535();
    void splitsAndMerges();
    void reservesAndMoves();
    void refusesDamage();
    void refusesLongForms();
};

void ListpackTest::emptyOne()
{
    Listpack pack;
    QCOMPARE(pack.byteSize(), ListpackView::kEmptySize);
    QVERIFY(pack.empty());
    QCOMPARE(pack.size(), std::size_t(0));
    QCOMPARE(pack.first(), ListpackView::kEnd);
    QCOMPARE(pack.last(), ListpackView::kEnd);
    QCOMPARE(pack.at(0), ListpackView::kEnd);
    QCOMPARE(pack.at(-1), ListpackView::kEnd);
    QCOMPARE(pack.find("a", pack.first()), ListpackView::kEnd);
    QVERIFY(ListpackView::valid(pack.all()));
    pack.eraseRange(0, 5);
    pack.clear();
    QVERIFY(pack.empty());
}

void ListpackTest::everyEncoding()
{
    const Model elements = edgeElements();
    const Listpack pack = packOf(elements);
    QVERIFY(ListpackView::valid(pack.all()));
    QCOMPARE(pack.size(), elements.size());
    QVERIFY(contents(pack) == elements);
    QVERIFY(backwards(pack) == elements);
    for (std::size_t i = 0; i < elements.size(); ++i) {
        const auto index = static_cast<std::int64_t>(i);
        QVERIFY(text(pack, pack.at(index)) == elements[i]);
        QVERIFY(text(pack, pack.at(index - static_cast<std::int64_t>(elements.size())))
                == elements[i]);
        QCOMPARE(pack.find(elements[i], pack.first()), pack.at(index));
        QVERIFY(pack.value(pack.at(index)) == Bytes(elements[i]));
        QVERIFY(pack.elementSize(pack.at(index)) <= Listpack::sizeOf(elements[i]));
    }
    QCOMPARE(pack.at(static_cast<std::int64_t>(elements.size())), ListpackView::kEnd);
    QCOMPARE(pack.at(-static_cast<std::int64_t>(elements.size()) - 1), ListpackView::kEnd);
}

// The bytes are those of DUMP of a hash in Redis 7.0.15 with rdbcompression off.
void ListpackTest::bytesOfRedis_data()
{
    QTest::addColumn<QStringList>("elements");
    QTest::addColumn<QByteArray>("hex");
    QTest::newRow("small") << QStringList{"a", "1", "b", "-1"}
                           << QByteArray("1200000004008161020101816202dfff02ff");
    QTest::newRow("13 bits") << QStringList{"127", "128", "-4096", "4095", "-4097", "4096"}
                             << QByteArray("1a00000006007f01c08002d00002cfff02f1ffef03f1001003ff");
    QTest::newRow("16 and 24 bits")
        << QStringList{"32767",   "-32768",   "32768",   "-32769",
                       "8388607", "-8388608", "8388608", "-8388609"}
        << QByteArray(
               "2f0000000800f1ff7f03f1008003f200800004f2ff7fff04f2ffff7f04f200008004f300008000"
               "05f3ffff7fff05ff");
    QTest::newRow("32 and 64 bits")
        << QStringList{"2147483647",          "-2147483648",         "2147483648",
                       "-2147483649",         "9223372036854775807", "-9223372036854775808",
                       "9223372036854775808", "-9223372036854775809"}
        << QByteArray(
               "660000000800f3ffffff7f05f30000008005f4000000800000000009f4ffffff7fffffffff09f4"
               "ffffffffffffff7f09f4000000000000008009933932323333373230333638353437373538303"
               "814942d3932323333373230333638353437373538303915ff");
    QTest::newRow("not integers") << QStringList{"01", "-0", "+1", "0", "", QString(63, 'x')}
                                  << QByteArray("58000000060082303103822d3003822b310300018001bf")
                                         + QByteArray(63, 'x').toHex() + QByteArray("40ff");
}

void ListpackTest::bytesOfRedis()
{
    QFETCH(QStringList, elements);
    QFETCH(QByteArray, hex);
    Listpack pack;
    for (const QString &element : elements)
        pack.append(Bytes(element.toStdString()));
    const QByteArray bytes(pack.all().data(), static_cast<qsizetype>(pack.byteSize()));
    QCOMPARE(bytes.toHex(), hex);
    QVERIFY(ListpackView::valid(pack.all()));
}

// As in Redis's files: 2 bytes reach to 16382, not to the 16383 that they could hold.
void ListpackTest::sizesBehindElements()
{
    const std::pair<std::size_t, std::size_t> sizes[]
        = {{63, 1},    {64, 1},    {125, 1},     {126, 2},    {4095, 2},
           {16377, 2}, {16378, 3}, {2097145, 3}, {2097146, 4}};
    for (const auto &[length, back] : sizes) {
        Listpack pack;
        pack.append(std::string(length, 'y'));
        const std::size_t head = length < 64 ? 1 : length < 4096 ? 2 : 5;
        QCOMPARE(pack.byteSize(), ListpackView::kEmptySize + head + length + back);
        QCOMPARE(pack.last(), pack.first());
        QCOMPARE(pack.value(pack.first()).text.size(), length);
        QVERIFY(ListpackView::valid(pack.all()));
    }
}

// A listpack and what it should hold, changed together.
class Pair
{
public:
    explicit Pair(std::mt19937 &random)
        : m_random(random)
        , m_element(random)
    {}

    void change()
    {
        const std::string e = m_element();
        const std::size_t n = m_model.size(), i = n ? m_random() % n : 0;
        const auto index = static_cast<std::int64_t>(i);
        switch (m_random() % 8) {
        case 0:
        case 1: insertAtEnd(e); break;
        case 2: insert(index, e); break;
        case 3: insertInteger(index); break;
        case 4: n ? replace(index, e) : insertAtEnd(e); break;
        case 5: n ? erase(index) : insertAtEnd(e); break;
        case 6: eraseRange(index, m_random() % 5); break;
        default: m_random() % 20 == 0 ? clear() : insertAtEnd(e);
        }
    }
    const Listpack &pack() const { return m_pack; }
    const Model &model() const { return m_model; }

private:
    void insertAtEnd(const std::string &e)
    {
        const bool front = m_random() % 2;
        m_model.insert(front ? m_model.begin() : m_model.end(), e);
        front ? m_pack.prepend(e) : m_pack.append(e);
    }
    void insert(std::int64_t index, const std::string &e)
    {
        QVERIFY(text(m_pack, m_pack.insert(m_pack.at(index), e)) == e);
        m_model.insert(m_model.begin() + index, e);
    }
    void insertInteger(std::int64_t index)
    {
        m_pack.insert(m_pack.at(index), std::int64_t(m_random()) - 5000);
        m_model.insert(m_model.begin() + index, text(m_pack, m_pack.at(index)));
    }
    void replace(std::int64_t index, const std::string &e)
    {
        QVERIFY(text(m_pack, m_pack.replace(m_pack.at(index), e)) == e);
        m_model[static_cast<std::size_t>(index)] = e;
    }
    void erase(std::int64_t index)
    {
        const Position next = m_pack.erase(m_pack.at(index));
        m_model.erase(m_model.begin() + index);
        QCOMPARE(next, m_pack.at(index));
    }
    void eraseRange(std::int64_t index, std::size_t count)
    {
        const auto n = static_cast<std::int64_t>(m_model.size());
        m_pack.eraseRange(n && m_random() % 2 ? index - n : index, count);
        const auto taken = std::min(static_cast<std::int64_t>(count), n - index);
        m_model.erase(m_model.begin() + index, m_model.begin() + index + taken);
    }
    void clear()
    {
        m_pack.clear();
        m_model.clear();
    }

    std::mt19937 &m_random;
    RandomElement m_element;
    Listpack m_pack;
    Model m_model;
};

void ListpackTest::randomOperations()
{
    std::mt19937 random(1);
    for (int round = 0; round < 60; ++round) {
        Pair pair(random);
        for (int step = 0; step < 200; ++step) {
            pair.change();
            QCOMPARE(pair.pack().size(), pair.model().size());
        }
        QVERIFY(contents(pair.pack()) == pair.model());
        QVERIFY(backwards(pair.pack()) == pair.model());
        QVERIFY(ListpackView::valid(pair.pack().all()));
        QVERIFY(packOf(pair.model()).all() == pair.pack().all());
    }
}

void ListpackTest::finds()
{
    std::mt19937 random(2);
    RandomElement element(random);
    for (int round = 0; round < 100; ++round) {
        Model model;
        for (std::size_t n = random() % 40 * 2; n > 0; --n)
            model.push_back(element());
        const Listpack pack = packOf(model);
        for (int i = 0; i < 20; ++i) {
            const std::string wanted
                = model.empty() || random() % 3 == 0 ? element() : model[random() % model.size()];
            for (const unsigned skip : {0u, 1u}) {
                std::size_t k = 0;
                while (k < model.size() && model[k] != wanted)
                    k += skip + 1;
                QCOMPARE(pack.find(wanted, pack.first(), skip),
                         k < model.size() ? pack.at(static_cast<std::int64_t>(k))
                                          : ListpackView::kEnd);
            }
        }
    }
    const Listpack names
        = packOf({"field:1", "a", "field:2", "b", "field:33", "c", "field:2", "d"});
    QCOMPARE(names.find("field:2", names.first(), 1), names.at(2));
    QCOMPARE(names.find("field:2", names.at(3)), names.at(6));
    QCOMPARE(names.find("b", names.first(), 1), ListpackView::kEnd);
    QCOMPARE(names.find("b", names.at(1), 1), names.at(3));
}

void ListpackTest::integers()
{
    Listpack pack;
    for (int shift = 0; shift < 64; ++shift) {
        for (const std::int64_t around : {-1, 0, 1}) {
            const auto n
                = static_cast<std::int64_t>((1ull << shift) + static_cast<std::uint64_t>(around));
            pack.append(n);
            QVERIFY(pack.value(pack.last()).isInteger());
            QCOMPARE(pack.value(pack.last()).integer, n);
            Listpack same;
            same.append(std::to_string(n));
            QCOMPARE(same.value(same.first()).integer, n);
            QCOMPARE(same.elementSize(same.first()), pack.elementSize(pack.last()));
        }
    }
    QVERIFY(ListpackView::valid(pack.all()));
    pack.replace(pack.at(3), std::int64_t(-7));
    QVERIFY(text(pack, pack.at(3)) == "-7");
}

void ListpackTest::countsPast65535()
{
    Listpack pack(1024 * 1024);
    for (int i = 0; i < 65534; ++i)
        pack.append("x");
    QCOMPARE(pack.size(), std::size_t(65534));
    for (int i = 0; i < 10; ++i)
        pack.append("y");
    QCOMPARE(pack.size(), std::size_t(65544));
    QVERIFY(text(pack, pack.at(65534)) == "y");
    QVERIFY(text(pack, pack.at(-11)) == "x");
    QCOMPARE(pack.at(65544), ListpackView::kEnd);
    QCOMPARE(pack.at(-65545), ListpackView::kEnd);
    pack.eraseRange(0, 20);
    QCOMPARE(pack.size(), std::size_t(65524));
    QVERIFY(ListpackView::valid(pack.all()));
    Listpack rest = pack.split(pack.at(65000));
    QCOMPARE(pack.size(), std::size_t(65000));
    QCOMPARE(rest.size(), std::size_t(524));
    QVERIFY(pack.merge(rest));
    QVERIFY(rest.merge(pack));
    QCOMPARE(rest.size(), std::size_t(66048));
    QVERIFY(ListpackView::valid(rest.all()));
}

void ListpackTest::splitsAndMerges()
{
    std::mt19937 random(3);
    RandomElement element(random);
    for (int round = 0; round < 100; ++round) {
        Model model;
        for (std::size_t n = 1 + random() % 20; n > 0; --n)
            model.push_back(element());
        Listpack pack = packOf(model);
        const std::string whole(pack.all());
        const auto i = static_cast<std::int64_t>(random() % model.size());
        Listpack rest = pack.split(pack.at(i));
        QVERIFY(contents(pack) == Model(model.begin(), model.begin() + i));
        QVERIFY(contents(rest) == Model(model.begin() + i, model.end()));
        QVERIFY(ListpackView::valid(pack.all()) && ListpackView::valid(rest.all()));
        QVERIFY(pack.merge(rest));
        QVERIFY(pack.all() == whole);
    }
}

void ListpackTest::reservesAndMoves()
{
    Listpack pack(4096);
    for (int i = 0; i < 2000; ++i)
        pack.append(std::int64_t(i));
    pack.shrink();
    const Listpack copy = Listpack::copyOf(pack.all());
    QVERIFY(copy.all() == pack.all());
    Listpack moved = std::move(pack);
    unsigned char *bytes = moved.release();
    Listpack again = Listpack::adopt(bytes);
    QVERIFY(again.all() == copy.all());
    again = Listpack();
    QVERIFY(again.empty());
}

// What valid() lets through can be walked both ways and read. Run under the sanitizers, this is
// what says that nothing is read outside.
void ListpackTest::refusesDamage()
{
    std::mt19937 random(4);
    RandomElement element(random);
    int accepted = 0;
    for (int round = 0; round < 20000; ++round) {
        Model model;
        for (std::size_t n = random() % 8; n > 0; --n)
            model.push_back(element().substr(0, 200));
        const Listpack pack = packOf(model);
        std::string bytes(pack.all());
        for (std::size_t n = 1 + random() % 2; n > 0; --n)
            bytes[random() % bytes.size()] = static_cast<char>(random());
        if (random() % 8 == 0)
            bytes.resize(random() % bytes.size());
        // A block of its own of this very size: reading past it is noticed.
        const std::unique_ptr<char[]> block(new char[bytes.size() + 1]);
        std::memcpy(block.get(), bytes.data(), bytes.size());
        if (!ListpackView::valid(Bytes(block.get(), bytes.size())))
            continue;
        ++accepted;
        const ListpackView view(reinterpret_cast<const unsigned char *>(block.get()));
        const Model read = contents(view);
        QVERIFY(backwards(view) == read);
        QCOMPARE(view.size(), read.size());
    }
    QVERIFY(accepted > 100); // bytes of a text may be anything
}

void ListpackTest::refusesLongForms()
{
    const auto valid = [](const char *hex) {
        const QByteArray bytes = QByteArray::fromHex(hex);
        return ListpackView::valid(
            Bytes(bytes.constData(), static_cast<std::size_t>(bytes.size())));
    };
    QVERIFY(valid("090000000100"
                  "0101"
                  "ff"));
    QVERIFY(valid("09000000ffff"
                  "0101"
                  "ff")); // an unknown count
    QVERIFY(!valid("090000000200"
                   "0101"
                   "ff"));
    QVERIFY(!valid("0a0000000100"
                   "813102"
                   "ff")); // "1" as a text
    QVERIFY(!valid("0a0000000100"
                   "c00102"
                   "ff")); // 1 in 13 bits
    QVERIFY(!valid("0b0000000100"
                   "e0016103"
                   "ff")); // "a" with a length of 12 bits
    QVERIFY(valid("0a0000000100"
                  "816102"
                  "ff"));
    QVERIFY(!valid("0a0000000100"
                   "816103"
                   "ff"));
    QVERIFY(!valid("0b0000000100"
                   "81618002"
                   "ff")); // its size in two bytes
    QVERIFY(!valid(""));
    QVERIFY(!valid("070000000000"));
    QVERIFY(!valid("07000000000000"));
}

QTEST_APPLESS_MAIN(ListpackTest)

#include "tst_listpack.moc"
