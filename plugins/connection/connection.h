// The commands of this plugin, by file.
#pragma once

#include "cay/host.h"

namespace connection {

// hello.cpp: who the client is, and how it is spoken to.
void setUpAuthentication(cay::Host &host);
void auth(cay::Call &call);
void hello(cay::Call &call);

// basic.cpp
void ping(cay::Call &call);
void echo(cay::Call &call);
void select(cay::Call &call);
void reset(cay::Call &call);
void quit(cay::Call &call);

// client.cpp: this connection's own settings.
void clientCapa(cay::Call &call);
void clientGetname(cay::Call &call);
void clientGetredir(cay::Call &call);
void clientHelp(cay::Call &call);
void clientId(cay::Call &call);
void clientNoEvict(cay::Call &call);
void clientNoTouch(cay::Call &call);
void clientReply(cay::Call &call);
void clientSetinfo(cay::Call &call);
void clientSetname(cay::Call &call);

// client_list.cpp, client_kill.cpp, client_pause.cpp: all connections.
void clientInfo(cay::Call &call);
void clientList(cay::Call &call);
void clientKill(cay::Call &call);
void clientPause(cay::Call &call);
void clientUnblock(cay::Call &call);
void clientUnpause(cay::Call &call);

// Names may be empty and hold printable ASCII without spaces, so that they can stand in CLIENT
// LIST.
bool isValidName(cay::Bytes name);
bool setName(cay::Call &call, cay::Bytes name);

enum class ClientType : std::uint8_t { Normal, Replica, Pubsub, Master };
ClientType typeOf(const cay::Session &session);
// The words of TYPE; false when there is no such type.
bool parseType(cay::Bytes word, ClientType *type);

} // namespace connection
