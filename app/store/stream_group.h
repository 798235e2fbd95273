// A consumer group of a stream: how far it has read, who reads, and which entries somebody was
// given and has not acknowledged.
//
//   group      pending:   ID -> { consumer, time, deliveries }     one item for each pending entry
//   consumer   pending:   ID                                       one item for each of its own
//
// - Each ID of a consumer is in its group's map with that consumer, and the other way round.
// - Consumers do not move: pending entries point at them. They and a stream's groups are sorted by
//   name.
//
// The item of an entry is in the group's map alone: what a consumer's history shows is looked up
// there. Turned down: a box that both maps point at, as in Redis (32 bytes and an allocation for
// each entry, to save the look-up).
#pragma once

#include "store/id_map.h"

#include <memory>
#include <string>
#include <vector>

namespace cay::store {

struct StreamConsumer
{
    std::string name;
    UnixMs seen = 0;    // the last attempt to do something
    UnixMs active = -1; // the last time it got an entry; -1: never
    IdMap<NoValue> pending;
};

// An entry that has been delivered and not acknowledged.
struct PendingEntry
{
    StreamConsumer *consumer;
    UnixMs delivered;
    std::uint64_t deliveries;
};

class StreamGroup
{
public:
    using Consumers = std::vector<std::unique_ptr<StreamConsumer>>;
    // How many entries were read when that cannot be known.
    static constexpr std::int64_t kUnknown = -1;

    StreamGroup(Bytes name, StreamId last, std::int64_t read)
        : lastId(last)
        , entriesRead(read)
        , m_name(name)
    {}
    StreamGroup(const StreamGroup &) = delete;
    StreamGroup &operator=(const StreamGroup &) = delete;
    std::unique_ptr<StreamGroup> clone() const;

    const std::string &name() const { return m_name; }
    StreamId lastId;          // the last one delivered
    std::int64_t entriesRead; // of the stream's first so many, or kUnknown

    const Consumers &consumers() const { return m_consumers; }
    StreamConsumer *consumer(Bytes name) const;
    // REQUIRES: there is none of that name.
    StreamConsumer *addConsumer(Bytes name, UnixMs now);
    // With all that is pending for it.
    void removeConsumer(StreamConsumer *consumer);

    const IdMap<PendingEntry> &pending() const { return m_pending; }
    // Null when the entry is not pending. Good until the next change.
    PendingEntry *find(StreamId id);
    // Makes an entry pending, or gives it to another consumer; deliveries is 1 for a new one and
    // stays else.
    PendingEntry *deliver(StreamId id, StreamConsumer *consumer, UnixMs at);
    // False when it was not pending.
    bool acknowledge(StreamId id);
    // For a loader, which learns the consumers of entries after the entries: false when the entry
    // is there already; when it is not there or has a consumer; when one has none.
    bool addUnowned(StreamId id, UnixMs at, std::uint64_t deliveries);
    bool give(StreamId id, StreamConsumer *consumer);
    bool allOwned() const;

    std::size_t memory() const;

private:
    Consumers::const_iterator place(Bytes name) const;

    std::string m_name;
    Consumers m_consumers;
    IdMap<PendingEntry> m_pending;
};

} // namespace cay::store
