#include "tracking.h"

namespace cay::tracking {

namespace {

constexpr std::uint32_t kClosing = SessionCloseAfterReply | SessionCloseAsap;
constexpr Bytes kPush = ">2\r\n$10\r\ninvalidate\r\n";
constexpr Bytes kMessage = "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n";

void appendBulk(std::string &out, Bytes text)
{
    out.append("$").append(std::to_string(text.size())).append("\r\n").append(text).append("\r\n");
}

std::string arrayOf(Bytes key)
{
    std::string payload = "*1\r\n";
    appendBulk(payload, key);
    return payload;
}

// The changed keys as an array; those that one session changed itself left out. Empty when none is
// left.
std::string arrayOf(const Prefixes::Prefix &prefix, SessionId except)
{
    std::string elements;
    std::size_t count = 0;
    for (const auto &[key, by] : prefix.changed) {
        if (except && by == except)
            continue;
        appendBulk(elements, key);
        ++count;
    }
    return count ? "*" + std::to_string(count) + "\r\n" + elements : std::string();
}

} // namespace

Tracker::Tracker(Host &host)
    : m_host(host)
    , m_slot(host.sessionSlot())
    , m_observer(1u << host.addObserver([this](Call &call) { commandRan(call); }))
{
    host.options().mirror("tracking-table-max-keys", &m_maxKeys);
    host.onEmptied([this](int) { emptied(); });
    host.onSessionReset([this](Session &session) { disable(session); });
    host.onSessionClosed([this](Session &session) { disable(session); });
    host.addInfoSection({"stats", "Stats", true, [this](InfoWriter &out) { writeInfo(out); }});
}

void Tracker::stop()
{
    m_host.forEachSession([this](Session &session) { disable(session); });
}

Settings *Tracker::settingsOf(const Session &session) const
{
    return static_cast<Settings *>(session.pluginData[static_cast<std::size_t>(m_slot)].data);
}

void Tracker::enable(Session &session, SessionId redirect, bool broadcast, const Settings &settings)
{
    Settings *current = settingsOf(session);
    if (!current) {
        current = new Settings;
        session.pluginData[static_cast<std::size_t>(m_slot)]
            = {current, [](void *data) { delete static_cast<Settings *>(data); }};
        ++m_trackers;
    }
    current->optIn = settings.optIn;
    current->optOut = settings.optOut;
    current->noLoop = settings.noLoop;
    session.set(SessionTracking);
    session.unset(SessionTrackingBroken);
    session.redirect = static_cast<std::int64_t>(redirect);
    if (broadcast) {
        session.set(SessionTrackingBroadcast);
        for (const std::string &prefix : settings.prefixes) {
            if (current->prefixes.insert(prefix).second)
                m_prefixes.add(session, prefix);
        }
    } else {
        session.observers |= m_observer;
    }
    follow();
}

void Tracker::disable(Session &session)
{
    Settings *settings = settingsOf(session);
    if (!settings)
        return;
    for (const std::string &prefix : settings->prefixes)
        m_prefixes.remove(session, prefix);
    delete settings;
    session.pluginData[static_cast<std::size_t>(m_slot)] = {};
    session.unset(SessionTracking);
    session.unset(SessionTrackingBroken);
    session.unset(SessionTrackingBroadcast);
    session.observers &= ~m_observer;
    session.redirect = -1;
    --m_trackers;
    follow();
}

// Writes pay for tracking only while somebody tracks.
void Tracker::follow()
{
    if (m_trackers > 0 && !m_keyHook) {
        m_keyHook = m_host.onKeyEvent([this](const KeyEvent &event) { keyChanged(event); });
    } else if (m_trackers == 0 && m_keyHook) {
        m_host.removeHook(m_keyHook);
        m_keyHook = 0;
        forgetAll();
    }
}

void Tracker::forgetAll()
{
    if (m_keys.size() == 0)
        return;
    auto old = std::make_shared<TrackedKeys>();
    old->swap(m_keys);
    m_host.inBackground([last = std::move(old)]() mutable { last.reset(); });
}

// --- What is read -------------------------------------------------------------------------------

void Tracker::commandRan(Call &call)
{
    Session &session = *m_host.running();
    Settings *settings = settingsOf(session);
    if (!settings)
        return;
    if (call.info.flags & FlagReadonly && !(settings->optIn && !settings->caching)
        && !(settings->optOut && settings->caching))
        remember(session, call);
    // CLIENT CACHING holds for one command, or for a whole transaction.
    const bool outermost = call.input != nullptr;
    if (outermost && !session.has(SessionMulti) && !call.info.fullName.starts_with("client|"))
        settings->caching = false;
}

void Tracker::remember(Session &session, Call &call)
{
    m_found.clear();
    if (!findKeys(call.info, call.args, m_found))
        return;
    for (const KeyPosition &key : m_found)
        m_keys.add(call.args[static_cast<std::size_t>(key.position)], session.id);
    if (m_maxKeys > 0 && m_keys.size() > static_cast<std::size_t>(m_maxKeys)) [[unlikely]]
        evict();
}

// Keys beyond the limit are told to be invalid, which is always allowed.
void Tracker::evict()
{
    constexpr int kSteps = 100; // more go when the next key is read
    for (int i = 0; i < kSteps && m_keys.size() > static_cast<std::size_t>(m_maxKeys); ++i)
        invalidate(std::string(m_keys.random([this] { return m_host.random(); })));
}

// --- What changes -------------------------------------------------------------------------------

void Tracker::keyChanged(const KeyEvent &event)
{
    if (!event.modified)
        return;
    if (m_prefixes.size() > 0
        && m_prefixes.changed(event.key, event.session ? event.session->id : 0)
        && !m_broadcastDue) {
        m_broadcastDue = true;
        m_host.afterTurn([this] { broadcast(); });
    }
    invalidate(event.key);
}

void Tracker::invalidate(Bytes key)
{
    const std::unique_ptr<TrackedKey> tracked = m_keys.take(key);
    if (!tracked)
        return;
    const Session *running = m_host.running();
    for (const SessionId id : tracked->sessions) {
        Session *session = m_host.session(id);
        const Settings *settings = session ? settingsOf(*session) : nullptr;
        if (!settings || session->has(SessionTrackingBroadcast)
            || (settings->noLoop && session == running))
            continue;
        sendKey(*session, tracked->key);
    }
}

void Tracker::emptied()
{
    if (m_trackers == 0)
        return;
    m_host.forEachSession([this](Session &session) {
        if (session.has(SessionTracking))
            sendNull(session);
    });
    forgetAll();
}

void Tracker::broadcast()
{
    m_broadcastDue = false;
    m_prefixes.takeChanged([this](const Prefixes::Prefix &prefix) {
        const std::string all = arrayOf(prefix, 0);
        for (Session *session : prefix.sessions) {
            if (!settingsOf(*session)->noLoop) {
                send(*session, all);
            } else if (const std::string others = arrayOf(prefix, session->id); !others.empty()) {
                send(*session, others);
            }
        }
    });
}

// --- Telling ------------------------------------------------------------------------------------

// To the session whose command runs only after the reply, which it would lie inside of otherwise.
void Tracker::sendKey(Session &session, Bytes key)
{
    if (&session != m_host.running()) {
        send(session, arrayOf(key));
        return;
    }
    m_host.afterCommand([this, id = session.id, payload = arrayOf(key)] {
        if (Session *later = m_host.session(id))
            send(*later, payload);
    });
}

void Tracker::sendNull(Session &session)
{
    if (&session != m_host.running()) {
        send(session, {});
        return;
    }
    m_host.afterCommand([this, id = session.id] {
        if (Session *later = m_host.session(id))
            send(*later, {});
    });
}

// Where a session's messages go; null where they cannot.
Session *Tracker::receiver(Session &session) const
{
    if (session.redirect <= 0)
        return &session;
    Session *other = m_host.session(static_cast<SessionId>(session.redirect));
    return other && !(other->flags & kClosing) ? other : nullptr;
}

void Tracker::tellBroken(Session &session) const
{
    session.set(SessionTrackingBroken);
    if (session.reply.version() != 3)
        return;
    session.reply.push(2);
    session.reply.bulk("tracking-redir-broken");
    session.reply.integer(session.redirect);
    m_host.flushSoon(session);
}

// An empty payload says that nothing is valid any more.
void Tracker::send(Session &session, Bytes payload)
{
    Session *to = receiver(session);
    if (!to) {
        tellBroken(session);
        return;
    }
    if (to->flags & kClosing)
        return;
    if (to->reply.version() == 3)
        to->reply.raw(kPush);
    else if (to != &session && to->has(SessionPubsub))
        to->reply.raw(kMessage);
    else
        return; // RESP2 has no way to be told outside of a subscription
    if (payload.empty())
        to->reply.null();
    else
        to->reply.raw(payload);
    m_host.flushSoon(*to);
}

void Tracker::writeInfo(InfoWriter &out) const
{
    out.field("tracking_total_keys", std::uint64_t{m_keys.size()});
    out.field("tracking_total_items", std::uint64_t{m_keys.items()});
    out.field("tracking_total_prefixes", std::uint64_t{m_prefixes.size()});
}

} // namespace cay::tracking
