// Parts of strings: STRLEN, APPEND, GETRANGE (once SUBSTR), SETRANGE.
#include "string_commands.h"

#include "cay/string_edit.h"

#include <algorithm>

namespace cay::strings {

namespace {

std::size_t length(const Entry &entry)
{
    char digits[24];
    return store::stringText(entry, digits).size();
}

// Writes a part of a string, with zeros up to it where the string is shorter. `entry` is the key's,
// null without one. Returns the new length. An edited string is "raw", even where it reads as an
// integer.
std::size_t writePart(Call &call, const Key &key, Entry *entry, std::size_t offset, Bytes patch)
{
    char *bytes = editString(call.db, key, entry, offset + patch.size());
    std::memcpy(bytes + offset, patch.data(), patch.size());
    return length(*entry);
}

} // namespace

void strLen(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry)
        call.reply.zero();
    else if (isString(*entry))
        call.reply.integer(static_cast<std::int64_t>(length(*entry)));
    else
        call.fail(errors::kWrongType);
}

void append(Call &call)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    std::size_t size;
    if (!entry) {
        storeArgument(call, key, 2);
        size = call[2].size();
    } else {
        if (!isString(*entry)) {
            call.fail(errors::kWrongType);
            return;
        }
        const std::size_t before = length(*entry);
        if (!checkStringSize(call, before, call[2].size()))
            return;
        size = writePart(call, key, entry, before, call[2]);
    }
    call.modified(key, EventClass::String, "append");
    call.reply.integer(static_cast<std::int64_t>(size));
}

void getRange(Call &call)
{
    std::int64_t start, end;
    if (!readInteger(call, call[2], &start) || !readInteger(call, call[3], &end))
        return;
    const Entry *entry = call.db.read(call.key(1));
    if (!entry) {
        call.reply.emptyBulk();
        return;
    }
    if (!isString(*entry)) {
        call.fail(errors::kWrongType);
        return;
    }
    char digits[24];
    const Bytes text = store::stringText(*entry, digits);
    const auto size = static_cast<std::int64_t>(text.size());
    if (start < 0 && end < 0 && start > end) {
        call.reply.emptyBulk();
        return;
    }
    start = std::max<std::int64_t>(start < 0 ? size + start : start, 0);
    end = std::min(std::max<std::int64_t>(end < 0 ? size + end : end, 0), size - 1);
    if (start > end)
        call.reply.emptyBulk();
    else
        call.reply.bulk(text.substr(static_cast<std::size_t>(start),
                                    static_cast<std::size_t>(end - start + 1)));
}

void setRange(Call &call)
{
    std::int64_t offset;
    if (!readInteger(call, call[2], &offset))
        return;
    if (offset < 0) {
        call.fail(errors::kOffsetOutOfRange);
        return;
    }
    const Key key = call.key(1);
    const Bytes patch = call[3];
    Entry *entry = call.db.write(key);
    if (entry && !isString(*entry)) {
        call.fail(errors::kWrongType);
        return;
    }
    if (patch.empty()) {
        call.reply.integer(entry ? static_cast<std::int64_t>(length(*entry)) : 0);
        return;
    }
    if (!checkStringSize(call, static_cast<std::size_t>(offset), patch.size()))
        return;
    const std::size_t size = writePart(call, key, entry, static_cast<std::size_t>(offset), patch);
    call.modified(key, EventClass::String, "setrange");
    call.reply.integer(static_cast<std::int64_t>(size));
}

} // namespace cay::strings
