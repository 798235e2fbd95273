#include "connection.h"

#include "cay/args.h"

#include "cay/help.h"

namespace connection {

using cay::Bytes;
using cay::Call;

namespace {

constexpr Bytes kHelp[] = {
    "CACHING (YES|NO)",
    "    Enable/disable tracking of the keys for next command in OPTIN/OPTOUT modes.",
    "CAPA <capability> [<capability> ...]",
    "    Tell the server what the client can do.",
    "GETREDIR",
    "    Return the client ID we are redirecting to when tracking is enabled.",
    "GETNAME",
    "    Return the name of the current connection.",
    "ID",
    "    Return the ID of the current connection.",
    "INFO",
    "    Return information about the current client connection.",
    "KILL <ip:port>",
    "    Kill connection made from <ip:port>.",
    "KILL <option> <value> [<option> <value> [...]]",
    "    Kill connections. Options are:",
    "    * ADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made from the specified address",
    "    * LADDR (<ip:port>|<unixsocket>:0)",
    "      Kill connections made to specified local address",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Kill connections by type.",
    "    * USER <username>",
    "      Kill connections authenticated by <username>.",
    "    * SKIPME (YES|NO)",
    "      Skip killing current connection (default: yes).",
    "    * ID <client-id>",
    "      Kill connections by client id.",
    "    * MAXAGE <maxage>",
    "      Kill connections older than the specified age.",
    "LIST [options ...]",
    "    Return information about client connections. Options:",
    "    * TYPE (NORMAL|MASTER|REPLICA|PUBSUB)",
    "      Return clients of specified type.",
    "    * ID <client-id> [<client-id> ...]",
    "      Return clients of the specified ids.",
    "UNPAUSE",
    "    Stop the current client pause, resuming traffic.",
    "PAUSE <timeout> [WRITE|ALL]",
    "    Suspend all, or just write, clients for <timeout> milliseconds.",
    "REPLY (ON|OFF|SKIP)",
    "    Control the replies sent to the current connection.",
    "SETNAME <name>",
    "    Assign the name <name> to the current connection.",
    "SETINFO <option> <value>",
    "    Set client meta attr. Options are:",
    "    * LIB-NAME: the client lib name.",
    "    * LIB-VER: the client lib version.",
    "UNBLOCK <clientid> [TIMEOUT|ERROR]",
    "    Unblock the specified blocked client.",
    "TRACKING (ON|OFF) [REDIRECT <id>] [BCAST] [PREFIX <prefix> [...]]",
    "         [OPTIN] [OPTOUT] [NOLOOP]",
    "    Control server assisted client side caching.",
    "TRACKINGINFO",
    "    Report tracking status for the current connection.",
    "NO-EVICT (ON|OFF)",
    "    Protect current client connection from eviction.",
    "NO-TOUCH (ON|OFF)",
    "    Will not touch LRU/LFU stats when this mode is on.",
};

void setFlag(Call &call, cay::SessionFlag flag)
{
    if (cay::isWord(call[2], "ON"))
        call.session.set(flag);
    else if (cay::isWord(call[2], "OFF"))
        call.session.unset(flag);
    else {
        call.fail(cay::errors::kSyntax);
        return;
    }
    call.reply.ok();
}

} // namespace

bool isValidName(Bytes name)
{
    return std::ranges::all_of(name, [](char c) { return c >= '!' && c <= '~'; });
}

bool setName(Call &call, Bytes name)
{
    if (!isValidName(name))
        return call.fail("ERR Client names cannot contain spaces, newlines or special characters.");
    call.session.name = std::string(name);
    return true;
}

// Nothing here changes by what a client can do; what it says is accepted so that newer clients can
// connect.
void clientCapa(Call &call) { call.reply.ok(); }

void clientGetname(Call &call)
{
    if (call.session.name.empty())
        call.reply.null();
    else
        call.reply.bulk(call.session.name);
}

// -1: this connection does not track keys.
void clientGetredir(Call &call) { call.reply.integer(call.session.redirect); }

void clientHelp(Call &call)
{
    // Subcommands may be missing with the plugin that brings them.
    std::vector<Bytes> lines;
    bool shown = true;
    for (const Bytes line : kHelp) {
        if (!line.starts_with(' ')) {
            const Bytes words[] = {"client", line.substr(0, line.find(' '))};
            shown = call.host.command(words)->parent != nullptr;
        }
        if (shown)
            lines.push_back(line);
    }
    cay::replyHelp(call, lines);
}

void clientId(Call &call) { call.reply.integer(static_cast<std::int64_t>(call.session.id)); }

void clientNoEvict(Call &call) { setFlag(call, cay::SessionNoEvict); }

void clientNoTouch(Call &call) { setFlag(call, cay::SessionNoTouch); }

void clientReply(Call &call)
{
    cay::Session &session = call.session;
    if (cay::isWord(call[2], "ON")) {
        session.unset(cay::SessionReplyOff);
        session.unset(cay::SessionReplySkipNext);
        call.reply.ok();
    } else if (cay::isWord(call[2], "OFF")) {
        session.set(cay::SessionReplyOff);
    } else if (cay::isWord(call[2], "SKIP")) {
        if (!session.has(cay::SessionReplyOff))
            session.set(cay::SessionReplySkipNext);
    } else {
        call.fail(cay::errors::kSyntax);
    }
}

void clientSetinfo(Call &call)
{
    std::string *attribute = nullptr;
    if (cay::isWord(call[2], "LIB-NAME"))
        attribute = &call.session.libName;
    else if (cay::isWord(call[2], "LIB-VER"))
        attribute = &call.session.libVersion;
    if (!attribute) {
        call.fail("ERR Unrecognized option '" + std::string(call[2]) + "'");
        return;
    }
    if (!isValidName(call[3])) {
        call.fail("ERR " + std::string(call[2])
                  + " cannot contain spaces, newlines or special characters.");
        return;
    }
    *attribute = std::string(call[3]);
    call.reply.ok();
}

void clientSetname(Call &call)
{
    if (setName(call, call[2]))
        call.reply.ok();
}

} // namespace connection
