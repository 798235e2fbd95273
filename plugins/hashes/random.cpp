// HRANDFIELD.
#include "hash_commands.h"

#include <algorithm>
#include <limits>
#include <numeric>
#include <unordered_set>

namespace cay::hashes {

namespace {

// With repetitions a client may ask for any number: this many elements are a reply of 100 MB and
// more.
constexpr std::int64_t kMostRepeated = 1 << 24;

struct Pair
{
    PackedValue field, value;
};

// Writes what has been chosen; RESP3 pairs fields with their values.
class PairWriter
{
public:
    PairWriter(resp::Reply &reply, std::size_t count, bool values)
        : m_reply(reply)
        , m_values(values)
    {
        reply.array(values && reply.version() == 2 ? count * 2 : count);
    }
    void add(const PackedValue &field, const PackedValue &value)
    {
        if (m_values && m_reply.version() == 3)
            m_reply.array(2);
        replyValue(m_reply, field);
        if (m_values)
            replyValue(m_reply, value);
    }
    void add(const Pair &pair) { add(pair.field, pair.value); }
    void add(const FieldItem &item) { add({item.field(), 0}, {item.value(), 0}); }

private:
    resp::Reply &m_reply;
    bool m_values;
};

// Every field, where it lies.
std::vector<Pair> allPairs(const Hash &hash, UnixMs now)
{
    std::vector<Pair> pairs;
    pairs.reserve(hash.size(now));
    hash.forEach(now, [&](const PackedValue &field, const PackedValue &value, UnixMs) {
        pairs.push_back({field, value});
        return true;
    });
    return pairs;
}

// Uniformly among those that have not expired. REQUIRES: one is there.
const FieldItem &randomItem(Host &host, const FieldTable &table, UnixMs now)
{
    const auto random = [&host] { return host.random(); };
    for (int tries = 0; tries < 1000; ++tries) {
        const FieldItem *item = table.random(random);
        if (!item->isExpired(now))
            return *item;
    }
    // Nearly all of them have expired.
    const FieldItem *found = nullptr;
    for (std::uint64_t cursor = 0; !found;) {
        cursor = table.scan(cursor, [&](const FieldItem *item) {
            if (!item->isExpired(now))
                found = item;
        });
    }
    return *found;
}

void replyRepeated(Call &call, const Hash &hash, std::size_t count, bool values)
{
    const UnixMs now = call.db.expiryNow();
    PairWriter writer(call.reply, count, values);
    if (hash.isPacked()) {
        const std::vector<Pair> pairs = allPairs(hash, now);
        for (; count > 0; --count)
            writer.add(pairs[call.host.random() % pairs.size()]);
        return;
    }
    for (; count > 0; --count)
        writer.add(randomItem(call.host, hash.table(), now));
}

// `count` different ones of more. Small hashes and large shares of a hash are shuffled; of the
// others fields are drawn until enough different ones have come.
void replyDistinct(Call &call, const Hash &hash, std::size_t count, bool values)
{
    const UnixMs now = call.db.expiryNow();
    PairWriter writer(call.reply, count, values);
    if (hash.isPacked() || count * 3 > hash.stored()) {
        std::vector<Pair> pairs = allPairs(hash, now);
        for (std::size_t i = 0; i < count; ++i) {
            std::swap(pairs[i], pairs[i + call.host.random() % (pairs.size() - i)]);
            writer.add(pairs[i]);
        }
        return;
    }
    std::unordered_set<const FieldItem *> chosen;
    while (chosen.size() < count) {
        const FieldItem &item = randomItem(call.host, hash.table(), now);
        if (chosen.insert(&item).second)
            writer.add(item);
    }
}

void replyOne(Call &call)
{
    const Found found = readHash(call, call.key(1));
    const UnixMs now = call.db.expiryNow();
    if (!found || found.hash.size(now) == 0) {
        if (!found.failed)
            call.reply.null();
        return;
    }
    if (!found.hash.isPacked()) {
        call.reply.bulk(randomItem(call.host, found.hash.table(), now).field());
        return;
    }
    // Those that have expired stand in front.
    const ListpackView pack = found.hash.pack();
    const std::size_t live = found.hash.size(now), all = found.hash.stored();
    const std::size_t i = all - live + call.host.random() % live;
    replyValue(call.reply, pack.value(pack.at(static_cast<std::int64_t>(i * found.hash.width()))));
}

void replyMany(Call &call, std::int64_t count, bool values)
{
    const Found found = readHash(call, call.key(1));
    if (found.failed)
        return;
    const UnixMs now = call.db.expiryNow();
    const std::size_t size = found ? found.hash.size(now) : 0;
    if (size == 0 || count == 0) {
        call.reply.emptyArray();
    } else if (count < 0) {
        if (count < -kMostRepeated)
            call.fail(errors::kOutOfRange);
        else
            replyRepeated(call, found.hash, static_cast<std::size_t>(-count), values);
    } else if (static_cast<std::uint64_t>(count) >= size) {
        PairWriter writer(call.reply, size, values);
        found.hash.forEach(now, [&](const PackedValue &field, const PackedValue &value, UnixMs) {
            writer.add(field, value);
            return true;
        });
    } else {
        replyDistinct(call, found.hash, static_cast<std::size_t>(count), values);
    }
}

} // namespace

void hRandField(Call &call)
{
    if (call.size() == 2) {
        replyOne(call);
        return;
    }
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    std::int64_t count;
    if (!readIntegerIn(call, call[2], -kMax, kMax, &count))
        return;
    const bool values = call.size() == 4 && isWord(call[3], "WITHVALUES");
    if (call.size() > 4 || (call.size() == 4 && !values)) {
        call.fail(errors::kSyntax);
        return;
    }
    if (values && (count < -kMax / 2 || count > kMax / 2)) {
        call.fail(errors::kOutOfRange);
        return;
    }
    replyMany(call, count, values);
}

} // namespace cay::hashes
