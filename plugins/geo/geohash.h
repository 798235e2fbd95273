// Positions as 52-bit numbers, and the areas that a search has to look at. Without commands and
// keys.
//
// A position's longitude and latitude are halved 26 times each; the bits interleave, longitude
// first:
//
//   bit 51           50           49  ...   1           0
//   | east or west | north or south | ... | longitude | latitude |
//
// so the numbers that share their first 2 * step bits are those of one rectangle of 360/2^step by
// 170.1/2^step degrees, and lie side by side among the scores of a sorted set. A circle or a box is
// covered by the rectangle of its centre and the eight around it, at the finest step at which they
// cover it: nine ranges of scores.
//
// Latitudes end at the limits of EPSG:3857, and the earth is a sphere; formulas and constants are
// Redis's, so that the last decimal agrees.
#pragma once

#include <array>
#include <cstdint>

namespace cay::geo {

inline constexpr double kMaxLongitude = 180;
inline constexpr double kMaxLatitude = 85.05112878;
inline constexpr unsigned kMaxStep = 26;

struct Position
{
    double longitude = 0, latitude = 0;
    bool isValid() const
    {
        return longitude >= -kMaxLongitude && longitude <= kMaxLongitude
               && latitude >= -kMaxLatitude && latitude <= kMaxLatitude;
    }
};

// A rectangle: the first 2 * step bits of the positions in it, right-aligned.
struct Cell
{
    std::uint64_t bits = 0;
    unsigned step = 0;
    bool operator==(const Cell &) const = default;
};
struct Area
{
    double west, east, south, north; // degrees
};

// REQUIRES: a valid position within +-maxLatitude, step from 1 to 26.
Cell cellOf(const Position &position, unsigned step, double maxLatitude = kMaxLatitude);
Area areaOf(const Cell &cell);

// The score of a position, and the position in the middle of a score's smallest rectangle.
double scoreOf(const Position &position);
Position positionOf(double score);
// The smallest score in a cell, and the smallest behind it.
double firstScore(const Cell &cell);
double endScore(const Cell &cell);

// Eleven characters of a standard geohash (latitudes to +-90), the last of which is always 0.
std::array<char, 11> geohashText(double score);

// Metres along the great circle.
double distance(const Position &a, const Position &b);
// Metres between two latitudes.
double latitudeDistance(double a, double b);

// What a search looks for, in metres.
struct Shape
{
    Position centre;
    bool isBox = false;
    double radius = 0;
    double width = 0, height = 0;
};
// Whether the position lies in the shape; *metres from the centre, if it does.
bool contains(const Shape &shape, const Position &position, double *metres);

// The centre's cell, then north, south, east, west, north-east, north-west, south-east, south-west;
// a cell with step 0 need not be looked at. Neighbours may be the same cell twice where the shape
// is as large as the earth.
using Cells = std::array<Cell, 9>;
Cells cellsAround(const Shape &shape);

} // namespace cay::geo
