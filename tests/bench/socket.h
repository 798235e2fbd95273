// Connections and clocks of the load generator.
#pragma once

#include <cstdint>
#include <string>

namespace bench {

std::int64_t nowNs(); // monotonic

// A connected, non-blocking socket, or -1 with errno's text printed. `unixPath` wins when it is not
// empty.
int connectTo(const std::string &host, int port, const std::string &unixPath);
// The calling thread runs on this core only; negative: wherever. False when it is refused.
bool pinToCore(int core);

} // namespace bench
