// The commands of this plugin, by file, and the state that they share.
#pragma once

#include "registry.h"

namespace cay::pubsub {

Registry &registry(Kind kind);

// subscribe.cpp
void setUpSubscribing(Host &host);
void endSubscribing(Host &host); // everybody's subscriptions, without a word
void subscribe(Call &call);
void unsubscribe(Call &call);
void pSubscribe(Call &call);
void pUnsubscribe(Call &call);
void sSubscribe(Call &call);
void sUnsubscribe(Call &call);

// publish.cpp
void setUpInfo(Host &host);
void publishCommand(Call &call);
void sPublish(Call &call);
void pubsubChannels(Call &call);
void pubsubHelp(Call &call);
void pubsubNumPat(Call &call);
void pubsubNumSub(Call &call);
void pubsubShardChannels(Call &call);
void pubsubShardNumSub(Call &call);

// notifications.cpp
void setUpNotifications(Host &host);

} // namespace cay::pubsub
