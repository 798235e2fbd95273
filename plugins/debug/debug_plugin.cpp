#include "debug.h"

#include "cay/plugin.h"

#include <algorithm>
#include <array>

namespace debug {

namespace {

std::array<std::span<const Subcommand>, 7> tables()
{
    return {datasetSubcommands(), listSubcommands(),   reloadSubcommands(), processSubcommands(),
            mallocSubcommands(),  switchSubcommands(), replySubcommands()};
}

std::vector<const Subcommand *> sorted()
{
    std::vector<const Subcommand *> all;
    for (const auto table : tables()) {
        for (const Subcommand &subcommand : table)
            all.push_back(&subcommand);
    }
    std::ranges::sort(all, {}, &Subcommand::name);
    return all;
}

void help(Call &call)
{
    const std::vector<const Subcommand *> all = sorted();
    const auto list = call.reply.defer();
    std::size_t lines = 0;
    const auto line = [&](Bytes text) {
        call.reply.simple(text);
        ++lines;
    };
    line("DEBUG <subcommand> [<arg> [value] [opt] ...]. Subcommands are:");
    for (const Subcommand *subcommand : all) {
        line(std::string(subcommand->name) + (subcommand->usage.empty() ? "" : " ")
             + std::string(subcommand->usage));
        for (Bytes rest = subcommand->description; !rest.empty();) {
            const std::size_t end = std::min(rest.find('\n'), rest.size());
            line("    " + std::string(rest.substr(0, end)));
            rest.remove_prefix(std::min(end + 1, rest.size()));
        }
    }
    line("HELP");
    line("    Prints this help.");
    call.reply.closeArray(list, lines);
}

void debug(Call &call)
{
    if (cay::isWord(call[1], "HELP") && call.size() == 2)
        return help(call);
    for (const auto table : tables()) {
        for (const Subcommand &subcommand : table) {
            if (cay::isWord(call[1], subcommand.name) && call.size() >= subcommand.minSize
                && call.size() <= subcommand.maxSize)
                return subcommand.run(call);
        }
    }
    const Bytes shown = call[1].substr(0, 128);
    call.reply.error("ERR unknown subcommand or wrong number of arguments for '"
                     + std::string(shown.substr(0, shown.find('\0'))) + "'. Try DEBUG HELP.");
}

constexpr cay::Binding kCommands[] = {{"debug", debug}};

} // namespace

bool isOn(Bytes text) { return std::atoi(std::string(text).c_str()) != 0; }

class DebugPlugin : public QObject, public cay::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "debug.json")
    Q_INTERFACES(cay::Plugin)
public:
    std::span<const cay::Binding> commands() const override { return kCommands; }
};

} // namespace debug

#include "debug_plugin.moc"
