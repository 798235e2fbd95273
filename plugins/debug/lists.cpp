// How lists and other small collections are kept: LISTPACK, QUICKLIST, QUICKLIST-PACKED-THRESHOLD.
#include "debug.h"

#include "lists/lists_api.h"

#include <cinttypes>
#include <cstdio>

namespace debug {

using cay::Entry;
using cay::lists::Api;
using cay::lists::Shape;

namespace {

const Api *listsOf(Call &call, const Entry &entry)
{
    if (entry.type() != call.host.typeByName("list"))
        return nullptr;
    return static_cast<const Api *>(call.host.api("lists"));
}

void print(const std::string &page)
{
    std::fwrite(page.data(), 1, page.size(), stdout);
    std::fflush(stdout);
}

void show(Call &call, Bytes encoding, bool elements)
{
    const Entry *entry = call.db.peek(call.key(2));
    if (!entry)
        return call.reply.error(cay::errors::kNoSuchKey);
    const cay::ValueType &type = call.host.type(entry->type());
    if (type.encoding(entry->value()) != encoding)
        return call.reply.error("ERR Not a " + std::string(encoding) + " encoded object.");
    const std::string title(std::string(type.name) + ", "
                            + std::to_string(type.memory(entry->value(), 0)) + " bytes\n");
    const Api *lists = listsOf(call, *entry);
    print(lists ? title + lists->describe(entry->value(), elements) : title);
    const Bytes name = encoding == "listpack" ? Bytes("Listpack") : Bytes("Quicklist");
    call.reply.simple(std::string(name) + " structure printed on stdout");
}

void listpack(Call &call) { show(call, "listpack", true); }

void quicklist(Call &call) { show(call, "quicklist", call.size() == 4 && isOn(call[3])); }

// Bytes with a unit, as in the configuration. False for anything else.
bool readSize(Bytes text, std::uint64_t *size)
{
    struct Unit
    {
        Bytes name;
        std::uint64_t bytes;
    };
    constexpr std::uint64_t kKilo = 1024;
    static constexpr Unit kUnits[] = {
        {"", 1},           {"B", 1},
        {"K", 1000},       {"KB", kKilo},
        {"M", 1000000},    {"MB", kKilo * kKilo},
        {"G", 1000000000}, {"GB", kKilo * kKilo * kKilo},
    };
    const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    std::int64_t number = 0;
    if (!cay::resp::parseInteger(text.substr(0, digits), &number) || number > INT32_MAX * 4ll)
        return false;
    for (const Unit &unit : kUnits) {
        if (cay::isWord(text.substr(digits), unit.name)) {
            *size = static_cast<std::uint64_t>(number) * unit.bytes;
            return true;
        }
    }
    return false;
}

void plainThreshold(Call &call)
{
    constexpr std::uint64_t kMost = std::uint64_t(4) << 30;
    std::uint64_t size = 0;
    if (!readSize(call[2], &size) || size >= kMost) {
        return call.reply.error(
            "ERR argument must be a memory value bigger than 1 and smaller than 4gb");
    }
    const auto *lists = static_cast<const Api *>(call.host.api("lists"));
    if (!lists)
        return call.reply.error("ERR the plugin 'lists' is not loaded");
    lists->setPlainThreshold(static_cast<std::size_t>(size));
    call.reply.ok();
}

constexpr Subcommand kSubcommands[] = {
    {"LISTPACK", 3, 3, listpack, "<key>", "Prints how the key's listpack is kept to stdout."},
    {"QUICKLIST", 3, 4, quicklist, "<key> [<0|1>]",
     "Prints how the key's quicklist is kept to stdout; 1 adds the elements."},
    {"QUICKLIST-PACKED-THRESHOLD", 3, 3, plainThreshold, "<size>",
     "Sets from how many bytes on an element of a list is a node of its own.\n"
     "0 restores the usual rule: when it does not fit into a node with others."},
};

} // namespace

std::string quicklistFigures(Call &call, const Entry &entry)
{
    const Api *lists = listsOf(call, entry);
    if (!lists)
        return {};
    const Shape shape = lists->shape(entry.value());
    if (!shape.isQuicklist)
        return {};
    char line[160];
    const double average
        = static_cast<double>(lists->size(entry.value())) / static_cast<double>(shape.nodes);
    std::snprintf(line, sizeof line,
                  " ql_nodes:%zu ql_avg_node:%.2f ql_listpack_max:%d ql_compressed:%d "
                  "ql_uncompressed_size:%zu",
                  shape.nodes, average, shape.fill, int(shape.compresses), shape.bytes);
    return line;
}

std::span<const Subcommand> listSubcommands() { return kSubcommands; }

} // namespace debug
