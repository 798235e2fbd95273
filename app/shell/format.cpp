#include "shell/format.h"

#include "shell/text.h"

namespace cay::shell {

using resp::ReplyType;
using resp::ReplyView;

namespace {

bool isStringLike(ReplyView value)
{
    return value.isError() || value.type() == ReplyType::Simple || value.type() == ReplyType::Bulk
           || value.type() == ReplyType::Verbatim;
}

Bytes emptyAggregate(ReplyType type)
{
    switch (type) {
    case ReplyType::Map: return "(empty hash)\n";
    case ReplyType::Set: return "(empty set)\n";
    case ReplyType::Push: return "(empty push)\n";
    default: return "(empty array)\n";
    }
}

char numberMark(ReplyType type)
{
    return type == ReplyType::Set ? '~' : type == ReplyType::Map ? '#' : ')';
}

// Behind its key; an aggregate that takes several lines begins on one of its own.
void appendMapValue(std::string *out, ReplyView value, const std::string &indent)
{
    out->pop_back();
    out->append(" => ");
    std::string text;
    appendText(&text, value, indent);
    if (value.isAggregate() && text.find('\n') + 1 < text.size())
        out->append("\n").append(indent);
    out->append(text);
}

// "1) ..." for each element; nested aggregates start on their parent's line and are indented by its
// numbers.
void appendAggregate(std::string *out, ReplyView reply, const std::string &indent)
{
    if (reply.size() == 0) {
        out->append(emptyAggregate(reply.type()));
        return;
    }
    const bool isMap = reply.type() == ReplyType::Map;
    const std::size_t count = isMap ? reply.size() / 2 : reply.size();
    const int width = static_cast<int>(std::to_string(count).size());
    const std::string deeper = indent + std::string(static_cast<std::size_t>(width) + 2, ' ');
    std::size_t i = 0;
    for (const ReplyView child : reply) {
        if (isMap && i % 2 == 1) {
            appendMapValue(out, child, deeper);
        } else {
            if (i > 0)
                out->append(indent);
            out->append(
                formatted("%*zu%c ", width, (isMap ? i / 2 : i) + 1, numberMark(reply.type())));
            appendText(out, child, deeper);
        }
        ++i;
    }
}

void appendJsonString(std::string *out, Bytes text)
{
    out->push_back('"');
    for (const char c : text) {
        switch (c) {
        case '\\':
        case '"': out->append({'\\', c}); break;
        case '\n': out->append("\\n"); break;
        case '\f': out->append("\\f"); break;
        case '\r': out->append("\\r"); break;
        case '\t': out->append("\\t"); break;
        case '\b': out->append("\\b"); break;
        default:
            if (static_cast<unsigned char>(c) < 0x20)
                out->append(formatted("\\u%04x", c));
            else
                out->push_back(c);
        }
    }
    out->push_back('"');
}

// Printable ASCII only: the text as Redis quotes it, put into a JSON string.
void appendQuotedJsonString(std::string *out, Bytes text)
{
    std::string quoted;
    appendQuoted(&quoted, text);
    appendJsonString(out, Bytes(quoted).substr(1, quoted.size() - 2));
}

void appendJsonText(std::string *out, Bytes text, bool quoted)
{
    quoted ? appendQuotedJsonString(out, text) : appendJsonString(out, text);
}

void appendJsonMap(std::string *out, ReplyView reply, bool quoted)
{
    out->push_back('{');
    std::size_t i = 0;
    for (const ReplyView child : reply) {
        if (i % 2 == 1)
            out->push_back(':');
        else if (i > 0)
            out->push_back(',');
        if (i % 2 == 0 && !isStringLike(child)) {
            // A key must be a string.
            std::string key;
            appendJson(&key, child, quoted);
            appendJsonText(out, key, quoted);
        } else if (i % 2 == 0) {
            appendJsonText(out, child.text(), quoted);
        } else {
            appendJson(out, child, quoted);
        }
        ++i;
    }
    out->push_back('}');
}

} // namespace

void appendText(std::string *out, ReplyView reply, const std::string &indent)
{
    switch (reply.type()) {
    case ReplyType::Error:
    case ReplyType::BulkError: out->append("(error) ").append(reply.text()); break;
    case ReplyType::Simple:
    case ReplyType::Verbatim: out->append(reply.text()); break;
    case ReplyType::Integer:
        out->append("(integer) ").append(std::to_string(reply.integer()));
        break;
    case ReplyType::Double: out->append("(double) ").append(reply.text()); break;
    case ReplyType::BigNumber: out->append("(big number) ").append(reply.text()); break;
    case ReplyType::Bulk: appendQuoted(out, reply.text()); break;
    case ReplyType::Null: out->append("(nil)"); break;
    case ReplyType::Boolean: out->append(reply.truth() ? "(true)" : "(false)"); break;
    default: appendAggregate(out, reply, indent); return;
    }
    out->push_back('\n');
}

void appendRaw(std::string *out, ReplyView reply, const std::string &delimiter)
{
    switch (reply.type()) {
    case ReplyType::Null: return;
    case ReplyType::Integer: out->append(std::to_string(reply.integer())); return;
    case ReplyType::Boolean: out->append(reply.truth() ? "(true)" : "(false)"); return;
    case ReplyType::Error:
    case ReplyType::BulkError: out->append(reply.text()).push_back('\n'); return;
    default: break;
    }
    if (!reply.isAggregate()) {
        out->append(reply.text());
        return;
    }
    const bool isMap = reply.type() == ReplyType::Map;
    std::size_t i = 0;
    for (const ReplyView child : reply) {
        if (i > 0)
            out->append(isMap && i % 2 == 1 ? std::string(" ") : delimiter);
        appendRaw(out, child, delimiter);
        ++i;
    }
}

void appendCsv(std::string *out, ReplyView reply)
{
    switch (reply.type()) {
    case ReplyType::Null: out->append("NULL"); return;
    case ReplyType::Integer: out->append(std::to_string(reply.integer())); return;
    case ReplyType::Boolean: out->append(reply.truth() ? "true" : "false"); return;
    case ReplyType::Double:
    case ReplyType::BigNumber: out->append(reply.text()); return;
    case ReplyType::Error:
    case ReplyType::BulkError: out->append("ERROR,"); break;
    default: break;
    }
    if (!reply.isAggregate()) {
        appendQuoted(out, reply.text());
        return;
    }
    bool first = true;
    for (const ReplyView child : reply) {
        if (!first)
            out->push_back(',');
        appendCsv(out, child);
        first = false;
    }
}

void appendJson(std::string *out, ReplyView reply, bool quoted)
{
    switch (reply.type()) {
    case ReplyType::Null: out->append("null"); return;
    case ReplyType::Integer: out->append(std::to_string(reply.integer())); return;
    case ReplyType::Boolean: out->append(reply.truth() ? "true" : "false"); return;
    case ReplyType::Double:
    case ReplyType::BigNumber: out->append(reply.text()); return;
    case ReplyType::Error:
    case ReplyType::BulkError: out->append("error:"); break;
    case ReplyType::Map: appendJsonMap(out, reply, quoted); return;
    default: break;
    }
    if (!reply.isAggregate()) {
        appendJsonText(out, reply.text(), quoted);
        return;
    }
    out->push_back('[');
    bool first = true;
    for (const ReplyView child : reply) {
        if (!first)
            out->push_back(',');
        appendJson(out, child, quoted);
        first = false;
    }
    out->push_back(']');
}

std::string formatReply(ReplyView reply, const Options &options, bool plain)
{
    std::string out;
    if (plain) {
        appendRaw(&out, reply, options.elementDelimiter);
        return out;
    }
    switch (options.output) {
    case Output::Text: appendText(&out, reply, {}); return out;
    case Output::Raw:
        appendRaw(&out, reply, options.elementDelimiter);
        out.append(options.replyDelimiter);
        return out;
    case Output::Csv: appendCsv(&out, reply); break;
    case Output::Json: appendJson(&out, reply, false); break;
    case Output::QuotedJson: appendJson(&out, reply, true); break;
    }
    out.push_back('\n');
    return out;
}

std::string formatPush(ReplyView push, const Options &options)
{
    const bool isInvalidation = options.output == Output::Text && push.size() == 2
                                && push.at(0).text() == "invalidate" && push.at(1).isAggregate();
    if (!isInvalidation)
        return formatReply(push, options);
    std::string out = "-> invalidate: ";
    bool first = true;
    for (const ReplyView key : push.at(1)) {
        if (!first)
            out.append(", ");
        out.append("'").append(key.text()).append("'");
        first = false;
    }
    out.push_back('\n');
    return out;
}

bool isReport(const std::vector<std::string> &command)
{
    const std::string name = toLower(command[0]);
    const std::string second = command.size() > 1 ? toLower(command[1]) : std::string();
    if (name == "info" || name == "lolwut")
        return true;
    if (name == "debug")
        return second == "htstats" || second == "htstats-key" || second == "client-eviction";
    if (name == "memory")
        return second == "malloc-stats" || second == "doctor";
    if (name == "client")
        return second == "list" || second == "info";
    if (name == "cluster")
        return command.size() == 2 && (second == "nodes" || second == "info");
    if (name == "latency")
        return (command.size() == 3 && second == "graph")
               || (command.size() == 2 && second == "doctor");
    return name == "proxy" && second == "info";
}

} // namespace cay::shell
