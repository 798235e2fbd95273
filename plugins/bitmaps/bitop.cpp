// BITOP.
#include "bitmap_commands.h"

#include "store/bits.h"

#include <algorithm>

namespace cay::bitmaps {

namespace {

using store::BitOperation;
using store::StringBlock;

struct Named
{
    Bytes word;
    BitOperation operation;
};
constexpr Named kOperations[] = {
    {"AND", BitOperation::And},     {"OR", BitOperation::Or},     {"XOR", BitOperation::Xor},
    {"NOT", BitOperation::Not},     {"DIFF", BitOperation::Diff}, {"DIFF1", BitOperation::Diff1},
    {"ANDOR", BitOperation::AndOr}, {"ONE", BitOperation::One},
};

bool readOperation(Call &call, BitOperation *operation)
{
    const auto *found = std::ranges::find_if(
        kOperations, [&](const Named &named) { return isWord(call[1], named.word); });
    if (found == std::end(kOperations))
        return call.fail(errors::kSyntax);
    *operation = found->operation;
    const std::size_t sources = call.size() - 3;
    if (*operation == BitOperation::Not && sources != 1)
        return call.fail("ERR BITOP NOT must be called with a single source key.");
    const bool needsTwo = *operation == BitOperation::Diff || *operation == BitOperation::Diff1
                          || *operation == BitOperation::AndOr;
    if (needsTwo && sources < 2)
        return call.fail("ERR BITOP " + std::string(found->word)
                         + " must be called with at least two source keys.");
    return true;
}

// The texts of the sources, which stay where they are until something is written.
struct Sources
{
    std::vector<Bytes> texts;
    std::vector<std::array<char, 24>> digits; // of integers, by argument
    std::size_t longest = 0;

    bool read(Call &call)
    {
        const std::size_t n = call.size() - 3;
        texts.reserve(n);
        digits.resize(n);
        for (std::size_t i = 0; i < n; ++i) {
            Bytes text;
            bool exists;
            auto &scratch = reinterpret_cast<char(&)[24]>(*digits[i].data());
            if (!readString(call, 3 + i, scratch, &text, &exists))
                return false;
            texts.push_back(text);
            longest = std::max(longest, text.size());
        }
        return true;
    }
};

// The destination's own block when the result may be written over it: that of nobody else, and of
// about the right size. It may be one of the sources, too.
StringBlock *reusable(const Entry *entry, std::size_t size)
{
    if (!entry || entry->type() != kStringType || !entry->isObject() || size <= store::kMaxInline)
        return nullptr;
    StringBlock *block = store::stringBlock(entry->value());
    const bool fits = block->capacity() >= size && block->capacity() / 2 <= size;
    return fits && !block->isShared() ? block : nullptr;
}

void storeResult(Call &call, const Key &key, BitOperation operation, const Sources &sources)
{
    const std::size_t size = sources.longest;
    Entry *entry = call.db.write(key);
    if (StringBlock *block = reusable(entry, size)) {
        store::combineBits(operation, sources.texts, block->data(), size);
        block->setSize(size);
        if (entry->hasExpiry())
            call.db.clearExpiry(key, entry);
    } else if (size > store::kMaxInline) {
        block = StringBlock::create(size);
        store::combineBits(operation, sources.texts, block->data(), size);
        call.db.put(key, Value::ofObject(kStringType, block));
    } else {
        char bytes[store::kMaxInline];
        store::combineBits(operation, sources.texts, bytes, size);
        putRaw(call.db, key, Bytes(bytes, size));
    }
}

} // namespace

void bitOp(Call &call)
{
    BitOperation operation;
    Sources sources;
    if (!readOperation(call, &operation) || !sources.read(call))
        return;
    const Key key = call.key(2);
    if (sources.longest > 0) {
        storeResult(call, key, operation, sources);
        call.modified(key, EventClass::String, "set");
    } else if (call.db.erase(key)) {
        call.modified(key, EventClass::Generic, "del");
    }
    call.reply.integer(static_cast<std::int64_t>(sources.longest));
}

} // namespace cay::bitmaps
