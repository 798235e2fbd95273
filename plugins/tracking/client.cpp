// CLIENT TRACKING, CLIENT CACHING and CLIENT TRACKINGINFO.
#include "tracking.h"

#include "cay/args.h"

namespace cay::tracking {

namespace {

struct Request
{
    Settings settings;
    std::vector<Bytes> prefixes;
    std::int64_t redirect = 0;
    bool broadcast = false;
};

bool readRedirect(Call &call, Bytes text, Request *request)
{
    if (request->redirect != 0)
        return call.fail("ERR A client can only redirect to a single other client");
    if (!readInteger(call, text, &request->redirect))
        return false;
    // It may go later; that it is there now is still a sensible check.
    return call.host.session(static_cast<SessionId>(request->redirect))
           || call.fail("ERR The client ID you want redirect to does not exist");
}

bool readOptions(Call &call, Request *request)
{
    for (std::size_t i = 3; i < call.size(); ++i) {
        const bool more = i + 1 < call.size();
        if (more && isWord(call[i], "REDIRECT")) {
            if (!readRedirect(call, call[++i], request))
                return false;
        } else if (isWord(call[i], "BCAST")) {
            request->broadcast = true;
        } else if (isWord(call[i], "OPTIN")) {
            request->settings.optIn = true;
        } else if (isWord(call[i], "OPTOUT")) {
            request->settings.optOut = true;
        } else if (isWord(call[i], "NOLOOP")) {
            request->settings.noLoop = true;
        } else if (more && isWord(call[i], "PREFIX")) {
            request->prefixes.push_back(call[++i]);
        } else {
            return call.fail(errors::kSyntax);
        }
    }
    return true;
}

bool beginAlike(Bytes a, Bytes b)
{
    const std::size_t n = std::min(a.size(), b.size());
    return a.substr(0, n) == b.substr(0, n);
}

bool failOverlap(Call &call, Bytes prefix, const char *with, Bytes other)
{
    const auto text = [](Bytes bytes) { return std::string(bytes.substr(0, bytes.find('\0'))); };
    return call.fail("ERR Prefix '" + text(prefix) + "' overlaps with " + with + " prefix '"
                     + text(other) + "'. Prefixes for a single client must not overlap.");
}

bool checkPrefixes(Call &call, const Settings *current, const std::vector<Bytes> &prefixes)
{
    for (std::size_t i = 0; i < prefixes.size(); ++i) {
        if (current) {
            for (const std::string &own : current->prefixes) {
                if (beginAlike(own, prefixes[i]))
                    return failOverlap(call, prefixes[i], "an existing", own);
            }
        }
        for (std::size_t j = i + 1; j < prefixes.size(); ++j) {
            if (beginAlike(prefixes[i], prefixes[j]))
                return failOverlap(call, prefixes[i], "another provided", prefixes[j]);
        }
    }
    return true;
}

// Whether the options go together, and with what the session does already.
bool checkModes(Call &call, const Settings *current, const Request &request)
{
    if (!request.broadcast && !request.prefixes.empty())
        return call.fail("ERR PREFIX option requires BCAST mode to be enabled");
    if (current && call.session.has(SessionTrackingBroadcast) != request.broadcast)
        return call.fail("ERR You can't switch BCAST mode on/off before disabling tracking for "
                         "this client, and then re-enabling it with a different mode.");
    const Settings &settings = request.settings;
    if (request.broadcast && (settings.optIn || settings.optOut))
        return call.fail("ERR OPTIN and OPTOUT are not compatible with BCAST");
    if (settings.optIn && settings.optOut)
        return call.fail("ERR You can't specify both OPTIN mode and OPTOUT mode");
    if (current && ((settings.optIn && current->optOut) || (settings.optOut && current->optIn)))
        return call.fail("ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for "
                         "this client, and then re-enabling it with a different mode.");
    return true;
}

void turnOn(Call &call, Request &request)
{
    Session &session = call.session;
    const Settings *current = tracker().settingsOf(session);
    if (!checkModes(call, current, request) || !checkPrefixes(call, current, request.prefixes))
        return;
    if (request.broadcast && request.prefixes.empty())
        request.prefixes.push_back({}); // every key
    request.settings.prefixes.insert(request.prefixes.begin(), request.prefixes.end());
    tracker().enable(session, static_cast<SessionId>(request.redirect), request.broadcast,
                     request.settings);
    call.reply.ok();
}

std::vector<Bytes> flagsOf(const Session &session, const Settings *settings)
{
    if (!settings)
        return {"off"};
    std::vector<Bytes> flags{"on"};
    if (session.has(SessionTrackingBroadcast))
        flags.push_back("bcast");
    if (settings->optIn) {
        flags.push_back("optin");
        if (settings->caching)
            flags.push_back("caching-yes");
    }
    if (settings->optOut) {
        flags.push_back("optout");
        if (settings->caching)
            flags.push_back("caching-no");
    }
    if (settings->noLoop)
        flags.push_back("noloop");
    if (session.has(SessionTrackingBroken))
        flags.push_back("broken_redirect");
    return flags;
}

} // namespace

void clientTracking(Call &call)
{
    Request request;
    if (!readOptions(call, &request))
        return;
    if (isWord(call[2], "ON")) {
        turnOn(call, request);
    } else if (isWord(call[2], "OFF")) {
        tracker().disable(call.session);
        call.reply.ok();
    } else {
        call.fail(errors::kSyntax);
    }
}

void clientCaching(Call &call)
{
    Settings *settings = tracker().settingsOf(call.session);
    if (!settings) {
        call.fail("ERR CLIENT CACHING can be called only when the client is in tracking mode with "
                  "OPTIN or OPTOUT mode enabled");
    } else if (isWord(call[2], "YES") && !settings->optIn) {
        call.fail("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    } else if (isWord(call[2], "NO") && !settings->optOut) {
        call.fail("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    } else if (isWord(call[2], "YES") || isWord(call[2], "NO")) {
        settings->caching = true;
        call.reply.ok();
    } else {
        call.fail(errors::kSyntax);
    }
}

void clientTrackingInfo(Call &call)
{
    const Session &session = call.session;
    const Settings *settings = tracker().settingsOf(session);
    resp::Reply &reply = call.reply;
    reply.map(3);
    reply.bulk("flags");
    const std::vector<Bytes> flags = flagsOf(session, settings);
    reply.set(flags.size());
    for (const Bytes flag : flags)
        reply.bulk(flag);
    reply.bulk("redirect");
    reply.integer(settings ? session.redirect : -1);
    reply.bulk("prefixes");
    reply.array(settings ? settings->prefixes.size() : 0);
    if (settings) {
        for (const std::string &prefix : settings->prefixes)
            reply.bulk(prefix);
    }
}

} // namespace cay::tracking
