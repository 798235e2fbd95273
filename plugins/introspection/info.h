// INFO's sections, in Redis's order. A plugin that knows more about a section registers an
// InfoSection of the same name with the host: its fields take the place of the ones here, new ones
// come after them.
#pragma once

#include "cay/host.h"

namespace cay::introspection {

struct BuiltinSection
{
    const char *name; // lower case
    const char *title;
    bool isDefault; // shown by INFO without arguments
    void (*write)(InfoWriter &, Host &);
};
std::span<const BuiltinSection> builtinSections();

void writeServer(InfoWriter &out, Host &host);
void writeClients(InfoWriter &out, Host &host);
void writeMemory(InfoWriter &out, Host &host);
void writePersistence(InfoWriter &out, Host &host);
void writeStats(InfoWriter &out, Host &host);
void writeReplication(InfoWriter &out, Host &host);
void writeCpu(InfoWriter &out, Host &host);
void writeModules(InfoWriter &out, Host &host);
void writeCommandStats(InfoWriter &out, Host &host);
void writeErrorStats(InfoWriter &out, Host &host);
void writeLatencyStats(InfoWriter &out, Host &host);
void writeCluster(InfoWriter &out, Host &host);
void writeKeyspace(InfoWriter &out, Host &host);

} // namespace cay::introspection
