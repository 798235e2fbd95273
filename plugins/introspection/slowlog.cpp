#include "slowlog.h"

#include "introspection.h"
#include "redact.h"
#include "text.h"

#include "cay/help.h"

#include <algorithm>
#include <limits>

namespace cay::introspection {

static constexpr std::size_t kMaxArguments = 32;
static constexpr std::size_t kMaxArgumentBytes = 128;

void SlowLog::start(Host &host)
{
    const int hook = host.onSlowCommand(-1, [this](Call &call, std::int64_t ns) { add(call, ns); });
    host.options().watch("slowlog-log-slower-than", [this, &host, hook](QString *) {
        m_slowerThanUs = host.options().integer("slowlog-log-slower-than");
        const bool fits = m_slowerThanUs <= std::numeric_limits<std::int64_t>::max() / 1000;
        host.setSlowThreshold(hook, m_slowerThanUs < 0 || !fits ? -1 : m_slowerThanUs * 1000);
        return true;
    });
    host.options().watch("slowlog-max-len", [this, &host](QString *) {
        m_maxEntries = host.options().integer("slowlog-max-len");
        trim();
        return true;
    });
}

static std::vector<std::string> trimmed(const Call &call)
{
    const std::vector<Bytes> args = withoutSecrets(call);
    const std::size_t kept = args.size() > kMaxArguments ? kMaxArguments - 1 : args.size();
    std::vector<std::string> result;
    result.reserve(kept + 1);
    for (std::size_t i = 0; i < kept; ++i) {
        const std::size_t cut
            = args[i].size() > kMaxArgumentBytes ? args[i].size() - kMaxArgumentBytes : 0;
        result.emplace_back(args[i].substr(0, kMaxArgumentBytes));
        if (cut != 0)
            result.back() += print("... (%zu more bytes)", cut);
    }
    if (kept < args.size())
        result.push_back(print("... (%zu more arguments)", args.size() - kept));
    return result;
}

void SlowLog::add(const Call &call, std::int64_t ns)
{
    // The host tells of all commands over the smallest threshold of all hooks.
    if (m_slowerThanUs < 0 || ns / 1000 < m_slowerThanUs || (call.info.flags & FlagSkipSlowlog))
        return;
    const Session &session = call.session;
    m_entries.push_front({m_nextId++, call.host.now() / 1000, ns / 1000, trimmed(call),
                          session.peer.empty() ? "?:0" : session.peer, session.name});
    trim();
}

void SlowLog::trim()
{
    const auto limit = static_cast<std::size_t>(m_maxEntries);
    if (m_entries.size() > limit)
        m_entries.resize(limit);
}

void SlowLog::write(resp::Reply &reply, const Entry &entry)
{
    reply.array(6);
    reply.integer(entry.id);
    reply.integer(entry.unixSeconds);
    reply.integer(entry.microseconds);
    reply.array(entry.args.size());
    for (const std::string &arg : entry.args)
        reply.bulk(arg);
    reply.bulk(entry.peer);
    reply.bulk(entry.name);
}

void SlowLog::get(Call &call) const
{
    std::int64_t count = 10;
    if (call.size() > 3) {
        failSubcommand(call);
        return;
    }
    if (call.size() == 3) {
        if (!resp::parseInteger(call[2], &count) || count < -1) {
            call.fail("ERR count should be greater than or equal to -1");
            return;
        }
    }
    const std::size_t shown
        = count < 0 ? m_entries.size()
                    : std::min<std::size_t>(m_entries.size(), static_cast<std::size_t>(count));
    call.reply.array(shown);
    for (std::size_t i = 0; i < shown; ++i)
        write(call.reply, m_entries[i]);
}

void slowlogGet(Call &call) { state().slowLog.get(call); }
void slowlogLen(Call &call)
{
    call.reply.integer(static_cast<std::int64_t>(state().slowLog.size()));
}
void slowlogReset(Call &call)
{
    state().slowLog.reset();
    call.reply.ok();
}

void slowlogHelp(Call &call)
{
    static constexpr Bytes kLines[] = {
        "GET [<count>]",
        "    Return top <count> entries from the slowlog (default: 10, -1 mean all).",
        "    Entries are made of:",
        "    id, timestamp, time in microseconds, arguments array, client IP and port,",
        "    client name",
        "LEN",
        "    Return the length of the slowlog.",
        "RESET",
        "    Reset the slowlog.",
    };
    replyHelp(call, kLines);
}

} // namespace cay::introspection
