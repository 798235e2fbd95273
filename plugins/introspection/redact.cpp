#include "redact.h"

#include "text.h"

namespace cay::introspection {

static void hide(std::vector<Bytes> &args, std::size_t from, std::size_t count)
{
    for (std::size_t i = from; i < args.size() && i < from + count; ++i)
        args[i] = kRedacted;
}

// HELLO 3 AUTH user password SETNAME name
static void hideHello(std::vector<Bytes> &args)
{
    for (std::size_t i = 2; i < args.size(); ++i) {
        if (equalsIgnoringCase(args[i], "auth") && i + 2 < args.size()) {
            hide(args, i + 1, 2);
            i += 2;
        } else if (equalsIgnoringCase(args[i], "setname")) {
            ++i;
        }
    }
}

static void hideConfigSet(std::vector<Bytes> &args)
{
    static constexpr Bytes kSensitive[] = {"requirepass",
                                           "masterauth",
                                           "masteruser",
                                           "primaryauth",
                                           "primaryuser",
                                           "tls-key-file-pass",
                                           "tls-client-key-file-pass"};
    for (std::size_t i = 2; i + 1 < args.size(); i += 2) {
        for (const Bytes name : kSensitive) {
            if (equalsIgnoringCase(args[i], name))
                args[i + 1] = kRedacted;
        }
    }
}

// MIGRATE host port key db timeout [COPY] [REPLACE] [AUTH password] [AUTH2 user password] [KEYS key
// ...]
static void hideMigrate(std::vector<Bytes> &args)
{
    for (std::size_t i = 6; i < args.size(); ++i) {
        if (equalsIgnoringCase(args[i], "keys"))
            return;
        if (equalsIgnoringCase(args[i], "auth2"))
            hide(args, i + 1, 2);
        else if (equalsIgnoringCase(args[i], "auth"))
            hide(args, i + 1, 1);
    }
}

std::vector<Bytes> withoutSecrets(const Call &call)
{
    std::vector<Bytes> args(call.args.begin(), call.args.end());
    const std::string &name = call.info.fullName;
    if (name == "auth")
        hide(args, 1, args.size());
    else if (name == "hello")
        hideHello(args);
    else if (name == "config|set")
        hideConfigSet(args);
    else if (name == "acl|setuser")
        hide(args, 2, args.size());
    else if (name == "migrate")
        hideMigrate(args);
    return args;
}

} // namespace cay::introspection
