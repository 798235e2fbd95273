// What the files of this plugin share: the handlers, and small helpers for lists.
#pragma once

#include "list_value.h"

#include "cay/args.h"
#include "cay/call.h"

namespace cay {
struct ValueType;
}

namespace cay::lists {

extern const ValueType kListValueType;

// The host's number for it.
extern TypeId g_listType;

inline void replyElement(resp::Reply &reply, const PackedValue &value)
{
    if (value.isInteger())
        reply.bulkInteger(value.integer);
    else
        reply.bulk(value.text);
}

// False after kWrongType has been replied. No entry is no list, and no error.
inline bool checkList(Call &call, const Entry *entry)
{
    return !entry || entry->type() == g_listType || call.fail(errors::kWrongType);
}

// LEFT or RIGHT; false after kSyntax has been replied.
bool readSide(Call &call, Bytes word, bool *left);

// The elements from `first` to `last`, which count from the end when negative, clipped to a list of
// `size`.
struct Range
{
    Range(std::int64_t first, std::int64_t last, std::uint64_t size);
    std::uint64_t index = 0, count = 0;
};

// After a change of the key's list: keeps its form, or erases the key with its last element; tells
// of it. `changes` is what counts as dirty.
void finishChange(Call &call, const Key &key, Entry *entry, List list, const char *event,
                  std::uint64_t changes);
// Takes elements from one end of the key's list and replies them: one alone, or an array of
// `count`. REQUIRES: 1 <= count.
void popOne(Call &call, const Key &key, Entry *entry, bool left);
void popMany(Call &call, const Key &key, Entry *entry, bool left, std::uint64_t count);
// The same as LMPOP replies it, key first. Returns how many there were.
std::uint64_t popWithKey(Call &call, const Key &key, Entry *entry, bool left, std::uint64_t count);
// Moves one element from `source`'s list and replies it.
void move(Call &call, const Key &source, Entry *from, const Key &destination, bool fromLeft,
          bool toLeft);

// For DEBUG, see lists_api.h.
struct Shape;
Shape shapeOf(const Value &value);
std::string describe(const Value &value, bool elements);

void blMove(Call &call);
void blMPop(Call &call);
void blPop(Call &call);
void brPop(Call &call);
void brPopLPush(Call &call);
void lIndex(Call &call);
void lInsert(Call &call);
void lLen(Call &call);
void lMove(Call &call);
void lMPop(Call &call);
void lPop(Call &call);
void lPos(Call &call);
void lPush(Call &call);
void lPushX(Call &call);
void lRange(Call &call);
void lRem(Call &call);
void lSet(Call &call);
void lTrim(Call &call);
void rPop(Call &call);
void rPopLPush(Call &call);
void rPush(Call &call);
void rPushX(Call &call);

} // namespace cay::lists
