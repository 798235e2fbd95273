// Stands in for the plugins' main files: defines what those define for the types' sources, and what
// these name but a loader never calls. A new type is a line in types() and setLimits() here, and
// its sources in CMakeLists.txt.
#include "fuzz_types.h"

#include "../../plugins/hashes/hash_commands.h"
#include "../../plugins/lists/list_commands.h"
#include "../../plugins/sets/set_commands.h"
#include "../../plugins/streams/stream_commands.h"
#include "../../plugins/strings/string_commands.h"
#include "../../plugins/zsets/zset_commands.h"

#include <cstdlib>

namespace cay {

namespace hashes {
std::int64_t g_maxEntries = 512, g_maxValue = 64;
TypeId g_type = 0;
Entry *expireFields(Host &, Db &, const Key &, Entry *, std::size_t) { std::abort(); }
} // namespace hashes

namespace streams {
TypeId g_type = 0;
std::int64_t g_maxNodeBytes = 4096, g_maxNodeEntries = 100;
} // namespace streams

std::size_t Db::size() const { std::abort(); }
void Db::forEach(const std::function<void(const Entry &)> &) const { std::abort(); }

namespace fuzz {

std::span<const ValueType *const> types()
{
    static const ValueType *const kTypes[]
        = {&strings::kStringValueType, &sets::kSetValueType,   &hashes::kHashType,
           &streams::kStreamValueType, &lists::kListValueType, &zsets::kZsetValueType};
    return kTypes;
}

void setLimits(bool tiny)
{
    sets::g_limits = tiny ? sets::Limits{3, 2, 4} : sets::Limits{};
    hashes::g_maxEntries = tiny ? 2 : 512;
    hashes::g_maxValue = tiny ? 4 : 64;
    streams::g_maxNodeEntries = tiny ? 2 : 100;
    lists::g_maxListpackSize = tiny ? 2 : -2;
    lists::g_compressDepth = tiny ? 1 : 0;
    zsets::g_limits = tiny ? zsets::Limits{2, 4} : zsets::Limits{};
}

} // namespace fuzz

} // namespace cay
