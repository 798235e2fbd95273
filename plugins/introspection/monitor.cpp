#include "monitor.h"

#include "introspection.h"
#include "redact.h"
#include "text.h"

#include <algorithm>
#include <chrono>

namespace cay::introspection {

void Monitors::start(Host &host)
{
    m_host = &host;
    m_gate = host.addGate([](Call &call) {
        if (!call.session.has(SessionMonitor)
            || !(call.info.flags & (FlagWrite | FlagReadonly | FlagMayReplicate)))
            return GateResult::Pass;
        call.fail("ERR Replica can't interact with the keyspace");
        return GateResult::Handled;
    });
    // Any session's end is the time to give the hook back: not within a call of the hook itself.
    host.onSessionClosed([this](Session &session) {
        remove(session.id);
        if (m_sessions.empty() && m_hook != 0) {
            m_host->removeHook(m_hook);
            m_hook = 0;
        }
    });
}

void Monitors::add(Call &call)
{
    if (call.session.has(SessionDenyBlocking)) {
        call.fail("ERR MONITOR isn't allowed for DENY BLOCKING client");
        return;
    }
    if (call.session.has(SessionMonitor))
        return; // as Redis: no answer to the second one
    call.session.set(SessionMonitor);
    call.session.gates |= 1u << m_gate;
    remove(call.session.id); // left over when RESET ended an earlier one
    m_sessions.push_back(call.session.id);
    if (m_hook == 0)
        m_hook = m_host->onCommand([this](Call &each) { feed(each); });
    call.reply.ok();
}

void Monitors::remove(SessionId id) { std::erase(m_sessions, id); }

// As redis-cli quotes: printable characters, \n and the like, \xff for the rest.
static void appendQuoted(std::string &out, Bytes text)
{
    static constexpr char kHex[] = "0123456789abcdef";
    static constexpr Bytes kEscaped = "\\\"\n\r\t\a\b";
    static constexpr Bytes kLetters = "\\\"nrtab";
    out += '"';
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        if (const std::size_t i = kEscaped.find(c); i != Bytes::npos) {
            out += '\\';
            out += kLetters[i];
        } else if (byte >= 0x20 && byte < 0x7f) {
            out += c;
        } else {
            out += "\\x";
            out += kHex[byte >> 4];
            out += kHex[byte & 15];
        }
    }
    out += '"';
}

static std::string source(const Session &session)
{
    if (session.has(SessionScript))
        return "lua";
    if (session.has(SessionUnixSocket))
        return "unix:" + session.local.substr(0, session.local.rfind(':'));
    return session.peer;
}

static std::string monitorLine(const Call &call)
{
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    std::string line = print("%lld.%06lld [%d %s]", static_cast<long long>(now / 1000000),
                             static_cast<long long>(now % 1000000), call.session.db->index(),
                             source(call.session).c_str());
    for (const Bytes arg : withoutSecrets(call)) {
        line += ' ';
        appendQuoted(line, arg);
    }
    return line;
}

void Monitors::feed(Call &call)
{
    if (call.info.flags & (FlagSkipMonitor | FlagAdmin))
        return;
    const std::string line = monitorLine(call);
    const std::vector<SessionId> sessions = m_sessions; // remove() changes the original
    for (const SessionId id : sessions) {
        Session *session = m_host->session(id);
        if (!session || !session->has(SessionMonitor)) {
            remove(id);
            continue;
        }
        // Its own transaction's reply is being written: a line would end up inside it.
        if (session == &call.session && session->has(SessionDenyBlocking))
            continue;
        session->reply.simple(line);
        m_host->flushSoon(*session);
    }
}

void monitor(Call &call) { state().monitors.add(call); }

} // namespace cay::introspection
