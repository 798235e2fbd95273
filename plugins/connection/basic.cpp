#include "connection.h"

namespace connection {

using cay::Call;

void ping(Call &call)
{
    if (call.size() > 2) {
        call.fail(cay::errors::wrongArity(call.info.fullName));
        return;
    }
    // A RESP2 client that is subscribed can only be told in the form of a message.
    if (call.session.has(cay::SessionPubsub) && call.reply.version() == 2) {
        call.reply.array(2);
        call.reply.bulk("pong");
        call.reply.bulk(call.size() == 2 ? call[1] : cay::Bytes());
    } else if (call.size() == 2) {
        call.reply.bulk(call[1]);
    } else {
        call.reply.pong();
    }
}

void echo(Call &call) { call.reply.bulk(call[1]); }

void select(Call &call)
{
    std::int64_t index = 0;
    if (!cay::resp::parseInteger(call[1], &index)) {
        call.fail(cay::errors::kNotInteger);
        return;
    }
    if (index < INT32_MIN || index > INT32_MAX) {
        call.fail("ERR value is out of range, value must between -2147483648 and 2147483647");
        return;
    }
    if (index < 0 || index >= call.host.databases()) {
        call.fail(cay::errors::kDbOutOfRange);
        return;
    }
    call.session.db = &call.host.db(static_cast<int>(index));
    call.reply.ok();
}

void reset(Call &call)
{
    if (call.session.flags & (cay::SessionReplica | cay::SessionMaster)
        && !call.session.has(cay::SessionMonitor)) {
        call.fail("ERR can only reset normal client connections");
        return;
    }
    call.host.reset(call.session);
    call.reply.simple("RESET");
}

void quit(Call &call)
{
    call.reply.ok();
    call.host.close(call.session, true);
}

} // namespace connection
