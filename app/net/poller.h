// What a thread waits on: sockets of clients, listeners, QSocketNotifiers' descriptors and a
// wake-up, in one wait.
//
// wait() only collects; what was collected is taken from the lists by the owner when it is that
// thing's turn. So a nested event loop, run by a command, may wait without a client being served
// inside another one's command.
//
//   wait() --> watchEvents()  descriptors of QSocketNotifiers that are ready
//          --> ready()        connections to receive from or send to, by readiness       (epoll,
//          kqueue)
//          --> arrivals()     bytes that are already here, by completion                 (io_uring)
//          --> acceptable()   listeners with connections waiting, or accepted() ones     (the
//          latter: io_uring)
//
// Turned down: one callback interface for everything (a nested loop would call into a turn that is
// under way).
#pragma once

#include "net/connection.h"
#include "store/bytes.h"

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cay::net {

enum Interest : std::uint8_t { InterestRead = 1, InterestWrite = 2, InterestException = 4 };

// A socket that accepts. Owned by the network; its address is stable.
struct Listener
{
    int fd = -1;
    bool unixSocket = false;
    bool queued = false;    // in acceptable()
    bool exhausted = false; // the last accept found no free descriptor
    bool armed = false;     // a multishot accept is in flight
    std::uint32_t generation = 0;
    std::string address; // as `bind` names it, or the path
    int port = 0;
};

// By completion: bytes (size > 0), the end of input (0) or -errno, for the connection in slot
// `index`. The bytes are lent from wait() to the endTurn() after release().
struct Arrival
{
    std::uint32_t index;
    std::uint32_t generation;
    const char *data;
    int size;
    std::uint16_t buffer;
};

// By completion: a socket from a listener, or -errno.
struct Accepted
{
    Listener *listener;
    std::uint32_t generation;
    int fd;
};

// A queued send has ended: `result` bytes of `asked` were taken, or -errno.
struct Sent
{
    std::uint32_t index;
    std::uint32_t generation;
    std::size_t asked;
    std::int64_t result;
};

struct WatchEvent
{
    int fd;
    std::uint8_t what; // of Interest
};

class Poller
{
public:
    virtual ~Poller() = default;
    Poller(const Poller &) = delete;
    Poller &operator=(const Poller &) = delete;

    // As INFO's multiplexing_api shows it.
    virtual const char *name() const = 0;

    // Level-triggered readiness of a descriptor; `interest` replaces what was asked before, 0 ends
    // it. Errors and hang-ups are reported as everything that was asked. False with errno when it
    // cannot be watched.
    virtual bool watch(int fd, std::uint8_t interest) = 0;

    virtual bool addListener(Listener &listener) = 0;
    // Before its descriptor is closed.
    virtual void removeListener(Listener &listener) = 0;

    virtual bool add(Connection &connection) = 0;
    // Before its descriptor is closed. Arrivals that were collected already stay in the list.
    virtual void remove(Connection &connection) = 0;
    // How bytes of a connection reach us. A poller by readiness always tells readiness and ignores
    // this.
    enum class Receiving : std::uint8_t {
        Arrivals,  // as arrivals(), the normal way
        Readiness, // the owner receives: ready() tells when, once per call
        Nothing,   // the core wants no more for now; ready() tells still when the peer hangs up
    };
    virtual void setReceiving(Connection &, Receiving) {}
    // ready() tells, once, when the socket takes bytes again. A poller by readiness does so anyway.
    virtual void awaitWritable(Connection &) {}

    // A poller that queues sends makes one system call for all of a turn's, in the next wait() or
    // flushSends(). The bytes stay where they are until the result is there. REQUIRES: one send per
    // connection at a time.
    virtual bool queuesSends() const { return false; }
    virtual void queueSend(Connection &, std::span<const Bytes>) {}
    virtual void flushSends() {}

    // Waits until something is there or `timeoutNs` are over (-1: no end, 0: does not wait).
    virtual void wait(std::int64_t timeoutNs) = 0;
    // Ends a wait, from any thread.
    virtual void wakeUp() = 0;
    // The descriptor that wakeUp() makes readable, for waiting on nothing else; clearWake() makes
    // it unreadable.
    virtual int wakeDescriptor() const = 0;
    virtual void clearWake() = 0;
    // A descriptor that is readable when wait(0) would find something, or -1: for a foreign event
    // dispatcher.
    virtual int descriptor() const { return -1; }
    // The arrival's bytes are not needed after the next endTurn().
    virtual void release(const Arrival &) {}
    // Gives released memory back.
    virtual void endTurn() {}

    std::vector<WatchEvent> &watchEvents() { return m_watchEvents; }
    std::vector<Connection *> &ready() { return m_ready; }
    std::vector<Arrival> &arrivals() { return m_arrivals; }
    std::vector<Listener *> &acceptable() { return m_acceptable; }
    std::vector<Accepted> &accepted() { return m_accepted; }
    std::vector<Sent> &sent() { return m_sent; }
    bool hasCollected() const
    {
        return !m_ready.empty() || !m_sent.empty() || !m_arrivals.empty() || !m_acceptable.empty()
               || !m_accepted.empty();
    }

    void queueReady(Connection &connection)
    {
        if (connection.has(ConnectionQueued))
            return;
        connection.set(ConnectionQueued);
        m_ready.push_back(&connection);
    }
    void queueAcceptable(Listener &listener)
    {
        if (listener.queued)
            return;
        listener.queued = true;
        m_acceptable.push_back(&listener);
    }

protected:
    Poller() = default;

    std::vector<WatchEvent> m_watchEvents;
    std::vector<Connection *> m_ready;
    std::vector<Arrival> m_arrivals;
    std::vector<Listener *> m_acceptable;
    std::vector<Accepted> m_accepted;
    std::vector<Sent> m_sent;
};

// Each gives null with a reason when the system refuses it or was built without it.
std::unique_ptr<Poller> makeEpollPoller(std::string *why);
std::unique_ptr<Poller> makeUringPoller(std::string *why);
std::unique_ptr<Poller> makeKqueuePoller(std::string *why);
// epoll or kqueue, whichever the system has.
std::unique_ptr<Poller> makeReadinessPoller(std::string *why);

} // namespace cay::net
