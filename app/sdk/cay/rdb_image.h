// Whole RDB images, and the payloads of DUMP: what carries data between servers, Redis's own too.
//
//   image    "REDIS", four digits of the version, sections, 0xff, checksum (8 bytes, little endian)
//   section  0xfa string string   a name and a value about the file, such as redis-ver
//            0xfe length          the keys that follow are of this database
//            0xfb length length   how many keys it has, and how many of them expire: a hint
//            [0xfc milliseconds (8 bytes)] [0xf8 length | 0xf9 byte] type string value
//                                 a key: expiry, seconds unused or use counter, name, value
//   payload  type value, version (2 bytes, little endian), checksum (8 bytes, little endian)
//
// A checksum of 0 in an image says that there is none.
//
// Written as RDB version 10 (Redis 7.0), so that 7.0 and everything newer reads it. Read up to
// version 12 where all of an image is known: its value types by their codes, and the sections of
// other versions that can be passed over.
#pragma once

#include "cay/db.h"
#include "cay/rdb.h"

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace cay {

class Host;

inline constexpr int kRdbVersion = 10;     // written
inline constexpr int kRdbVersionRead = 12; // the newest that is read

// Appends the payload for one value.
[[gnu::visibility("default")]] void writeDump(const ValueType &type, const Value &value,
                                              bool compress, std::string &out);
// Whether a payload's version and checksum are right; *body is then what lies in front of them.
[[gnu::visibility("default")]] bool checkDump(Bytes payload, Bytes *body);
// Whether checksums are looked at, in payloads and images: on, but for tests that damage them on
// purpose.
[[gnu::visibility("default")]] void setRdbChecksums(bool on);
// Reads type and value, and nothing may follow. A text may borrow the reader's memory, an object's
// ownership passes. False leaves nothing allocated.
[[gnu::visibility("default")]] bool loadDump(Host &host, RdbReader &reader, Value *out);
// Stores a value that has been loaded, replacing what is there, in the encoding a command would
// have given it.
[[gnu::visibility("default")]] Entry *putLoaded(Db &db, const Key &key, const Value &value);

struct RdbSaveOptions
{
    bool compress = true;                                   // rdbcompression
    bool checksum = true;                                   // rdbchecksum
    std::vector<std::pair<std::string, std::string>> about; // further sections of names and values
};
// Takes the image piece by piece, in order; false stops the saving.
using RdbSink = std::function<bool(Bytes piece)>;
// Writes all databases. False when the sink refused a piece.
[[gnu::visibility("default")]] bool saveRdb(Host &host, const RdbSaveOptions &options,
                                            const RdbSink &sink);

struct RdbLoadOptions
{
    bool replace = false;     // keys that are there already are replaced; else they are an error
    bool checksum = true;     // whether it must be right
    bool keepExpired = false; // as a replica does, which waits for its master to delete them
};
struct RdbLoadResult
{
    std::uint64_t keys = 0;    // loaded
    std::uint64_t expired = 0; // passed over
    std::string why;           // of a failure: one line that says what is wrong and at which byte
};
// Adds an image's keys to the databases, telling nobody. The checksum is looked at before anything
// is changed; after a later failure the keys up to it are there.
[[gnu::visibility("default")]] bool loadRdb(Host &host, Bytes image, const RdbLoadOptions &options,
                                            RdbLoadResult *result);

} // namespace cay
