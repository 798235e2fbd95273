#include "connection.h"

#include "cay/args.h"

#include <optional>

namespace connection {

using cay::Bytes;
using cay::Call;
using cay::Session;

namespace {

struct Filter
{
    std::optional<std::int64_t> id, maxAge;
    std::optional<ClientType> type;
    std::optional<Bytes> address, localAddress, user;
    bool skipMe = true;

    bool matches(const Session &session, std::int64_t now) const
    {
        return (!id || static_cast<std::int64_t>(session.id) == *id)
               && (!type || typeOf(session) == *type) && (!address || session.peer == *address)
               && (!localAddress || session.local == *localAddress)
               && (!user || session.user == *user)
               && (!maxAge || (now - session.createdMs) / 1000 >= *maxAge);
    }
};

bool parsePositive(Call &call, Bytes text, Bytes error, std::optional<std::int64_t> *out)
{
    std::int64_t n = 0;
    if (!cay::resp::parseInteger(text, &n) || n < 1)
        return call.fail(error);
    *out = n;
    return true;
}

bool parseOption(Call &call, Bytes option, Bytes value, Filter *filter)
{
    if (cay::isWord(option, "ID"))
        return parsePositive(call, value, "ERR client-id should be greater than 0", &filter->id);
    if (cay::isWord(option, "MAXAGE"))
        return parsePositive(call, value, "ERR maxage should be greater than 0", &filter->maxAge);
    if (cay::isWord(option, "TYPE")) {
        filter->type.emplace();
        return parseType(value, &*filter->type)
               || call.fail("ERR Unknown client type '" + std::string(value) + "'");
    }
    if (cay::isWord(option, "ADDR")) {
        filter->address = value;
    } else if (cay::isWord(option, "LADDR")) {
        filter->localAddress = value;
    } else if (cay::isWord(option, "USER")) {
        if (value != "default")
            return call.fail("ERR No such user '" + std::string(value) + "'");
        filter->user = value;
    } else if (cay::isWord(option, "SKIPME")
               && (cay::isWord(value, "YES") || cay::isWord(value, "NO"))) {
        filter->skipMe = cay::isWord(value, "YES");
    } else {
        return call.fail(cay::errors::kSyntax);
    }
    return true;
}

std::int64_t kill(Call &call, const Filter &filter)
{
    std::int64_t killed = 0;
    bool self = false;
    call.host.forEachSession([&](Session &session) {
        if (!filter.matches(session, call.host.now())
            || (filter.skipMe && &session == &call.session))
            return;
        ++killed;
        if (&session == &call.session)
            self = true; // after its reply
        else
            call.host.close(session, false);
    });
    if (self)
        call.host.close(call.session, true);
    return killed;
}

} // namespace

void clientKill(Call &call)
{
    Filter filter;
    if (call.size() == 3) {
        filter.address = call[2];
        filter.skipMe = false;
        if (kill(call, filter) == 0)
            call.fail("ERR No such client");
        else
            call.reply.ok();
        return;
    }
    if (call.size() % 2 != 0) {
        call.fail(cay::errors::kSyntax);
        return;
    }
    for (std::size_t i = 2; i < call.size(); i += 2) {
        if (!parseOption(call, call[i], call[i + 1], &filter))
            return;
    }
    call.reply.integer(kill(call, filter));
}

} // namespace connection
