#include "config_commands.h"

#include "cay/help.h"
#include "cay/host.h"
#include "cay/log.h"

namespace cay::config {

// Who may change protected options where "local" is allowed to.
static bool isLocal(const Session &session)
{
    return session.has(SessionUnixSocket) || session.peer.starts_with("127.0.0.1:")
           || session.peer.starts_with("[::1]:");
}

void get(Call &call)
{
    const auto found = call.host.options().match(call.args.subspan(2));
    call.reply.map(found.size());
    for (const auto &[name, value] : found) {
        call.reply.bulk(name);
        call.reply.bulk(value);
    }
}

void set(Call &call)
{
    if (call.size() % 2) {
        call.fail(errors::kSyntax);
        return;
    }
    std::vector<std::pair<Bytes, Bytes>> pairs;
    pairs.reserve(call.size() / 2 - 1);
    for (std::size_t i = 2; i < call.size(); i += 2)
        pairs.emplace_back(call[i], call[i + 1]);
    std::string error;
    if (call.host.options().setMany(pairs, isLocal(call.session), &error))
        call.reply.ok();
    else
        call.fail(error);
}

void rewrite(Call &call)
{
    std::string error;
    if (!call.host.options().rewrite(&error)) {
        log(LogLevel::Warning, "CONFIG REWRITE failed: %s", error.c_str());
        call.fail(error);
        return;
    }
    log(LogLevel::Warning, "CONFIG REWRITE executed with success.");
    call.reply.ok();
}

void resetStatistics(Call &call)
{
    call.host.resetStatistics();
    call.reply.ok();
}

void help(Call &call)
{
    static constexpr Bytes kLines[] = {
        "GET <pattern>",
        "    Return parameters matching the glob-like <pattern> and their values.",
        "SET <directive> <value>",
        "    Set the configuration <directive> to <value>.",
        "RESETSTAT",
        "    Reset statistics reported by the INFO command.",
        "REWRITE",
        "    Rewrite the configuration file.",
    };
    replyHelp(call, kLines);
}

} // namespace cay::config
