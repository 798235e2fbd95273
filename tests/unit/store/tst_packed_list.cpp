#include "store/packed_list.h"

#include <QtTest>

#include <deque>
#include <random>
#include <string>

using namespace cay::store;
using cay::Bytes;

namespace {

using Model = std::deque<std::string>;

Model contents(const PackedList &list, bool backwards = false)
{
    Model result;
    list.forEach(backwards && list.size() ? list.size() - 1 : 0, list.size(), backwards,
                 [&](const PackedValue &value) {
                     char scratch[24];
                     result.push_back(std::string(value.bytes(scratch)));
                     return true;
                 });
    return result;
}

std::string text(const PackedValue &value)
{
    char scratch[24];
    return std::string(value.bytes(scratch));
}

// A list and what it should hold, changed together.
class Pair
{
public:
    Pair(unsigned seed, PackedList::Limits limits, bool single)
        : list(limits, single)
        , m_random(seed)
    {}

    void change()
    {
        if (model.empty() || m_random() % 3 == 0) {
            push();
            return;
        }
        const std::size_t index = m_random() % model.size();
        switch (m_random() % 8) {
        case 0:
        case 1: insert(m_random() % (model.size() + 1)); break;
        case 2: replace(index); break;
        case 3: pop(); break;
        case 4: erase(index, m_random() % 4); break;
        case 5: m_random() % 30 ? push() : erase(index, m_random() % model.size() + 1); break;
        case 6: m_random() % 10 ? push() : eraseEqual(model[index]); break;
        default: push();
        }
    }
    // The sums, the listpacks, and who is compressed.
    void check()
    {
        const NodeTable &nodes = list.nodes();
        std::size_t elements = 0, number = 0;
        for (auto at = nodes.begin(); at != nodes.end(); at = nodes.next(at), ++number) {
            const PackedNode &node = nodes[at];
            QVERIFY(node.count() > 0);
            QCOMPARE(nodes.number(at), number);
            QVERIFY(nodes.nth(number) == at);
            elements += node.count();
            const std::size_t depth = list.limits().depth;
            if (node.kind() == PackedNode::Compressed)
                QVERIFY(number >= depth && number + depth < nodes.nodes());
            if (node.kind() == PackedNode::Plain)
                continue;
            const PackedList::NodeReader reader(node);
            QVERIFY(ListpackView::valid(reader.view().all()));
            QCOMPARE(reader.view().size(), node.count());
            QCOMPARE(reader.view().byteSize(), node.bytes());
        }
        QCOMPARE(elements, model.size());
        QCOMPARE(nodes.nodes(), number);
        QCOMPARE(list.size(), std::uint64_t(model.size()));
        if (list.isSingle())
            QVERIFY(number <= 1);
        compare();
    }

    PackedList list;
    Model model;

private:
    void compare()
    {
        QVERIFY(contents(list) == model);
        QVERIFY(contents(list, true) == Model(model.rbegin(), model.rend()));
        if (model.empty())
            return;
        QVERIFY(text(list.front()) == model.front());
        QVERIFY(text(list.back()) == model.back());
        const std::size_t index = m_random() % model.size();
        list.forEach(index, 1, false, [&](const PackedValue &value) {
            return text(value) == model[index] || (QTest::qFail("index", __FILE__, __LINE__), true);
        });
    }
    std::string element()
    {
        switch (m_random() % 10) {
        case 0: return std::to_string(std::int64_t(m_random()) - 1000000);
        case 1: return std::string(m_random() % 300, 'z');
        case 2: return std::string(m_random() % 40 == 0 ? m_random() % 9000 : 20, 'y');
        case 3: return "same";
        default: return std::string(m_random() % 30, static_cast<char>('a' + m_random() % 20));
        }
    }
    void push()
    {
        const std::string e = element();
        const bool front = m_random() % 2;
        front ? list.pushFront(e) : list.pushBack(e);
        model.insert(front ? model.begin() : model.end(), e);
    }
    void insert(std::size_t index)
    {
        const std::string e = element();
        list.insert(index, e);
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(index), e);
    }
    void replace(std::size_t index)
    {
        model[index] = element();
        list.replace(index, model[index]);
    }
    void pop()
    {
        const bool front = m_random() % 2;
        front ? list.popFront() : list.popBack();
        front ? model.pop_front() : model.pop_back();
    }
    void erase(std::size_t index, std::size_t count)
    {
        list.erase(index, count);
        const auto at = model.begin() + static_cast<std::ptrdiff_t>(index);
        model.erase(at, at + static_cast<std::ptrdiff_t>(std::min(count, model.size() - index)));
    }
    void eraseEqual(const std::string &wanted)
    {
        const bool fromBack = m_random() % 2;
        const std::size_t limit = 1 + m_random() % 20;
        std::size_t erased = 0;
        Model kept;
        const Model all = fromBack ? Model(model.rbegin(), model.rend()) : model;
        for (const std::string &e : all) {
            if (e == wanted && erased < limit)
                ++erased;
            else
                kept.push_back(e);
        }
        QCOMPARE(list.eraseEqual(wanted, limit, fromBack), std::uint64_t(erased));
        model = fromBack ? Model(kept.rbegin(), kept.rend()) : kept;
    }

    std::mt19937 m_random;
};

} // namespace

class PackedListTest : public QObject
{
    Q_OBJECT

private slots:
    void randomOperations_data();
    void randomOperations();
    void queues_data();
    void queues();
    void limitsOfNodes();
    void plainNodes();
    void compression();
    void copies();
    void listpackAndBack();
    void manyTiers();
};

void PackedListTest::randomOperations_data()
{
    QTest::addColumn<int>("fill");
    QTest::addColumn<int>("depth");
    QTest::addColumn<bool>("single");
    QTest::addColumn<int>("plainFrom");
    for (const int fill : {-1, -2, -5, 0, 1, 2, 5, 100}) {
        for (const int depth : {0, 1, 2, 7}) {
            QTest::addRow("fill %d depth %d", fill, depth) << fill << depth << false << 0;
        }
    }
    QTest::newRow("single") << -2 << 0 << true << 0;
    QTest::newRow("plain") << -2 << 0 << false << 25;
    QTest::newRow("plain, compressed") << 4 << 1 << false << 25;
}

void PackedListTest::randomOperations()
{
    QFETCH(int, fill);
    QFETCH(int, depth);
    QFETCH(bool, single);
    QFETCH(int, plainFrom);
    PackedList::setPlainThreshold(static_cast<std::size_t>(plainFrom));
    for (unsigned seed = 0; seed < 2; ++seed) {
        Pair pair(seed, PackedList::limits(fill, depth), single);
        for (int step = 0; step < 3000; ++step) {
            pair.change();
            if (step % 50 == 0)
                pair.check();
        }
        pair.check();
    }
    PackedList::setPlainThreshold(0);
}

void PackedListTest::queues_data()
{
    QTest::addColumn<bool>("pushFront");
    QTest::addColumn<bool>("popFront");
    QTest::addColumn<bool>("single");
    for (int bits = 0; bits < 8; ++bits)
        QTest::addRow("%d", bits) << bool(bits & 1) << bool(bits & 2) << bool(bits & 4);
}

// Elements pass through, from a short list to a long one and back.
void PackedListTest::queues()
{
    QFETCH(bool, pushFront);
    QFETCH(bool, popFront);
    QFETCH(bool, single);
    PackedList list(PackedList::limits(-1, 0), single);
    Model model;
    int n = 0;
    const int top = single ? 500 : 20000;
    for (int phase = 0; phase < 3; ++phase) {
        for (int i = 0; i < top * 3; ++i) {
            const std::string e = "element:" + std::to_string(n++);
            pushFront ? list.pushFront(e) : list.pushBack(e);
            model.insert(pushFront ? model.begin() : model.end(), e);
            if (phase == 1 || i > top) {
                QVERIFY(text(popFront ? list.front() : list.back())
                        == (popFront ? model.front() : model.back()));
                popFront ? list.popFront() : list.popBack();
                popFront ? model.pop_front() : model.pop_back();
            }
        }
        QVERIFY(contents(list) == model);
    }
    while (!model.empty()) {
        QVERIFY(text(popFront ? list.front() : list.back())
                == (popFront ? model.front() : model.back()));
        popFront ? list.popFront() : list.popBack();
        popFront ? model.pop_front() : model.pop_back();
    }
    QCOMPARE(list.size(), std::uint64_t(0));
    QCOMPARE(list.nodes().nodes(), std::size_t(0));
}

void PackedListTest::limitsOfNodes()
{
    QCOMPARE(PackedList::maxBytes(-1), std::size_t(4096));
    QCOMPARE(PackedList::maxBytes(-5), std::size_t(65536));
    QCOMPARE(PackedList::maxBytes(-100), std::size_t(65536));
    QCOMPARE(PackedList::maxBytes(3), std::size_t(8192));
    QCOMPARE(PackedList::maxCount(0), std::size_t(1));
    QVERIFY(!PackedList::exceeds(-2, 8192, 50000));
    QVERIFY(PackedList::exceeds(-2, 8193, 1));
    QVERIFY(PackedList::exceeds(3, 100, 4));
    QVERIFY(PackedList::exceeds(300, 8193, 4));
    QCOMPARE(PackedList::limits(1000000, -1).fill, std::int16_t(32767));
    QCOMPARE(PackedList::limits(-1000, 70000).fill, std::int16_t(-5));
    QCOMPARE(PackedList::limits(-1000, 70000).depth, std::uint16_t(65535));

    PackedList three(PackedList::limits(3, 0));
    for (int i = 0; i < 10; ++i)
        three.pushBack("x");
    QCOMPARE(three.nodes().nodes(), std::size_t(4));
    PackedList bytes(PackedList::limits(-1, 0));
    for (int i = 0; i < 2000; ++i)
        bytes.pushFront(std::string(50, 'x'));
    for (auto at = bytes.nodes().begin(); at != bytes.nodes().end(); at = bytes.nodes().next(at))
        QVERIFY(bytes.nodes()[at].bytes() <= 4096);
    QVERIFY(bytes.nodes().nodes() <= 2000 * 52 / 4000 + 2);
}

void PackedListTest::plainNodes()
{
    PackedList list(PackedList::limits(-2, 0));
    QVERIFY(!list.isLarge(8000));
    QVERIFY(list.isLarge(8192));
    list.pushBack("a");
    StringBlock *block = StringBlock::fromBytes(std::string(100000, 'b'));
    block->retain();
    list.pushBlock(block, false);
    list.pushBack("c");
    QVERIFY(block->isShared());
    QCOMPARE(list.nodes().nodes(), std::size_t(3));
    list.replace(0, std::string(9000, 'A'));
    QCOMPARE(list.nodes().front().kind(), PackedNode::Plain);
    list.replace(0, "a");
    QCOMPARE(list.nodes().front().kind(), PackedNode::Packed);
    list.erase(1, 1);
    QVERIFY(!block->isShared());
    block->release();
    QVERIFY(contents(list) == Model({"a", "c"}));
}

void PackedListTest::compression()
{
    PackedList list(PackedList::limits(-1, 2));
    for (int i = 0; i < 5000; ++i)
        list.pushBack("an element that is like the others " + std::to_string(i));
    std::size_t compressed = 0;
    for (auto at = list.nodes().begin(); at != list.nodes().end(); at = list.nodes().next(at))
        compressed += list.nodes()[at].kind() == PackedNode::Compressed;
    QCOMPARE(compressed, list.nodes().nodes() - 4);
    QVERIFY(list.heapBytes(0) < 5000 * 20);
    QVERIFY(contents(list)[2500] == "an element that is like the others 2500");
    list.insert(2500, "new");
    list.replace(2600, "new");
    list.erase(2700, 10);
    QCOMPARE(list.eraseEqual("new", 10, false), std::uint64_t(2));
    compressed = 0;
    for (auto at = list.nodes().begin(); at != list.nodes().end(); at = list.nodes().next(at))
        compressed += list.nodes()[at].kind() == PackedNode::Compressed;
    QVERIFY(compressed >= list.nodes().nodes() - 5);
}

void PackedListTest::copies()
{
    PackedList list(PackedList::limits(5, 1));
    for (int i = 0; i < 200; ++i)
        list.pushBack(std::string(static_cast<std::size_t>(i % 50), 'x'));
    list.pushBack(std::string(10000, 'y'));
    const std::unique_ptr<PackedList> copy(list.copy());
    const Model before = contents(list);
    list.erase(0, 150);
    list.replace(3, "changed");
    QVERIFY(contents(*copy) == before);
    QVERIFY(copy->heapBytes(0) > 10000);
    QVERIFY(copy->heapBytes(5) > 0);
}

void PackedListTest::listpackAndBack()
{
    PackedList list(PackedList::limits(-2, 0), true);
    Listpack pack;
    for (int i = 0; i < 100; ++i) {
        list.pushFront(std::to_string(i));
        pack.prepend(std::to_string(i));
    }
    const Listpack same = Listpack::adopt(list.releaseListpack());
    QVERIFY(same.all() == pack.all());
    QCOMPARE(list.size(), std::uint64_t(0));
    PackedList other(PackedList::limits(2, 0));
    other.appendNode(PackedNode::copyOf(pack));
    other.pushBack("x");
    QCOMPARE(other.nodes().nodes(), std::size_t(2));
}

void PackedListTest::manyTiers()
{
    PackedList list(PackedList::limits(1, 0));
    Model model;
    std::mt19937 random(7);
    for (int i = 0; i < 3000; ++i) {
        const std::size_t index = random() % (model.size() + 1);
        list.insert(index, std::to_string(i));
        model.insert(model.begin() + static_cast<std::ptrdiff_t>(index), std::to_string(i));
    }
    QVERIFY(contents(list) == model);
    list.erase(1000, 1500);
    model.erase(model.begin() + 1000, model.begin() + 2500);
    QVERIFY(contents(list) == model);
    while (model.size() > 1) {
        const std::size_t index = random() % model.size();
        list.erase(index, 1);
        model.erase(model.begin() + static_cast<std::ptrdiff_t>(index));
    }
    QVERIFY(contents(list) == model);
    QVERIFY(list.nodes().heapBytes() < 1000);
}

QTEST_APPLESS_MAIN(PackedListTest)

#include "tst_packed_list.moc"
