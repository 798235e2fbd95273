// Look-ups and argument checks that several commands share.
#include "keys.h"

#include <limits>

namespace keys {

const cay::Entry *lookUp(Call &call, std::size_t argument)
{
    const cay::Key key = call.key(argument);
    const cay::Entry *entry = call.db.peek(key);
    if (entry) {
        ++call.host.statistics().keyspaceHits;
    } else {
        ++call.host.statistics().keyspaceMisses;
        call.notify(key, cay::EventClass::KeyMiss, "keymiss");
    }
    return entry;
}

bool readDatabase(Call &call, std::size_t argument, cay::Db **db)
{
    using Limits = std::numeric_limits<int>;
    std::int64_t index = 0;
    if (!cay::readIntegerIn(call, call[argument], Limits::min(), Limits::max(), &index))
        return false;
    if (index < 0 || index >= call.host.databases())
        return call.fail(cay::errors::kDbOutOfRange);
    *db = &call.host.db(static_cast<int>(index));
    return true;
}

bool overwrite(Call &call, cay::Db &db, const cay::Key &key)
{
    cay::Value value;
    if (!db.take(key, &value, nullptr, nullptr))
        return false;
    call.host.freeValue(value, cay::Freeing::Configured);
    return true;
}

} // namespace keys
