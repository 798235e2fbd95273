// Messages on their way to sessions: encoded once, appended to each receiver's output.
#pragma once

#include "registry.h"

namespace cay::pubsub {

// When the session whose command runs gets what that command sends to it. PUBLISH writes it in
// front of its own reply, as Redis 7.0 does; what is told of keys waits for the reply's end, as in
// Redis 7.2: it would lie inside of a reply otherwise.
enum class Own : std::uint8_t { AtOnce, AfterCommand };

// Watches the output limit of subscribers.
void setUpMessages(Host &host);

// Each returns how many times the message was delivered.
std::uint64_t publish(Bytes channel, Bytes message, Own own);
std::uint64_t publishToShard(Bytes channel, Bytes message);

// One frame of RESP: "*" or ">" for the session's protocol, then `rest`, to the session whose
// command runs. A silenced session (CLIENT REPLY) gets it nevertheless.
void tell(Call &call, Bytes rest);

// Appends a bulk string.
void appendBulk(std::string &out, Bytes text);

} // namespace cay::pubsub
