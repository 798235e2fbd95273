// Hears of every key of the databases that it observes, whoever adds, changes or removes it: for an
// index that has to be exact. See Db::observe().
#pragma once

#include "cay/value.h"

namespace cay {

// Called on the command thread, in the middle of a change: must not use the database. Values that
// are edited where they lie (most changes of collections) are told as key events instead, at the
// end of the command: see Host::onKeyEvent().
class KeyObserver
{
public:
    virtual ~KeyObserver() = default;
    virtual void keyAdded(Db &db, const Entry &entry) = 0;
    // It has another value or another expiry now.
    virtual void keyChanged(Db &db, const Entry &entry) = 0;
    virtual void keyRemoved(Db &db, Bytes key) = 0;
    // All keys are gone at once.
    virtual void emptied(Db &db) = 0;
    // Two databases, of which one is observed at least, have exchanged their keys.
    virtual void swapped(Db &a, Db &b) = 0;
};

} // namespace cay
