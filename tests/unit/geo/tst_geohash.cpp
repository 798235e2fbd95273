#include "geohash.h"
#include "partial_sort.h"

#include <QtTest>

#include <cmath>
#include <random>
#include <string>
#include <vector>

using namespace cay::geo;

class GeohashTest : public QObject
{
    Q_OBJECT

private slots:
    void positionsComeBack();
    void cellsShareBits();
    void textsAndDistances();
    void everythingInAShapeIsCovered();
    void sortsTheFirst();
};

static std::mt19937_64 g_random{3};

static double between(double low, double high)
{
    return std::uniform_real_distribution<double>(low, high)(g_random);
}
static Position somewhere() { return {between(-180, 180), between(-kMaxLatitude, kMaxLatitude)}; }

void GeohashTest::positionsComeBack()
{
    for (int i = 0; i < 10000; ++i) {
        const Position there = somewhere(), back = positionOf(scoreOf(there));
        QVERIFY(std::fabs(there.longitude - back.longitude) < 1e-5);
        QVERIFY(std::fabs(there.latitude - back.latitude) < 1e-5);
        QVERIFY(scoreOf(back) == scoreOf(there));
    }
    for (const double score : {-1.0, 1e17, 1e300, -1e300, 0.5})
        QVERIFY(positionOf(score).isValid());
}

void GeohashTest::cellsShareBits()
{
    for (int i = 0; i < 1000; ++i) {
        const Position position = somewhere();
        for (unsigned step = 1; step <= kMaxStep; ++step) {
            const Cell cell = cellOf(position, step);
            QVERIFY(firstScore(cell) <= scoreOf(position) && scoreOf(position) < endScore(cell));
            const Area area = areaOf(cell);
            QVERIFY(area.west <= position.longitude && position.longitude <= area.east);
            QVERIFY(area.south <= position.latitude && position.latitude <= area.north);
        }
    }
}

void GeohashTest::textsAndDistances()
{
    const Position palermo{13.361389, 38.115556}, catania{15.087269, 37.502669};
    const auto text = geohashText(scoreOf(palermo));
    QVERIFY(std::string(text.data(), text.size()) == "sqc8b49rny0");
    const double metres = distance(positionOf(scoreOf(palermo)), positionOf(scoreOf(catania)));
    QVERIFY(std::fabs(metres - 166274.1516) < 1e-4);
    QVERIFY(distance(palermo, palermo) == 0);
}

void GeohashTest::everythingInAShapeIsCovered()
{
    int inside = 0;
    for (int i = 0; i < 20000; ++i) {
        Shape shape;
        // Not around the poles, where cells end, nor across the date line.
        shape.centre = {between(-120, 120), between(-60, 60)};
        const double size = std::pow(10, between(1, 6));
        shape.isBox = i % 2;
        shape.radius = size;
        shape.width = size * between(0.1, 2);
        shape.height = size * between(0.1, 2);
        const double reach = size / 111000 * 1.5;
        const Position position{shape.centre.longitude + between(-reach, reach),
                                shape.centre.latitude + between(-reach, reach)};
        double metres;
        if (!position.isValid() || !contains(shape, position, &metres))
            continue;
        ++inside;
        bool covered = false;
        for (const Cell &cell : cellsAround(shape)) {
            const double score = scoreOf(position);
            covered |= cell.step > 0 && firstScore(cell) <= score && score < endScore(cell);
        }
        QVERIFY(covered);
    }
    QVERIFY(inside > 1000);
}

void GeohashTest::sortsTheFirst()
{
    for (int round = 0; round < 2000; ++round) {
        std::vector<int> values(1 + g_random() % 200);
        for (int &value : values)
            value = static_cast<int>(g_random() % (round % 2 ? 10 : 1000));
        std::vector<int> sorted = values;
        std::sort(sorted.begin(), sorted.end());
        const std::size_t wanted = 1 + g_random() % values.size();
        sortFirst(values.data(), values.size(), wanted, [](int a, int b) { return a - b; });
        QVERIFY(std::equal(sorted.begin(), sorted.begin() + static_cast<std::ptrdiff_t>(wanted),
                           values.begin()));
        std::sort(values.begin(), values.end());
        QVERIFY(values == sorted);
    }
}

QTEST_APPLESS_MAIN(GeohashTest)
#include "tst_geohash.moc"
