// Sessions that wait in a blocking command: for keys to be written, and for time to pass.
//
//   Wait (one a session)                       Queue (one a key of a database that is waited for)
//   +------------------------------+           +--------------------------------------------+
//   | command, type, deadline, ... |  <------- | waits, the longest waiting first | touched |
//   | places: queue and position   |  ------>  +--------------------------------------------+
//   +------------------------------+
//
// A write to a key with a queue notes the queue; after the outermost command (or transaction)
// serve() runs the waiting commands of each noted queue again, in order, until the key has nothing
// left. A command that still has to wait keeps its places, so nobody overtakes.
//
// Costs: waiting and leaving O(1) a key and O(log n) for the deadline; a write while anybody waits
// one look-up.
#pragma once

#include "cay/blocking.h"

#include <QtCore/QTimer>

#include <list>
#include <set>
#include <unordered_map>

namespace cay::core {

// What runs a waiting command again, and lets its session go.
struct WaitRunner
{
    virtual ~WaitRunner() = default;
    virtual void runAgain(Session &session, std::span<const Bytes> command) = 0;
    virtual void letGo(Session &session) = 0;
    virtual const Entry *look(int db, Bytes key) = 0;
    virtual UnixMs refreshClock() = 0;
};

class Waiters
{
public:
    explicit Waiters(WaitRunner &runner);
    ~Waiters();
    Waiters(const Waiters &) = delete;
    Waiters &operator=(const Waiters &) = delete;

    bool empty() const { return m_waits.empty(); }
    // Whether serve() has something to do.
    bool due() const { return !m_touched.empty() && !m_serving; }

    // The session's command waits from now on; or goes on waiting, when serve() has run it again.
    void wait(Session &session, std::span<const Bytes> args, const Blocking &blocking);
    // A key was written, or went.
    void touched(int db, Bytes key);
    // Any key of the database may have changed (-1: of all).
    void touchedAll(int db);
    void serve();
    // As if its time were up, or with an error. False for a session that does not wait.
    bool unblock(Session &session, bool withError);
    // The session is going away.
    void forget(const Session &session);

private:
    struct Wait;
    struct Queue
    {
        int db = 0;
        Bytes key; // of the map's node
        std::list<Wait *> waits;
        std::size_t whenGone = 0; // of the waits, those that a key's end wakes
        bool touched = false;
        int notes = 0; // times in m_touched: it stays until it has been served
    };
    struct Place
    {
        Queue *queue;
        std::list<Wait *>::iterator at;
    };
    struct Wait
    {
        Session *session = nullptr;
        std::vector<std::string> command;
        std::vector<Place> places;
        TypeId type = 0;
        bool whenGone = false;
        bool kept = false; // it has been run again, and has to go on waiting
        UnixMs until = 0;
        void (*timedOut)(resp::Reply &) = nullptr;
    };
    struct Hash
    {
        using is_transparent = void;
        std::size_t operator()(Bytes key) const { return store::hashBytes(key); }
    };
    using Queues = std::unordered_map<std::string, Queue, Hash, std::equal_to<>>;

    Queue &queueFor(int db, Bytes key);
    void note(Queue &queue);
    void serve(Queue &queue);
    bool wakes(const Wait &wait, const Entry *entry) const;
    void runAgain(Wait &wait);
    void end(Wait &wait);
    void leave(Wait &wait);
    void dropIfUnused(Queue &queue);
    void expire();
    void setTimer();

    WaitRunner &m_runner;
    std::unordered_map<SessionId, std::unique_ptr<Wait>> m_waits;
    std::vector<Queues> m_queues; // by database
    std::vector<Queue *> m_touched;
    std::set<std::pair<UnixMs, SessionId>> m_deadlines;
    QTimer m_timer;
    bool m_serving = false;
};

} // namespace cay::core
