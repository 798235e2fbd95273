// Changing a list in its middle: LINSERT, LSET, LTRIM, LREM.
#include "list_commands.h"

namespace cay::lists {

namespace {

// The index of the first equal element, size() when there is none.
std::uint64_t indexOf(const List &list, Bytes element)
{
    const Wanted wanted(element);
    std::uint64_t index = 0;
    list.forEach([&](const PackedValue &value) {
        if (wanted.equals(value))
            return false;
        ++index;
        return true;
    });
    return index;
}

} // namespace

void lInsert(Call &call)
{
    const bool after = isWord(call[2], "AFTER");
    if (!after && !isWord(call[2], "BEFORE")) {
        call.fail(errors::kSyntax);
        return;
    }
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!checkList(call, entry))
        return;
    if (!entry) {
        call.reply.zero();
        return;
    }
    List list(entry->object());
    list.expect(call[4].size(), 1);
    const std::uint64_t index = indexOf(list, call[3]);
    const bool found = index < list.size();
    if (found)
        list.insert(index + after, call[4]);
    entry->setObject(list.object());
    if (!found) {
        call.reply.integer(-1);
        return;
    }
    call.modified(key, EventClass::List, "linsert");
    call.reply.integer(static_cast<std::int64_t>(list.size()));
}

void lSet(Call &call)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!entry) {
        call.fail(errors::kNoSuchKey);
        return;
    }
    std::int64_t index = 0;
    if (!checkList(call, entry) || !readInteger(call, call[2], &index))
        return;
    List list(entry->object());
    list.expect(call[3].size(), 1);
    const auto size = static_cast<std::int64_t>(list.size());
    if (index < 0)
        index += size;
    const bool inside = index >= 0 && index < size;
    if (inside) {
        list.replace(static_cast<std::uint64_t>(index), call[3]);
        list.settle();
    }
    entry->setObject(list.object());
    if (!inside) {
        call.fail(errors::kIndexOutOfRange);
        return;
    }
    call.modified(key, EventClass::List, "lset");
    call.reply.ok();
}

void lTrim(Call &call)
{
    std::int64_t first = 0, last = 0;
    if (!readInteger(call, call[2], &first) || !readInteger(call, call[3], &last))
        return;
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!checkList(call, entry))
        return;
    call.reply.ok();
    if (!entry)
        return;
    List list(entry->object());
    const std::uint64_t size = list.size();
    const Range range(first, last, size);
    const std::uint64_t end = range.index + range.count;
    list.erase(end, size - end);
    list.erase(0, range.index);
    finishChange(call, key, entry, list, "ltrim", size - range.count);
}

void lRem(Call &call)
{
    std::int64_t count = 0;
    if (!readInteger(call, call[2], &count))
        return;
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!checkList(call, entry))
        return;
    if (!entry) {
        call.reply.zero();
        return;
    }
    List list(entry->object());
    const auto magnitude = static_cast<std::uint64_t>(count);
    const std::uint64_t limit = count == 0  ? list.size()
                                : count < 0 ? std::uint64_t(0) - magnitude
                                            : magnitude;
    const std::uint64_t erased = list.eraseEqual(call[3], limit, count < 0);
    call.reply.integer(static_cast<std::int64_t>(erased));
    if (erased)
        finishChange(call, key, entry, list, "lrem", erased);
    else
        entry->setObject(list.object());
}

} // namespace cay::lists
