#include "store/field_table.h"

#include <memory>

namespace cay::store {

template class TimeIndex<FieldItem, FieldTimes>;

void FieldItem::write(void *memory, Bytes field, Bytes value, UnixMs expiry)
{
    auto *p = static_cast<unsigned char *>(memory);
    const auto put32 = [&p](std::size_t n) {
        const auto size = static_cast<std::uint32_t>(n);
        std::memcpy(p, &size, 4);
        p += 4;
    };
    const bool timed = expiry != kNever;
    const auto fieldByte
        = static_cast<unsigned char>(std::min<std::size_t>(field.size(), kLongField));
    *p++ = static_cast<unsigned char>(fieldByte | (timed ? kExpiryBit : 0));
    if (timed) {
        std::memcpy(p, &expiry, 8);
        p += 8;
    }
    if (fieldByte == kLongField)
        put32(field.size());
    *p++ = static_cast<unsigned char>(std::min<std::size_t>(value.size(), kLongValue));
    if (value.size() >= kLongValue)
        put32(value.size());
    std::memmove(p, field.data(), field.size()); // may lie there already
    std::memcpy(p + field.size(), value.data(), value.size());
}

FieldTable::~FieldTable()
{
    if (m_outsideBytes == 0)
        return;
    m_dict.forEach([](FieldItem *item) {
        if (ItemArena::isOutside(sizeOf(item)))
            std::free(item);
    });
}

FieldTable *FieldTable::clone() const
{
    auto copy = std::make_unique<FieldTable>();
    m_dict.forEach([&](const FieldItem *item) {
        const std::uint64_t hash = hashBytes(item->field());
        FieldItem *added = copy->make(item->field(), item->value(), item->expiry());
        copy->m_dict.insert(added, hash);
        if (added->hasExpiry())
            copy->addTime(added, hash);
    });
    copy->TimedValue::due = TimedValue::due;
    return copy.release();
}

std::size_t FieldTable::sizeOf(const FieldItem *item)
{
    const FieldItem::Layout l = item->layout();
    return FieldItem::sizeFor(l.fieldSize, l.valueSize, item->hasExpiry());
}

FieldItem *FieldTable::make(Bytes field, Bytes value, UnixMs expiry)
{
    const std::size_t size = FieldItem::sizeFor(field.size(), value.size(), expiry != kNever);
    void *memory = m_arena.allocate(size);
    if (ItemArena::isOutside(size))
        m_outsideBytes += size;
    FieldItem::write(memory, field, value, expiry);
    return static_cast<FieldItem *>(memory);
}

void FieldTable::free(FieldItem *item)
{
    const std::size_t size = sizeOf(item);
    if (ItemArena::isOutside(size))
        m_outsideBytes -= size;
    m_arena.free(item, size);
}

void FieldTable::addTime(FieldItem *item, std::uint64_t hash)
{
    m_times.insert(item, hash);
    m_soonest = std::min(m_soonest, item->expiry());
}

void FieldTable::removeTime(FieldItem *item, std::uint64_t hash)
{
    m_soonestStale |= item->expiry() == m_soonest;
    m_times.erase(item, hash);
}

bool FieldTable::set(Bytes field, Bytes value, UnixMs expiry, std::uint64_t hash)
{
    if (!hash)
        hash = hashBytes(field);
    Fields::Slot *slot = m_dict.find(field, hash);
    if (slot)
        return overwrite(slot, hash, value, expiry);
    FieldItem *item = make(field, value, expiry == kKeep ? kNever : expiry);
    m_dict.insert(item, hash);
    if (item->hasExpiry())
        addTime(item, hash);
    return true;
}

// Always false: the field is not new.
bool FieldTable::overwrite(Fields::Slot *slot, std::uint64_t hash, Bytes value, UnixMs expiry)
{
    FieldItem *item = Fields::item(*slot);
    const UnixMs old = item->expiry();
    const UnixMs at = expiry == kKeep ? old : expiry;
    const FieldItem::Layout l = item->layout();
    if (at == old && l.valueSize == value.size()) [[likely]] {
        std::memcpy(const_cast<char *>(l.field) + l.fieldSize, value.data(), value.size());
        return false;
    }
    const std::size_t size = FieldItem::sizeFor(l.fieldSize, value.size(), at != kNever);
    const Bytes field(l.field, l.fieldSize);
    if (at == kNever && old == kNever && (value.size() < 255) == (l.valueSize < 255)
        && !ItemArena::isOutside(size)
        && ItemArena::slotFor(size) == ItemArena::slotFor(sizeOf(item))) {
        FieldItem::write(item, field, value, kNever);
        return false;
    }
    if (old != kNever)
        removeTime(item, hash);
    FieldItem *moved = make(field, value, at);
    Fields::setItem(slot, moved);
    free(item);
    if (at != kNever)
        addTime(moved, hash);
    return false;
}

bool FieldTable::erase(Bytes field)
{
    const std::uint64_t hash = hashBytes(field);
    Fields::Slot *slot = m_dict.find(field, hash);
    if (!slot)
        return false;
    FieldItem *item = Fields::item(*slot);
    if (item->hasExpiry())
        removeTime(item, hash);
    m_dict.erase(slot, hash);
    free(item);
    return true;
}

FieldItem *FieldTable::setExpiry(FieldItem *item, UnixMs at)
{
    const UnixMs old = item->expiry();
    if (old == at)
        return item;
    const std::uint64_t hash = hashBytes(item->field());
    if (old != kNever && at != kNever) {
        m_times.reschedule(item, at, hash);
        m_soonestStale |= old == m_soonest;
        m_soonest = std::min(m_soonest, at);
        return item;
    }
    Fields::Slot *slot = m_dict.find(item->field(), hash);
    if (old != kNever)
        removeTime(item, hash);
    FieldItem *moved = make(item->field(), item->value(), at);
    Fields::setItem(slot, moved);
    free(item);
    if (at != kNever)
        addTime(moved, hash);
    return moved;
}

} // namespace cay::store
