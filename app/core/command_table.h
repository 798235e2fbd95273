// The commands that this server knows, by name.
//
// Layout: open addressing, linear probing, at most half full. A slot holds the whole lower-case
// name, so that a look-up touches one slot and no Command:
//
//   | words[0..3]: name, zero padded (32 bytes) | command (8) | size (4) | - (4) |
//
// Names of more than 32 bytes (rename-command with a secret) live in a plain hash map beside it.
// Complexities: find() one probe as a rule, about 5 ns, no allocation; add and remove rebuild the
// slots, which happens when plugins come and go. Turned down: a perfect hash (has to be made anew
// for each plugin loaded), and a trie over the letters (a dependent load per letter).
#pragma once

#include "cay/host.h"

#include <unordered_map>

namespace cay::core {

// What runs. The host owns it; plugins see the CommandInfo. Children are owned by their parent.
struct Command : CommandInfo
{
    void (*run)(Call &) = nullptr; // null: it only has subcommands
    FetchAhead ahead = nullptr;    // null for most
    // A container of another plugin that this one adds subcommands to: the children move there when
    // it comes into the table.
    bool isExtension = false;
    CommandStatistics stats;
    std::uint64_t ticks = 0; // spent in it; stats.microseconds follows when somebody asks
    std::vector<std::unique_ptr<Command>>
        children; // sorted by name, as in CommandInfo::subcommands

    const Command *parentCommand() const { return static_cast<const Command *>(parent); }
};

class CommandTable
{
public:
    static constexpr std::size_t kInlineName = 32;
    static constexpr std::size_t kMaxCommands = 16384; // subcommands included; ids are 16 bits

    CommandTable();
    CommandTable(const CommandTable &) = delete;
    CommandTable &operator=(const CommandTable &) = delete;

    // Any case. Null when there is none.
    Command *find(Bytes name) const;
    // Down to the subcommand: the container itself when the second word names none of its
    // subcommands.
    Command *find(std::span<const Bytes> args) const;
    // Any case; null when there is none.
    static Command *subcommand(const Command &container, Bytes name);

    // All or nothing; false with a reason when a name is taken, or the container that an extension
    // adds to is not there. Assigns ids.
    bool add(std::vector<std::unique_ptr<Command>> &&commands, std::string *why);
    // Takes out all commands of a plugin. They stay valid while the caller keeps them: sessions may
    // point to them.
    std::vector<std::unique_ptr<Command>> remove(Bytes plugin);
    // rename-command: the command answers to the new name only, to none at all when that is empty.
    // What it is called in COMMAND's replies stays. False with Redis's reason.
    bool rename(Bytes from, Bytes to, std::string *why);

    // Top level, sorted by their own names, those that rename-command took the name from left out.
    const std::vector<Command *> &commands() const { return m_sorted; }
    // By id, subcommands included; null for an id that is free.
    Command *byId(std::uint16_t id) const { return id < m_byId.size() ? m_byId[id] : nullptr; }
    // One more than the highest id in use or free again.
    std::size_t idLimit() const { return m_byId.size(); }
    // Grows with each change: what was derived from the table can tell that it is stale.
    std::uint64_t generation() const { return m_generation; }

private:
    struct Slot
    {
        std::uint64_t words[4];
        Command *command;
        std::uint32_t size; // 0: empty
    };
    static_assert(sizeof(Slot) == 48);

    Command *owned(Bytes name) const;
    bool canExtend(const Command &extension, std::string *why) const;
    void extend(Command &extension);
    void takeOutChildren(Command &container, Bytes plugin,
                         std::vector<std::unique_ptr<Command>> *removed);
    void rebuild();
    void insertName(const std::string &name, Command *command);
    void assignId(Command *command);
    void releaseIds(const Command &command);

    std::vector<Slot> m_slots;
    std::uint64_t m_mask = 0;
    std::unordered_map<std::string, Command *> m_longNames;
    std::vector<std::unique_ptr<Command>> m_owned;
    std::unordered_map<std::string, Command *> m_names; // what each answers to, cold
    std::vector<Command *> m_sorted;
    std::vector<Command *> m_byId;
    std::uint64_t m_generation = 0;
};

} // namespace cay::core
