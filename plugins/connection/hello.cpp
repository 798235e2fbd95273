#include "connection.h"

#include "cay/args.h"

#include "cay/version.h"

namespace connection {

using cay::Bytes;
using cay::Call;
using cay::Session;

namespace {

cay::Host *g_host = nullptr;
std::string g_password;

// Takes the same time wherever the first difference is.
bool equalInConstantTime(Bytes a, Bytes b)
{
    unsigned char difference = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < b.size(); ++i)
        difference |= static_cast<unsigned char>(b[i] ^ a[a.empty() ? 0 : i % a.size()]);
    return difference == 0;
}

bool authenticate(Call &call, Bytes user, Bytes password)
{
    const bool known = user == "default";
    if (!known
        || (!g_password.empty()
            && !equalInConstantTime(password.empty() ? Bytes("\0", 1) : password, g_password))) {
        ++call.host.statistics().aclDeniedAuth;
        return call.fail(cay::errors::kWrongPass);
    }
    call.session.user = std::string(user);
    call.session.set(cay::SessionAuthenticated);
    return true;
}

void describeServer(Call &call)
{
    auto &reply = call.reply;
    reply.map(7);
    reply.bulk("server");
    reply.bulk("redis");
    reply.bulk("version");
    reply.bulk(cay::kRedisVersion);
    reply.bulk("proto");
    reply.integer(reply.version());
    reply.bulk("id");
    reply.integer(static_cast<std::int64_t>(call.session.id));
    reply.bulk("mode");
    reply.bulk("standalone");
    reply.bulk("role");
    reply.bulk("master");
    reply.bulk("modules");
    reply.emptyArray();
}

} // namespace

void setUpAuthentication(cay::Host &host)
{
    g_host = &host;
    // A changed password asks nobody again: who is in, stays in, as in Redis.
    host.options().watch("requirepass", [](QString *) {
        g_password = g_host->options().text("requirepass");
        return true;
    });
    host.onSessionOpened([](Session &session) {
        if (!g_password.empty())
            session.unset(cay::SessionAuthenticated);
    });
}

void auth(Call &call)
{
    if (call.size() > 3) {
        call.fail(cay::errors::kSyntax);
        return;
    }
    if (call.size() == 2 && g_password.empty()) {
        call.fail("ERR AUTH <password> called without any password configured for the default "
                  "user. Are you sure "
                  "your configuration is correct?");
        return;
    }
    if (authenticate(call, call.size() == 3 ? call[1] : Bytes("default"), call[call.size() - 1]))
        call.reply.ok();
}

void hello(Call &call)
{
    std::int64_t version = 0;
    if (call.size() > 1) {
        if (!cay::resp::parseInteger(call[1], &version)) {
            call.fail("ERR Protocol version is not an integer or out of range");
            return;
        }
        if (version < 2 || version > 3) {
            call.fail(cay::errors::kNoProto);
            return;
        }
    }
    Bytes user, password, name;
    bool withAuth = false, withName = false;
    for (std::size_t i = 2; i < call.size(); ++i) {
        const std::size_t more = call.size() - i - 1;
        if (cay::isWord(call[i], "AUTH") && more >= 2) {
            user = call[i + 1];
            password = call[i + 2];
            withAuth = true;
            i += 2;
        } else if (cay::isWord(call[i], "SETNAME") && more >= 1) {
            name = call[++i];
            withName = true;
            if (!isValidName(name)) {
                call.fail(
                    "ERR Client names cannot contain spaces, newlines or special characters.");
                return;
            }
        } else {
            call.fail("ERR Syntax error in HELLO option '" + std::string(call[i]) + "'");
            return;
        }
    }
    if (withAuth && !authenticate(call, user, password))
        return;
    if (!call.session.has(cay::SessionAuthenticated)) {
        call.fail("NOAUTH HELLO must be called with the client already authenticated, otherwise "
                  "the HELLO AUTH <user> <pass> option can be used to authenticate the client and "
                  "select the RESP protocol version at the same time");
        return;
    }
    if (withName)
        setName(call, name);
    if (version != 0)
        call.reply.setVersion(static_cast<int>(version));
    describeServer(call);
}

} // namespace connection
