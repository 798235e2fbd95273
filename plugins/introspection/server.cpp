// TIME and SHUTDOWN.
#include "introspection.h"
#include "text.h"

#include <chrono>

namespace cay::introspection {

void time(Call &call)
{
    const auto now = std::chrono::duration_cast<std::chrono::microseconds>(
                         std::chrono::system_clock::now().time_since_epoch())
                         .count();
    call.reply.array(2);
    call.reply.bulkInteger(now / 1000000);
    call.reply.bulkInteger(now % 1000000);
}

namespace {

struct ShutdownOptions
{
    bool save = false, noSave = false, now = false, force = false, abort = false;
};

bool parse(Call &call, ShutdownOptions *options)
{
    for (const Bytes arg : call.args.subspan(1)) {
        if (equalsIgnoringCase(arg, "nosave"))
            options->noSave = true;
        else if (equalsIgnoringCase(arg, "save"))
            options->save = true;
        else if (equalsIgnoringCase(arg, "now"))
            options->now = true;
        else if (equalsIgnoringCase(arg, "force"))
            options->force = true;
        else if (equalsIgnoringCase(arg, "abort"))
            options->abort = true;
        else
            return call.fail(errors::kSyntax);
    }
    const bool others = options->save || options->noSave || options->now || options->force;
    if ((options->abort && others) || (options->save && options->noSave))
        return call.fail(errors::kSyntax);
    return true;
}

} // namespace

void shutdown(Call &call)
{
    ShutdownOptions options;
    if (!parse(call, &options))
        return;
    if (options.abort) {
        // It never waits for anything, so there is nothing to abort.
        call.fail("ERR No shutdown in progress.");
        return;
    }
    if (call.session.has(SessionDenyBlocking) && !options.now) {
        call.fail("ERR SHUTDOWN without NOW or ABORT isn't allowed for DENY BLOCKING client");
        return;
    }
    // Nothing can be saved until a plugin keeps the data on disk: better to stay than to lose what
    // was to be saved.
    if (options.save && !options.force && call.host.api("persistence") == nullptr) {
        call.fail("ERR Errors trying to SHUTDOWN. Check logs.");
        return;
    }
    call.host.shutdown(0);
}

} // namespace cay::introspection
