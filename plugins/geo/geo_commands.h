// What the files of this plugin share: the handlers, and how positions, units and sorted sets are
// read.
#pragma once

#include "geohash.h"

#include "../zsets/zsets_api.h"
#include "cay/args.h"
#include "cay/call.h"

namespace cay::geo {

// Of the plugin that keeps the sorted sets, and its type.
extern const zsets::Api *g_zsets;
extern TypeId g_zsetType;

// The sorted set of a key for reading; null when there is none. False after WRONGTYPE has been
// replied.
bool readZset(Call &call, std::size_t i, const Entry **entry);
// The position of a member; false when it is not there.
bool memberPosition(const Entry &entry, Bytes member, Position *position);

// A longitude and a latitude at `i`. False after an error has been replied.
bool readPosition(Call &call, std::size_t i, Position *position);
// Metres in a unit.
bool readUnit(Call &call, Bytes text, double *metres);

void replyDistance(Call &call, double distance); // four decimals, a bulk string in both protocols
void replyPosition(Call &call, const Position &position);

void geoAdd(Call &call);
void geoDist(Call &call);
void geoHash(Call &call);
void geoPos(Call &call);
void geoRadius(Call &call);
void geoRadiusByMember(Call &call);
void geoRadiusByMemberRo(Call &call);
void geoRadiusRo(Call &call);
void geoSearch(Call &call);
void geoSearchStore(Call &call);

} // namespace cay::geo
