// One execution of a command, whoever asks for it: a socket, EXEC, a script, the log's replay, a
// replica link.
#pragma once

#include "cay/command_info.h"
#include "cay/db.h"
#include "cay/errors.h"
#include "cay/session.h"
#include "store/string_block.h"

#include <span>

namespace cay {

class Host;
struct Blocking;
namespace resp {
class Input;
}

// Classes of keyspace notifications, as notify-keyspace-events names them.
enum class EventClass : std::uint16_t {
    Generic = 1 << 2,   // g
    String = 1 << 3,    // $
    List = 1 << 4,      // l
    Set = 1 << 5,       // s
    Hash = 1 << 6,      // h
    SortedSet = 1 << 7, // z
    Expired = 1 << 8,   // x
    Evicted = 1 << 9,   // e
    Stream = 1 << 10,   // t
    KeyMiss = 1 << 11,  // m
    Module = 1 << 13,   // d
    New = 1 << 14,      // n
};

struct Q_DECL_EXPORT Call
{
    std::span<const Bytes>
        args; // args[0] is the command's name; borrowed until the handler returns
    const std::uint64_t *hashes; // parallel to args, 0 where no key was hashed ahead; or null
    Db &db;
    resp::Reply &reply;
    Session &session;
    const CommandInfo &info;
    Host &host;
    std::uint64_t dirty = 0; // changes made; more than 0 propagates the command
    // What to write to the log and to replicas in place of args; null means args. Set by
    // propagateAs().
    std::vector<std::vector<std::string>> *propagation = nullptr;
    resp::Input *input = nullptr; // where args were received; null for EXEC, scripts and the like
    bool again
        = false; // the command has waited, and one of its keys has been written: see blocking.h

    std::size_t size() const { return args.size(); }
    Bytes operator[](std::size_t i) const { return args[i]; }
    Key key(std::size_t i) const
    {
        return hashes && hashes[i] ? Key(args[i], hashes[i]) : Key(args[i]);
    }
    // The hash of an argument that is not a key: store::hashBytes(), perhaps computed ahead.
    std::uint64_t hash(std::size_t i) const
    {
        return hashes && hashes[i] ? hashes[i] : store::hashBytes(args[i]);
    }
    // The heap block that args[i] was received in, if it is a large one: the caller's then, to keep
    // as a value without a copy. Null otherwise. args[i] stays readable while the block lives.
    store::StringBlock *takeBlock(std::size_t i);

    // The key's value has changed: counts the change, tells WATCH, tracking and blocked clients,
    // and publishes the keyspace event (a static string such as "set"; "" is a change without an
    // event, such as a figure that PFCOUNT keeps).
    void modified(const Key &key, EventClass eventClass, const char *event);
    // The same in another database (MOVE, COPY).
    void modified(Db &where, const Key &key, EventClass eventClass, const char *event);
    // Publishes an event without counting a change ("del" after a modified() that emptied a
    // collection).
    void notify(const Key &key, EventClass eventClass, const char *event);

    // Propagates this command in place of the one that came in; several calls propagate several, in
    // order. Without a change, nothing is propagated either way.
    void propagateAs(std::span<const Bytes> command);
    void propagateAs(std::initializer_list<Bytes> command)
    {
        propagateAs(std::span<const Bytes>(command.begin(), command.size()));
    }
    // Changes were made, but nothing is to be propagated.
    void propagateNothing();

    // Lets the session wait, see blocking.h. Where it may not, replies as if time were up: false.
    bool block(const Blocking &blocking);

    // Answers with one of errors.h's texts; false, so that a parser can say `return
    // call.fail(...)`.
    bool fail(Bytes error)
    {
        reply.error(error);
        return false;
    }
};

// Asks for the memory that a command of a pipeline will touch in the value of its first key, while
// others run before it: store/prefetch.h. Called twice, `step` 0 and 1, some hundred nanoseconds
// apart, so that the second may follow what the first has asked for. `hashes` is parallel to
// `args`: what is put there (store::hashBytes() of that argument) the handler finds in
// Call::hashes. Changes nothing else; what is there now need not be there when the command runs.
using FetchAhead
    = void (*)(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step);

// A command's name in the JSON with the function that runs it. "client|kill" names a subcommand.
struct Binding
{
    const char *name;
    void (*run)(Call &);
    KeyFinder keys
        = nullptr; // for commands whose key specifications are incomplete or have variable flags
    FetchAhead ahead = nullptr; // for commands that look into large values
};

} // namespace cay
