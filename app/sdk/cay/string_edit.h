// Editing a string value where it lies, for the commands that change a part of one.
#pragma once

#include "cay/db.h"
#include "store/string_block.h"

namespace cay {

// Makes a key's string `size` bytes long if it is shorter, with zeros behind the old text, "raw" as
// Redis calls a string that has been edited, and unshared. Returns its bytes, good until the next
// change of the database. Growing byte by byte is amortised. `entry` is what a look-up has just
// returned, null without a key, which is then created; it becomes the entry as it is now. Nobody is
// told. REQUIRES: a string.
[[gnu::visibility("default")]] char *editString(Db &db, const Key &key, Entry *&entry,
                                                std::size_t size);

// Stores a text that stays one, even if it reads as an integer, as "raw": what a command has
// computed. Creates or replaces the key.
[[gnu::visibility("default")]] Entry *putRaw(Db &db, const Key &key, Bytes text,
                                             Expiry expiry = Expiry::Discard);

} // namespace cay
