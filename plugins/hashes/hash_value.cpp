#include "hash_value.h"

#include <algorithm>
#include <memory>

namespace cay::hashes {

namespace {

// The number of a triple's third element.
constexpr std::int64_t kNoTime = 0;

std::int64_t timeOf(UnixMs expiry) { return expiry == kNever ? kNoTime : expiry; }
UnixMs expiryOf(std::int64_t time) { return time == kNoTime ? kNever : time; }

void append(Listpack &pack, const PackedValue &value)
{
    if (value.isInteger())
        pack.append(value.integer);
    else
        pack.append(value.text);
}

} // namespace

Hash Hash::ofPackedTimes(Listpack pack)
{
    auto *times = new PackedTimes;
    times->pack = pack.release();
    Hash hash = tagged(times, Kind::PackedTimes);
    hash.setDue(hash.nextExpiry());
    return hash;
}

UnixMs Hash::nextExpiry() const
{
    switch (kind()) {
    case Kind::Pack: return kNever;
    case Kind::Table: return table().nextExpiry();
    case Kind::PackedTimes: break;
    }
    const ListpackView view = pack();
    return view.empty() ? kNever : expiryOf(view.value(view.at(2)).integer);
}

// The fields that expire first stand first.
std::size_t Hash::expired(UnixMs now) const
{
    if (kind() == Kind::Table)
        return table().expired(now);
    const ListpackView view = pack();
    std::size_t n = 0;
    for (auto at = view.first(); at != ListpackView::kEnd; ++n) {
        at = view.next(view.next(at));
        const std::int64_t time = view.value(at).integer;
        if (time == kNoTime || time > now)
            break;
        at = view.next(at);
    }
    return n;
}

Field Hash::findLarge(Bytes name, UnixMs now, std::uint64_t hash) const
{
    if (kind() == Kind::Table) {
        FieldItem *item = table().find(name, hash);
        return {ListpackView::kEnd, item && !item->isExpired(now) ? item : nullptr};
    }
    const ListpackView view = pack();
    const Field found{view.find(name, view.first(), 2), nullptr};
    return found && expiry(found) <= now ? Field() : found;
}

UnixMs Hash::expiry(const Field &field) const
{
    if (field.item)
        return field.item->expiry();
    if (kind() == Kind::Pack)
        return kNever;
    const ListpackView view = pack();
    return expiryOf(view.value(view.next(view.next(field.at))).integer);
}

// The listpack as it is now.
void Hash::keep(Listpack pack)
{
    if (kind() == Kind::Pack)
        m_object = pack.release();
    else
        packedTimes().pack = pack.release();
}

bool Hash::set(Bytes name, Bytes value, UnixMs now, UnixMs expiry, std::uint64_t hash)
{
    convertFor(name, value);
    if (isPacked())
        return setPacked(name, value, now, expiry);
    if (table().expiring()) [[unlikely]] {
        const FieldItem *item = table().find(name, hash);
        if (item && item->isExpired(now))
            table().erase(name); // of a field that has expired nothing is kept
    }
    return table().set(name, value, expiry, hash);
}

bool Hash::setPacked(Bytes name, Bytes value, UnixMs now, UnixMs expiry)
{
    const Field found = find(name, now);
    if (found) {
        setFound(found, name, value, expiry);
        return false;
    }
    if (kind() == Kind::PackedTimes)
        erase(name); // it may be there, expired
    if (expiry != FieldTable::kKeep && expiry != kNever)
        toTimed();
    Listpack pack = adopt();
    if (kind() == Kind::Pack) {
        pack.append(name);
        pack.append(value);
    } else {
        insertTriple(pack, name, {value, 0}, expiry == FieldTable::kKeep ? kNever : expiry);
    }
    keep(std::move(pack));
    convertIfLarge();
    return true;
}

void Hash::setFound(const Field &field, Bytes name, Bytes value, UnixMs expiry)
{
    if (field.item) {
        if (expiry == FieldTable::kKeep)
            table().setValue(field.item, value);
        else
            table().set(name, value, expiry);
        return;
    }
    convertFor(name, value);
    if (!isPacked()) {
        table().set(name, value, expiry);
        return;
    }
    if (expiry != FieldTable::kKeep && expiry != this->expiry(field)) {
        erase(name);
        if (expiry != kNever)
            toTimed();
        Listpack pack = adopt();
        insertTriple(pack, name, {value, 0}, expiry);
        keep(std::move(pack));
        return;
    }
    Listpack pack = adopt();
    pack.replace(pack.next(field.at), value);
    keep(std::move(pack));
}

// Keeps the order of the times; fields without one come last.
void Hash::insertTriple(Listpack &pack, Bytes name, const PackedValue &value, UnixMs expiry)
{
    ListpackView::Position before = ListpackView::kEnd;
    if (expiry != kNever) {
        for (auto at = pack.first(); at != ListpackView::kEnd && before == ListpackView::kEnd;) {
            const auto time = pack.next(pack.next(at));
            if (expiryOf(pack.value(time).integer) > expiry)
                before = at;
            at = pack.next(time);
        }
    }
    // From the last to the first, so that one position serves all three.
    if (before == ListpackView::kEnd) {
        pack.append(name);
        append(pack, value);
        pack.append(timeOf(expiry));
        return;
    }
    before = pack.insert(before, timeOf(expiry));
    before
        = value.isInteger() ? pack.insert(before, value.integer) : pack.insert(before, value.text);
    pack.insert(before, name);
}

bool Hash::erase(Bytes name)
{
    if (!isPacked())
        return table().erase(name);
    const ListpackView view = pack();
    const auto at = view.find(name, view.first(), width() - 1);
    if (at == ListpackView::kEnd)
        return false;
    Listpack pack = adopt();
    pack.erase(at, width());
    keep(std::move(pack));
    return true;
}

void Hash::setExpiry(const Field &field, Bytes name, UnixMs at)
{
    if (field.item) {
        table().setExpiry(field.item, at);
        return;
    }
    if (expiry(field) == at)
        return;
    const PackedValue value = this->value(field);
    const std::string kept(value.text);
    erase(name);
    toTimed();
    Listpack pack = adopt();
    insertTriple(pack, name, value.isInteger() ? value : PackedValue{kept, 0}, at);
    keep(std::move(pack));
}

void Hash::expiredFields(UnixMs now, std::size_t max, std::vector<std::string> *out) const
{
    if (kind() == Kind::Table) {
        std::vector<FieldItem *> items;
        table().due(now, max, &items);
        for (const FieldItem *item : items)
            out->emplace_back(item->field());
        return;
    }
    std::size_t n = std::min(max, kind() == Kind::Pack ? 0 : expired(now));
    const ListpackView view = pack();
    char digits[24];
    for (auto at = view.first(); n > 0; --n) {
        out->emplace_back(view.value(at).bytes(digits));
        at = view.next(view.next(view.next(at)));
    }
}

void Hash::convertIfLarge()
{
    if (isPacked() && stored() > static_cast<std::size_t>(g_maxEntries))
        toTable();
}

void Hash::toTable()
{
    if (!isPacked())
        return;
    auto table = std::make_unique<FieldTable>();
    table->TimedValue::due = due();
    char fieldDigits[24], valueDigits[24];
    forEach(INT64_MIN, [&](const PackedValue &field, const PackedValue &value, UnixMs expiry) {
        table->set(field.bytes(fieldDigits), value.bytes(valueDigits), expiry);
        return true;
    });
    free();
    *this = ofTable(table.release());
}

void Hash::toTimed()
{
    if (kind() != Kind::Pack)
        return;
    const ListpackView view = pack();
    Listpack triples(view.byteSize() + view.size());
    for (auto at = view.first(); at != ListpackView::kEnd; at = view.next(at)) {
        append(triples, view.value(at));
        at = view.next(at);
        append(triples, view.value(at));
        triples.append(kNoTime);
    }
    triples.shrink();
    free();
    *this = ofPackedTimes(std::move(triples));
}

void Hash::free()
{
    switch (kind()) {
    case Kind::Pack: std::free(m_object); break;
    case Kind::PackedTimes:
        std::free(packedTimes().pack);
        delete &packedTimes();
        break;
    case Kind::Table: delete &table(); break;
    }
}

Hash Hash::clone() const
{
    switch (kind()) {
    case Kind::Pack: return ofPack(Listpack::copyOf(pack().all()));
    case Kind::PackedTimes: return ofPackedTimes(Listpack::copyOf(pack().all()));
    case Kind::Table: break;
    }
    return ofTable(table().clone());
}

} // namespace cay::hashes
