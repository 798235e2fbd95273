// What the files of this plugin share: the handlers, and look-ups that leave no trace on a key.
#pragma once

#include "cay/args.h"
#include "cay/host.h"

namespace keys {

using cay::Bytes;
using cay::Call;

// A reader that says whether keys are there, not what they hold: counts a hit or a miss, does not
// mark an access.
const cay::Entry *lookUp(Call &call, std::size_t argument);

// A database's number. False after an error reply.
bool readDatabase(Call &call, std::size_t argument, cay::Db **db);

// Removes a key that is about to be written anew, and frees its value in the way that is configured
// for values that a command overwrites. False when there was none.
bool overwrite(Call &call, cay::Db &db, const cay::Key &key);

// generic.cpp
void del(Call &call);
void unlink(Call &call);
void exists(Call &call);
void touch(Call &call);
void type(Call &call);
void rename(Call &call);
void renamenx(Call &call);
void copy(Call &call);
void move(Call &call);

// expiry.cpp
void expire(Call &call);
void pexpire(Call &call);
void expireat(Call &call);
void pexpireat(Call &call);
void ttl(Call &call);
void pttl(Call &call);
void expiretime(Call &call);
void pexpiretime(Call &call);
void persist(Call &call);

// walk.cpp
void keys(Call &call);
void scan(Call &call);
void randomkey(Call &call);

// object.cpp
void objectEncoding(Call &call);
void objectFreq(Call &call);
void objectHelp(Call &call);
void objectIdletime(Call &call);
void objectRefcount(Call &call);

// dump.cpp
void dump(Call &call);
void restore(Call &call);

// databases.cpp
void dbsize(Call &call);
void flushall(Call &call);
void flushdb(Call &call);
void swapdb(Call &call);

} // namespace keys
