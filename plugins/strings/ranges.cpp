// Parts of strings: STRLEN, APPEND, GETRANGE (once SUBSTR), SETRANGE.
#include "string_commands.h"

#include <algorithm>

namespace cay::strings {

namespace {

using store::StringBlock;

std::size_t length(const Entry &entry)
{
    char digits[24];
    return store::stringText(entry, digits).size();
}

// `bytes` has room for `size`: old text, zeros, patch.
void compose(char *bytes, std::size_t size, Bytes old, std::size_t offset, Bytes patch)
{
    if (!old.empty())
        std::memcpy(bytes, old.data(), old.size());
    std::memset(bytes + old.size(), 0, size - old.size());
    std::memcpy(bytes + offset, patch.data(), patch.size());
}

void writeIntoBlock(Entry *entry, std::size_t size, std::size_t offset, Bytes patch)
{
    auto *block = StringBlock::writable(store::stringBlock(entry->value()), size);
    if (offset > block->size())
        std::memset(block->data() + block->size(), 0, offset - block->size());
    std::memcpy(block->data() + offset, patch.data(), patch.size());
    block->setSize(size);
    entry->setObject(block);
}

// Writes a part of a string, with zeros up to it where the string is shorter. `entry` is the key's,
// null without one. Returns the new length. An edited string is "raw", even where it reads as an
// integer.
std::size_t writePart(Call &call, const Key &key, Entry *entry, std::size_t offset, Bytes patch)
{
    char digits[24];
    const Bytes old = entry ? store::stringText(*entry, digits) : Bytes();
    const std::size_t size = std::max(old.size(), offset + patch.size());
    if (entry && entry->isObject()) {
        writeIntoBlock(entry, size, offset, patch);
        return size;
    }
    char bytes[store::kMaxInline];
    Value value;
    if (size <= store::kMaxInline) {
        compose(bytes, size, old, offset, patch);
        value = Value::ofText(Bytes(bytes, size));
        value.encoding = Encoding::InlineRaw;
    } else {
        auto *block = StringBlock::withCapacity(entry ? StringBlock::withSlack(size) : size);
        compose(block->data(), size, old, offset, patch);
        block->setSize(size);
        value = Value::ofObject(kStringType, block);
    }
    entry ? call.db.replace(key, entry, value) : call.db.put(key, value);
    return size;
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
