#include "resp/reply_parser.h"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace cay::resp {
namespace {

// The longest line that holds a length, a number or a boolean; a big number is text and has its own
// cap.
constexpr std::size_t kHeaderLine = 64;
// How much is reserved ahead for a string that has announced its length.
constexpr std::size_t kReserve = 1 << 20;

bool isTextLine(char type) { return type == '+' || type == '-' || type == '('; }

std::string printable(char c)
{
    static const char kHex[] = "0123456789abcdef";
    if (c >= 0x20 && c < 0x7f && c != '"' && c != '\\')
        return std::string(1, c);
    const auto byte = static_cast<unsigned char>(c);
    return std::string("\\x") + kHex[byte >> 4] + kHex[byte & 15];
}

bool isDigits(Bytes text)
{
    return !text.empty()
           && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// RESP3's doubles: decimal with an optional fraction and exponent, inf, -inf and nan. Redis may
// send "-nan".
bool isDouble(Bytes text)
{
    if (!text.empty() && (text[0] == '-' || text[0] == '+'))
        text.remove_prefix(1);
    if (text == "inf" || text == "nan")
        return true;
    if (text.empty() || text.find_first_not_of("0123456789.eE+-") != Bytes::npos)
        return false;
    double value;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), value);
    return result.ec != std::errc::invalid_argument && result.ptr == text.data() + text.size();
}

} // namespace

void ReplyTree::clear()
{
    m_nodes.clear();
    m_text.clear();
}

ReplyView ReplyTree::root() const
{
    std::uint32_t index = 0;
    while (m_nodes[index].type == ReplyType::Attribute)
        index = m_nodes[index].next;
    return {*this, index};
}

ReplyView::Iterator::Iterator(const ReplyTree &tree, std::uint32_t index, std::uint32_t end)
    : m_tree(&tree)
    , m_index(index)
    , m_end(end)
{
    skipAttributes();
}

ReplyView::Iterator &ReplyView::Iterator::operator++()
{
    m_index = m_tree->m_nodes[m_index].next;
    skipAttributes();
    return *this;
}

void ReplyView::Iterator::skipAttributes()
{
    while (m_index < m_end && m_tree->m_nodes[m_index].type == ReplyType::Attribute)
        m_index = m_tree->m_nodes[m_index].next;
}

bool ReplyView::hasText() const
{
    switch (type()) {
    case ReplyType::Simple:
    case ReplyType::Error:
    case ReplyType::Bulk:
    case ReplyType::Double:
    case ReplyType::BigNumber:
    case ReplyType::BulkError:
    case ReplyType::Verbatim: return true;
    default: return false;
    }
}

Bytes ReplyView::text() const
{
    if (!hasText())
        return {};
    const Bytes all
        = Bytes(m_tree->m_text).substr(static_cast<std::size_t>(node().value), node().size);
    return type() == ReplyType::Verbatim ? all.substr(4) : all;
}

Bytes ReplyView::verbatimFormat() const
{
    return Bytes(m_tree->m_text).substr(static_cast<std::size_t>(node().value), 3);
}

ReplyView ReplyView::at(std::size_t i) const
{
    Iterator child = begin();
    while (i-- > 0)
        ++child;
    return *child;
}

bool ReplyView::find(Bytes key, ReplyView *value) const
{
    bool isKey = true, found = false;
    for (const ReplyView child : *this) {
        if (found) {
            *value = child;
            return true;
        }
        found = isKey && child.hasText() && child.text() == key;
        isKey = !isKey;
    }
    return false;
}

bool ReplyView::attribute(ReplyView *value) const
{
    // Attributes stand right in front: the one whose subtree ends here, if any node's does, is it.
    // A node that is an Attribute and ends at this index cannot belong to anything else.
    for (std::uint32_t i = m_index; i-- > 0;) {
        const ReplyNode &candidate = m_tree->m_nodes[i];
        if (candidate.type == ReplyType::Attribute && candidate.next == m_index) {
            *value = {*m_tree, i};
            return true;
        }
    }
    return false;
}

void ReplyParser::reset()
{
    m_state = State::Start;
    m_open.clear();
    m_line.clear();
    m_error.clear();
    m_tree.clear();
}

ReplyTree ReplyParser::take()
{
    ReplyTree tree = std::move(m_tree);
    reset();
    return tree;
}

ReplyParser::Status ReplyParser::feed(Bytes bytes, std::size_t *used)
{
    if (m_state == State::Done)
        reset();
    const char *p = bytes.data();
    const char *const end = p + bytes.size();
    while (p != end && m_state != State::Done && m_state != State::Failed) {
        if (!step(&p, end))
            break;
    }
    *used = static_cast<std::size_t>(p - bytes.data());
    if (m_state == State::Failed)
        return Status::Failed;
    return m_state == State::Done ? Status::Complete : Status::More;
}

bool ReplyParser::step(const char **p, const char *end)
{
    switch (m_state) {
    case State::Start:
    case State::Type: return readType(*(*p)++);
    case State::Line: return readLine(p, end);
    case State::Body: return readBody(p, end);
    case State::BodyEnd: return readBodyEnd(p, end);
    default: return false;
    }
}

bool ReplyParser::fail(std::string why)
{
    m_error = std::move(why);
    m_state = State::Failed;
    return false;
}

bool ReplyParser::readType(char c)
{
    static constexpr Bytes kTypes = "+-:$*_,#(!=%~>|";
    if (kTypes.find(c) == Bytes::npos)
        return fail("Protocol error, got \"" + printable(c) + "\" as reply type byte");
    m_type = c;
    m_lineIsText = isTextLine(c);
    m_textStart = m_tree.m_text.size();
    m_line.clear();
    m_state = State::Line;
    return true;
}

// Looks for CR LF. What has come so far is kept in m_line, or in the tree's text where that is its
// place.
bool ReplyParser::readLine(const char **p, const char *end)
{
    std::string &held = m_lineIsText ? m_tree.m_text : m_line;
    const std::size_t start = m_lineIsText ? m_textStart : 0;
    const auto *newline
        = static_cast<const char *>(std::memchr(*p, '\n', static_cast<std::size_t>(end - *p)));
    const char *stop = newline ? newline + 1 : end;
    held.append(*p, stop);
    *p = stop;
    const std::size_t size = held.size() - start;
    if (size > (m_lineIsText ? m_limits.textBytes : kHeaderLine) + 2)
        return fail("Protocol error, line too long");
    // A line feed without a carriage return is part of the text, as hiredis reads it.
    if (!newline || size < 2 || held[held.size() - 2] != '\r')
        return true;
    held.resize(held.size() - 2);
    return finishLine(Bytes(held).substr(start));
}

bool ReplyParser::finishLine(Bytes line)
{
    switch (m_type) {
    case '+': return textLine(ReplyType::Simple);
    case '-': return textLine(ReplyType::Error);
    case '(': {
        const Bytes digits = line.substr(!line.empty() && line[0] == '-');
        return isDigits(digits) ? textLine(ReplyType::BigNumber)
                                : fail("Protocol error, bad big number");
    }
    case ':': return number(line);
    case ',': {
        if (!isDouble(line))
            return fail("Protocol error, bad double value");
        m_tree.m_text.append(line);
        return textLine(ReplyType::Double);
    }
    case '#': return boolean(line);
    case '_':
        if (!line.empty())
            return fail("Protocol error, bad null");
        return addNode(ReplyType::Null, 0, 0) && (finishValue(), true);
    case '$':
    case '!':
    case '=': return beginBody(line);
    default: return beginAggregate(line);
    }
}

bool ReplyParser::textLine(ReplyType type)
{
    const std::size_t size = m_tree.m_text.size() - m_textStart;
    if (!addNode(type, static_cast<std::int64_t>(m_textStart), size))
        return false;
    finishValue();
    return true;
}

bool ReplyParser::number(Bytes line)
{
    const Bytes digits = line.substr(!line.empty() && line[0] == '+');
    std::int64_t value = 0;
    const auto result = std::from_chars(digits.data(), digits.data() + digits.size(), value);
    if (result.ec != std::errc() || result.ptr != digits.data() + digits.size())
        return fail("Protocol error, bad integer value");
    if (!addNode(ReplyType::Integer, value, 0))
        return false;
    finishValue();
    return true;
}

bool ReplyParser::boolean(Bytes line)
{
    if (line != "t" && line != "f" && line != "T" && line != "F")
        return fail("Protocol error, bad bool value");
    if (!addNode(ReplyType::Boolean, 0, 0, (line[0] | 0x20) == 't'))
        return false;
    finishValue();
    return true;
}

bool ReplyParser::parseLength(Bytes line, bool mayBeNull, std::int64_t *length)
{
    if (mayBeNull && line == "-1") {
        *length = -1;
        return true;
    }
    if (line == "?")
        return fail("Protocol error, streamed values are not supported");
    if (!isDigits(line))
        return fail("Protocol error, bad length");
    const auto result = std::from_chars(line.data(), line.data() + line.size(), *length);
    return result.ec == std::errc() ? true : fail("Protocol error, length out of range");
}

bool ReplyParser::beginBody(Bytes line)
{
    std::int64_t length = 0;
    if (!parseLength(line, m_type == '$', &length))
        return false;
    if (length < 0)
        return addNode(ReplyType::Null, 0, 0) && (finishValue(), true);
    m_bodyLeft = static_cast<std::size_t>(length);
    if (m_bodyLeft > m_limits.textBytes)
        return fail("Protocol error, string too long");
    if (m_bodyLeft > m_limits.totalBytes - std::min(m_limits.totalBytes, m_tree.m_text.size()))
        return fail("Protocol error, reply too large");
    const std::size_t wanted = m_tree.m_text.size() + std::min(m_bodyLeft, kReserve);
    if (wanted > m_tree.m_text.capacity())
        m_tree.m_text.reserve(std::max(wanted, m_tree.m_text.capacity() * 2));
    m_line.clear();
    m_state = m_bodyLeft ? State::Body : State::BodyEnd;
    return true;
}

bool ReplyParser::readBody(const char **p, const char *end)
{
    const std::size_t n = std::min(m_bodyLeft, static_cast<std::size_t>(end - *p));
    m_tree.m_text.append(*p, n);
    *p += n;
    m_bodyLeft -= n;
    if (m_bodyLeft == 0)
        m_state = State::BodyEnd;
    return true;
}

bool ReplyParser::readBodyEnd(const char **p, const char *)
{
    m_line.push_back(*(*p)++);
    if (m_line.size() < 2)
        return m_line[0] == '\r' ? true : fail("Protocol error, string not ended by CRLF");
    return m_line[1] == '\n' ? finishBody() : fail("Protocol error, string not ended by CRLF");
}

bool ReplyParser::finishBody()
{
    const Bytes body = Bytes(m_tree.m_text).substr(m_textStart);
    if (m_type == '=') {
        if (body.size() < 4 || body[3] != ':')
            return fail("Protocol error, verbatim string without its format");
        return textLine(ReplyType::Verbatim);
    }
    return textLine(m_type == '!' ? ReplyType::BulkError : ReplyType::Bulk);
}

bool ReplyParser::beginAggregate(Bytes line)
{
    std::int64_t length = 0;
    if (!parseLength(line, m_type == '*', &length))
        return false;
    if (length < 0)
        return addNode(ReplyType::Null, 0, 0, true) && (finishValue(), true);
    const bool pairs = m_type == '%' || m_type == '|';
    if (static_cast<std::uint64_t>(length) > m_limits.nodes / (pairs ? 2 : 1))
        return fail("Protocol error, too many elements");
    if (m_open.size() >= m_limits.depth)
        return fail("Protocol error, nested too deeply");
    const std::size_t size = static_cast<std::size_t>(length) * (pairs ? 2 : 1);
    const ReplyType type = m_type == '*'   ? ReplyType::Array
                           : m_type == '%' ? ReplyType::Map
                           : m_type == '~' ? ReplyType::Set
                           : m_type == '>' ? ReplyType::Push
                                           : ReplyType::Attribute;
    if (!addNode(type, 0, size))
        return false;
    m_open.push_back({static_cast<std::uint32_t>(m_tree.m_nodes.size() - 1), size});
    m_state = State::Type;
    if (size == 0) {
        m_open.pop_back();
        finishValue();
    }
    return true;
}

bool ReplyParser::addNode(ReplyType type, std::int64_t value, std::size_t size, bool truth)
{
    const std::size_t index = m_tree.m_nodes.size();
    if (index >= std::min<std::size_t>(m_limits.nodes, UINT32_MAX - 1))
        return fail("Protocol error, too many elements");
    if (m_tree.m_text.size() > m_limits.totalBytes)
        return fail("Protocol error, reply too large");
    m_tree.m_nodes.push_back({type, truth, static_cast<std::uint32_t>(index + 1), value, size});
    return true;
}

// A value is complete: so are the aggregates that waited for it alone. An attribute counts as
// nobody's child, and the value that it announces is still to come.
void ReplyParser::finishValue()
{
    m_state = State::Type;
    const auto size = [this] { return static_cast<std::uint32_t>(m_tree.m_nodes.size()); };
    bool attribute = m_tree.m_nodes.back().type == ReplyType::Attribute;
    while (!m_open.empty()) {
        Open &parent = m_open.back();
        if (attribute)
            return;
        if (--parent.left > 0)
            return;
        ReplyNode &node = m_tree.m_nodes[parent.node];
        node.next = size();
        attribute = node.type == ReplyType::Attribute;
        m_open.pop_back();
    }
    if (!attribute)
        m_state = State::Done;
}

} // namespace cay::resp
