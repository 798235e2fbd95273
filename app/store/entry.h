// One key with its value, in one allocation.
//
//   byte 0        4          12 (0 when no expiry)
//   +------------+----------+-----------------+---------+-------------------------------------+
//   | meta 32bit | expiry 8 | key size 1 or 5 | key ... | value: see Encoding                  |
//   +------------+----------+-----------------+---------+-------------------------------------+
//   meta: bits 0..23 access clock | 24..27 type | 28..29 encoding | 30 has expiry | 31 timed
//   value: Object 8-byte pointer | Integer 8 bytes | Inline, InlineRaw: size (1 or 5 bytes), bytes
//
// A timed entry's value has parts that expire by themselves, such as the fields of a hash: its
// pointer, without the three low bits, leads to the time at which the first of them does.
//
// Sizes below 0xff take one byte; others 0xff and 32 bits. Nothing but the start is aligned; all is
// read by memcpy. A 16-byte key with a 10-byte value takes 4+1+16+1+10 = 32 bytes.
//
// Turned down: a separate value object (Redis's robj and sds: two more headers and a cache miss),
// and a fixed header with 32-bit lengths (12 bytes more per key).
#pragma once

#include "store/bytes.h"

#include <cassert>
#include <cstring>

namespace cay::store {

using TypeId = std::uint8_t;
inline constexpr TypeId kMaxTypes = 16;

enum class Encoding : std::uint8_t {
    Object,    // a pointer that belongs to the value's type
    Integer,   // a string that is a signed 64-bit integer
    Inline,    // a short string in the entry
    InlineRaw, // the same, but it has been edited in place: Redis calls it "raw"
};

// A value apart from its key: what find() shows, and what put() takes.
struct Value
{
    TypeId type = 0;
    Encoding encoding = Encoding::Inline;
    union {
        void *object = nullptr;
        std::int64_t integer;
    };
    Bytes text; // Inline and InlineRaw; borrowed

    static Value ofText(Bytes text)
    {
        Value v;
        v.text = text;
        return v;
    }
    static Value ofInteger(std::int64_t n)
    {
        Value v;
        v.encoding = Encoding::Integer;
        v.integer = n;
        return v;
    }
    static Value ofObject(TypeId type, void *object)
    {
        Value v;
        v.type = type;
        v.encoding = Encoding::Object;
        v.object = object;
        return v;
    }
};

class Entry
{
public:
    Entry() = delete;
    Entry(const Entry &) = delete;

    TypeId type() const { return (meta() >> 24) & 0xf; }
    Encoding encoding() const { return static_cast<Encoding>((meta() >> 28) & 3); }
    bool hasExpiry() const { return meta() & kExpiryBit; }
    bool isTimed() const { return meta() & kTimedBit; }
    void setTimed(bool timed) { setMeta((meta() & ~kTimedBit) | (timed ? kTimedBit : 0)); }
    // Unix milliseconds. REQUIRES: isTimed(), or an object of that kind.
    UnixMs due() const { return *dueAddress(); }
    void setDue(UnixMs at) { *dueAddress() = at; }
    // Unix milliseconds. REQUIRES: hasExpiry().
    UnixMs expiry() const
    {
        UnixMs at;
        std::memcpy(&at, bytes() + 4, 8);
        return at;
    }
    // The 24-bit LRU clock or LFU counter; its meaning is the eviction policy's.
    std::uint32_t clock() const { return meta() & kClockMask; }
    void setClock(std::uint32_t clock) { setMeta((meta() & ~kClockMask) | clock); }

    Bytes key() const { return readText(bytes() + keyOffset()); }

    bool isInteger() const { return encoding() == Encoding::Integer; }
    bool isInline() const { return encoding() >= Encoding::Inline; }
    bool isObject() const { return encoding() == Encoding::Object; }
    // REQUIRES: the encoding that the name says.
    std::int64_t integer() const { return load<std::int64_t>(); }
    void *object() const { return load<void *>(); }
    Bytes text() const { return readText(payload()); }
    Value value() const;

    // In place; no change of size.
    void setInteger(std::int64_t n) { std::memcpy(payload(), &n, 8); }
    void setObject(void *object) { std::memcpy(payload(), &object, 8); }

    // Bytes that an entry of these parts takes.
    static std::size_t sizeFor(std::size_t keySize, bool expiry, const Value &value)
    {
        return 4 + (expiry ? 8 : 0) + textSize(keySize)
               + (value.encoding >= Encoding::Inline ? textSize(value.text.size()) : 8);
    }
    std::size_t size() const { return sizeFor(key().size(), hasExpiry(), value()); }

    // Makes an entry in raw memory of at least sizeFor() bytes. The memory may hold `key` itself
    // where it will lie.
    static Entry *make(void *memory, Bytes key, const Value &value, std::uint32_t clock,
                       const UnixMs *expiry);
    // Overwrites the value where the entry lies. REQUIRES: the new size fits.
    void setValue(const Value &value);
    // REQUIRES: hasExpiry().
    void setExpiry(UnixMs at) { std::memcpy(bytes() + 4, &at, 8); }
    // Shifts the rest of the entry where it lies. REQUIRES: 8 bytes of room behind size().
    void insertExpiry(UnixMs at);

private:
    static constexpr std::uint32_t kClockMask = 0xffffff;
    static constexpr std::uint32_t kExpiryBit = 1u << 30;
    static constexpr std::uint32_t kTimedBit = 1u << 31;
    static constexpr unsigned char kLong = 0xff;

    static std::size_t textSize(std::size_t n) { return n + (n < kLong ? 1 : 5); }
    static Bytes readText(const char *p)
    {
        const auto first = static_cast<unsigned char>(*p);
        if (first != kLong) [[likely]]
            return Bytes(p + 1, first);
        std::uint32_t n;
        std::memcpy(&n, p + 1, 4);
        return Bytes(p + 5, n);
    }
    static char *writeText(char *p, Bytes text);

    UnixMs *dueAddress() const
    {
        return reinterpret_cast<UnixMs *>(reinterpret_cast<std::uintptr_t>(object())
                                          & ~std::uintptr_t{7});
    }
    char *bytes() { return reinterpret_cast<char *>(this); }
    const char *bytes() const { return reinterpret_cast<const char *>(this); }
    std::uint32_t meta() const
    {
        std::uint32_t m;
        std::memcpy(&m, this, 4);
        return m;
    }
    void setMeta(std::uint32_t m) { std::memcpy(static_cast<void *>(this), &m, 4); }
    std::size_t keyOffset() const { return hasExpiry() ? 12 : 4; }
    const char *payload() const
    {
        const Bytes k = key();
        return k.data() + k.size();
    }
    char *payload() { return const_cast<char *>(static_cast<const Entry *>(this)->payload()); }
    template <typename T>
    T load() const
    {
        T value;
        std::memcpy(&value, payload(), sizeof value);
        return value;
    }
};

inline Value Entry::value() const
{
    switch (encoding()) {
    case Encoding::Object: return Value::ofObject(type(), object());
    case Encoding::Integer: return Value::ofInteger(integer());
    case Encoding::Inline:
    case Encoding::InlineRaw: break;
    }
    Value v = Value::ofText(text());
    v.encoding = encoding();
    return v;
}

} // namespace cay::store
