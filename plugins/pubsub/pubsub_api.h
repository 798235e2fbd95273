// What the plugin of channels offers to other plugins: "requires": ["pubsub"] in their JSON, and
//   const auto *pubsub = static_cast<const cay::pubsub::Api *>(host.api("pubsub"));
// in start().
#pragma once

#include "store/bytes.h"

#include <cstdint>

namespace cay::pubsub {

struct Api
{
    // Sends a message as PUBLISH does; returns how many times it was delivered. O(subscribers and
    // patterns). To the session whose command runs it goes after that command's reply.
    std::uint64_t (*publish)(Bytes channel, Bytes message);
};

} // namespace cay::pubsub
