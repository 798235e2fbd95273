// How long a command's executions took, in nanoseconds: a log-linear histogram of fixed size.
//
//   value   0 1 2 ... 7 | 8 .. 15 | 16,18 .. 30 | 32,36 .. 60 | ...        up to 2^34 ns, 17 s;
//   longer ones count as that bucket  0 1 2 ... 7 | 8 .. 15 | 16   ..  23 | 24   ..  31 | ... 255
//
// Eight buckets for each power of two: a value is known to 12.5 %. Adding is O(1) and never
// allocates. Turned down: an HDR histogram with two decimal digits, as Redis has (20 KB a command
// in place of 1 KB).
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace cay {

class LatencyHistogram
{
public:
    static constexpr unsigned kBuckets = 256;

    static constexpr unsigned bucket(std::uint64_t ns)
    {
        if (ns < 8)
            return static_cast<unsigned>(ns);
        const unsigned power = static_cast<unsigned>(std::bit_width(ns)) - 1;
        if (power > 33)
            return kBuckets - 1;
        return (power - 2) * 8 + ((ns >> (power - 3)) & 7);
    }
    // The largest value that falls into the bucket.
    static constexpr std::uint64_t highest(unsigned bucket)
    {
        if (bucket < 8)
            return bucket;
        return ((std::uint64_t{8} + (bucket & 7) + 1) << (bucket / 8 - 1)) - 1;
    }

    void add(std::uint64_t ns) { ++m_counts[bucket(ns)]; }
    std::uint64_t count(unsigned bucket) const { return m_counts[bucket]; }
    std::uint64_t total() const
    {
        std::uint64_t sum = 0;
        for (const std::uint32_t n : m_counts)
            sum += n;
        return sum;
    }
    // The smallest bucket's highest value that at least `percent` of all values do not exceed, in
    // ns; 0 when empty.
    std::uint64_t percentile(double percent) const
    {
        const std::uint64_t all = total();
        const double wanted = percent / 100.0 * static_cast<double>(all);
        std::uint64_t seen = 0;
        for (unsigned i = 0; i < kBuckets; ++i) {
            seen += m_counts[i];
            if (m_counts[i] != 0 && static_cast<double>(seen) >= wanted)
                return highest(i);
        }
        return 0;
    }

private:
    std::array<std::uint32_t, kBuckets> m_counts{};
};

static_assert(LatencyHistogram::bucket(7) == 7 && LatencyHistogram::bucket(8) == 8);
static_assert(LatencyHistogram::bucket(16) == 16 && LatencyHistogram::bucket(17) == 16);
static_assert(LatencyHistogram::highest(16) == 17 && LatencyHistogram::highest(15) == 15);
static_assert(LatencyHistogram::bucket((std::uint64_t{1} << 34) - 1) == 255);

} // namespace cay
