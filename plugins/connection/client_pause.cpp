#include "connection.h"

#include "cay/args.h"

namespace connection {

using cay::Call;

void clientPause(Call &call)
{
    std::int64_t timeout = 0;
    if (!cay::resp::parseInteger(call[2], &timeout)) {
        call.fail(cay::errors::kTimeoutNotInteger);
        return;
    }
    if (timeout < 0) {
        call.fail(cay::errors::kTimeoutNegative);
        return;
    }
    auto what = cay::Host::Pause::All;
    if (call.size() > 4
        || (call.size() == 4 && !cay::isWord(call[3], "WRITE") && !cay::isWord(call[3], "ALL"))) {
        call.fail(call.size() > 4 ? cay::errors::kSyntax
                                  : "ERR CLIENT PAUSE mode must be WRITE or ALL");
        return;
    }
    if (call.size() == 4 && cay::isWord(call[3], "WRITE"))
        what = cay::Host::Pause::Writes;
    const cay::UnixMs now = call.host.now();
    call.host.pause(what, timeout > INT64_MAX - now ? INT64_MAX : now + timeout);
    call.reply.ok();
}

void clientUnpause(Call &call)
{
    call.host.pause(cay::Host::Pause::None, 0);
    call.reply.ok();
}

void clientUnblock(Call &call)
{
    bool withError = false;
    if (call.size() == 4 && (cay::isWord(call[3], "ERROR") || cay::isWord(call[3], "TIMEOUT"))) {
        withError = cay::isWord(call[3], "ERROR");
    } else if (call.size() != 3) {
        call.fail("ERR CLIENT UNBLOCK reason should be TIMEOUT or ERROR");
        return;
    }
    std::int64_t id = 0;
    if (!cay::resp::parseInteger(call[2], &id)) {
        call.fail(cay::errors::kNotInteger);
        return;
    }
    // A session that is held by a pause waits too, but not in a command of its own.
    cay::Session *session = call.host.session(static_cast<cay::SessionId>(id));
    call.reply.integer(session && call.host.unblock(*session, withError));
}

} // namespace connection
