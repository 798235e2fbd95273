// The exact texts of error replies. Redis's own wording, because clients and tests match on it.
#pragma once

#include "store/bytes.h"

#include <string>

namespace cay::errors {

inline constexpr Bytes kSyntax = "ERR syntax error";
inline constexpr Bytes kNotInteger = "ERR value is not an integer or out of range";
inline constexpr Bytes kNotFloat = "ERR value is not a valid float";
inline constexpr Bytes kOutOfRange = "ERR value is out of range";
inline constexpr Bytes kMustBePositive = "ERR value is out of range, must be positive";
inline constexpr Bytes kOverflow = "ERR increment or decrement would overflow";
inline constexpr Bytes kDecrementOverflow = "ERR decrement would overflow";
inline constexpr Bytes kNanOrInfinity = "ERR increment would produce NaN or Infinity";
inline constexpr Bytes kWrongType
    = "WRONGTYPE Operation against a key holding the wrong kind of value";
inline constexpr Bytes kNoSuchKey = "ERR no such key";
inline constexpr Bytes kSameObject = "ERR source and destination objects are the same";
inline constexpr Bytes kIndexOutOfRange = "ERR index out of range";
inline constexpr Bytes kOffsetOutOfRange = "ERR offset is out of range";
inline constexpr Bytes kStringTooLong
    = "ERR string exceeds maximum allowed size (proto-max-bulk-len)";
inline constexpr Bytes kInvalidDb = "ERR invalid DB index";
inline constexpr Bytes kDbOutOfRange = "ERR DB index is out of range";
inline constexpr Bytes kInvalidCursor = "ERR invalid cursor";
inline constexpr Bytes kTimeoutNotFloat = "ERR timeout is not a float or out of range";
inline constexpr Bytes kTimeoutNotInteger = "ERR timeout is not an integer or out of range";
inline constexpr Bytes kTimeoutNegative = "ERR timeout is negative";
inline constexpr Bytes kTimeoutOutOfRange = "ERR timeout is out of range";
inline constexpr Bytes kOutOfMemory = "OOM command not allowed when used memory > 'maxmemory'.";
inline constexpr Bytes kNoAuth = "NOAUTH Authentication required.";
inline constexpr Bytes kWrongPass = "WRONGPASS invalid username-password pair or user is disabled.";
inline constexpr Bytes kNoProto = "NOPROTO unsupported protocol version";
inline constexpr Bytes kExecAbort = "EXECABORT Transaction discarded because of previous errors.";
inline constexpr Bytes kNestedMulti = "ERR MULTI calls can not be nested";
inline constexpr Bytes kExecWithoutMulti = "ERR EXEC without MULTI";
inline constexpr Bytes kDiscardWithoutMulti = "ERR DISCARD without MULTI";
inline constexpr Bytes kWatchInsideMulti = "ERR WATCH inside MULTI is not allowed";
inline constexpr Bytes kNotInMulti = "ERR Command not allowed inside a transaction";
inline constexpr Bytes kMaxClients = "ERR max number of clients reached";
inline constexpr Bytes kBusyKey = "BUSYKEY Target key name already exists.";
inline constexpr Bytes kBadPayload = "ERR DUMP payload version or checksum are wrong";
inline constexpr Bytes kBadFormat = "ERR Bad data format";
inline constexpr Bytes kLoading = "LOADING Cay is loading the dataset in memory";

inline std::string invalidExpire(Bytes fullName)
{
    return "ERR invalid expire time in '" + std::string(fullName) + "' command";
}
inline std::string wrongArity(Bytes fullName)
{
    return "ERR wrong number of arguments for '" + std::string(fullName) + "' command";
}

} // namespace cay::errors
