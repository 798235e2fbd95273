#include "store/stream.h"

#include "store/prefetch.h"

#include <algorithm>

namespace cay::store {

Stream::~Stream()
{
    for (auto at = m_nodes.first(); at; at.next())
        std::free(at.value());
}

std::unique_ptr<Stream> Stream::clone() const
{
    auto copy = std::make_unique<Stream>();
    for (auto at = m_nodes.first(); at; at.next()) {
        const std::size_t size = StreamNode::byteSize(at.value());
        void *bytes = std::malloc(size);
        if (!bytes)
            throw std::bad_alloc();
        std::memcpy(bytes, at.value(), size);
        copy->m_nodes.append(at.id(), static_cast<unsigned char *>(bytes));
        copy->m_nodeBytes += size;
    }
    copy->lastId = lastId;
    copy->maxDeletedId = maxDeletedId;
    copy->entriesAdded = entriesAdded;
    copy->m_length = m_length;
    copy->m_firstId = m_firstId;
    for (const auto &group : m_groups)
        copy->m_groups.push_back(group->clone());
    return copy;
}

StreamId Stream::lastLiveId() const
{
    StreamWalk walk(*this, {}, StreamId::max(), StreamWalk::Backward);
    return walk.next() ? walk.id() : StreamId{};
}

bool Stream::lastNodeHasRoom(std::size_t more, const Limits &limits) const
{
    const unsigned char *bytes = m_nodes.last().value();
    if (StreamNode::byteSize(bytes) + more >= limits.bytes)
        return false;
    if (limits.entries == 0)
        return true;
    std::int64_t live, deleted;
    packed::readInteger(packed::readInteger(bytes + ListpackView::kHeader, &live), &deleted);
    return static_cast<std::uint64_t>(live) + static_cast<std::uint64_t>(deleted) < limits.entries;
}

// Changes a node with change(editor), and keeps account of where it lies.
template <typename Change>
void Stream::edit(Nodes::Cursor node, Change &&change)
{
    const bool isLast = node.value() == m_nodes.last().value();
    StreamNodeEditor editor(node.value(), isLast ? m_lastCapacity : 0);
    const std::size_t before = editor.capacity();
    change(editor);
    node.value() = editor.bytes();
    m_nodeBytes += editor.capacity() - before;
    if (isLast)
        m_lastCapacity = editor.capacity();
}

void Stream::addNode(StreamId id, std::span<const Bytes> fields, std::size_t maxBytes)
{
    if (!m_nodes.empty())
        edit(m_nodes.last(), [](StreamNodeEditor &last) { last.shrink(); });
    const StreamNodeEditor node = StreamNodeEditor::make(fields, maxBytes);
    m_nodes.append(id, node.bytes());
    m_nodeBytes += node.capacity();
    m_lastCapacity = node.capacity();
}

bool Stream::append(StreamId id, std::span<const Bytes> fields, const Limits &given)
{
    Limits limits = given;
    if (limits.bytes == 0 || limits.bytes > kMaxEntry)
        limits.bytes = kMaxEntry;
    std::size_t bytes = 0;
    for (const Bytes text : fields)
        bytes += text.size();
    if (bytes > kMaxEntry)
        return false;
    if (m_nodes.empty() || !lastNodeHasRoom(bytes, limits))
        addNode(id, fields, limits.bytes);
    const Nodes::Cursor last = m_nodes.last();
    edit(last, [&](StreamNodeEditor &node) { node.append(last.id(), id, fields, limits.bytes); });
    if (m_length++ == 0)
        m_firstId = id;
    lastId = id;
    ++entriesAdded;
    return true;
}

void Stream::removeNode(StreamId master)
{
    const Nodes::Cursor node = m_nodes.find(master);
    unsigned char *bytes = node.value();
    if (bytes == m_nodes.last().value()) {
        m_nodeBytes -= m_lastCapacity ? m_lastCapacity : StreamNode::byteSize(bytes);
        m_lastCapacity = 0;
    } else {
        m_nodeBytes -= StreamNode::byteSize(bytes);
    }
    m_nodes.erase(master);
    std::free(bytes);
}

bool Stream::contains(StreamId id) const
{
    StreamWalk walk(*this, id, id);
    return walk.next();
}

bool Stream::erase(StreamId id)
{
    const Nodes::Cursor at = m_nodes.floor(id);
    if (!at)
        return false;
    StreamWalk walk(*this, id, id);
    if (!walk.next())
        return false;
    const StreamNode node(at.id(), at.value());
    if (node.live() == 1) {
        removeNode(at.id());
    } else {
        edit(at, [&](StreamNodeEditor &editor) {
            editor.mark(walk.entry());
            editor.setCounts(node.live() - 1, node.deleted() + 1);
        });
    }
    --m_length;
    if (id == m_firstId || m_length == 0)
        updateFirstId();
    return true;
}

void Stream::updateFirstId()
{
    StreamWalk walk(*this, {}, StreamId::max());
    m_firstId = m_length > 0 && walk.next() ? walk.id() : StreamId{};
}

// Whether all of the node's entries, of which `live` are counted, are to go.
bool Stream::isTrimmed(const Trim &trim, Nodes::Cursor at, std::uint64_t live) const
{
    if (trim.strategy == Trim::MaxLength)
        return m_length >= live && m_length - live >= trim.maxLength;
    Nodes::Cursor next = at;
    next.next();
    if (next && next.id() <= trim.minId)
        return true; // without a look at the node's end
    const StreamNode node(at.id(), at.value());
    return node.begin() != node.end() && node.readBefore(node.end()).id < trim.minId;
}

// Marks the entries at the beginning of a node.
std::uint64_t Stream::trimInside(Nodes::Cursor at, const Trim &trim)
{
    const StreamNode node(at.id(), at.value());
    std::uint64_t gone = 0;
    edit(at, [&](StreamNodeEditor &editor) {
        const unsigned char *place = node.begin();
        while (place != node.end()) {
            const StreamEntry entry = node.read(place);
            if (trim.strategy == Trim::MaxLength ? m_length <= trim.maxLength
                                                 : entry.id >= trim.minId) {
                break;
            }
            place = StreamNode::after(entry.skip());
            if (!entry.deleted) {
                editor.mark(entry);
                ++gone;
                --m_length;
            }
        }
        if (gone > 0)
            editor.setCounts(node.live() - gone, node.deleted() + gone);
    });
    return gone;
}

// The number of entries stands in the node, and the nodes lie all over the memory.
constexpr int kNodesAhead = 8;

std::uint64_t Stream::trim(const Trim &trim, std::vector<void *> *gone)
{
    if (trim.strategy == Trim::None)
        return 0;
    std::uint64_t count = 0;
    Nodes::Cursor at = m_nodes.first(), ahead = at;
    for (int i = 0; i < kNodesAhead && ahead; ++i)
        ahead.next();
    for (; at; at.next()) {
        if (trim.strategy == Trim::MaxLength && m_length <= trim.maxLength)
            break;
        if (ahead) {
            prefetch(ahead.value());
            ahead.next();
        }
        const std::uint64_t live = StreamNode::liveEntries(at.value());
        if (trim.limit > 0 && count + live > trim.limit)
            break;
        if (!isTrimmed(trim, at, live)) {
            if (!trim.approximate)
                count += trimInside(at, trim);
            break;
        }
        const bool isLast = at.value() == m_nodes.last().value();
        m_nodeBytes -= isLast && m_lastCapacity ? m_lastCapacity : StreamNode::byteSize(at.value());
        if (isLast)
            m_lastCapacity = 0;
        m_length -= live;
        count += live;
        gone->push_back(at.value());
    }
    if (!gone->empty())
        m_nodes.eraseBefore(at);
    if (count > 0)
        updateFirstId();
    return count;
}

bool Stream::adoptNode(StreamId master, Bytes bytes)
{
    StreamId last;
    if (!StreamNode::valid(master, bytes, &last))
        return false;
    if (!m_nodes.empty()) {
        const Nodes::Cursor at = m_nodes.last();
        const StreamNode before(at.id(), at.value());
        if (before.readBefore(before.end()).id >= master)
            return false;
    }
    auto *copy = static_cast<unsigned char *>(std::malloc(bytes.size()));
    if (!copy)
        throw std::bad_alloc();
    std::memcpy(copy, bytes.data(), bytes.size());
    m_nodes.append(master, copy);
    m_nodeBytes += bytes.size();
    m_length += StreamNode(master, copy).live();
    return true;
}

Stream::Groups::const_iterator Stream::place(Bytes name) const
{
    return std::ranges::lower_bound(m_groups, name, {},
                                    [](const auto &group) { return Bytes(group->name()); });
}

StreamGroup *Stream::group(Bytes name) const
{
    const auto at = place(name);
    return at != m_groups.end() && (*at)->name() == name ? at->get() : nullptr;
}

StreamGroup *Stream::addGroup(Bytes name, StreamId last, std::int64_t read)
{
    return m_groups.insert(place(name), std::make_unique<StreamGroup>(name, last, read))->get();
}

void Stream::removeGroup(StreamGroup *group) { m_groups.erase(place(group->name())); }

bool Stream::mayHaveGaps(StreamId start) const
{
    return m_length > 0 && m_firstId <= maxDeletedId && start <= maxDeletedId;
}

// Counters come from clients (XSETID, ENTRIESREAD), so sums wrap as they do in Redis.
std::int64_t Stream::countUpTo(StreamId id) const
{
    if (entriesAdded == 0)
        return 0;
    if (id == lastId || (m_length == 0 && id < lastId))
        return static_cast<std::int64_t>(entriesAdded);
    if (id > lastId || (!maxDeletedId.isZero() && maxDeletedId >= m_firstId) || id > m_firstId)
        return StreamGroup::kUnknown;
    return static_cast<std::int64_t>(entriesAdded - m_length + (id == m_firstId));
}

bool Stream::lag(const StreamGroup &group, std::int64_t *entries) const
{
    std::int64_t read = 0;
    if (entriesAdded != 0) {
        read = group.entriesRead;
        if (read == StreamGroup::kUnknown || mayHaveGaps(group.lastId))
            read = countUpTo(group.lastId);
    }
    *entries = static_cast<std::int64_t>(entriesAdded - static_cast<std::uint64_t>(read));
    return read != StreamGroup::kUnknown;
}

void Stream::advance(StreamGroup &group, StreamId id) const
{
    if (group.entriesRead != StreamGroup::kUnknown && !mayHaveGaps(id))
        group.entriesRead
            = static_cast<std::int64_t>(static_cast<std::uint64_t>(group.entriesRead) + 1);
    else if (entriesAdded != 0)
        group.entriesRead = countUpTo(id);
    group.lastId = id;
}

std::size_t Stream::memory() const
{
    std::size_t bytes
        = sizeof *this + m_nodeBytes + m_nodes.memory() + m_groups.capacity() * sizeof(void *);
    for (const auto &group : m_groups)
        bytes += group->memory();
    return bytes;
}

StreamWalk::StreamWalk(const Stream &stream, StreamId first, StreamId last, Direction direction)
    : m_first(first)
    , m_last(last)
    , m_direction(direction)
{
    const Stream::Nodes &nodes = stream.nodes();
    m_at = nodes.floor(direction == Forward ? first : last);
    if (!m_at && direction == Forward)
        m_at = nodes.first();
}

// Where an element begins is known when the one before it has been read, so a walk through a node
// that is not in the cache would wait for each line in turn. Lines are asked for this far ahead.
constexpr std::ptrdiff_t kLine = 64, kAhead = 10 * kLine;

// False behind the last node that can have entries of the range.
bool StreamWalk::enterNode()
{
    if (!m_at || (m_direction == Forward && m_at.id() > m_last))
        return false;
    if (m_direction == Forward) {
        for (std::ptrdiff_t line = 0; line < kAhead; line += kLine)
            prefetch(m_at.value() + line);
        Stream::Nodes::Cursor next = m_at;
        next.next();
        if (next)
            prefetch(next.value());
    }
    m_node = StreamNode(m_at.id(), m_at.value());
    m_place = m_direction == Forward ? m_node.begin() : m_node.end();
    m_behindValues = nullptr;
    return true;
}

bool StreamWalk::nextForward()
{
    if (m_entry.at)
        m_place = StreamNode::after(m_behindValues ? m_behindValues : m_entry.skip());
    else if (!enterNode())
        return false;
    for (;;) {
        while (m_place == m_node.end()) {
            m_at.next();
            if (!enterNode()) {
                m_at = {};
                m_entry.at = nullptr;
                return false;
            }
        }
        prefetch(m_place + kAhead);
        m_entry = m_node.read(m_place);
        m_behindValues = nullptr;
        if (m_entry.id > m_last) {
            m_at = {};
            m_entry.at = nullptr;
            return false;
        }
        if (!m_entry.deleted && m_entry.id >= m_first)
            return true;
        m_place = StreamNode::after(m_entry.skip());
    }
}

bool StreamWalk::nextBackward()
{
    if (m_entry.at)
        m_place = m_entry.at;
    else if (!enterNode())
        return false;
    for (;;) {
        while (m_place == m_node.begin()) {
            m_at.previous();
            if (!enterNode()) {
                m_entry.at = nullptr;
                return false;
            }
        }
        m_entry = m_node.readBefore(m_place);
        m_behindValues = nullptr;
        if (m_entry.id < m_first) {
            m_at = {};
            m_entry.at = nullptr;
            return false;
        }
        if (!m_entry.deleted && m_entry.id <= m_last)
            return true;
        m_place = m_entry.at;
    }
}

} // namespace cay::store
