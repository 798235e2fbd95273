// Some members of one set, looked up in others together: their hashes are computed once, and the
// memory that the look-ups touch is fetched for all before the first is done.
#pragma once

#include "set_value.h"

#include <array>
#include <bit>

namespace cay::sets {

class Probes
{
public:
    static constexpr std::size_t kMax = 32;

    bool full() const { return m_size == kMax; }
    bool none() const { return m_alive == 0; }
    std::size_t alive() const { return static_cast<std::size_t>(std::popcount(m_alive)); }
    void clear()
    {
        m_size = 0;
        m_alive = 0;
        m_hashed = m_parsed = false;
    }
    // The member's set lends its text until clear(). REQUIRES: not full(), no look-up since
    // clear().
    void add(const Member &member)
    {
        Probe &probe = m_probes[m_size];
        probe.member = member;
        m_alive |= 1u << m_size++;
    }

    // Drops those that the set has not, or has.
    void keepFound(const SetView &set) { m_alive = found(set); }
    void keepMissing(const SetView &set) { m_alive &= ~found(set); }

    // Calls visit(const Member &) for those that are left.
    template <typename Visit>
    void forEach(Visit visit) const
    {
        for (std::uint32_t m = m_alive; m; m &= m - 1)
            visit(m_probes[std::countr_zero(m)].member);
    }

private:
    struct Probe
    {
        Member member;
        Bytes text; // the member's, or its digits
        std::uint64_t hash;
        std::int64_t number;
        bool isNumber;
        char digits[24];
    };

    std::uint32_t found(const SetView &set);
    std::uint32_t foundInTable(const store::MemberSet &members);
    std::uint32_t foundInIntset(const store::IntsetView &intset);
    std::uint32_t foundInListpack(const store::ListpackView &listpack);
    void hashAll();
    void parseAll();

    std::array<Probe, kMax> m_probes;
    std::size_t m_size = 0;
    std::uint32_t m_alive = 0; // a bit for each that is left
    bool m_hashed = false, m_parsed = false;
};

} // namespace cay::sets
