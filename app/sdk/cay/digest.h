// Redis's dataset digest (DEBUG DIGEST): equal datasets have equal digests, on either server.
//
//   key    mix(key's bytes), mix(type's number as 4 bytes, big endian), the value, and when it
//          expires xor("!!expire!!")
//   value  of a string: mix(text)
//          of a list: mix(element), in order
//          of a set: xor(member)
//          of a hash, and of a sorted set with scores in the form "%.17g": xor(element), where
//              element is a digest of its own: mix(field), mix(value)
//          of a stream: mix("ms.seq") of each entry, then mix(field), mix(value)
//   data   of each database that has keys: mix(index as 4 bytes, big endian), then xor(key) for
//          each of them
//
// where xor(x) is digest ^= SHA1(x), and mix(x) is xor(x) followed by digest = SHA1(digest).
// Mixing depends on the order, exclusive or does not. Source: debug.c of Redis 7.0.
#pragma once

#include "cay/value.h"

#include <QtCore/QtGlobal>

#include <array>

namespace cay {

class Host;

class Q_DECL_EXPORT Digest
{
public:
    static constexpr std::size_t kSize = 20;

    // For elements that have an order.
    void mix(Bytes bytes);
    // For elements that have none.
    void combine(Bytes bytes);
    void combine(const Digest &element) { combine(element.bytes()); }
    // The decimal digits of n.
    void mixInteger(std::int64_t n);

    Bytes bytes() const { return Bytes(reinterpret_cast<const char *>(m_bytes.data()), kSize); }
    // 40 lower-case digits.
    std::string hex() const;

private:
    std::array<std::uint8_t, kSize> m_bytes{};
};

// Mixes type, value and expiry: what DEBUG DIGEST-VALUE shows.
[[gnu::visibility("default")]] void digestValue(const ValueType &type, const Value &value,
                                                bool hasExpiry, Digest &digest);
// A key with its value, as it counts in the dataset's digest.
[[gnu::visibility("default")]] Digest digestEntry(const ValueType &type, const Entry &entry);
// All databases, expired keys included.
[[gnu::visibility("default")]] Digest digestDataset(Host &host);

} // namespace cay
