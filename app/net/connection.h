// One accepted socket, as the network sees it: 64 bytes, and nothing else while it is idle.
//
// The input buffer and the output belong to the core's client; what is received is lent to it for
// one turn.
#pragma once

#include <cstddef>
#include <cstdint>

namespace cay::core {
struct Client;
}

namespace cay::net {

enum ConnectionFlag : std::uint16_t {
    ConnectionReadable = 1u << 0,  // the socket may have bytes that were not received yet
    ConnectionWritable = 1u << 1,  // the socket took less than it was given, and may take more now
    ConnectionHungUp = 1u << 2,    // the peer will send no more: receive to the end, then close
    ConnectionQueued = 1u << 3,    // in the poller's list of ready connections
    ConnectionHeld = 1u << 4,      // has bytes, but the core does not want them now
    ConnectionSendFull = 1u << 5,  // the socket's send buffer is full: wait for writability
    ConnectionEnded = 1u << 6,     // end of input was received; closes when everything is answered
    ConnectionClosed = 1u << 7,    // the descriptor is closed; freed when no list holds it
    ConnectionSending = 1u << 9,   // a queued send is under way
    ConnectionDirect = 1u << 10,   // a large argument is received straight to its place
    ConnectionWaiting = 1u << 11,  // in the list of those that must give a password in time
    ConnectionOverSoft = 1u << 12, // above its output class's soft limit since overSoftMs
    ConnectionTouched = 1u << 13,  // received something in this turn
};

struct Connection
{
    core::Client *client = nullptr;
    int fd = -1;
    std::uint32_t index = 0;      // its slot in the table
    std::uint32_t generation = 0; // of the slot; tells a late completion from a new tenant
    std::uint16_t flags = 0;
    std::uint16_t ops = 0;       // operations in flight, for a completion-based poller
    std::int64_t openedMs = 0;   // monotonic
    std::int64_t overSoftMs = 0; // monotonic
    std::size_t memory = 0;      // the client's, as last counted
    Connection *next = nullptr;  // in the list of those that must give a password in time
    Connection *previous = nullptr;

    bool has(ConnectionFlag flag) const { return flags & flag; }
    void set(std::uint16_t bits) { flags |= bits; }
    void unset(std::uint16_t bits) { flags &= static_cast<std::uint16_t>(~bits); }
};
static_assert(sizeof(Connection) <= 80);

} // namespace cay::net
