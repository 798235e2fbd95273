// Reads replies: RESP2 and RESP3 bytes in, in pieces of any size, one tree of values at a time out.
// No I/O.
//
// A reply is kept flat: its nodes in the order in which they came, and all of its text in one
// string.
//
//   *2 \r\n  $1 a  %1 +k :7
//
//   node   0 Array size 2 next 5 | 1 Bulk | 2 Map size 2 next 5 | 3 Simple | 4 Integer
//   text   "ak"
//
// `next` is the index behind a node's subtree, so that a sibling is one step away. An attribute is
// a node in front of the one that it annotates, not counted in the parent's size; views step over
// it. A node takes 24 bytes and no allocation of its own; parsing is linear in the bytes, whatever
// the pieces' sizes.
//
// Invariants: next > index; a Map or Attribute has an even size (keys and values alternate).
// Turned down: a tree of heap nodes as hiredis builds (an allocation and a pointer per element),
// and views into the caller's buffer (a reply larger than one read would need to be held there in
// one piece).
//
// Source: the RESP3 specification (redis/redis-specifications, protocol/RESP3.md). Streamed strings
// and aggregates, which no server sends, are refused with a clear error.
#pragma once

#include "store/bytes.h"

#include <string>
#include <vector>

namespace cay::resp {

enum class ReplyType : std::uint8_t {
    Simple,
    Error,
    Integer,
    Bulk,
    Null,
    Double,
    Boolean,
    BigNumber,
    BulkError,
    Verbatim,
    Array,
    Map,
    Set,
    Push,
    Attribute,
};

struct ReplyNode
{
    ReplyType type;
    bool truth;         // Boolean: its value. Null: true where RESP2 said "*-1"
    std::uint32_t next; // index behind this node's subtree
    std::int64_t value; // Integer: the number. Types with text: where it begins
    std::size_t size;   // bytes of text, or child nodes (2 per pair in a map)
};
static_assert(sizeof(ReplyNode) == 24);

class ReplyView;

// One reply. Copyable; views borrow it.
class ReplyTree
{
public:
    bool empty() const { return m_nodes.empty(); }
    ReplyView root() const; // REQUIRES: !empty()
    void clear();

private:
    friend class ReplyParser;
    friend class ReplyView;
    std::vector<ReplyNode> m_nodes;
    std::string m_text;
};

// One value of a tree. As cheap to copy as a pointer; dead when the tree changes.
class ReplyView
{
public:
    ReplyView(const ReplyTree &tree, std::uint32_t index)
        : m_tree(&tree)
        , m_index(index)
    {}

    ReplyType type() const { return node().type; }
    bool isError() const { return type() == ReplyType::Error || type() == ReplyType::BulkError; }
    bool isAggregate() const { return type() >= ReplyType::Array; }
    bool isNull() const { return type() == ReplyType::Null; }
    // Status lines, errors, bulk and verbatim strings (without the format), and the digits of
    // doubles and big numbers.
    Bytes text() const;
    bool hasText() const;
    Bytes verbatimFormat() const;                         // "txt" or "mkd". REQUIRES: a Verbatim
    std::int64_t integer() const { return node().value; } // REQUIRES: an Integer
    bool truth() const { return node().truth; }
    bool isNullArray() const { return isNull() && node().truth; }
    // Child values; a map has two per pair. 0 for what is no aggregate.
    std::size_t size() const { return isAggregate() ? node().size : 0; }

    // Child values, in order, attributes skipped.
    class Iterator
    {
    public:
        Iterator(const ReplyTree &tree, std::uint32_t index, std::uint32_t end);
        ReplyView operator*() const { return {*m_tree, m_index}; }
        Iterator &operator++();
        bool operator!=(const Iterator &other) const { return m_index != other.m_index; }

    private:
        void skipAttributes();
        const ReplyTree *m_tree;
        std::uint32_t m_index;
        std::uint32_t m_end;
    };
    Iterator begin() const { return {*m_tree, m_index + 1, last()}; }
    Iterator end() const { return {*m_tree, last(), last()}; }
    // The i-th child; linear in i. REQUIRES: i < size()
    ReplyView at(std::size_t i) const;
    // In a map, or an array that alternates as RESP2 sends maps: the value behind a key. False
    // without one.
    bool find(Bytes key, ReplyView *value) const;

    // The attribute in front of this value. False without one; linear in the nodes before it.
    bool attribute(ReplyView *value) const;

private:
    const ReplyNode &node() const { return m_tree->m_nodes[m_index]; }
    std::uint32_t last() const { return isAggregate() ? node().next : m_index + 1; }

    const ReplyTree *m_tree;
    std::uint32_t m_index;
};

class ReplyParser
{
public:
    // What is refused. Memory is taken as bytes arrive, never on the word of a length.
    struct Limits
    {
        std::size_t depth = 256;                        // aggregates inside aggregates
        std::size_t textBytes = std::size_t(4) << 30;   // of one string or line
        std::size_t nodes = std::size_t(1) << 30;       // values in one reply
        std::size_t totalBytes = std::size_t(64) << 30; // of all text in one reply
    };
    enum class Status : std::uint8_t { More, Complete, Failed };

    ReplyParser() = default;
    explicit ReplyParser(const Limits &limits)
        : m_limits(limits)
    {}

    // Takes bytes until a reply is complete; *used tells how many. After Complete, the next call
    // begins the next reply (take the tree first). After Failed, the stream cannot be read on:
    // reset() or drop the connection.
    Status feed(Bytes bytes, std::size_t *used);

    // The reply, after Complete; good until the next feed().
    const ReplyTree &reply() const { return m_tree; }
    ReplyTree take();
    // Why, after Failed; printable.
    const std::string &error() const { return m_error; }
    // In the middle of a reply.
    bool isPartial() const { return m_state != State::Start; }
    void reset();

private:
    enum class State : std::uint8_t { Start, Type, Line, Body, BodyEnd, Done, Failed };
    struct Open
    {
        std::uint32_t node;
        std::size_t left; // children still to come
    };

    bool step(const char **p, const char *end);
    bool readType(char c);
    bool readLine(const char **p, const char *end);
    bool readBody(const char **p, const char *end);
    bool readBodyEnd(const char **p, const char *end);
    bool finishLine(Bytes line);
    bool textLine(ReplyType type);
    bool number(Bytes line);
    bool boolean(Bytes line);
    bool beginBody(Bytes line);
    bool beginAggregate(Bytes line);
    bool parseLength(Bytes line, bool mayBeNull, std::int64_t *length);
    bool addNode(ReplyType type, std::int64_t value, std::size_t size, bool truth = false);
    bool finishBody();
    bool fail(std::string why);
    void finishValue();

    Limits m_limits;
    State m_state = State::Start;
    char m_type = 0;
    bool m_lineIsText = false; // the line being read goes to the tree's text
    std::size_t m_textStart = 0;
    std::size_t m_bodyLeft = 0;
    std::string m_line; // a header line that is not complete yet
    std::string m_error;
    std::vector<Open> m_open;
    ReplyTree m_tree;
};

} // namespace cay::resp
