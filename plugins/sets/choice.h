// Chooses some of a row of things while walking over them once: each choice as likely as any other.
//
// Source: Knuth, The Art of Computer Programming 2, 3.4.2, algorithm S.
#pragma once

#include <cstddef>
#include <utility>

namespace cay::sets {

// `Random` gives random 64-bit numbers.
template <typename Random>
class Choice
{
public:
    Choice(Random random, std::size_t count, std::size_t size)
        : m_random(std::move(random))
        , m_wanted(count)
        , m_left(size)
    {}
    // Whether the next of the `size` things is among the `count` chosen. A remainder of 64 random
    // bits is even enough for any size.
    bool next()
    {
        const bool chosen = m_random() % m_left-- < m_wanted;
        m_wanted -= chosen;
        return chosen;
    }

private:
    Random m_random;
    std::size_t m_wanted, m_left;
};

} // namespace cay::sets
