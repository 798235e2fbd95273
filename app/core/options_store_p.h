// The inside of OptionStore, shared by its source files.
#pragma once

#include "core/options_store.h"

namespace cay::core {

struct Watch
{
    std::string owner; // plugin id
    std::function<bool(QString *why)> apply;
};

struct OptionStore::Option
{
    OptionSpec spec;
    OptionValue value;
    std::string origin; // "file:line" of the directive that set it last, empty for a default
    std::vector<Watch> watches;
    std::function<std::vector<std::string>()> rewriteLines;
    std::string rewriteOwner;
};

struct OptionStore::Waiting
{
    Directive directive;
    bool applied = false; // its owner has come
};

struct OptionStore::Change
{
    Option *option;
    std::string asked; // the name as CONFIG SET gave it, in lower case
    OptionValue value; // the new one; after commit() the old one
};

} // namespace cay::core
