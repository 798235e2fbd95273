// One execution of a command, whoever asks for it: a socket, EXEC, a script, the log's replay, a replica link.
#pragma once

#include "cay/command_info.h"
#include "cay/db.h"
#include "cay/errors.h"
#include "cay/session.h"

#include <span>

namespace cay {

class Host;

// Classes of keyspace notifications, as notify-keyspace-events names them.
enum class EventClass : std::uint16_t {
    Generic = 1 << 2,  // g
    String = 1 << 3,   // $
    List = 1 << 4,     // l
    Set = 1 << 5,      // s
    Hash = 1 << 6,     // h
    SortedSet = 1 << 7, // z
    Expired = 1 << 8,  // x
    Evicted = 1 << 9,  // e
    Stream = 1 << 10,  // t
    KeyMiss = 1 << 11, // m
    Module = 1 << 13,  // d
    New = 1 << 14,     // n
};

struct [[gnu::visibility("default")]] Call
{
    std::span<const Bytes> args;         // args[0] is the command's name; borrowed until the handler returns
    const std::uint64_t *hashes;         // parallel to args where a key was hashed ahead, else null
    Db &db;
    resp::Reply &reply;
    Session &session;
    const CommandInfo &info;
    Host &host;
    std::uint64_t dirty = 0;             // changes made; more than 0 propagates the command
    // What to write to the log and to replicas in place of args. Empty means args. See propagate().
    std::vector<std::vector<std::string>> *propagation = nullptr;

    std::size_t size() const { return args.size(); }
    Bytes operator[](std::size_t i) const { return args[i]; }
    Key key(std::size_t i) const { return hashes ? Key(args[i], hashes[i]) : Key(args[i]); }

    // The key's value has changed: counts the change, tells WATCH, tracking and blocked clients, and publishes
    // the keyspace event (a static string such as "set").
    void modified(const Key &key, EventClass eventClass, const char *event);
    // The same in another database (MOVE, COPY).
    void modified(Db &where, const Key &key, EventClass eventClass, const char *event);
    // Publishes an event without counting a change ("del" after a modified() that emptied a collection).
    void notify(const Key &key, EventClass eventClass, const char *event);

    // Propagates this command in place of the one that came in; several calls propagate several, in order.
    // Without a change, nothing is propagated either way.
    void propagateAs(std::span<const Bytes> command);
    void propagateAs(std::initializer_list<Bytes> command)
    {
        propagateAs(std::span<const Bytes>(command.begin(), command.size()));
    }
    // Changes were made, but nothing is to be propagated.
    void propagateNothing();

    // Answers with one of errors.h's texts; false, so that a parser can say `return call.fail(...)`.
    bool fail(Bytes error)
    {
        reply.error(error);
        return false;
    }
};

// A command's name in the JSON with the function that runs it. "client|kill" names a subcommand.
struct Binding
{
    const char *name;
    void (*run)(Call &);
    KeyFinder keys = nullptr; // for commands whose key specifications are incomplete or have variable flags
};

} // namespace cay
