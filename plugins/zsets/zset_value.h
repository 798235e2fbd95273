// A sorted set as an entry keeps it: one word whose lowest bit says which form the block behind it
// has.
//
//   0  listpack: member, score, member, score ... in order     "listpack"
//   1  ScoredSet                                                "skiplist", as Redis calls it
//
// So a small sorted set is its entry and one block. It changes to the large form at the same sizes
// as in Redis, and never back. In a listpack a score is an integer where it is one (-0 becomes 0,
// as in Redis), else its 17 digits as a text.
#pragma once

#include "scored_set.h"
#include "zsets_api.h"

#include "store/listpack.h"

#include <memory>
#include <utility>

namespace cay::zsets {

using store::Listpack;
using store::ListpackView;
// A member where it lies: an integer, or a text that the sorted set lends.
using Member = store::PackedValue;

// zset-max-listpack-entries, zset-max-listpack-value.
struct Limits
{
    std::int64_t entries = 128, value = 64;
};
extern Limits g_limits;

struct LexEnd
{
    enum Kind : std::uint8_t { Lowest, Highest, Included, Excluded };
    Kind kind = Lowest;
    Bytes text;
};
// Members between two texts, for sorted sets in which all scores are the same.
struct LexRange
{
    LexEnd min, max;
    bool isAfterMin(Bytes member) const;
    bool isBeforeMax(Bytes member) const;
};

// Members from one rank up to another, which is not among them.
struct RankRange
{
    std::uint64_t from = 0, to = 0;
    std::uint64_t size() const { return to > from ? to - from : 0; }
};

// Reads a sorted set. Borrows it.
class ZsetView
{
public:
    explicit ZsetView(void *object = nullptr)
        : m_object(object)
    {}

    void *object() const { return m_object; }
    bool isSmall() const { return (reinterpret_cast<std::uintptr_t>(m_object) & 1) == 0; }
    ListpackView pack() const { return ListpackView(static_cast<const unsigned char *>(m_object)); }
    ScoredSet &large() const
    {
        return *reinterpret_cast<ScoredSet *>(reinterpret_cast<std::uintptr_t>(m_object) - 1);
    }

    std::uint64_t size() const { return isSmall() ? pack().size() / 2 : large().size(); }
    // `hash`: store::hashBytes() of the member where it is known, else 0; here and below.
    bool score(Bytes member, double *score, std::uint64_t hash = 0) const;
    // With the score. From the end when `reverse`.
    bool rank(Bytes member, bool reverse, std::uint64_t *rank, double *score,
              std::uint64_t hash = 0) const;

    // As ZRANGE's start and stop: negative ones count from the end.
    RankRange ranks(std::int64_t start, std::int64_t stop) const;
    RankRange ranks(const ScoreRange &range) const;
    // Where scores differ, what is found depends on the direction, as in Redis.
    RankRange ranks(const LexRange &range, bool reverse = false) const;

    // Calls visit(const Member &, double score) for members from a rank on, at most `count` of
    // them, until it returns false. `reverse`: towards the first one.
    template <typename Visit>
    void forEach(std::uint64_t rank, std::uint64_t count, bool reverse, Visit visit) const;
    template <typename Visit>
    void forEach(Visit visit) const
    {
        forEach(0, size(), false, visit);
    }

protected:
    static double scoreAt(const ListpackView &pack, ListpackView::Position score);
    static std::uint64_t known(std::uint64_t hash, Bytes member)
    {
        return hash ? hash : store::hashBytes(member);
    }

    void *m_object;

private:
    RankRange lexRanksOfPack(const LexRange &range, bool reverse) const;
    RankRange lexRanksOfTree(const LexRange &range) const;
};

// Changes one too. Does not own it: object() belongs to an entry, or to an OwnedZset.
class Zset : public ZsetView
{
public:
    using ZsetView::ZsetView;

    static Zset make() { return Zset(Listpack().release()); }
    static Zset adopt(Listpack pack) { return Zset(pack.release()); }
    static void destroy(void *object) noexcept;

    Added add(Bytes member, double score, unsigned conditions = Always, std::uint64_t hash = 0);
    bool remove(Bytes member);
    void removeRange(const RankRange &range);
    // Takes the first or the last one out.
    void pop(bool last);
    void toLarge();
    // For results that were made in the large form: Redis does so too, and a listpack would lose
    // the sign of a -0 on the way.
    void toSmallIfItFits();

private:
    template <typename Change>
    void change(Change change);
    Added addToPack(Bytes member, double score, unsigned conditions);
    Added addToLarge(Bytes member, double score, unsigned conditions, std::uint64_t hash);
    bool fits(Bytes member) const;
};

// One that no entry holds yet.
class OwnedZset
{
public:
    OwnedZset()
        : m_zset(Zset::make())
    {}
    explicit OwnedZset(Zset zset)
        : m_zset(zset)
    {}
    ~OwnedZset() { Zset::destroy(m_zset.object()); }
    OwnedZset(const OwnedZset &) = delete;
    OwnedZset &operator=(const OwnedZset &) = delete;
    Zset *operator->() { return &m_zset; }
    Zset &operator*() { return m_zset; }
    [[nodiscard]] void *release() { return std::exchange(m_zset, Zset()).object(); }

private:
    Zset m_zset;
};

template <typename Visit>
void ZsetView::forEach(std::uint64_t rank, std::uint64_t count, bool reverse, Visit visit) const
{
    if (rank >= size() || count == 0)
        return;
    if (isSmall()) {
        const ListpackView p = pack();
        auto at = p.at(static_cast<std::int64_t>(rank * 2));
        while (at != ListpackView::kEnd && count-- > 0) {
            const auto score = p.next(at);
            if (!visit(p.value(at), scoreAt(p, score)))
                return;
            at = reverse ? p.previous(at) : p.next(score);
            if (reverse && at != ListpackView::kEnd)
                at = p.previous(at);
        }
        return;
    }
    auto at = large().order().at(rank);
    at.prefetchAhead(reverse);
    while (at && count-- > 0) {
        if (!visit(Member{at->member(), 0}, at->score()))
            return;
        reverse ? at.previous() : at.next();
    }
}

} // namespace cay::zsets
