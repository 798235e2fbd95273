// HSCAN. A small hash is shown whole; a cursor of a large one is a position in the space of its
// fields' hashes, which no growth shifts.
#include "hash_commands.h"

#include "store/glob.h"

namespace cay::hashes {

namespace {

class ScanWriter
{
public:
    ScanWriter(Call &call, const ScanArguments &options, bool values)
        : m_call(call)
        , m_options(options)
        , m_values(values)
        , m_list(call.reply.defer())
    {}
    void add(const PackedValue &field, const PackedValue &value)
    {
        char digits[24];
        if (m_options.matches && !store::globMatch(m_options.pattern, field.bytes(digits)))
            return;
        replyValue(m_call.reply, field);
        if (m_values)
            replyValue(m_call.reply, value);
        m_written += m_values ? 2 : 1;
    }
    void close() { m_call.reply.closeArray(m_list, m_written); }

private:
    Call &m_call;
    const ScanArguments &m_options;
    bool m_values;
    resp::Reply::Deferred m_list;
    std::size_t m_written = 0;
};

// Home buckets are visited until enough fields have been seen, or enough buckets of a sparse table.
std::uint64_t scanTable(const FieldTable &table, std::uint64_t cursor, const ScanArguments &options,
                        std::vector<const FieldItem *> *seen)
{
    constexpr std::uint64_t kCursor = (std::uint64_t{1} << 48) - 1;
    std::int64_t steps = options.steps();
    cursor &= kCursor;
    do
        cursor = table.scan(cursor, [&](const FieldItem *item) { seen->push_back(item); });
    while (cursor != 0 && --steps > 0 && seen->size() < static_cast<std::uint64_t>(options.count));
    return cursor;
}

} // namespace

void hScan(Call &call)
{
    std::uint64_t cursor;
    if (!readScanCursor(call, call[2], &cursor))
        return;
    const Found found = readHash(call, call.key(1));
    if (found.failed)
        return;
    if (!found) {
        call.reply.array(2);
        call.reply.bulkInteger(0);
        call.reply.emptyArray();
        return;
    }
    ScanArguments options;
    bool noValues = false;
    if (!readScanOptions(call, 3, &options, "NOVALUES", &noValues))
        return;
    const UnixMs now = call.db.expiryNow();
    std::vector<const FieldItem *> items;
    cursor = found.hash.isPacked() ? 0 : scanTable(found.hash.table(), cursor, options, &items);
    call.reply.array(2);
    call.reply.bulkInteger(static_cast<std::int64_t>(cursor));
    ScanWriter writer(call, options, !noValues);
    if (found.hash.isPacked()) {
        found.hash.forEach(now, [&](const PackedValue &field, const PackedValue &value, UnixMs) {
            writer.add(field, value);
            return true;
        });
    }
    for (const FieldItem *item : items) {
        if (!item->isExpired(now))
            writer.add({item->field(), 0}, {item->value(), 0});
    }
    writer.close();
}

} // namespace cay::hashes
