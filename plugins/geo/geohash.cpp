#include "geohash.h"

#include <algorithm>
#include <cmath>

namespace cay::geo {

namespace {

constexpr double kEarthRadius = 6372797.560856; // metres
constexpr double kMercatorMax = 20037726.37;    // metres from the equator's middle to its end

constexpr std::uint64_t kLongitudeBits = 0xaaaaaaaaaaaaaaaa, kLatitudeBits = 0x5555555555555555;

double radians(double degrees) { return degrees * (M_PI / 180.0); }
double degrees(double radians) { return radians / (M_PI / 180.0); }

// Puts a zero in front of each bit.
std::uint64_t widen(std::uint32_t n)
{
    std::uint64_t x = n;
    x = (x | x << 16) & 0x0000ffff0000ffff;
    x = (x | x << 8) & 0x00ff00ff00ff00ff;
    x = (x | x << 4) & 0x0f0f0f0f0f0f0f0f;
    x = (x | x << 2) & 0x3333333333333333;
    return (x | x << 1) & kLatitudeBits;
}
std::uint32_t narrow(std::uint64_t x)
{
    x &= kLatitudeBits;
    x = (x | x >> 1) & 0x3333333333333333;
    x = (x | x >> 2) & 0x0f0f0f0f0f0f0f0f;
    x = (x | x >> 4) & 0x00ff00ff00ff00ff;
    x = (x | x >> 8) & 0x0000ffff0000ffff;
    return static_cast<std::uint32_t>(x | x >> 16);
}

// Which of 2^step parts of [-max, max] a value lies in.
std::uint32_t partOf(double value, double max, unsigned step)
{
    const double share = (value + max) / (max - -max);
    return static_cast<std::uint32_t>(share * static_cast<double>(1ull << step));
}
// Where a part begins.
double borderOf(std::uint32_t part, unsigned step, double max)
{
    return -max + part * 1.0 / static_cast<double>(1ull << step) * (max - -max);
}
double borderBehind(std::uint32_t part, unsigned step, double max)
{
    return -max + (part + 1.0) / static_cast<double>(1ull << step) * (max - -max);
}

std::uint64_t aligned(std::uint64_t bits, unsigned step) { return bits << (52 - step * 2); }

// A score that no GEOADD has made may be anything.
std::uint64_t bitsOf(double score)
{
    constexpr double kLimit = 9223372036854775808.0;
    if (score >= kLimit && score < 2 * kLimit)
        return static_cast<std::uint64_t>(score);
    if (score > -kLimit && score < kLimit)
        return static_cast<std::uint64_t>(static_cast<std::int64_t>(score));
    return score >= kLimit ? 0 : 1ull << 63;
}

// The cell `by` (-1, 0, 1) further in the direction of the bits in `mask`, around the edge if need
// be.
std::uint64_t moved(std::uint64_t bits, unsigned step, std::uint64_t mask, int by)
{
    if (by == 0)
        return bits;
    const unsigned unused = 64 - step * 2;
    const std::uint64_t others = ~mask >> unused; // filled with ones, they hand the carry on
    const std::uint64_t along = bits & mask;
    const std::uint64_t sum = by > 0 ? along + (others + 1) : (along | others) - (others + 1);
    return (sum & (mask >> unused)) | (bits & ~mask);
}

Cell neighbour(const Cell &cell, int east, int north)
{
    const std::uint64_t bits = moved(cell.bits, cell.step, kLongitudeBits, east);
    return {moved(bits, cell.step, kLatitudeBits, north), cell.step};
}

// The step at which a cell is at least as wide as the range.
unsigned stepFor(double metres, double latitude)
{
    if (metres == 0)
        return kMaxStep;
    int step = 1;
    for (; metres < kMercatorMax; metres *= 2)
        ++step;
    step -= 2; // so that nine cells cover the range in most cases
    // Towards the poles cells become narrow.
    if (latitude > 66 || latitude < -66)
        step -= latitude > 80 || latitude < -80 ? 2 : 1;
    return static_cast<unsigned>(std::clamp(step, 1, static_cast<int>(kMaxStep)));
}

Area boundsOf(const Shape &shape)
{
    const double height = shape.isBox ? shape.height / 2 : shape.radius;
    const double width = shape.isBox ? shape.width / 2 : shape.radius;
    const auto [longitude, latitude] = shape.centre;
    const double up = degrees(height / kEarthRadius);
    // The nearer to a pole, the more degrees the same metres are.
    const double farther = latitude < 0 ? latitude - up : latitude + up;
    const double aside = degrees(width / kEarthRadius / std::cos(radians(farther)));
    return {longitude - aside, longitude + aside, latitude - up, latitude + up};
}

double reachOf(const Shape &shape)
{
    if (!shape.isBox)
        return shape.radius;
    return std::sqrt(shape.width / 2 * (shape.width / 2) + shape.height / 2 * (shape.height / 2));
}

// Whether the cells around one of this step end before the shape does.
bool endsEarly(const Cell &cell, const Area &bounds)
{
    return areaOf(neighbour(cell, 0, 1)).north < bounds.north
           || areaOf(neighbour(cell, 0, -1)).south > bounds.south
           || areaOf(neighbour(cell, 1, 0)).east < bounds.east
           || areaOf(neighbour(cell, -1, 0)).west > bounds.west;
}

} // namespace

Cell cellOf(const Position &position, unsigned step, double maxLatitude)
{
    const std::uint32_t x = partOf(position.longitude, kMaxLongitude, step);
    const std::uint32_t y = partOf(position.latitude, maxLatitude, step);
    return {widen(y) | widen(x) << 1, step};
}

Area areaOf(const Cell &cell)
{
    const std::uint32_t x = narrow(cell.bits >> 1), y = narrow(cell.bits);
    return {borderOf(x, cell.step, kMaxLongitude), borderBehind(x, cell.step, kMaxLongitude),
            borderOf(y, cell.step, kMaxLatitude), borderBehind(y, cell.step, kMaxLatitude)};
}

double scoreOf(const Position &position)
{
    return static_cast<double>(cellOf(position, kMaxStep).bits);
}

Position positionOf(double score)
{
    const Area area = areaOf({bitsOf(score), kMaxStep});
    const auto within
        = [](double value, double max) { return std::max(std::min(value, max), -max); };
    return {within((area.west + area.east) / 2, kMaxLongitude),
            within((area.south + area.north) / 2, kMaxLatitude)};
}

double firstScore(const Cell &cell) { return static_cast<double>(aligned(cell.bits, cell.step)); }
double endScore(const Cell &cell) { return static_cast<double>(aligned(cell.bits + 1, cell.step)); }

std::array<char, 11> geohashText(double score)
{
    constexpr char kAlphabet[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    const std::uint64_t bits = cellOf(positionOf(score), kMaxStep, 90).bits;
    std::array<char, 11> text;
    for (unsigned i = 0; i < 10; ++i)
        text[i] = kAlphabet[bits >> (52 - (i + 1) * 5) & 0x1f];
    text[10] = kAlphabet[0]; // 52 bits are ten characters and a bit
    return text;
}

double latitudeDistance(double a, double b)
{
    return kEarthRadius * std::fabs(radians(b) - radians(a));
}

double distance(const Position &a, const Position &b)
{
    const double latitudeA = radians(a.latitude), latitudeB = radians(b.latitude);
    const double u = std::sin((latitudeB - latitudeA) / 2);
    const double v = std::sin((radians(b.longitude) - radians(a.longitude)) / 2);
    return 2.0 * kEarthRadius
           * std::asin(std::sqrt(u * u + std::cos(latitudeA) * std::cos(latitudeB) * v * v));
}

bool contains(const Shape &shape, const Position &position, double *metres)
{
    const double north = latitudeDistance(position.latitude, shape.centre.latitude);
    if (shape.isBox) {
        if (north > shape.height / 2)
            return false;
        const Position level{shape.centre.longitude, position.latitude};
        if (distance(position, level) > shape.width / 2)
            return false;
        *metres = distance(shape.centre, position);
        return true;
    }
    if (north > shape.radius * (1 + 1e-9)) // beyond what rounding explains
        return false;
    *metres = distance(shape.centre, position);
    return *metres <= shape.radius;
}

Cells cellsAround(const Shape &shape)
{
    const Area bounds = boundsOf(shape);
    Cell cell = cellOf(shape.centre, stepFor(reachOf(shape), shape.centre.latitude));
    if (cell.step > 1 && endsEarly(cell, bounds))
        cell = cellOf(shape.centre, cell.step - 1);
    static constexpr int kEast[] = {0, 0, 0, 1, -1, 1, -1, 1, -1};
    static constexpr int kNorth[] = {0, 1, -1, 0, 0, 1, 1, -1, -1};
    const Area area = areaOf(cell);
    Cells cells;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        // A side on which the centre's own cell reaches further than the shape.
        const bool useless = cell.step >= 2
                             && ((kNorth[i] < 0 && area.south < bounds.south)
                                 || (kNorth[i] > 0 && area.north > bounds.north)
                                 || (kEast[i] < 0 && area.west < bounds.west)
                                 || (kEast[i] > 0 && area.east > bounds.east));
        cells[i] = useless ? Cell{} : neighbour(cell, kEast[i], kNorth[i]);
    }
    return cells;
}

} // namespace cay::geo
