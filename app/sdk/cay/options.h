// Configuration options, as redis.conf and CONFIG GET/SET know them. Declared in JSON, bound by their owner.
#pragma once

#include "store/bytes.h"

#include <QtCore/QString>

#include <functional>
#include <string>

namespace cay {

// All on the command thread. Names are lower case; aliases ("slave-read-only") reach the same option.
class [[gnu::visibility("default")]] Options
{
public:
    virtual ~Options() = default;

    // The current value in the form in which CONFIG GET shows it. An unknown name gives an empty string.
    virtual std::string text(Bytes name) const = 0;
    // The value of a bool, an integer, a memory size (bytes), or an enum (its position in the JSON's "values").
    virtual std::int64_t integer(Bytes name) const = 0;
    bool flag(Bytes name) const { return integer(name) != 0; }

    // Calls `apply` now, and again after each successful change. False with a reason refuses the change, and
    // the option keeps its old value; a refusal of the first call stops the start.
    virtual void watch(Bytes name, std::function<bool(QString *why)> apply) = 0;
    // Mirrors an integer-like option into a variable that hot code reads. `to` outlives the options.
    virtual void mirror(Bytes name, std::int64_t *to) = 0;
    virtual void mirror(Bytes name, bool *to) = 0;
};

} // namespace cay
