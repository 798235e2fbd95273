// What the metadata says of a command: read from a plugin's JSON, never changed afterwards.
#pragma once

#include "store/bytes.h"

#include <QtCore/QJsonObject>

#include <memory>
#include <span>
#include <string>
#include <vector>

namespace cay {

struct Call;
struct CommandInfo;

// Bits of CommandInfo::flags. Names follow COMMAND INFO's.
enum CommandFlag : std::uint64_t {
    FlagWrite = 1ull << 0,
    FlagReadonly = 1ull << 1,
    FlagDenyOom = 1ull << 2,
    FlagAdmin = 1ull << 3,
    FlagPubsub = 1ull << 4,
    FlagNoScript = 1ull << 5,
    FlagBlocking = 1ull << 6,
    FlagLoading = 1ull << 7,
    FlagStale = 1ull << 8,
    FlagSkipMonitor = 1ull << 9,
    FlagSkipSlowlog = 1ull << 10,
    FlagAsking = 1ull << 11,
    FlagFast = 1ull << 12,
    FlagNoAuth = 1ull << 13,
    FlagMayReplicate = 1ull << 14,
    FlagMovableKeys = 1ull << 15,
    FlagNoMandatoryKeys = 1ull << 16,
    FlagAllowBusy = 1ull << 17,
    FlagNoMulti = 1ull << 18,
    FlagNoAsyncLoading = 1ull << 19,
    FlagSentinel = 1ull << 20,
    FlagOnlySentinel = 1ull << 21,
    FlagProtected = 1ull << 22,
    FlagTouchesArbitraryKeys = 1ull << 23,
};

// Where a command's keys stand among its arguments; the same shape as COMMAND INFO's key
// specifications.
struct KeySpec
{
    enum Begin : std::uint8_t { BeginUnknown, BeginIndex, BeginKeyword };
    enum Find : std::uint8_t { FindUnknown, FindRange, FindKeyNum };
    enum Flag : std::uint16_t {
        Ro = 1,
        Rw = 2,
        Ow = 4,
        Rm = 8,
        Access = 16,
        Update = 32,
        Insert = 64,
        Delete = 128,
        NotKey = 256,
        Incomplete = 512,
        VariableFlags = 1024,
    };
    std::uint16_t flags = 0;
    Begin begin = BeginUnknown;
    Find find = FindUnknown;
    int index = 0;       // BeginIndex: position of the first key
    std::string keyword; // BeginKeyword
    int startFrom = 0;   // BeginKeyword
    int lastKey = 0;     // FindRange: relative to the first key; negative counts from the end
    int step = 1;        // FindRange and FindKeyNum
    int limit = 0;       // FindRange
    int keyNumIndex = 0; // FindKeyNum: relative to the begin position
    int firstKey = 0;    // FindKeyNum
    std::string notes;
};

// One argument of a command's syntax, a tree as COMMAND DOCS shows it.
struct Argument
{
    enum Type : std::uint8_t {
        String,
        Integer,
        Double,
        Key,
        Pattern,
        UnixTime,
        PureToken,
        OneOf,
        Block,
    };
    std::string name;
    Type type = String;
    std::string token;
    int keySpec = -1;
    bool optional = false;
    bool multiple = false;
    bool multipleToken = false;
    std::vector<Argument> arguments;
};

// A key among the arguments of one call, with the KeySpec::Flag bits that say what happens to it.
struct KeyPosition
{
    int position;
    std::uint16_t flags;
};
// Appends the keys of `args` where key specifications cannot tell (SORT's STORE, SET's GET); false
// when the arguments make no sense. args[0] is the command's name.
using KeyFinder = bool (*)(std::span<const Bytes> args, std::vector<KeyPosition> &out);

struct CommandInfo
{
    std::string name;     // lower case; a subcommand's own word ("kill")
    std::string fullName; // lower case, "client|kill" for a subcommand
    std::string plugin;   // id of the plugin that provides it
    std::vector<KeySpec> keys;
    std::vector<Argument> arguments;
    std::string group, since, summary, complexity;
    std::string syntax; // as redis-cli shows it: "key value [NX|XX]"
    std::string deprecatedSince, replacedBy;
    std::vector<std::pair<std::string, std::string>> history; // version, what changed
    std::vector<std::string> tips;
    const CommandInfo *parent = nullptr;
    std::vector<const CommandInfo *> subcommands; // sorted by name
    KeyFinder keyFinder = nullptr;                // from the binding; null for most

    // What every call reads stands together, next to the function that the host adds behind it.
    std::uint64_t flags = 0;
    int arity = 0; // as in COMMAND INFO: the command's words included, negative is "at least"
    std::uint32_t acl = 0; // bit per ACL category, see aclCategoryNames()
    // The simple range of key positions, 0 0 0 without one; what the prefetcher uses. Last may be
    // negative.
    int firstKey = 0, lastKey = 0, keyStep = 0;
    std::uint16_t id = 0; // dense index, for tables by command
};

// Names of bits, in the order in which Redis lists them. A null name is a bit that is not shown.
struct BitName
{
    std::uint64_t bit;
    const char *name;
};
[[gnu::visibility("default")]] std::span<const BitName> commandFlagNames();
[[gnu::visibility("default")]] std::span<const BitName> aclCategoryNames();
[[gnu::visibility("default")]] std::span<const BitName> keyFlagNames();
// "string", "pure-token" ...: what COMMAND DOCS calls it.
[[gnu::visibility("default")]] const char *argumentTypeName(Argument::Type type);

enum class KeySearch : std::uint8_t {
    Keys,
    WithChannels
}; // WithChannels: specs marked not_key too
// Appends all keys of a call, args[0] being the command's name (a subcommand's word is args[1]).
// False when the arguments do not fit the specifications or a specification is incomplete: `out` is
// then as it was.
[[gnu::visibility("default")]] bool findKeys(const CommandInfo &command,
                                             std::span<const Bytes> args,
                                             std::vector<KeyPosition> &out,
                                             KeySearch search = KeySearch::Keys);
// Whether any specification names a key, as against a channel.
[[gnu::visibility("default")]] bool hasKeys(const CommandInfo &command);

} // namespace cay
