// What the files of this plugin share: the subcommands, each of them a row in a table.
#pragma once

#include "cay/args.h"
#include "cay/host.h"

#include <span>

namespace debug {

using cay::Bytes;
using cay::Call;

// DEBUG <name> <arguments>. Sizes count both words; a size outside of them is answered as an
// unknown subcommand.
struct Subcommand
{
    Bytes name; // in capitals
    std::size_t minSize, maxSize;
    void (*run)(Call &);
    Bytes usage;       // what follows the name in HELP
    Bytes description; // one line or several
};

inline constexpr std::size_t kAnySize = ~std::size_t{0};

std::span<const Subcommand> datasetSubcommands(); // dataset.cpp
std::span<const Subcommand> listSubcommands();    // lists.cpp
std::span<const Subcommand> reloadSubcommands();  // reload.cpp
std::span<const Subcommand> processSubcommands(); // process.cpp
std::span<const Subcommand> mallocSubcommands();  // malloc.cpp
std::span<const Subcommand> switchSubcommands();  // switches.cpp
std::span<const Subcommand> replySubcommands();   // replies.cpp

// What DEBUG OBJECT says more of a quicklist; nothing of other values.
std::string quicklistFigures(Call &call, const cay::Entry &entry);

// A switch, as C's atoi reads it: what is not a number is 0.
bool isOn(Bytes text);

} // namespace debug
