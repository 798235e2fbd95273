// Beginning and ceasing to listen, and what a session that listens may do in RESP2.
#include "messages.h"
#include "pubsub.h"

#include "cay/help.h"

namespace cay::pubsub {

namespace {

std::array<Registry, kKinds> g_registries{Registry(Kind::Channel), Registry(Kind::Pattern),
                                          Registry(Kind::Shard)};
int g_slot = -1;
std::uint32_t g_gate = 0;

struct Words
{
    Bytes subscribe, unsubscribe;
    int Session::*count;
};
constexpr Words kWords[kKinds] = {
    {"subscribe", "unsubscribe", &Session::subscriptions},
    {"psubscribe", "punsubscribe", &Session::patternSubscriptions},
    {"ssubscribe", "sunsubscribe", &Session::shardSubscriptions},
};

const Words &wordsOf(Kind kind) { return kWords[static_cast<std::size_t>(kind)]; }

Session::Slot &slotOf(Session &session)
{
    return session.pluginData[static_cast<std::size_t>(g_slot)];
}

Subscriptions *subscriptionsOf(Session &session)
{
    return static_cast<Subscriptions *>(slotOf(session).data);
}

// What confirmations count: shard channels by themselves, channels and patterns together.
int counted(const Session &session, Kind kind)
{
    return kind == Kind::Shard ? session.shardSubscriptions
                               : session.subscriptions + session.patternSubscriptions;
}

void confirm(Call &call, Bytes word, const Bytes *name, Kind kind)
{
    std::string rest = "3\r\n";
    appendBulk(rest, word);
    if (name)
        appendBulk(rest, *name);
    else
        rest += call.reply.version() == 3 ? "_\r\n" : "$-1\r\n";
    rest.append(":").append(std::to_string(counted(call.session, kind))).append("\r\n");
    tell(call, rest);
}

void begin(Session &session)
{
    if (slotOf(session).data)
        return;
    slotOf(session) = {new Subscriptions(session),
                       [](void *data) { delete static_cast<Subscriptions *>(data); }};
    session.set(SessionPubsub);
    session.gates |= g_gate;
}

void endIfIdle(Session &session)
{
    Subscriptions *subscriptions = subscriptionsOf(session);
    if (!subscriptions || !subscriptions->empty())
        return;
    delete subscriptions;
    slotOf(session) = {};
    session.unset(SessionPubsub);
    session.gates &= ~g_gate;
}

void subscribeTo(Call &call, Kind kind)
{
    Session &session = call.session;
    const Words &words = wordsOf(kind);
    if (session.fd < 0 || session.has(SessionScript)) {
        call.fail("ERR " + upperCase(words.subscribe)
                  + " isn't allowed for a DENY BLOCKING client");
        return;
    }
    begin(session);
    for (std::size_t i = 1; i < call.size(); ++i) {
        if (registry(kind).add(*subscriptionsOf(session), call[i]))
            ++(session.*words.count);
        confirm(call, words.subscribe, &call.args[i], kind);
    }
}

// The names of what a session listens to, for a walk that removes them.
std::vector<std::string> namesOf(Session &session, Kind kind)
{
    std::vector<std::string> names;
    if (Subscriptions *subscriptions = subscriptionsOf(session)) {
        subscriptions->of(kind).forEach(
            [&](const Subscription *each) { names.push_back(each->topic->name); });
    }
    return names;
}

void remove(Session &session, Kind kind, Bytes name)
{
    Subscriptions *subscriptions = subscriptionsOf(session);
    if (subscriptions && registry(kind).remove(*subscriptions, name))
        --(session.*wordsOf(kind).count);
}

void unsubscribeFrom(Call &call, Kind kind)
{
    const Bytes word = wordsOf(kind).unsubscribe;
    const auto leave = [&](Bytes name) {
        remove(call.session, kind, name);
        confirm(call, word, &name, kind);
    };
    if (call.size() > 1) {
        for (const Bytes name : call.args.subspan(1))
            leave(name);
    } else {
        const std::vector<std::string> names = namesOf(call.session, kind);
        for (const std::string &name : names)
            leave(name);
        if (names.empty())
            confirm(call, word, nullptr, kind);
    }
    endIfIdle(call.session);
}

void leaveAll(Session &session)
{
    for (const Kind kind : {Kind::Channel, Kind::Pattern, Kind::Shard}) {
        for (const std::string &name : namesOf(session, kind))
            remove(session, kind, name);
    }
    endIfIdle(session);
}

bool isAllowed(Bytes command)
{
    static constexpr Bytes kNames[]
        = {"subscribe",    "unsubscribe", "psubscribe", "punsubscribe", "ssubscribe",
           "sunsubscribe", "ping",        "quit",       "reset"};
    return std::ranges::find(kNames, command) != std::end(kNames);
}

// In RESP2 a message cannot be told from a reply, so nothing that replies may run.
GateResult check(Call &call)
{
    if (call.reply.version() == 3 || isAllowed(call.info.fullName))
        return GateResult::Pass;
    const std::string why = "Can't execute '" + call.info.fullName
                            + "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are "
                              "allowed in this context";
    if (call.info.fullName == "exec")
        call.fail("EXECABORT Transaction discarded because of: " + why);
    else
        call.fail("ERR " + why);
    return GateResult::Handled;
}

} // namespace

Registry &registry(Kind kind) { return g_registries[static_cast<std::size_t>(kind)]; }

void setUpSubscribing(Host &host)
{
    g_slot = host.sessionSlot();
    g_gate = 1u << host.addGate(check);
    host.onSessionReset(leaveAll);
    host.onSessionClosed(leaveAll);
}

void endSubscribing(Host &host)
{
    if (g_slot >= 0)
        host.forEachSession(leaveAll);
}

void subscribe(Call &call) { subscribeTo(call, Kind::Channel); }
void pSubscribe(Call &call) { subscribeTo(call, Kind::Pattern); }
void sSubscribe(Call &call) { subscribeTo(call, Kind::Shard); }
void unsubscribe(Call &call) { unsubscribeFrom(call, Kind::Channel); }
void pUnsubscribe(Call &call) { unsubscribeFrom(call, Kind::Pattern); }
void sUnsubscribe(Call &call) { unsubscribeFrom(call, Kind::Shard); }

} // namespace cay::pubsub
