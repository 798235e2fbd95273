#include "probes.h"

#include "resp/number.h"

namespace cay::sets {

namespace {

// A bit for each of the probes left in `alive` that test(i) is true for.
template <typename Test>
std::uint32_t select(std::uint32_t alive, Test test)
{
    std::uint32_t found = 0;
    for (std::uint32_t m = alive; m; m &= m - 1) {
        const int i = std::countr_zero(m);
        found |= static_cast<std::uint32_t>(test(static_cast<std::size_t>(i))) << i;
    }
    return found;
}

} // namespace

std::uint32_t Probes::found(const SetView &set)
{
    switch (set.form()) {
    case Form::Table: return foundInTable(set.table());
    case Form::Intset: return foundInIntset(set.intset());
    case Form::Listpack: break;
    }
    return foundInListpack(set.listpack());
}

void Probes::hashAll()
{
    if (m_hashed)
        return;
    m_hashed = true;
    for (std::size_t i = 0; i < m_size; ++i) {
        m_probes[i].text = m_probes[i].member.bytes(m_probes[i].digits);
        m_probes[i].hash = store::MemberSet::hash(m_probes[i].text);
    }
}

void Probes::parseAll()
{
    if (m_parsed)
        return;
    m_parsed = true;
    for (std::size_t i = 0; i < m_size; ++i) {
        Probe &probe = m_probes[i];
        probe.number = probe.member.integer;
        probe.isNumber
            = probe.member.isInteger() || resp::parseInteger(probe.member.text, &probe.number);
    }
}

std::uint32_t Probes::foundInTable(const store::MemberSet &members)
{
    hashAll();
    for (std::uint32_t m = m_alive; m; m &= m - 1)
        members.prefetchBucket(m_probes[std::countr_zero(m)].hash);
    for (std::uint32_t m = m_alive; m; m &= m - 1)
        members.prefetchItem(m_probes[std::countr_zero(m)].hash);
    return select(m_alive, [&](std::size_t i) {
        return members.contains(m_probes[i].text, m_probes[i].hash);
    });
}

std::uint32_t Probes::foundInIntset(const store::IntsetView &intset)
{
    parseAll();
    return select(m_alive, [&](std::size_t i) {
        return m_probes[i].isNumber && intset.contains(m_probes[i].number);
    });
}

std::uint32_t Probes::foundInListpack(const store::ListpackView &listpack)
{
    return select(m_alive, [&](std::size_t i) {
        char digits[24];
        const Bytes text = m_probes[i].member.bytes(digits);
        return listpack.find(text, listpack.first()) != store::ListpackView::kEnd;
    });
}

} // namespace cay::sets
