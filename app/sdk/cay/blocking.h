// Commands that wait: BLPOP and its kind.
//
//   void blpop(Call &call)
//   {
//       UnixMs until = 0;
//       if (!readTimeout(call, call[call.size() - 1], &until))
//           return;
//       ... an element is there: reply, call.modified(), return ...
//       call.block({.keys = keys, .type = listType, .until = until, .timedOut = [](resp::Reply
//       &reply) { reply.nullArray(); }});
//   }
//
// block() keeps the command. When one of its keys has been written and holds a value of the type,
// the command runs again as if it had just arrived, with call.again set: it replies now, or calls
// block() again, which keeps its place among the waiters and its first deadline. Sessions that wait
// for a key are served in the order in which they began to wait, after the command (or transaction)
// that wrote it.
#pragma once

#include "cay/args.h"

namespace cay {

struct Blocking
{
    // Any of these wakes; copied. None: only time and Host::unblock() end the waiting.
    std::span<const Bytes> keys;
    TypeId type = 0;  // what a key has to hold to wake the command
    UnixMs until = 0; // 0: for ever
    // The reply when time is up, and at once where waiting is not allowed (EXEC, scripts).
    void (*timedOut)(resp::Reply &) = nullptr;
    // Wakes also when a key goes away or becomes another type.
    bool whenGone = false;
    // The command to run in place of this one when woken, where waiting changes its meaning
    // (XREAD's $); null: the same.
    const std::vector<std::string> *command = nullptr;
};

// A time to wait in seconds with a fraction, or in milliseconds as an integer; *until is 0 for "0".
// Replies Redis's errors ("ERR timeout is not a float or out of range", "ERR timeout is negative",
// ...) and is then false.
[[gnu::visibility("default")]] bool readTimeout(Call &call, Bytes text, UnixMs *until,
                                                TimeUnit unit = TimeUnit::Seconds);

} // namespace cay
