#include "module_commands.h"

#include "cay/host.h"
#include "cay/log.h"

#include <algorithm>
#include <charconv>

namespace cay::modules {

namespace {

// A queued command or a script stands on the code that would go away.
bool isAtTopLevel(Call &call)
{
    if (!call.session.has(SessionMulti) && !call.session.has(SessionDenyBlocking)
        && !call.session.has(SessionScript))
        return true;
    return call.fail("ERR MODULE cannot load or unload inside a transaction or a script");
}

bool equalsIgnoringCase(Bytes text, Bytes lower)
{
    return std::ranges::equal(text, lower, {},
                              [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
}

QString toString(Bytes text)
{
    return QString::fromUtf8(text.data(), static_cast<qsizetype>(text.size()));
}

// "1.2.3" as the one number that Redis's modules have: 10203.
std::int64_t versionNumber(const std::string &version)
{
    std::int64_t number = 0;
    const char *at = version.data();
    const char *const end = at + version.size();
    for (int part = 0; part < 3; ++part) {
        int value = 0;
        at = std::from_chars(at, end, value).ptr;
        number = number * 100 + std::clamp(value, 0, 99);
        if (at < end && *at == '.')
            ++at;
    }
    return number;
}

void loadPlugin(Call &call, Bytes path, const QStringList &arguments,
                const Host::PluginSettings &settings)
{
    QString why;
    if (call.host.loadPlugin(toString(path), arguments, settings, &why)) {
        logText(LogLevel::Notice, "Plugin loaded from " + std::string(path));
        call.reply.ok();
        return;
    }
    logText(LogLevel::Warning, "Plugin not loaded: " + why.toStdString());
    call.fail("ERR Error loading the extension: " + why.toStdString());
}

// [CONFIG name value]... [ARGS arg...]
bool parseExtended(Call &call, Host::PluginSettings *settings, QStringList *arguments)
{
    for (std::size_t i = 3; i < call.size(); ++i) {
        if (equalsIgnoringCase(call[i], "config") && i + 2 < call.size()) {
            settings->emplace_back(call[i + 1], call[i + 2]);
            i += 2;
        } else if (equalsIgnoringCase(call[i], "args")) {
            while (++i < call.size())
                *arguments << toString(call[i]);
        } else if (equalsIgnoringCase(call[i], "config")) {
            return call.fail("ERR Error loading the extension: CONFIG needs a name and a value");
        } else {
            return call.fail("ERR Error loading the extension: neither CONFIG nor ARGS: '"
                             + std::string(call[i].substr(0, 128)) + "'");
        }
    }
    return true;
}

} // namespace

void list(Call &call)
{
    const auto plugins = call.host.plugins();
    call.reply.array(plugins.size());
    for (const Host::PluginState &plugin : plugins) {
        call.reply.map(4);
        call.reply.bulk("name");
        call.reply.bulk(plugin.id);
        call.reply.bulk("ver");
        call.reply.integer(versionNumber(plugin.version));
        call.reply.bulk("path");
        call.reply.bulk(plugin.path);
        call.reply.bulk("args");
        call.reply.array(static_cast<std::size_t>(plugin.arguments.size()));
        for (const QString &argument : plugin.arguments)
            call.reply.bulk(argument.toStdString());
    }
}

void load(Call &call)
{
    if (!isAtTopLevel(call))
        return;
    QStringList arguments;
    for (std::size_t i = 3; i < call.size(); ++i)
        arguments << toString(call[i]);
    loadPlugin(call, call[2], arguments, {});
}

void loadEx(Call &call)
{
    if (!isAtTopLevel(call))
        return;
    Host::PluginSettings settings;
    QStringList arguments;
    if (parseExtended(call, &settings, &arguments))
        loadPlugin(call, call[2], arguments, settings);
}

void unload(Call &call)
{
    if (!isAtTopLevel(call))
        return;
    QString why;
    if (call[2] == call.info.plugin)
        why = QStringLiteral("this command is its own, and cannot take itself away");
    else if (call.host.unloadPlugin(toString(call[2]), &why)) {
        logText(LogLevel::Notice, "Plugin " + std::string(call[2]) + " unloaded");
        call.reply.ok();
        return;
    }
    call.fail("ERR Error unloading module: " + why.toStdString());
}

void help(Call &call)
{
    static constexpr Bytes kLines[] = {
        "MODULE <subcommand> [<arg> [value] [opt] ...]. Subcommands are:",
        "LIST",
        "    Return a list of loaded modules.",
        "LOAD <path> [<arg> ...]",
        "    Load a module library from <path>, passing to it any optional arguments.",
        "LOADEX <path> [[CONFIG NAME VALUE] [CONFIG NAME VALUE]] [ARGS ...]",
        "    Load a module library from <path>, while passing it module configurations and "
        "optional arguments.",
        "UNLOAD <name>",
        "    Unload a module.",
        "HELP",
        "    Prints this help.",
    };
    call.reply.array(std::size(kLines));
    for (const Bytes line : kLines)
        call.reply.simple(line);
}

} // namespace cay::modules
