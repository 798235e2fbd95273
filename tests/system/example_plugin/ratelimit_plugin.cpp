// RATELIMIT key limit window-milliseconds [COST cost]
//
// The first request of a key opens a window; the key holds the count as an integer and expires with
// the window, so that nothing has to be cleaned up. The reply is three integers: 1 or 0, what is
// left of the limit, and the milliseconds until the window ends.
#include "cay/host.h"
#include "cay/plugin.h"
#include "resp/number.h"

#include <algorithm>

namespace {

std::int64_t g_maxWindow = 0; // ratelimit-max-window

// An integer of at least 1; otherwise the error is written.
bool readPositive(cay::Call &call, cay::Bytes text, std::int64_t *out)
{
    if (!cay::resp::parseInteger(text, out))
        return call.fail(cay::errors::kNotInteger);
    return *out > 0 || call.fail(cay::errors::kMustBePositive);
}

struct Request
{
    std::int64_t limit, window, cost = 1;
};

bool parse(cay::Call &call, Request *out)
{
    if (!readPositive(call, call[2], &out->limit) || !readPositive(call, call[3], &out->window))
        return false;
    if (out->window > g_maxWindow)
        return call.fail("ERR the window is longer than ratelimit-max-window");
    if (call.size() == 4)
        return true;
    const bool isCost
        = call.size() == 6 && call[4].size() == 4
          && std::equal(call[4].begin(), call[4].end(), "COST",
                        [](char given, char wanted) { return (given & ~0x20) == wanted; });
    return isCost ? readPositive(call, call[5], &out->cost) : call.fail(cay::errors::kSyntax);
}

void reply(cay::Call &call, bool allowed, std::int64_t left, std::int64_t milliseconds)
{
    call.reply.array(3);
    call.reply.integer(allowed);
    call.reply.integer(left);
    call.reply.integer(milliseconds);
}

void rateLimit(cay::Call &call)
{
    Request request;
    if (!parse(call, &request))
        return;
    const cay::Key key = call.key(1);
    cay::Entry *entry = call.db.write(key);
    if (entry && !entry->isInteger()) {
        call.fail(cay::errors::kWrongType);
        return;
    }
    const std::int64_t used = entry ? entry->integer() : 0;
    const cay::UnixMs now = call.db.now();
    const cay::UnixMs end = entry && entry->hasExpiry() ? entry->expiry() : now + request.window;
    const bool allowed = used <= request.limit && request.cost <= request.limit - used;
    if (allowed) {
        entry = call.db.putInteger(key, used + request.cost, cay::Expiry::Keep);
        call.db.setExpiry(entry, end);
        call.modified(key, cay::EventClass::Module, "ratelimit");
        // A replica must not count by its own clock: it gets the result.
        call.propagateAs(
            {"SET", call[1], std::to_string(used + request.cost), "PXAT", std::to_string(end)});
    }
    reply(call, allowed,
          std::max<std::int64_t>(0, request.limit - used - (allowed ? request.cost : 0)),
          end - now);
}

constexpr cay::Binding kCommands[] = {{"ratelimit", rateLimit}};

} // namespace

class RateLimitPlugin : public QObject, public cay::Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "ratelimit.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const cay::Binding> commands() const override { return kCommands; }

    bool start(cay::Host &host, QString *) override
    {
        host.options().mirror("ratelimit-max-window", &g_maxWindow);
        return true;
    }
};

#include "ratelimit_plugin.moc"
