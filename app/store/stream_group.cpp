#include "store/stream_group.h"

#include <algorithm>

namespace cay::store {

StreamGroup::Consumers::const_iterator StreamGroup::place(Bytes name) const
{
    return std::ranges::lower_bound(m_consumers, name, {},
                                    [](const auto &consumer) { return Bytes(consumer->name); });
}

StreamConsumer *StreamGroup::consumer(Bytes name) const
{
    const auto at = place(name);
    return at != m_consumers.end() && (*at)->name == name ? at->get() : nullptr;
}

StreamConsumer *StreamGroup::addConsumer(Bytes name, UnixMs now)
{
    auto consumer = std::make_unique<StreamConsumer>();
    consumer->name = name;
    consumer->seen = now;
    return m_consumers.insert(place(name), std::move(consumer))->get();
}

void StreamGroup::removeConsumer(StreamConsumer *consumer)
{
    for (auto at = consumer->pending.first(); at; at.next())
        m_pending.erase(at.id());
    m_consumers.erase(place(consumer->name));
}

PendingEntry *StreamGroup::find(StreamId id)
{
    const auto at = m_pending.find(id);
    return at ? &at.value() : nullptr;
}

PendingEntry *StreamGroup::deliver(StreamId id, StreamConsumer *consumer, UnixMs at)
{
    const auto last = m_pending.last();
    bool isNew = !last || last.id() < id;
    PendingEntry *entry = isNew ? &m_pending.append(id, {consumer, at, 1})
                                : &m_pending.insert(id, {consumer, at, 1}, &isNew);
    if (!isNew) {
        if (entry->consumer == consumer) {
            entry->delivered = at;
            return entry;
        }
        entry->consumer->pending.erase(id);
        entry->consumer = consumer;
        entry->delivered = at;
    }
    const auto lastOwn = consumer->pending.last();
    bool ignored;
    if (!lastOwn || lastOwn.id() < id)
        consumer->pending.append(id, {});
    else
        consumer->pending.insert(id, {}, &ignored);
    return entry;
}

bool StreamGroup::acknowledge(StreamId id)
{
    const auto at = m_pending.find(id);
    if (!at)
        return false;
    at.value().consumer->pending.erase(id);
    m_pending.erase(id);
    return true;
}

bool StreamGroup::addUnowned(StreamId id, UnixMs at, std::uint64_t deliveries)
{
    bool isNew = false;
    m_pending.insert(id, {nullptr, at, deliveries}, &isNew);
    return isNew;
}

bool StreamGroup::give(StreamId id, StreamConsumer *consumer)
{
    const auto at = m_pending.find(id);
    if (!at || at.value().consumer)
        return false;
    bool isNew = false;
    at.value().consumer = consumer;
    consumer->pending.insert(id, {}, &isNew);
    return isNew;
}

bool StreamGroup::allOwned() const
{
    for (auto at = m_pending.first(); at; at.next()) {
        if (!at.value().consumer)
            return false;
    }
    return true;
}

std::unique_ptr<StreamGroup> StreamGroup::clone() const
{
    auto copy = std::make_unique<StreamGroup>(m_name, lastId, entriesRead);
    for (const auto &consumer : m_consumers) {
        StreamConsumer *other = copy->addConsumer(consumer->name, consumer->seen);
        other->active = consumer->active;
    }
    for (auto at = m_pending.first(); at; at.next()) {
        const PendingEntry &entry = at.value();
        StreamConsumer *consumer = copy->consumer(entry.consumer->name);
        copy->deliver(at.id(), consumer, entry.delivered)->deliveries = entry.deliveries;
    }
    return copy;
}

std::size_t StreamGroup::memory() const
{
    std::size_t bytes = sizeof *this + m_name.capacity() + m_pending.memory()
                        + m_consumers.capacity() * sizeof(void *);
    for (const auto &consumer : m_consumers)
        bytes += sizeof *consumer + consumer->name.capacity() + consumer->pending.memory();
    return bytes;
}

} // namespace cay::store
