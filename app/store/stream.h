// A stream: entries of fields and values in the order of their IDs, and the groups that consume
// them.
//
//   index    first ID, node | first ID, node | ...    an IdMap; a node is a listpack: stream_node.h
//                     |               |
//   nodes        [entries ...]   [entries ...]        the last one has room for more
//
// - All IDs of a node are at least its key, and less than the next node's key.
// - length() counts what is not marked as deleted. A node without live entries has gone, unless a
//   trim by ID left it.
// - firstId() is the first live entry's, 0-0 without one; lastId never falls, whatever is deleted.
//
// Appending: O(1). Finding an ID: O(log nodes), then a walk in one node. Trimming: O(1) for a node
// that goes. Options limit a node's bytes and entries, so no operation on one entry touches more
// than one node of 4 KB.
#pragma once

#include "store/stream_group.h"
#include "store/stream_node.h"

#include <span>

namespace cay::store {

class Stream
{
public:
    using Nodes = IdMap<unsigned char *>;
    using Groups = std::vector<std::unique_ptr<StreamGroup>>;

    // The options stream-node-max-bytes and -max-entries; 0 is no limit.
    struct Limits
    {
        std::size_t bytes = 4096;
        std::size_t entries = 100;
    };
    // Largest entry, in bytes of its fields and values.
    static constexpr std::size_t kMaxEntry = 1u << 30;

    struct Trim
    {
        enum Strategy : std::uint8_t { None, MaxLength, MinId };
        Strategy strategy = None;
        bool approximate = false; // whole nodes only
        std::uint64_t maxLength = 0;
        StreamId minId;
        std::uint64_t limit = 0; // entries at most, 0 for no limit
    };

    Stream() = default;
    ~Stream();
    Stream(const Stream &) = delete;
    Stream &operator=(const Stream &) = delete;
    std::unique_ptr<Stream> clone() const;

    std::uint64_t length() const { return m_length; }
    const Nodes &nodes() const { return m_nodes; }
    StreamId firstId() const { return m_firstId; }
    // The last live entry's, 0-0 without one.
    StreamId lastLiveId() const;

    StreamId lastId;                // of all entries that ever were
    StreamId maxDeletedId;          // the greatest that erase() took
    std::uint64_t entriesAdded = 0; // ever

    // Names and values alternate. False: too large. REQUIRES: id > lastId, an even number of
    // fields.
    bool append(StreamId id, std::span<const Bytes> fields, const Limits &limits);
    // False when there is no such live entry. Does not touch maxDeletedId.
    bool erase(StreamId id);
    bool contains(StreamId id) const;
    // Returns the number of entries that went. Nodes that went are appended to `gone`, and the
    // caller's to free.
    std::uint64_t trim(const Trim &trim, std::vector<void *> *gone);

    // Adds a node from untrusted bytes, behind all others. False: nonsense, and nothing changed.
    bool adoptNode(StreamId master, Bytes bytes);
    // After the last adoptNode(): finds the first entry.
    void updateFirstId();

    const Groups &groups() const { return m_groups; }
    StreamGroup *group(Bytes name) const;
    // REQUIRES: there is none of that name.
    StreamGroup *addGroup(Bytes name, StreamId last, std::int64_t read);
    void removeGroup(StreamGroup *group);

    // Whether an entry from `start` on is known to have been erased, so that counting IDs is
    // guessing.
    bool mayHaveGaps(StreamId start) const;
    // How many entries were added up to this ID, or StreamGroup::kUnknown.
    std::int64_t countUpTo(StreamId id) const;
    // How many entries the group has not been given yet; false when that cannot be known.
    bool lag(const StreamGroup &group, std::int64_t *entries) const;
    // The group has been given the entry: moves lastId and entriesRead.
    void advance(StreamGroup &group, StreamId id) const;

    // Heap bytes; of the nodes alone.
    std::size_t memory() const;
    std::size_t nodeBytes() const { return m_nodeBytes; }

private:
    bool lastNodeHasRoom(std::size_t more, const Limits &limits) const;
    void addNode(StreamId id, std::span<const Bytes> fields, std::size_t maxBytes);
    void removeNode(StreamId master);
    template <typename Change>
    void edit(Nodes::Cursor node, Change &&change);
    std::uint64_t trimInside(Nodes::Cursor node, const Trim &trim);
    bool isTrimmed(const Trim &trim, Nodes::Cursor at, std::uint64_t live) const;
    Groups::const_iterator place(Bytes name) const;

    Nodes m_nodes;
    std::uint64_t m_length = 0;
    StreamId m_firstId;
    std::size_t m_lastCapacity = 0; // of the last node's block; 0: exactly its size
    std::size_t m_nodeBytes = 0;
    Groups m_groups;
};

// Walks a stream's live entries between two IDs, both included, in either direction. Ends with the
// next change.
class StreamWalk
{
public:
    enum Direction : std::uint8_t { Forward, Backward };

    StreamWalk(const Stream &stream, StreamId first, StreamId last, Direction direction = Forward);

    // Goes to the first, then to the next entry; false at the end.
    bool next() { return m_direction == Forward ? nextForward() : nextBackward(); }
    const StreamEntry &entry() const { return m_entry; }
    StreamId id() const { return m_entry.id; }
    // Calls visit(name, value) for each of the entry's fields. Once for each entry.
    template <typename F>
    void visit(F &&visit)
    {
        m_behindValues = m_entry.visit(visit);
    }

private:
    bool nextForward();
    bool nextBackward();
    bool enterNode();

    StreamId m_first, m_last;
    Stream::Nodes::Cursor m_at;
    StreamNode m_node;
    StreamEntry m_entry;
    const unsigned char *m_place
        = nullptr; // where the next entry begins, or the one before ends; null: a new node
    const unsigned char *m_behindValues = nullptr; // of m_entry, when it is known
    Direction m_direction;
};

} // namespace cay::store
