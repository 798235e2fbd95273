// ZSCAN. A small sorted set is shown whole; a cursor of a large one is a position in the space of
// its members' hashes, which no growth shifts.
#include "zset_commands.h"

#include "store/glob.h"

namespace cay::zsets {

namespace {

class ScanWriter
{
public:
    ScanWriter(Call &call, const ScanArguments &options, bool scores)
        : m_call(call)
        , m_options(options)
        , m_scores(scores)
        , m_list(call.reply.defer())
    {}
    void add(const Member &member, double score)
    {
        char digits[40];
        add(member, Member{Bytes(digits, static_cast<std::size_t>(resp::writeDouble(digits, score)
                                                                  - digits)),
                           0});
    }
    // A score as a listpack has it: an integer is shown with all its digits.
    void add(const Member &member, const Member &score)
    {
        char digits[24];
        if (m_options.matches && !store::globMatch(m_options.pattern, member.bytes(digits)))
            return;
        replyMember(m_call.reply, member);
        if (m_scores) // a bulk string in RESP3 too
            replyMember(m_call.reply, score);
        m_written += m_scores ? 2 : 1;
    }
    void close() { m_call.reply.closeArray(m_list, m_written); }

private:
    Call &m_call;
    const ScanArguments &m_options;
    bool m_scores;
    resp::Reply::Deferred m_list;
    std::size_t m_written = 0;
};

// Home buckets are visited until enough members have been seen, or enough buckets of a sparse
// table.
std::uint64_t scanMembers(const ScoredSet &set, const ScanArguments &options,
                          std::vector<const ScoredItem *> *seen)
{
    constexpr std::uint64_t kCursor = (std::uint64_t{1} << 48) - 1;
    std::int64_t steps = options.steps();
    std::uint64_t cursor = options.cursor & kCursor;
    do
        cursor = set.members().scan(cursor, [&](const ScoredItem *item) { seen->push_back(item); });
    while (cursor != 0 && --steps > 0 && seen->size() < static_cast<std::uint64_t>(options.count));
    return cursor;
}

} // namespace

void zScan(Call &call)
{
    ScanArguments options;
    if (!readScanCursor(call, call[2], &options.cursor))
        return;
    const Found found = readZset(call, call.key(1));
    if (found.failed)
        return;
    if (!found) {
        call.reply.array(2);
        call.reply.bulkInteger(0);
        call.reply.emptyArray();
        return;
    }
    bool noScores = false;
    if (!readScanOptions(call, 3, &options, "NOSCORES", &noScores))
        return;
    std::vector<const ScoredItem *> items;
    const bool small = found.zset.isSmall();
    const std::uint64_t cursor = small ? 0 : scanMembers(found.zset.large(), options, &items);
    call.reply.array(2);
    call.reply.bulkInteger(static_cast<std::int64_t>(cursor));
    ScanWriter writer(call, options, !noScores);
    if (small) {
        const ListpackView pack = found.zset.pack();
        for (auto at = pack.first(); at != ListpackView::kEnd;) {
            const auto score = pack.next(at);
            writer.add(pack.value(at), pack.value(score));
            at = pack.next(score);
        }
    }
    for (const ScoredItem *item : items)
        writer.add(Member{item->member(), 0}, item->score());
    writer.close();
}

} // namespace cay::zsets
