#include "connection.h"

#include "cay/args.h"

namespace connection {

using cay::Bytes;
using cay::Call;
using cay::Session;

namespace {

class Line
{
public:
    explicit Line(std::string &out)
        : m_out(out)
    {}
    void add(const char *name, Bytes value)
    {
        if (m_started)
            m_out += ' ';
        m_started = true;
        m_out.append(name).append("=").append(value);
    }
    void add(const char *name, std::uint64_t n) { add(name, Bytes(std::to_string(n))); }
    void add(const char *name, std::int64_t n) { add(name, Bytes(std::to_string(n))); }
    void add(const char *name, int n) { add(name, static_cast<std::int64_t>(n)); }

private:
    std::string &m_out;
    bool m_started = false;
};

std::string flagsOf(const Session &session)
{
    static constexpr std::pair<std::uint32_t, char> kLetters[] = {
        {cay::SessionReplica, 'S'},
        {cay::SessionMonitor, 'O'},
        {cay::SessionMaster, 'M'},
        {cay::SessionPubsub, 'P'},
        {cay::SessionMulti, 'x'},
        {cay::SessionBlocked, 'b'},
        {cay::SessionTracking, 't'},
        {cay::SessionTrackingBroken, 'R'},
        {cay::SessionTrackingBroadcast, 'B'},
        {cay::SessionDirtyCas, 'd'},
        {cay::SessionCloseAfterReply, 'c'},
        {cay::SessionCloseAsap, 'A'},
        {cay::SessionUnixSocket, 'U'},
        {cay::SessionReadonlyMode, 'r'},
        {cay::SessionNoEvict, 'e'},
        {cay::SessionNoTouch, 'T'},
    };
    std::string flags;
    for (const auto &[bit, letter] : kLetters) {
        if (session.flags & bit)
            flags += letter;
    }
    return flags.empty() ? "N" : flags;
}

// The fields of Redis 7.2, in its order, and what Valkey adds at the end.
void describe(Call &call, Session &session, std::string &out)
{
    Line line(out);
    const std::int64_t now = call.host.now();
    std::size_t argumentBytes = 0;
    for (const Bytes arg : &session == &call.session ? call.args : std::span<const Bytes>())
        argumentBytes += arg.size();
    const auto &output = session.reply.buffer();
    line.add("id", session.id);
    line.add("addr", session.peer);
    line.add("laddr", session.local);
    line.add("fd", session.fd);
    line.add("name", session.name);
    line.add("age", (now - session.createdMs) / 1000);
    line.add("idle", (now - session.lastInteractionMs) / 1000);
    line.add("flags", flagsOf(session));
    line.add("db", session.db->index());
    line.add("sub", session.subscriptions);
    line.add("psub", session.patternSubscriptions);
    line.add("ssub", session.shardSubscriptions);
    line.add("multi", session.queued);
    line.add("watch", session.watched);
    line.add("qbuf", std::uint64_t{session.inputBytes});
    line.add("qbuf-free", std::uint64_t{session.inputCapacity
                                        - std::min(session.inputCapacity, session.inputBytes)});
    line.add("argv-mem", std::uint64_t{argumentBytes});
    line.add("multi-mem", std::uint64_t{session.queuedBytes});
    line.add("rbs", std::uint64_t{output.capacity()});
    line.add("rbp", std::uint64_t{output.capacity()});
    line.add("obl", std::uint64_t{output.pending()});
    line.add("oll", 0);
    line.add("omem", std::uint64_t{output.capacity()});
    line.add("tot-mem", std::uint64_t{sizeof(Session) + session.inputCapacity + output.capacity()
                                      + session.queuedBytes + argumentBytes});
    line.add("events", output.empty() ? "r" : "rw");
    line.add("cmd", session.lastCommand ? Bytes(session.lastCommand->fullName) : Bytes("NULL"));
    line.add("user", session.user);
    line.add("redir", session.redirect);
    line.add("resp", session.reply.version());
    line.add("lib-name", session.libName);
    line.add("lib-ver", session.libVersion);
    line.add("tot-net-in", session.bytesIn);
    line.add("tot-net-out", session.bytesOut);
    line.add("tot-cmds", session.commands);
    out += '\n';
}

void reply(Call &call, const std::function<bool(const Session &)> &wanted)
{
    std::string text;
    call.host.forEachSession([&](Session &session) {
        if (wanted(session))
            describe(call, session, text);
    });
    call.reply.verbatim("txt", text);
}

} // namespace

ClientType typeOf(const Session &session)
{
    if (session.has(cay::SessionMaster))
        return ClientType::Master;
    // A monitor is a replica inside Redis, but counts as a normal client.
    if (session.has(cay::SessionReplica) && !session.has(cay::SessionMonitor))
        return ClientType::Replica;
    return session.has(cay::SessionPubsub) ? ClientType::Pubsub : ClientType::Normal;
}

bool parseType(Bytes word, ClientType *type)
{
    static constexpr std::pair<Bytes, ClientType> kTypes[] = {
        {"NORMAL", ClientType::Normal},   {"SLAVE", ClientType::Replica},
        {"REPLICA", ClientType::Replica}, {"PUBSUB", ClientType::Pubsub},
        {"MASTER", ClientType::Master},   {"PRIMARY", ClientType::Master},
    };
    for (const auto &[name, value] : kTypes) {
        if (cay::isWord(word, name)) {
            *type = value;
            return true;
        }
    }
    return false;
}

void clientInfo(Call &call)
{
    std::string text;
    describe(call, call.session, text);
    call.reply.verbatim("txt", text);
}

void clientList(Call &call)
{
    if (call.size() == 2) {
        reply(call, [](const Session &) { return true; });
    } else if (call.size() == 4 && cay::isWord(call[2], "TYPE")) {
        ClientType type;
        if (!parseType(call[3], &type)) {
            call.fail("ERR Unknown client type '" + std::string(call[3]) + "'");
            return;
        }
        reply(call, [type](const Session &session) { return typeOf(session) == type; });
    } else if (call.size() > 3 && cay::isWord(call[2], "ID")) {
        std::string text;
        for (std::size_t i = 3; i < call.size(); ++i) {
            std::int64_t id = 0;
            if (!cay::resp::parseInteger(call[i], &id)) {
                call.fail("ERR Invalid client ID");
                return;
            }
            if (Session *session = call.host.session(static_cast<cay::SessionId>(id)))
                describe(call, *session, text);
        }
        call.reply.verbatim("txt", text);
    } else {
        call.fail(cay::errors::kSyntax);
    }
}

} // namespace connection
