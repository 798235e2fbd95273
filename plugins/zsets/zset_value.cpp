#include "zset_value.h"

#include "resp/number.h"

#include <cmath>

namespace cay::zsets {

Limits g_limits;

namespace {

using Position = ListpackView::Position;

// Redis's test for doubles that a listpack keeps as integers.
bool isInteger(double score, std::int64_t *integer)
{
    constexpr double kLimit = 4611686018427387904; // half of what 64 bits hold
    if (!(score >= -kLimit && score <= kLimit))
        return false;
    *integer = static_cast<std::int64_t>(score);
    return static_cast<double>(*integer) == score;
}

// Inserts a pair. `before` kEnd appends.
void insertPair(Listpack &pack, Position before, Bytes member, double score)
{
    std::int64_t integer;
    char digits[40];
    const Position behind = pack.next(pack.insert(before, member));
    if (isInteger(score, &integer))
        pack.insert(behind, integer);
    else
        pack.insert(behind, Bytes(digits, static_cast<std::size_t>(resp::writeDouble(digits, score)
                                                                   - digits)));
}

OrderedTree::Bound lowerBound(const ScoreRange &range)
{
    using Bound = OrderedTree::Bound;
    return {range.minExcluded ? Bound::AfterScore : Bound::BeforeScore, range.min, {}};
}

OrderedTree::Bound upperBound(const ScoreRange &range)
{
    using Bound = OrderedTree::Bound;
    return {range.maxExcluded ? Bound::BeforeScore : Bound::AfterScore, range.max, {}};
}

bool isBelow(double score, const OrderedTree::Bound &bound)
{
    return score < bound.score
           || (score == bound.score && bound.kind == OrderedTree::Bound::AfterScore);
}

// Conditions of ZADD on a member that is there. True when *score is to be its new one.
bool mayReplace(double present, double *score, unsigned conditions, Added *result)
{
    *result = {Added::Refused, present};
    if (conditions & OnlyNew)
        return false;
    if (conditions & Increment) {
        *score += present;
        if (std::isnan(*score)) {
            *result = {Added::NotANumber, present};
            return false;
        }
    }
    if ((conditions & OnlyLess && *score >= present)
        || (conditions & OnlyGreater && *score <= present))
        return false;
    *result = {*score == present ? Added::Unchanged : Added::Changed, *score};
    return result->outcome == Added::Changed;
}

} // namespace

bool LexRange::isAfterMin(Bytes member) const
{
    switch (min.kind) {
    case LexEnd::Lowest: return true;
    case LexEnd::Highest: return false;
    case LexEnd::Included: return member >= min.text;
    case LexEnd::Excluded: break;
    }
    return member > min.text;
}

bool LexRange::isBeforeMax(Bytes member) const
{
    switch (max.kind) {
    case LexEnd::Lowest: return false;
    case LexEnd::Highest: return true;
    case LexEnd::Included: return member <= max.text;
    case LexEnd::Excluded: break;
    }
    return member < max.text;
}

double ZsetView::scoreAt(const ListpackView &pack, Position score)
{
    const Member value = pack.value(score);
    if (value.isInteger())
        return static_cast<double>(value.integer);
    double number = 0;
    resp::parseDouble(value.text, &number);
    return number;
}

bool ZsetView::score(Bytes member, double *score, std::uint64_t hash) const
{
    if (isSmall()) {
        const ListpackView p = pack();
        const Position at = p.find(member, p.first(), 1);
        if (at == ListpackView::kEnd)
            return false;
        *score = scoreAt(p, p.next(at));
        return true;
    }
    const ScoredItem *item = large().find(member, known(hash, member));
    if (!item)
        return false;
    *score = item->score();
    return true;
}

bool ZsetView::rank(Bytes member, bool reverse, std::uint64_t *rank, double *score,
                    std::uint64_t hash) const
{
    if (isSmall()) {
        const ListpackView p = pack();
        const Position found = p.find(member, p.first(), 1);
        if (found == ListpackView::kEnd)
            return false;
        *score = scoreAt(p, p.next(found));
        *rank = 0;
        for (Position at = p.first(); at != found; at = p.next(p.next(at)))
            ++*rank;
    } else {
        const ScoredItem *item = large().find(member, known(hash, member));
        if (!item)
            return false;
        *score = item->score();
        *rank = large().order().rank(item);
    }
    if (reverse)
        *rank = size() - 1 - *rank;
    return true;
}

RankRange ZsetView::ranks(std::int64_t start, std::int64_t stop) const
{
    const auto n = static_cast<std::int64_t>(size());
    start = start < 0 ? std::max<std::int64_t>(start + n, 0) : start;
    stop = stop < 0 ? stop + n : std::min(stop, n - 1);
    if (start > stop || start >= n)
        return {};
    return {static_cast<std::uint64_t>(start), static_cast<std::uint64_t>(stop) + 1};
}

RankRange ZsetView::ranks(const ScoreRange &range) const
{
    if (range.min > range.max
        || (range.min == range.max && (range.minExcluded || range.maxExcluded)))
        return {};
    const OrderedTree::Bound low = lowerBound(range), high = upperBound(range);
    if (!isSmall())
        return {large().order().countBefore(low), large().order().countBefore(high)};
    RankRange ranks;
    forEach([&](const Member &, double score) {
        ranks.from += isBelow(score, low);
        ranks.to += isBelow(score, high);
        return isBelow(score, high);
    });
    return ranks;
}

RankRange ZsetView::ranks(const LexRange &range, bool reverse) const
{
    const LexEnd &min = range.min, &max = range.max;
    const bool texts = min.kind >= LexEnd::Included && max.kind >= LexEnd::Included;
    if (min.kind == LexEnd::Highest || max.kind == LexEnd::Lowest || size() == 0)
        return {};
    if (texts
        && (min.text > max.text
            || (min.text == max.text
                && (min.kind == LexEnd::Excluded || max.kind == LexEnd::Excluded))))
        return {};
    return isSmall() ? lexRanksOfPack(range, reverse) : lexRanksOfTree(range);
}

RankRange ZsetView::lexRanksOfPack(const LexRange &range, bool reverse) const
{
    const ListpackView p = pack();
    char digits[24];
    const Position last = p.previous(p.last());
    if (!range.isAfterMin(p.value(last).bytes(digits))
        || !range.isBeforeMax(p.value(p.first()).bytes(digits)))
        return {};
    RankRange ranks;
    if (!reverse) {
        bool inside = false;
        forEach([&](const Member &member, double) {
            const Bytes text = member.bytes(digits);
            inside = inside || range.isAfterMin(text);
            ranks.from += !inside;
            ++ranks.to;
            return !inside || range.isBeforeMax(text) || (--ranks.to, false);
        });
        return ranks;
    }
    bool inside = false;
    ranks.from = ranks.to = size();
    forEach(size() - 1, size(), true, [&](const Member &member, double) {
        const Bytes text = member.bytes(digits);
        inside = inside || range.isBeforeMax(text);
        ranks.to -= !inside;
        --ranks.from;
        return !inside || range.isAfterMin(text) || (++ranks.from, false);
    });
    return ranks;
}

RankRange ZsetView::lexRanksOfTree(const LexRange &range) const
{
    using Bound = OrderedTree::Bound;
    const OrderedTree &order = large().order();
    const double score = order.first()->score();
    RankRange ranks{0, size()};
    if (range.min.kind != LexEnd::Lowest) {
        const bool excluded = range.min.kind == LexEnd::Excluded;
        ranks.from = order.countBefore(
            {excluded ? Bound::AfterMember : Bound::BeforeMember, score, range.min.text});
    }
    if (range.max.kind != LexEnd::Highest) {
        const bool excluded = range.max.kind == LexEnd::Excluded;
        ranks.to = order.countBefore(
            {excluded ? Bound::BeforeMember : Bound::AfterMember, score, range.max.text});
    }
    return ranks;
}

void Zset::destroy(void *object) noexcept
{
    const ZsetView zset(object);
    if (!object)
        return;
    if (zset.isSmall())
        std::free(object);
    else
        delete &zset.large();
}

// Gives the listpack to change(Listpack &) and takes it back.
template <typename Change>
void Zset::change(Change change)
{
    Listpack pack = Listpack::adopt(static_cast<unsigned char *>(m_object));
    change(pack);
    m_object = pack.release();
}

bool Zset::fits(Bytes member) const
{
    constexpr std::size_t kScore = 40;
    return size() + 1 <= static_cast<std::uint64_t>(g_limits.entries)
           && member.size() <= static_cast<std::uint64_t>(g_limits.value)
           && pack().byteSize() + Listpack::sizeOf(member) + kScore <= Listpack::kMaxBytes;
}

void Zset::toLarge()
{
    auto large = std::make_unique<ScoredSet>();
    forEach([&](const Member &member, double score) {
        char digits[24];
        const Bytes text = member.bytes(digits);
        large->add(text, store::hashBytes(text), score);
        return true;
    });
    std::free(m_object);
    m_object = reinterpret_cast<char *>(large.release()) + 1;
}

void Zset::toSmallIfItFits()
{
    if (isSmall() || size() > static_cast<std::uint64_t>(g_limits.entries))
        return;
    constexpr std::size_t kScore = 40;
    std::size_t longest = 0, bytes = 0;
    forEach([&](const Member &member, double) {
        longest = std::max(longest, member.text.size());
        bytes += Listpack::sizeOf(member.text) + kScore;
        return true;
    });
    if (longest > static_cast<std::uint64_t>(g_limits.value) || bytes > Listpack::kMaxBytes / 2)
        return;
    Listpack pack(bytes + ListpackView::kEmptySize);
    forEach([&](const Member &member, double score) {
        insertPair(pack, ListpackView::kEnd, member.text, score);
        return true;
    });
    pack.shrink();
    destroy(m_object);
    m_object = pack.release();
}

Added Zset::add(Bytes member, double score, unsigned conditions, std::uint64_t hash)
{
    return isSmall() ? addToPack(member, score, conditions)
                     : addToLarge(member, score, conditions, known(hash, member));
}

Added Zset::addToPack(Bytes member, double score, unsigned conditions)
{
    const ListpackView p = pack();
    const Position found = p.find(member, p.first(), 1);
    Added result{Added::New, score};
    if (found != ListpackView::kEnd) {
        if (!mayReplace(scoreAt(p, p.next(found)), &score, conditions, &result))
            return result;
    } else if (conditions & OnlyExisting) {
        return {Added::Refused, 0};
    } else if (!fits(member)) {
        toLarge();
        return addToLarge(member, score, conditions, store::hashBytes(member));
    }
    change([&](Listpack &changed) {
        if (found != ListpackView::kEnd)
            changed.erase(found, 2);
        Position at = changed.first();
        char digits[24];
        for (; at != ListpackView::kEnd; at = changed.next(changed.next(at))) {
            const double other = scoreAt(changed, changed.next(at));
            if (other > score || (other == score && changed.value(at).bytes(digits) > member))
                break;
        }
        insertPair(changed, at, member, score);
    });
    return result;
}

Added Zset::addToLarge(Bytes member, double score, unsigned conditions, std::uint64_t hash)
{
    ScoredSet &set = large();
    ScoredItem *item = set.find(member, hash);
    if (item) {
        Added result{};
        if (mayReplace(item->score(), &score, conditions, &result))
            set.setScore(item, score);
        return result;
    }
    if (conditions & OnlyExisting)
        return {Added::Refused, 0};
    set.add(member, hash, score);
    return {Added::New, score};
}

bool Zset::remove(Bytes member)
{
    if (!isSmall())
        return large().remove(member);
    const ListpackView p = pack();
    const Position found = p.find(member, p.first(), 1);
    if (found == ListpackView::kEnd)
        return false;
    change([&](Listpack &changed) { changed.erase(found, 2); });
    return true;
}

void Zset::removeRange(const RankRange &range)
{
    if (isSmall()) {
        change([&](Listpack &changed) {
            changed.eraseRange(static_cast<std::int64_t>(range.from * 2), range.size() * 2);
        });
        return;
    }
    for (std::uint64_t i = 0; i < range.size(); ++i)
        large().remove(large().order().at(range.from).item());
}

void Zset::pop(bool last)
{
    if (isSmall()) {
        const std::uint64_t rank = last ? size() - 1 : 0;
        removeRange({rank, rank + 1});
        return;
    }
    const OrderedTree &order = large().order();
    large().remove((last ? order.last() : order.first()).item());
}

} // namespace cay::zsets
