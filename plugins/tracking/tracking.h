// The state of tracking, and who is told what.
#pragma once

#include "prefixes.h"
#include "tracked_keys.h"

#include <set>

namespace cay::tracking {

// How one session tracks; in its slot.
struct Settings
{
    bool optIn = false, optOut = false, noLoop = false;
    bool caching = false;                        // CLIENT CACHING for the next command
    std::set<std::string, std::less<>> prefixes; // of a broadcast
};

class Tracker
{
public:
    explicit Tracker(Host &host);
    void stop();

    // Null when the session does not track.
    Settings *settingsOf(const Session &session) const;
    // On, or on with more prefixes. `redirect` 0: to the session itself.
    void enable(Session &session, SessionId redirect, bool broadcast, const Settings &settings);
    void disable(Session &session);

private:
    void commandRan(Call &call);
    void remember(Session &session, Call &call);
    void keyChanged(const KeyEvent &event);
    void invalidate(Bytes key);
    void emptied();
    void evict();
    void broadcast();

    void sendKey(Session &session, Bytes key);
    void sendNull(Session &session);
    void send(Session &tracker, Bytes payload);
    Session *receiver(Session &tracker) const;
    void tellBroken(Session &tracker) const;
    void forgetAll();
    void follow();
    void writeInfo(InfoWriter &out) const;

    Host &m_host;
    int m_slot;
    std::uint32_t m_observer;
    int m_keyHook = 0;
    std::int64_t m_maxKeys = 0;
    std::size_t m_trackers = 0;
    bool m_broadcastDue = false;
    TrackedKeys m_keys;
    Prefixes m_prefixes;
    std::vector<KeyPosition> m_found; // scratch
};

Tracker &tracker();

// client.cpp
void clientCaching(Call &call);
void clientTracking(Call &call);
void clientTrackingInfo(Call &call);

} // namespace cay::tracking
