// Latencies in nanoseconds, log-linear: 64 buckets for each power of two, so a value is known
// to 1.6 %.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>

namespace bench {

class Histogram
{
public:
    void add(std::uint64_t ns)
    {
        ++m_counts[bucket(ns)];
        ++m_total;
        m_max = std::max(m_max, ns);
    }
    std::uint64_t total() const { return m_total; }
    std::uint64_t max() const { return m_max; }
    // The value that `percent` of all values do not exceed; 0 when there are none.
    std::uint64_t percentile(double percent) const
    {
        const double wanted = percent / 100 * static_cast<double>(m_total);
        std::uint64_t seen = 0;
        for (unsigned i = 0; i < m_counts.size(); ++i) {
            seen += m_counts[i];
            if (m_counts[i] != 0 && static_cast<double>(seen) >= wanted)
                return std::min(highest(i), m_max);
        }
        return m_max;
    }

private:
    static constexpr unsigned kBits = 6;
    static constexpr unsigned kSub = 1u << kBits;

    static unsigned bucket(std::uint64_t ns)
    {
        if (ns < kSub)
            return static_cast<unsigned>(ns);
        const unsigned power = static_cast<unsigned>(std::bit_width(ns)) - 1;
        return (power - kBits + 1) * kSub + ((ns >> (power - kBits)) & (kSub - 1));
    }
    static std::uint64_t highest(unsigned i)
    {
        if (i < kSub)
            return i;
        return ((std::uint64_t{kSub} + i % kSub + 1) << (i / kSub - 1)) - 1;
    }

    std::array<std::uint64_t, (64 - kBits + 1) * kSub> m_counts{};
    std::uint64_t m_total = 0;
    std::uint64_t m_max = 0;
};

} // namespace bench
