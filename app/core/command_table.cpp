#include "core/command_table.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace cay::core {

namespace {

constexpr std::uint64_t kEachByte = 0x0101010101010101ull;

// Lower-cases eight ASCII characters at once: a byte is a capital when adding moves it over 0x80
// past 'A' but not past 'Z'.
std::uint64_t lowerWord(std::uint64_t word)
{
    const std::uint64_t low7 = word & (0x7f * kEachByte);
    const std::uint64_t fromA = low7 + (0x80 - 'A') * kEachByte;
    const std::uint64_t pastZ = low7 + (0x7f - 'Z') * kEachByte;
    const std::uint64_t capital = ~word & (fromA ^ pastZ) & (0x80 * kEachByte);
    return word | (capital >> 2);
}

std::uint64_t load64(const char *p)
{
    std::uint64_t word;
    std::memcpy(&word, p, 8);
    return word;
}

// 1 to 7 bytes, zero padded, without a byte loop and without reading past the end.
std::uint64_t loadShort(const char *p, std::size_t size)
{
    if (size >= 4) {
        std::uint32_t head, tail;
        std::memcpy(&head, p, 4);
        std::memcpy(&tail, p + size - 4, 4);
        return head | static_cast<std::uint64_t>(tail) << (8 * (size - 4));
    }
    const auto byte
        = [p](std::size_t i) { return std::uint64_t{static_cast<unsigned char>(p[i])}; };
    return byte(0) | byte(size / 2) << (8 * (size / 2)) | byte(size - 1) << (8 * (size - 1));
}

struct NameWords
{
    std::uint64_t words[4] = {0, 0, 0, 0};

    // REQUIRES: 0 < name.size() <= 32.
    explicit NameWords(Bytes name)
    {
        const char *p = name.data();
        const std::size_t size = name.size();
        if (size < 8) {
            words[0] = lowerWord(loadShort(p, size));
            return;
        }
        std::size_t i = 0;
        for (; (i + 1) * 8 <= size; ++i)
            words[i] = lowerWord(load64(p + i * 8));
        if (const std::size_t rest = size & 7)
            words[i] = lowerWord(load64(p + size - 8) >> (64 - 8 * rest));
    }
    std::uint64_t hash() const
    {
        const std::uint64_t folded = words[0] ^ std::rotl(words[1], 13) ^ std::rotl(words[2], 29)
                                     ^ std::rotl(words[3], 43);
        return (folded * 0x9e3779b97f4a7c15ull) >> 32;
    }
};

std::string lowerCase(Bytes text)
{
    std::string lower(text);
    for (char &c : lower)
        c = c >= 'A' && c <= 'Z' ? char(c + 32) : c;
    return lower;
}

// Both lists of a container's subcommands, sorted.
void listChildren(Command *container)
{
    std::sort(container->children.begin(), container->children.end(),
              [](const auto &a, const auto &b) { return a->name < b->name; });
    container->subcommands.clear();
    for (const auto &child : container->children)
        container->subcommands.push_back(child.get());
}

constexpr std::size_t kFirstSlots = 64;

} // namespace

CommandTable::CommandTable()
    : m_slots(kFirstSlots)
    , m_mask(kFirstSlots - 1)
{}

Command *CommandTable::find(Bytes name) const
{
    if (name.size() - 1 >= kInlineName) [[unlikely]] {
        if (name.empty() || m_longNames.empty())
            return nullptr;
        const auto found = m_longNames.find(lowerCase(name));
        return found == m_longNames.end() ? nullptr : found->second;
    }
    const NameWords key(name);
    for (std::uint64_t i = key.hash() & m_mask;; i = (i + 1) & m_mask) {
        const Slot &slot = m_slots[i];
        if (slot.size == name.size() && slot.words[0] == key.words[0]
            && (name.size() <= 8
                || (slot.words[1] == key.words[1] && slot.words[2] == key.words[2]
                    && slot.words[3] == key.words[3])))
            return slot.command;
        if (slot.size == 0)
            return nullptr;
    }
}

Command *CommandTable::find(std::span<const Bytes> args) const
{
    Command *command = args.empty() ? nullptr : find(args[0]);
    if (!command || command->children.empty() || args.size() < 2)
        return command;
    Command *child = subcommand(*command, args[1]);
    return child ? child : command;
}

Command *CommandTable::subcommand(const Command &container, Bytes name)
{
    if (name.empty() || name.size() > 64)
        return nullptr;
    char buffer[64];
    std::transform(name.begin(), name.end(), buffer,
                   [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
    const Bytes lower(buffer, name.size());
    const auto &children = container.children;
    const auto found = std::lower_bound(children.begin(), children.end(), lower,
                                        [](const auto &child, Bytes n) { return child->name < n; });
    return found != children.end() && (*found)->name == lower ? found->get() : nullptr;
}

bool CommandTable::add(std::vector<std::unique_ptr<Command>> &&commands, std::string *why)
{
    std::size_t count = 0;
    for (const auto &command : commands) {
        count += 1 + command->children.size();
        if (command->isExtension) {
            if (!canExtend(*command, why))
                return false;
            continue;
        }
        const auto found = m_names.find(command->name);
        if (found != m_names.end()) {
            *why = "command '" + command->name + "' of plugin '" + command->plugin
                   + "' is already provided by plugin '" + found->second->plugin + "'";
            return false;
        }
    }
    if (m_byId.size() + count > kMaxCommands) {
        *why = "more than " + std::to_string(kMaxCommands) + " commands";
        return false;
    }
    for (auto &command : commands) {
        if (command->isExtension) {
            extend(*command);
            continue;
        }
        assignId(command.get());
        m_names.emplace(command->name, command.get());
        m_owned.push_back(std::move(command));
    }
    commands.clear();
    rebuild();
    return true;
}

Command *CommandTable::owned(Bytes name) const
{
    const auto found = std::find_if(m_owned.begin(), m_owned.end(),
                                    [name](const auto &command) { return command->name == name; });
    return found == m_owned.end() ? nullptr : found->get();
}

bool CommandTable::canExtend(const Command &extension, std::string *why) const
{
    const Command *container = owned(extension.name);
    const std::string what = "command '" + extension.name + "', which plugin '" + extension.plugin
                             + "' adds subcommands to, ";
    if (!container || container->children.empty()) {
        *why = what + (container ? "has none" : "is not there");
        return false;
    }
    for (const auto &child : extension.children) {
        if (const Command *same = subcommand(*container, child->name)) {
            *why = what + "has '" + child->name + "' already, of plugin '" + same->plugin + "'";
            return false;
        }
    }
    return true;
}

void CommandTable::extend(Command &extension)
{
    Command *container = owned(extension.name);
    for (auto &child : extension.children) {
        child->parent = container;
        if (child->group.empty())
            child->group = container->group;
        assignId(child.get());
        container->children.push_back(std::move(child));
    }
    listChildren(container);
}

std::vector<std::unique_ptr<Command>> CommandTable::remove(Bytes plugin)
{
    std::vector<std::unique_ptr<Command>> removed;
    std::erase_if(m_names, [&](const auto &entry) { return entry.second->plugin == plugin; });
    for (auto &command : m_owned) {
        if (command->plugin != plugin) {
            takeOutChildren(*command, plugin, &removed);
            continue;
        }
        releaseIds(*command);
        removed.push_back(std::move(command));
    }
    std::erase_if(m_owned, [](const auto &command) { return !command; });
    rebuild();
    return removed;
}

bool CommandTable::rename(Bytes from, Bytes to, std::string *why)
{
    const auto found = m_names.find(lowerCase(from));
    if (found == m_names.end()) {
        *why = "No such command in rename-command";
        return false;
    }
    const std::string name = lowerCase(to);
    if (!name.empty() && m_names.contains(name)) {
        *why = "Target command name already exists";
        return false;
    }
    Command *command = found->second;
    m_names.erase(found);
    if (!name.empty())
        m_names.emplace(name, command);
    rebuild();
    return true;
}

void CommandTable::rebuild()
{
    const std::size_t slots = std::max(kFirstSlots, std::bit_ceil(m_names.size() * 2));
    m_slots.assign(slots, Slot{});
    m_mask = slots - 1;
    m_longNames.clear();
    m_sorted.clear();
    for (const auto &[name, command] : m_names) {
        insertName(name, command);
        m_sorted.push_back(command);
    }
    std::sort(m_sorted.begin(), m_sorted.end(),
              [](const Command *a, const Command *b) { return a->name < b->name; });
    ++m_generation;
}

void CommandTable::insertName(const std::string &name, Command *command)
{
    if (name.size() > kInlineName) {
        m_longNames.emplace(name, command);
        return;
    }
    const NameWords key(name);
    std::uint64_t i = key.hash() & m_mask;
    while (m_slots[i].size)
        i = (i + 1) & m_mask;
    std::memcpy(m_slots[i].words, key.words, sizeof(key.words));
    m_slots[i].command = command;
    m_slots[i].size = static_cast<std::uint32_t>(name.size());
}

void CommandTable::assignId(Command *command)
{
    const auto free = std::find(m_byId.begin(), m_byId.end(), nullptr);
    command->id = static_cast<std::uint16_t>(free - m_byId.begin());
    if (free == m_byId.end())
        m_byId.push_back(command);
    else
        *free = command;
    for (const auto &child : command->children)
        assignId(child.get());
}

// Subcommands that a plugin has added to another one's container.
void CommandTable::takeOutChildren(Command &container, Bytes plugin,
                                   std::vector<std::unique_ptr<Command>> *removed)
{
    const std::size_t before = removed->size();
    for (auto &child : container.children) {
        if (child->plugin != plugin)
            continue;
        releaseIds(*child);
        removed->push_back(std::move(child));
    }
    std::erase_if(container.children, [](const auto &child) { return !child; });
    if (removed->size() > before)
        listChildren(&container);
}

void CommandTable::releaseIds(const Command &command)
{
    m_byId[command.id] = nullptr;
    for (const auto &child : command.children)
        releaseIds(*child);
}

} // namespace cay::core
