#include "cay/string_edit.h"

#include <algorithm>

namespace cay {

namespace {

using store::StringBlock;

// From here on new memory is taken zeroed from the system rather than filled with zeros.
constexpr std::size_t kFarAway = 1024 * 1024;

// `bytes` has room for `size`: the old text, then zeros.
void copyAndClear(char *bytes, std::size_t size, Bytes old)
{
    if (!old.empty())
        std::memcpy(bytes, old.data(), old.size());
    std::memset(bytes + old.size(), 0, size - old.size());
}

StringBlock *zeroedBlock(std::size_t size, std::size_t capacity, Bytes old)
{
    StringBlock *block = StringBlock::zeroed(capacity);
    if (!old.empty())
        std::memcpy(block->data(), old.data(), old.size());
    block->setSize(size);
    return block;
}

char *editBlock(Entry *entry, std::size_t size)
{
    StringBlock *block = store::stringBlock(entry->value());
    if (size > block->capacity() && size >= kFarAway && size / 2 > block->size()) {
        StringBlock *larger = zeroedBlock(size, StringBlock::withSlack(size), block->text());
        block->release();
        entry->setObject(larger);
        return larger->data();
    }
    block = StringBlock::writable(block, std::max(size, block->size()));
    entry->setObject(block);
    if (size > block->size()) {
        std::memset(block->data() + block->size(), 0, size - block->size());
        block->setSize(size);
    }
    return block->data();
}

} // namespace

char *editString(Db &db, const Key &key, Entry *&entry, std::size_t size)
{
    if (entry && entry->isObject())
        return editBlock(entry, size);
    char digits[24];
    const Bytes old = entry ? store::stringText(*entry, digits) : Bytes();
    size = std::max(size, old.size());
    const bool isRaw = entry && entry->encoding() == Encoding::InlineRaw;
    if (size > store::kMaxInline) {
        const std::size_t capacity = entry ? StringBlock::withSlack(size) : size;
        StringBlock *block = zeroedBlock(size, capacity, old);
        const Value value = Value::ofObject(kStringType, block);
        entry = entry ? db.replace(key, entry, value) : db.put(key, value);
        return block->data();
    }
    if (!isRaw || size != old.size()) {
        char bytes[store::kMaxInline];
        copyAndClear(bytes, size, old);
        Value value = Value::ofText(Bytes(bytes, size));
        value.encoding = Encoding::InlineRaw;
        entry = entry ? db.replace(key, entry, value) : db.put(key, value);
    }
    return const_cast<char *>(entry->text().data());
}

Entry *putRaw(Db &db, const Key &key, Bytes text, Expiry expiry)
{
    if (text.size() > store::kMaxInline)
        return db.put(key, Value::ofObject(kStringType, StringBlock::fromBytes(text)), expiry);
    Value value = Value::ofText(text);
    value.encoding = Encoding::InlineRaw;
    return db.put(key, value, expiry);
}

} // namespace cay
