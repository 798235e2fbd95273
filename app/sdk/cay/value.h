// What a key holds, and the table of functions that a plugin gives for each type of value it
// defines.
#pragma once

#include "store/entry.h"

#include <span>
#include <string>

namespace cay {

class RdbReader;
class RdbWriter;
class Digest;
class LogWriter;
class Host;
class Db;

// The host's type ids. Strings are type 0 in every build; other types get the next free id when
// they load.
using store::TypeId;
inline constexpr TypeId kStringType = 0;

using store::Encoding;
using store::Entry;
using store::Value;

// One constexpr table per type; the host stores its index in each entry. Every function may be
// called on any thread that owns the value; none may throw.
struct ValueType
{
    const char *name;                       // as TYPE answers, "string"
    std::span<const std::uint8_t> rdbCodes; // codes that load() takes

    // Frees an Encoding::Object value.
    void (*free)(void *object) noexcept;
    // How many allocations free() gives back, about: many are given to the background thread.
    std::size_t (*freeEffort)(const void *object);
    // A deep copy, of the same type.
    Value (*copy)(const Value &);
    // Bytes on the heap beside the entry; `samples` elements are looked at, 0 is all.
    std::size_t (*memory)(const Value &, std::size_t samples);
    // As OBJECT ENCODING answers.
    std::string_view (*encoding)(const Value &);
    std::uint8_t (*rdbCode)(const Value &);
    void (*save)(const Value &, RdbWriter &);
    // Validates everything it reads; false leaves nothing allocated. A loaded string may borrow the
    // reader's memory.
    bool (*load)(std::uint8_t code, RdbReader &, Value *out);
    // The commands that make the same value, for an append-only log.
    void (*rewrite)(Bytes key, const Value &, LogWriter &);
    // Redis's dataset digest of the value, see digest.h.
    void (*digest)(const Value &, Digest &);

    // Both null but for types whose values have parts that expire by themselves. Such a value's
    // pointer leads, without its three low bits, to the time at which the first part does
    // (kNever: none has one), and due() says it. While a key holds the value, that time changes
    // through Db::setDue() alone.
    UnixMs (*due)(const Value &) = nullptr;
    // That time has come: deletes some hundreds of the parts that are due and says so
    // (Host::effect()), then calls Db::setDue(), or Db::erase() when nothing is left.
    void (*expire)(Host &, Db &, Entry *) = nullptr;
};

} // namespace cay
