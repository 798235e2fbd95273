// One conversation: a connected client, or an internal one (a script, the log's replay, a replica
// link).
#pragma once

#include "cay/command_info.h"
#include "resp/reply.h"

#include <array>
#include <functional>
#include <string>

namespace cay {

class Db;

using SessionId = std::uint64_t;

enum SessionFlag : std::uint32_t {
    SessionMulti = 1u << 0,     // between MULTI and EXEC
    SessionDirtyCas = 1u << 1,  // a watched key changed
    SessionDirtyExec = 1u << 2, // an error while queueing
    SessionMonitor = 1u << 3,
    SessionBlocked = 1u << 4, // waits; its input is held
    SessionCloseAfterReply = 1u << 5,
    SessionCloseAsap = 1u << 6, // no more replies; closed before the next turn
    SessionReplyOff = 1u << 7,
    SessionReplySkip = 1u << 8,     // for the command that runs now
    SessionReplySkipNext = 1u << 9, // for the one after it
    SessionNoEvict = 1u << 10,
    SessionNoTouch = 1u << 11,
    SessionUnixSocket = 1u << 12,
    SessionReplica = 1u << 13,
    SessionMaster = 1u << 14,
    SessionPubsub = 1u << 15,
    SessionInternal = 1u << 16, // no socket behind it
    SessionAuthenticated = 1u << 17,
    SessionTracking = 1u << 18,
    SessionDenyBlocking = 1u << 19, // in EXEC or a script
    SessionReadonlyMode = 1u << 20,
    SessionScript = 1u << 21,
    SessionPushing = 1u << 22,           // may send pushes while ReplyOff
    SessionTrackingBroken = 1u << 23,    // the session that invalidations go to is gone
    SessionTrackingBroadcast = 1u << 24, // told by prefix, not by what it has read
};

// Plugins keep their own state per session in a slot of their own, freed with the session.
inline constexpr int kSessionSlots = 8;

struct Session
{
    explicit Session(resp::OutputBuffer &out)
        : reply(out)
    {}
    Session(const Session &) = delete;
    Session &operator=(const Session &) = delete;

    bool has(SessionFlag flag) const { return flags & flag; }
    void set(SessionFlag flag) { flags |= flag; }
    void unset(SessionFlag flag) { flags &= ~static_cast<std::uint32_t>(flag); }

    // Hot: what every command reads.
    resp::Reply reply;
    Db *db = nullptr;
    std::uint32_t flags = 0;
    std::uint32_t gates
        = 0; // bit per gate that wants to see this session's commands, see Host::addGate()
    std::uint32_t observers = 0; // bit per observer that wants to be told of them, afterwards
    const CommandInfo *lastCommand = nullptr;
    std::int64_t lastInteractionMs = 0; // cached clock

    SessionId id = 0;
    int fd = -1;             // -1 for an internal session
    std::string peer, local; // "127.0.0.1:53112", "/run/cay.sock:0"
    std::string name, libName, libVersion, user = "default";
    std::int64_t createdMs = 0;
    std::uint64_t commands = 0, bytesIn = 0, bytesOut = 0;
    std::size_t inputBytes = 0; // in the input buffer, unparsed
    std::size_t inputCapacity = 0;
    // What CLIENT LIST shows of other families.
    int subscriptions = 0, patternSubscriptions = 0, shardSubscriptions = 0, watched = 0,
        queued = -1;
    std::size_t queuedBytes = 0;
    std::int64_t redirect = -1;    // the session that gets this one's invalidations; 0: itself
    std::uint64_t queuedFlags = 0; // CommandInfo::flags of all commands queued since MULTI

    struct Slot
    {
        void *data = nullptr;
        void (*free)(void *) = nullptr;
    };
    std::array<Slot, kSessionSlots> pluginData{}; // not "slots", which is a keyword of Qt
};

} // namespace cay
