#include "store/id_map.h"

#include <QtTest/QtTest>

#include <map>
#include <random>

using cay::store::IdMap;
using cay::store::NoValue;
using cay::store::StreamId;

namespace {

using Small = IdMap<std::uint64_t, 4, 4>;
using Large = IdMap<std::uint64_t>;
using Model = std::map<StreamId, std::uint64_t>;

template <typename Map>
bool same(const Map &map, const Model &model)
{
    if (!map.check() || map.size() != model.size())
        return false;
    auto at = map.first();
    for (const auto &[id, value] : model) {
        if (!at || at.id() != id || at.value() != value)
            return false;
        at.next();
    }
    if (at)
        return false;
    at = map.last();
    for (auto it = model.rbegin(); it != model.rend(); ++it) {
        if (!at || at.id() != it->first)
            return false;
        at.previous();
    }
    return !at;
}

template <typename Map>
bool sameBounds(const Map &map, const Model &model, StreamId id)
{
    const auto lower = map.lowerBound(id);
    const auto expectedLower = model.lower_bound(id);
    if (static_cast<bool>(lower) != (expectedLower != model.end())
        || (lower && lower.id() != expectedLower->first)) {
        return false;
    }
    const auto floor = map.floor(id);
    auto expectedFloor = model.upper_bound(id);
    if (expectedFloor == model.begin())
        return !floor;
    --expectedFloor;
    return floor && floor.id() == expectedFloor->first
           && static_cast<bool>(map.find(id)) == model.contains(id);
}

template <typename Map>
class Player
{
public:
    explicit Player(unsigned seed)
        : m_random(seed)
    {}

    bool play(int steps, std::uint64_t range)
    {
        for (int i = 0; i < steps; ++i) {
            step(range);
            if (i % 64 == 0 && !same(m_map, m_model))
                return false;
            if (!sameBounds(m_map, m_model, draw(range)))
                return false;
        }
        while (!m_model.empty()) {
            auto it = m_model.begin();
            std::advance(it, static_cast<long>(m_random() % m_model.size()));
            if (!m_map.erase(it->first))
                return false;
            m_model.erase(it);
        }
        return same(m_map, m_model);
    }

private:
    StreamId draw(std::uint64_t range) { return {m_random() % range, m_random() % 3}; }

    void insert(StreamId id, std::uint64_t value)
    {
        bool isNew = false;
        const std::uint64_t &kept = m_map.insert(id, value, &isNew);
        const auto [it, inserted] = m_model.emplace(id, value);
        QCOMPARE(isNew, inserted);
        QCOMPARE(kept, it->second);
    }
    void append(std::uint64_t value)
    {
        StreamId id = m_model.empty() ? StreamId{} : m_model.rbegin()->first;
        id.ms += 1 + m_random() % 3;
        QCOMPARE(m_map.append(id, value), value);
        m_model.emplace(id, value);
    }
    void eraseBefore(StreamId id)
    {
        m_map.eraseBefore(m_map.lowerBound(id));
        m_model.erase(m_model.begin(), m_model.lower_bound(id));
    }
    void step(std::uint64_t range)
    {
        const auto dice = m_random() % 100;
        // Phases of growing and of shrinking.
        const bool shrinks = m_random() / 7 % 1000 < 3 ? (m_shrinks = !m_shrinks) : m_shrinks;
        if (dice < (shrinks ? 20u : 45u))
            insert(draw(range), m_random());
        else if (dice < (shrinks ? 25u : 60u))
            append(m_random());
        else if (dice < 99)
            QCOMPARE(m_map.erase(pick(range)), m_erased);
        else
            eraseBefore(draw(range / 20 + 1));
    }
    StreamId pick(std::uint64_t range)
    {
        StreamId id = draw(range);
        if (const auto it = m_model.lower_bound(id); it != m_model.end() && m_random() % 4)
            id = it->first;
        m_erased = m_model.erase(id) > 0;
        return id;
    }

    Map m_map;
    Model m_model;
    std::mt19937 m_random;
    bool m_shrinks = false;
    bool m_erased = false;
};

} // namespace

class TestIdMap : public QObject
{
    Q_OBJECT
private slots:
    void empty()
    {
        Large map;
        QVERIFY(map.empty() && map.check());
        QVERIFY(!map.first() && !map.last() && !map.find({1, 1}) && !map.lowerBound({}));
        QVERIFY(!map.floor(StreamId::max()) && !map.erase({}));
        QCOMPARE(map.memory(), 0u);
    }
    void smallNodesAgainstModel()
    {
        for (unsigned seed = 0; seed < 30; ++seed)
            QVERIFY2(Player<Small>(seed).play(3000, 20 + seed * 20), QByteArray::number(seed));
    }
    void againstModel()
    {
        for (unsigned seed = 0; seed < 6; ++seed)
            QVERIFY2(Player<Large>(seed).play(6000, 200 + seed * 2000), QByteArray::number(seed));
    }
    void appendingFillsNodes()
    {
        Large map;
        constexpr std::size_t kItems = 100000;
        for (std::uint64_t i = 0; i < kItems; ++i)
            map.append({i, 0}, i);
        QVERIFY(map.check());
#ifndef CAY_TORTURE
        QVERIFY(map.memory() < kItems * sizeof(Large::Item) * 11 / 10);
#endif
        map.eraseBefore(map.find({kItems - 10, 0}));
        QVERIFY(map.check());
        QCOMPARE(map.size(), 10u);
        QVERIFY(map.memory() < 4096);
        map.eraseBefore({});
        QVERIFY(map.empty() && map.check());
    }
    void erasingGivesMemoryBack()
    {
        Large map;
        constexpr std::size_t kItems = 50000;
        for (std::uint64_t i = 0; i < kItems; ++i)
            map.append({i, 0}, i);
        const std::size_t full = map.memory();
        for (std::uint64_t i = 0; i < kItems; ++i) {
            if (i % 10)
                QVERIFY(map.erase({i, 0}));
        }
        QVERIFY(map.check());
        QVERIFY(map.memory() < full / 2);
    }
    void onlyIds()
    {
        IdMap<NoValue> map;
        static_assert(sizeof(IdMap<NoValue>::Item) == 16);
        bool isNew = false;
        for (std::uint64_t i = 100; i-- > 0;)
            map.insert({i, i}, {}, &isNew);
        QVERIFY(isNew && map.check());
        map.insert({5, 5}, {}, &isNew);
        QVERIFY(!isNew);
        QCOMPARE(map.size(), 100u);
    }
    void moving()
    {
        Small map;
        for (std::uint64_t i = 0; i < 100; ++i)
            map.append({i, 0}, i);
        Small other(std::move(map));
        QVERIFY(other.check() && other.size() == 100);
        map = std::move(other);
        QVERIFY(map.check() && map.size() == 100);
    }
};

QTEST_APPLESS_MAIN(TestIdMap)
#include "tst_id_map.moc"
