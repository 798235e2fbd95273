#include "store/stream.h"

#include <QtTest/QtTest>

#include <map>
#include <random>

using cay::Bytes;
using namespace cay::store;

namespace {

using Fields = std::vector<std::string>;
using Model = std::map<StreamId, Fields>;

std::vector<Bytes> views(const Fields &fields) { return {fields.begin(), fields.end()}; }

std::string text(const PackedValue &value)
{
    return value.isInteger() ? std::to_string(value.integer) : std::string(value.text);
}

Model content(const Stream &stream, StreamId first, StreamId last,
              StreamWalk::Direction direction = StreamWalk::Forward)
{
    Model out;
    StreamWalk walk(stream, first, last, direction);
    StreamId before;
    while (walk.next()) {
        const bool rises
            = direction == StreamWalk::Forward ? before < walk.id() : walk.id() < before;
        if (!out.empty() && !rises)
            return {};
        before = walk.id();
        Fields fields;
        const auto take = [&](const PackedValue &name, const PackedValue &value) {
            fields.push_back(text(name));
            fields.push_back(text(value));
        };
        // A reader may skip an entry.
        if (walk.id().seq % 3)
            walk.entry().visit(take);
        else
            walk.visit(take);
        out.emplace(walk.id(), fields);
    }
    return out;
}

Model content(const Stream &stream) { return content(stream, {}, StreamId::max()); }

bool nodesAreValid(const Stream &stream)
{
    std::uint64_t length = 0;
    std::size_t least = 0;
    for (auto at = stream.nodes().first(); at; at.next()) {
        StreamId last;
        const Bytes bytes(reinterpret_cast<const char *>(at.value()),
                          StreamNode::byteSize(at.value()));
        if (!StreamNode::valid(at.id(), bytes, &last))
            return false;
        length += StreamNode(at.id(), at.value()).live();
        least += bytes.size();
    }
    return length == stream.length() && stream.nodes().check() && stream.nodeBytes() >= least;
}

class Player
{
public:
    Player(unsigned seed, Stream::Limits limits)
        : m_random(seed)
        , m_limits(limits)
    {}

    bool play(int steps)
    {
        for (int i = 0; i < steps; ++i) {
            step();
            if (i % 32 == 0 && !same())
                return false;
        }
        return same();
    }

private:
    Fields fields()
    {
        static const Fields names{"temperature", "humidity", "17", "x", ""};
        Fields out;
        const std::size_t count = m_random() % 5 ? 2 : 1 + m_random() % 4;
        for (std::size_t i = 0; i < count; ++i) {
            out.push_back(m_random() % 10 ? names[i] : names[m_random() % names.size()]);
            out.push_back(value());
        }
        return out;
    }
    std::string value()
    {
        switch (m_random() % 8) {
        case 0: return std::to_string(static_cast<std::int32_t>(m_random()));
        case 1: return std::to_string(std::int64_t(m_random()) << 31);
        case 2: return std::string(m_random() % 200, 'v');
        case 3: return std::string(m_random() % 50 == 0 ? 5000 : 0, 'w');
        case 4: return "-0";
        case 5: return std::to_string(m_random() % 200);
        default: return std::to_string(int(m_random() % 20000) - 10000);
        }
    }
    void append()
    {
        StreamId id = m_stream.lastId;
        if (m_random() % 3)
            id = {id.ms + m_random() % 1000 + 1, m_random() % 5};
        else
            id.increment();
        const Fields entry = fields();
        QVERIFY(m_stream.append(id, views(entry), m_limits));
        m_model.emplace(id, entry);
    }
    void erase()
    {
        StreamId id = {m_random() % (m_stream.lastId.ms + 1), m_random() % 5};
        if (const auto it = m_model.lower_bound(id); it != m_model.end() && m_random() % 8)
            id = it->first;
        QCOMPARE(m_stream.contains(id), m_model.contains(id));
        QCOMPARE(m_stream.erase(id), m_model.erase(id) > 0);
    }
    void trim()
    {
        Stream::Trim trim;
        trim.strategy = m_random() % 2 ? Stream::Trim::MaxLength : Stream::Trim::MinId;
        trim.maxLength = m_model.size() - m_random() % (m_model.size() / 4 + 1);
        if (!m_model.empty()) {
            auto it = m_model.begin();
            std::advance(it, static_cast<long>(m_random() % (m_model.size() / 4 + 1)));
            if (it != m_model.end())
                trim.minId = it->first;
        }
        trim.approximate = m_random() % 3 == 0;
        std::vector<void *> gone;
        const std::size_t before = m_model.size();
        const std::uint64_t count = m_stream.trim(trim, &gone);
        for (void *node : gone)
            std::free(node);
        if (trim.approximate) {
            m_model = content(m_stream);
        } else {
            while (trim.strategy == Stream::Trim::MaxLength && m_model.size() > trim.maxLength)
                m_model.erase(m_model.begin());
            if (trim.strategy == Stream::Trim::MinId)
                m_model.erase(m_model.begin(), m_model.lower_bound(trim.minId));
        }
        QCOMPARE(before - m_model.size(), count);
    }
    void step()
    {
        const auto dice = m_random() % 100;
        if (dice < 60)
            append();
        else if (dice < 98)
            erase();
        else
            trim();
    }
    bool same()
    {
        const StreamId a{m_random() % (m_stream.lastId.ms + 2), m_random() % 5};
        const StreamId b{a.ms + m_random() % 5000, m_random() % 5};
        const Model part(m_model.lower_bound(a),
                         a <= b ? m_model.upper_bound(b) : m_model.lower_bound(a));
        return nodesAreValid(m_stream) && content(m_stream) == m_model
               && content(m_stream, {}, StreamId::max(), StreamWalk::Backward) == m_model
               && content(m_stream, a, b) == part
               && content(m_stream, a, b, StreamWalk::Backward) == part
               && m_stream.length() == m_model.size()
               && m_stream.firstId() == (m_model.empty() ? StreamId{} : m_model.begin()->first)
               && m_stream.lastLiveId() == (m_model.empty() ? StreamId{} : m_model.rbegin()->first)
               && content(*m_stream.clone()) == m_model;
    }

    Stream m_stream;
    Model m_model;
    std::mt19937 m_random;
    Stream::Limits m_limits;
};

} // namespace

class TestStream : public QObject
{
    Q_OBJECT
private slots:
    void ids()
    {
        StreamId id{1, ~0ull};
        QVERIFY(id.increment());
        QVERIFY(id == (StreamId{2, 0}));
        QVERIFY(id.decrement());
        QVERIFY(id == (StreamId{1, ~0ull}));
        id = StreamId::max();
        QVERIFY(!id.increment());
        QCOMPARE(Bytes(StreamIdText(id)), Bytes("18446744073709551615-18446744073709551615"));
        id = {};
        QVERIFY(!id.decrement() && id.isZero());
    }
    void againstModel_data()
    {
        QTest::addColumn<int>("bytes");
        QTest::addColumn<int>("entries");
        QTest::newRow("as configured") << 4096 << 100;
        QTest::newRow("small nodes") << 300 << 5;
        QTest::newRow("one entry a node") << 4096 << 1;
        QTest::newRow("no limits") << 0 << 0;
    }
    void againstModel()
    {
        QFETCH(int, bytes);
        QFETCH(int, entries);
        for (unsigned seed = 0; seed < 4; ++seed) {
            Player player(seed,
                          {static_cast<std::size_t>(bytes), static_cast<std::size_t>(entries)});
            QVERIFY2(player.play(3000), QByteArray::number(seed));
        }
    }
    // XADD s 1-1 a 1 b hello; XADD s 1-2 a 2 b x: the listpack that DUMP of redis-server 7.0.15
    // has.
    void bytesOfANode()
    {
        Stream stream;
        QVERIFY(stream.append({1, 1}, std::vector<Bytes>{"a", "1", "b", "hello"}, {}));
        QVERIFY(stream.append({1, 2}, std::vector<Bytes>{"a", "2", "b", "x"}, {}));
        const unsigned char *bytes = stream.nodes().first().value();
        const QByteArray node(reinterpret_cast<const char *>(bytes),
                              static_cast<qsizetype>(StreamNode::byteSize(bytes)));
        QCOMPARE(node.toHex(),
                 QByteArray("330000001200020100010201816102816202000102010001000101018568656c6c6f"
                            "06050102010001010102018178020501ff"));
    }
    void deletingMany()
    {
        Stream stream;
        const std::vector<Bytes> fields{"field", "value"};
        for (std::uint64_t i = 1; i <= 5000; ++i)
            QVERIFY(stream.append({i, 0}, fields, {1 << 20, 0}));
        for (std::uint64_t i = 1; i < 5000; ++i)
            QVERIFY(stream.erase({i, 0}));
        QVERIFY(nodesAreValid(stream));
        QVERIFY(stream.erase({5000, 0}));
        QVERIFY(stream.nodes().empty() && stream.length() == 0 && stream.nodeBytes() == 0);
        QVERIFY(stream.append({5001, 0}, fields, {}));
        QVERIFY(stream.firstId() == (StreamId{5001, 0}));
    }
    void damagedNodes()
    {
        Stream stream;
        for (std::uint64_t i = 1; i <= 20; ++i) {
            const std::string digits = std::to_string(i * 1000);
            QVERIFY(stream.append({i, i}, std::vector<Bytes>{"field", digits, "b", "text"}, {}));
        }
        stream.erase({7, 7});
        const unsigned char *bytes = stream.nodes().first().value();
        const std::string good(reinterpret_cast<const char *>(bytes), StreamNode::byteSize(bytes));
        std::mt19937 random(1);
        int accepted = 0;
        for (int i = 0; i < 20000; ++i) {
            std::string bad = good;
            for (unsigned n = 1 + random() % 3; n > 0; --n)
                bad[random() % bad.size()] = static_cast<char>(random());
            if (random() % 8 == 0)
                bad.resize(random() % bad.size());
            Stream other;
            if (other.adoptNode({1, 1}, bad)) {
                ++accepted; // a changed letter is a good node
                content(other);
                content(other, {}, StreamId::max(), StreamWalk::Backward);
            }
        }
        QVERIFY(accepted > 0 && accepted < 15000);
    }
    void nodesInOrder()
    {
        Stream stream, other;
        for (std::uint64_t i = 1; i <= 10; ++i)
            QVERIFY(stream.append({i, 0}, std::vector<Bytes>{"f", "v"}, {4096, 5}));
        const auto node = [&](Stream::Nodes::Cursor at) {
            return Bytes(reinterpret_cast<const char *>(at.value()),
                         StreamNode::byteSize(at.value()));
        };
        auto at = stream.nodes().first();
        const Bytes first = node(at);
        QVERIFY(other.adoptNode({1, 0}, first));
        QVERIFY(!other.adoptNode({1, 0}, first));
        QVERIFY(!other.adoptNode({5, 0}, first));
        at.next();
        QVERIFY(other.adoptNode(at.id(), node(at)));
        QVERIFY(content(other) == content(stream));
        // Master 0-0 would have an entry 0-0.
        QVERIFY(!Stream().adoptNode({}, first));
    }
    void pendingEntries()
    {
        StreamGroup group("g", {}, 0);
        StreamConsumer *alice = group.addConsumer("alice", 1);
        StreamConsumer *bob = group.addConsumer("bob", 1);
        for (std::uint64_t i = 1; i <= 1000; ++i)
            QCOMPARE(group.deliver({i, 0}, i % 2 ? alice : bob, 5)->deliveries, 1u);
        QCOMPARE(alice->pending.size(), 500u);
        group.deliver({1, 0}, bob, 6);
        QVERIFY(group.find({1, 0})->consumer == bob && group.find({1, 0})->delivered == 6);
        QVERIFY(!alice->pending.find({1, 0}) && bob->pending.find({1, 0}));
        QVERIFY(group.acknowledge({1, 0}) && !group.acknowledge({1, 0}));
        const auto copy = group.clone();
        group.removeConsumer(bob);
        QCOMPARE(group.pending().size(), 499u);
        QVERIFY(!group.consumer("bob") && group.consumer("alice") == alice);
        QCOMPARE(copy->pending().size(), 999u);
        QCOMPARE(copy->consumer("bob")->pending.size(), 500u);
        QVERIFY(copy->find({2, 0})->consumer == copy->consumer("bob"));
    }
    void groupsAreSorted()
    {
        Stream stream;
        for (const char *name : {"b", "a", "c", "ab"})
            stream.addGroup(name, {}, 0);
        std::string names;
        for (const auto &group : stream.groups())
            names += group->name() + " ";
        QCOMPARE(names, std::string("a ab b c "));
        stream.removeGroup(stream.group("b"));
        QVERIFY(!stream.group("b") && stream.group("c"));
    }
};

QTEST_APPLESS_MAIN(TestStream)
#include "tst_stream.moc"
