// The server's log, in Redis's line format. Safe on every thread.
#pragma once

#include "store/bytes.h"

namespace cay {

// In the order of the option loglevel.
enum class LogLevel : std::uint8_t { Debug, Verbose, Notice, Warning };

// One line, formatted as printf does and cut at 1023 bytes; nothing below the option loglevel.
[[gnu::visibility("default"), gnu::format(printf, 2, 3)]] void log(LogLevel level,
                                                                   const char *format, ...);
// The same for a text of any length, as it is.
[[gnu::visibility("default")]] void logText(LogLevel level, Bytes text);
// Whether a line of the level would be written: to spare the work of making it.
[[gnu::visibility("default")]] bool logs(LogLevel level);

} // namespace cay
