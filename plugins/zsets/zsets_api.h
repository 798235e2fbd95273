// What the plugin of sorted sets offers to others in C++: reading them, changing them, making them.
// Fetched in start(): `const auto *zsets = static_cast<const cay::zsets::Api
// *>(host.api("zsets"));`
//
// All on the command thread. A Value is one of the type "zset" (entry.type() ==
// host.typeByName("zset")); an absent key has none, and is the caller's to treat as an empty one.
//
//   Entry *entry = call.db.write(key);
//   Value zset = entry ? entry->value() : zsets->make();
//   const zsets::Added added = zsets->add(&zset, member, score, zsets::OnlyNew);
//   ...
//   if (entry)
//       entry->setObject(zset.object);
//   else if (zsets->size(zset) > 0)
//       call.db.put(key, zset);
//   else
//       call.host.freeValue(zset, Freeing::Now);
#pragma once

#include "cay/value.h"

#include <limits>
#include <type_traits>

namespace cay::zsets {

// What ZADD's words ask for, as bits.
enum Condition : unsigned {
    Always = 0,
    OnlyNew = 1,      // NX
    OnlyExisting = 2, // XX
    OnlyGreater = 4,  // GT
    OnlyLess = 8,     // LT
    Increment = 16,   // INCR: the score given is added to the present one
};

struct Added
{
    enum Outcome : std::uint8_t {
        New,
        Changed,   // the member was there, and has another score now
        Unchanged, // the member was there with this score
        Refused,   // the conditions do not hold
        NotANumber // inf - inf; nothing was changed
    };
    Outcome outcome;
    double score; // the member's score now; of Refused: the one it has, when it is there
};

// Scores from min to max, their ends included unless excluded.
struct ScoreRange
{
    double min = -std::numeric_limits<double>::infinity();
    double max = std::numeric_limits<double>::infinity();
    bool minExcluded = false, maxExcluded = false;
};

// Called for each member; false ends the walk. The bytes live until it returns; the sorted set must
// not change meanwhile.
using Visit = bool (*)(void *context, Bytes member, double score);

struct Api
{
    // Members. O(1).
    std::size_t (*size)(const Value &zset);
    // The member's score; false when it is not there. O(1), O(n) in a small one.
    bool (*score)(const Value &zset, Bytes member, double *score);
    // How many members lie before it; false when it is not there. O(log n).
    bool (*rank)(const Value &zset, Bytes member, std::uint64_t *rank);

    // In the order of scores, or against it: members of a range of scores, and at most `count` of
    // them from one rank on (counted from the end that the walk begins at). O(log n + visited).
    void (*forEachInRange)(const Value &zset, const ScoreRange &range, bool reverse, void *context,
                           Visit visit);
    void (*forEachFrom)(const Value &zset, std::uint64_t rank, std::uint64_t count, bool reverse,
                        void *context, Visit visit);

    // A new, empty sorted set: store it with Db::put() when it has members, or Host::freeValue()
    // it.
    Value (*make)();
    // Adds a member, whose bytes are copied, or changes its score. REQUIRES: the score is a number.
    // Changes zset->object, as the encoding changes: store the value again, or with
    // Entry::setObject(), afterwards.
    Added (*add)(Value *zset, Bytes member, double score, unsigned conditions);
    // True when it was there. An empty sorted set is the caller's to erase. Changes zset->object.
    bool (*remove)(Value *zset, Bytes member);
};

// The same with any callable that takes a member and its score and returns whether to go on.
template <typename Function>
void forEachInRange(const Api &api, const Value &zset, const ScoreRange &range, Function &&visit)
{
    api.forEachInRange(zset, range, false, &visit, [](void *context, Bytes member, double score) {
        return static_cast<bool>(
            (*static_cast<std::remove_reference_t<Function> *>(context))(member, score));
    });
}
template <typename Function>
void forEachFrom(const Api &api, const Value &zset, std::uint64_t rank, std::uint64_t count,
                 bool reverse, Function &&visit)
{
    api.forEachFrom(
        zset, rank, count, reverse, &visit, [](void *context, Bytes member, double score) {
            return static_cast<bool>(
                (*static_cast<std::remove_reference_t<Function> *>(context))(member, score));
        });
}

} // namespace cay::zsets
