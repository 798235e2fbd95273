// Configuration options, as redis.conf and CONFIG GET/SET know them. Declared in JSON, bound by
// their owner.
#pragma once

#include "store/bytes.h"

#include <QtCore/QString>

#include <functional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace cay {

// All on the command thread. Names are lower case; aliases ("slave-read-only") reach the same
// option.
class Q_DECL_EXPORT Options
{
public:
    virtual ~Options() = default;

    // The current value in the form in which CONFIG GET shows it. An unknown name gives an empty
    // string.
    virtual std::string text(Bytes name) const = 0;
    // The value of a bool, an integer, a memory size (bytes), or an enum (its position in the
    // JSON's "values").
    virtual std::int64_t integer(Bytes name) const = 0;
    bool flag(Bytes name) const { return integer(name) != 0; }

    // Calls `apply` now, and again after each successful change. False with a reason refuses the
    // change, and the option keeps its old value; a refusal of the first call stops the start.
    virtual void watch(Bytes name, std::function<bool(QString *why)> apply) = 0;
    // Mirrors an integer-like option into a variable that hot code reads. `to` outlives the
    // options.
    virtual void mirror(Bytes name, std::int64_t *to) = 0;
    virtual void mirror(Bytes name, bool *to) = 0;

    // Options that may stand on several lines (user, load-plugin): the words of each line. Else
    // empty.
    virtual std::vector<std::vector<std::string>> entries(Bytes name) const = 0;
    // CONFIG REWRITE asks `lines` for all lines of the option, name included, in place of the ones
    // that it would write.
    virtual void onRewrite(Bytes name, std::function<std::vector<std::string>()> lines) = 0;
    // Sets an option from inside the server (REPLICAOF, ACL LOAD): neither immutable nor protected
    // stops it.
    virtual bool change(Bytes name, Bytes value, std::string *why) = 0;

    // What CONFIG GET answers: name and value of each option that matches a name or a glob pattern,
    // once, by the name or alias that matched, in the order of the names.
    virtual std::vector<std::pair<std::string, std::string>>
    match(std::span<const Bytes> patterns) const = 0;
    // What CONFIG SET does: all of the name and value pairs, or none. `local`: the client is on a
    // loopback address or a unix socket. On failure *error is the error reply.
    virtual bool setMany(std::span<const std::pair<Bytes, Bytes>> pairs, bool local,
                         std::string *error)
        = 0;
    // Writes the configuration file anew, with its comments and order. On failure *error is the
    // error reply.
    virtual bool rewrite(std::string *error) = 0;
    // The same with every option written out, whether it differs from its default or not.
    virtual bool rewriteAll(std::string *error) = 0;
    // Absolute path, or empty.
    virtual const std::string &configFile() const = 0;
};

} // namespace cay
