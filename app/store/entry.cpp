#include "store/entry.h"

namespace cay::store {

char *Entry::writeText(char *p, Bytes text)
{
    if (text.size() < kLong) {
        *p++ = static_cast<char>(text.size());
    } else {
        const auto n = static_cast<std::uint32_t>(text.size());
        *p++ = static_cast<char>(kLong);
        std::memcpy(p, &n, 4);
        p += 4;
    }
    std::memmove(p, text.data(), text.size());
    return p + text.size();
}

Entry *Entry::make(void *memory, Bytes key, const Value &value, std::uint32_t clock,
                   const UnixMs *expiry)
{
    Entry *entry = static_cast<Entry *>(memory);
    char *p = static_cast<char *>(memory);
    const UnixMs at = expiry ? *expiry : 0;
    char *keyAt = p + (expiry ? 12 : 4);
    writeText(keyAt, key);
    if (expiry)
        std::memcpy(p + 4, &at, 8);
    entry->setMeta((clock & kClockMask) | (expiry ? kExpiryBit : 0));
    entry->setValue(value);
    return entry;
}

void Entry::insertExpiry(UnixMs at)
{
    std::memmove(bytes() + 12, bytes() + 4, size() - 4);
    setMeta(meta() | kExpiryBit);
    setExpiry(at);
}

void Entry::setValue(const Value &value)
{
    char *p = payload();
    switch (value.encoding) {
    case Encoding::Object: std::memcpy(p, &value.object, 8); break;
    case Encoding::Integer: std::memcpy(p, &value.integer, 8); break;
    case Encoding::Inline:
    case Encoding::InlineRaw: writeText(p, value.text); break;
    }
    setMeta((meta() & ~(0x3fu << 24)) | (static_cast<std::uint32_t>(value.type) << 24)
            | (static_cast<std::uint32_t>(value.encoding) << 28));
}

} // namespace cay::store
