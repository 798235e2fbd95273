// What the files of this plugin share: the handlers, and finding sets.
#pragma once

#include "set_value.h"

#include "cay/args.h"
#include "cay/host.h"

namespace cay::sets {

extern const ValueType kSetValueType;
extern TypeId g_setType; // the host's number of it

// False after WRONGTYPE has been replied.
inline bool isSet(Call &call, const Entry &entry)
{
    return entry.type() == g_setType || call.fail(errors::kWrongType);
}

inline void replyMember(resp::Reply &reply, const Member &member)
{
    if (member.isInteger())
        reply.bulkInteger(member.integer);
    else
        reply.bulk(member.text);
}

// Erases the key of a set that has become empty, and says so.
void eraseEmpty(Call &call, const Key &key);
// Every member, without the length in front.
void replyAll(resp::Reply &reply, const SetView &set);

// What commands that look members up, or add them, will touch.
void lookUpAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step);
void addAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step);

void sAdd(Call &call);
void sCard(Call &call);
void sDiff(Call &call);
void sDiffStore(Call &call);
void sInter(Call &call);
void sInterCard(Call &call);
void sInterStore(Call &call);
void sIsMember(Call &call);
void sMembers(Call &call);
void sMIsMember(Call &call);
void sMove(Call &call);
void sPop(Call &call);
void sRandMember(Call &call);
void sRem(Call &call);
void sScan(Call &call);
void sUnion(Call &call);
void sUnionStore(Call &call);

} // namespace cay::sets
