// WATCH: which sessions want to know that a key has changed.
//
// One table from (database, key) to the sessions that watch it, and a list of its watched keys in
// each session. The host's key events are listened to only while some key is watched, so writes
// cost nothing otherwise.
#pragma once

#include "cay/host.h"

namespace transactions {

void setUpWatch(cay::Host &host);
void unwatchAll(cay::Session &session);
// Whether a key that was alive when it was watched has expired since.
bool watchedKeyExpired(cay::Session &session);

void watch(cay::Call &call);
void unwatch(cay::Call &call);

} // namespace transactions
