// The keys that expire, and those whose values have parts that do, in the order in which they do:
// see time_index.h.
#pragma once

#include "store/entry.h"
#include "store/time_index.h"

namespace cay::store {

struct EntryExpiry
{
    static UnixMs of(const Entry *entry) { return entry->expiry(); }
    static void set(Entry *entry, UnixMs at) { entry->setExpiry(at); }
    static Bytes key(const Entry *entry) { return entry->key(); }
};

struct EntryDue
{
    static UnixMs of(const Entry *entry) { return entry->due(); }
    static void set(Entry *entry, UnixMs at) { entry->setDue(at); }
    static Bytes key(const Entry *entry) { return entry->key(); }
};

using ExpiryIndex = TimeIndex<Entry, EntryExpiry>;
extern template class TimeIndex<Entry, EntryExpiry>;
using DueIndex = TimeIndex<Entry, EntryDue>;
extern template class TimeIndex<Entry, EntryDue>;

} // namespace cay::store
