#include "messages.h"

#include "pubsub.h"

#include "cay/log.h"
#include "store/glob.h"

#include <sstream>

namespace cay::pubsub {

namespace {

// Frames up to this size are written in one piece.
constexpr std::size_t kSmall = 8 * 1024;
constexpr std::uint32_t kClosing = SessionCloseAfterReply | SessionCloseAsap;
constexpr std::uint32_t kSilent = SessionReplyOff | SessionReplySkip;

Host *g_host = nullptr;
std::int64_t g_hardLimit = 0; // bytes of output that a subscriber may have waiting; 0 is no limit

void readLimit()
{
    std::istringstream words(g_host->options().text("client-output-buffer-limit"));
    std::string name;
    std::int64_t hard = 0, soft = 0, seconds = 0;
    while (words >> name >> hard >> soft >> seconds) {
        if (name == "pubsub")
            g_hardLimit = hard;
    }
}

// The network looks at the limit when it sends; one turn can bring more than that.
void checkLimit(Session &session)
{
    const resp::OutputBuffer &out = session.reply.buffer();
    if (g_hardLimit == 0 || static_cast<std::int64_t>(out.capacity()) < g_hardLimit
        || static_cast<std::int64_t>(out.pending()) < g_hardLimit)
        return;
    log(LogLevel::Warning,
        "Client id=%llu addr=%s name=%s closed for overcoming of output buffer limits.",
        static_cast<unsigned long long>(session.id), session.peer.c_str(), session.name.c_str());
    ++g_host->statistics().outputLimitDisconnections;
    g_host->close(session, false);
}

// `head` and `tail` without the first byte, which alone tells the protocols apart.
void write(resp::Reply &reply, Bytes head, Bytes tail)
{
    const char first = reply.version() == 3 ? '>' : '*';
    resp::OutputBuffer &out = reply.buffer();
    const std::size_t size = 1 + head.size() + tail.size();
    if (size > kSmall) {
        out.append(Bytes(&first, 1));
        out.append(head);
        out.append(tail);
        return;
    }
    char *p = out.reserve(size);
    *p++ = first;
    p += head.copy(p, head.size());
    p += tail.copy(p, tail.size()); // without a tail it has no data, which memcpy() must not see
    out.advance(p);
}

void send(Session &session, Bytes head, Bytes tail)
{
    if (session.flags & kClosing) [[unlikely]]
        return;
    write(session.reply, head, tail);
    g_host->flushSoon(session);
    checkLimit(session);
}

void sendLater(Session &session, Bytes head, Bytes tail)
{
    g_host->afterCommand([id = session.id, rest = std::string(head).append(tail)] {
        if (Session *receiver = g_host->session(id))
            send(*receiver, rest, {});
    });
}

std::uint64_t sendToAll(const Topic &topic, Bytes head, Bytes tail, Own own)
{
    const Session *running = g_host->running();
    for (const Receiver &receiver : topic.receivers) {
        Session &session = *receiver.session;
        if (&session == running && (own == Own::AfterCommand || session.flags & kSilent))
            [[unlikely]]
            sendLater(session, head, tail);
        else
            send(session, head, tail);
    }
    return topic.receivers.size();
}

} // namespace

void appendBulk(std::string &out, Bytes text)
{
    char digits[24];
    out += '$';
    out.append(digits, resp::writeUnsigned(digits, text.size()));
    out.append("\r\n").append(text).append("\r\n");
}

void setUpMessages(Host &host)
{
    g_host = &host;
    host.options().watch("client-output-buffer-limit", [](QString *) {
        readLimit();
        return true;
    });
}

std::uint64_t publish(Bytes channel, Bytes message, Own own)
{
    const Topic *topic = registry(Kind::Channel).find(channel);
    const Registry &patterns = registry(Kind::Pattern);
    if (!topic && patterns.size() == 0)
        return 0;
    std::string head, tail;
    tail.reserve(channel.size() + message.size() + 64);
    appendBulk(tail, channel);
    appendBulk(tail, message);
    std::uint64_t delivered = 0;
    if (topic)
        delivered = sendToAll(*topic, "3\r\n$7\r\nmessage\r\n", tail, own);
    for (const Topic *pattern : patterns.topics()) {
        if (!store::globMatch(pattern->name, channel))
            continue;
        head = "4\r\n$8\r\npmessage\r\n";
        appendBulk(head, pattern->name);
        delivered += sendToAll(*pattern, head, tail, own);
    }
    return delivered;
}

std::uint64_t publishToShard(Bytes channel, Bytes message)
{
    const Topic *topic = registry(Kind::Shard).find(channel);
    if (!topic)
        return 0;
    std::string tail;
    appendBulk(tail, channel);
    appendBulk(tail, message);
    return sendToAll(*topic, "3\r\n$8\r\nsmessage\r\n", tail, Own::AtOnce);
}

void tell(Call &call, Bytes rest)
{
    if (call.session.flags & kSilent)
        sendLater(call.session, rest, {});
    else
        write(call.reply, rest, {});
}

} // namespace cay::pubsub
