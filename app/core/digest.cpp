#include "cay/digest.h"

#include "cay/host.h"
#include "resp/number.h"

#include <QtCore/QCryptographicHash>

#include <algorithm>

namespace cay {

namespace {

using Sha1 = std::array<std::uint8_t, Digest::kSize>;

Sha1 sha1(Bytes bytes)
{
    // One per thread: making a QCryptographicHash allocates, resetting it does not.
    thread_local QCryptographicHash hash(QCryptographicHash::Sha1);
    hash.reset();
    hash.addData(QByteArrayView(bytes.data(), static_cast<qsizetype>(bytes.size())));
    const QByteArrayView result = hash.resultView();
    Sha1 digest;
    std::copy(result.begin(), result.end(), digest.begin());
    return digest;
}

// The numbers that Redis has for its types. A type that Redis does not have counts as a module's,
// and by its name.
constexpr Bytes kRedisTypes[] = {"string", "list", "set", "zset", "hash", "module", "stream"};
constexpr std::uint32_t kModuleType = 5;

std::array<char, 4> bigEndian(std::uint32_t n)
{
    return {static_cast<char>(n >> 24), static_cast<char>(n >> 16), static_cast<char>(n >> 8),
            static_cast<char>(n)};
}

void mixNumber(Digest &digest, std::uint32_t n)
{
    const std::array<char, 4> bytes = bigEndian(n);
    digest.mix(Bytes(bytes.data(), bytes.size()));
}

void mixType(Digest &digest, Bytes name)
{
    const auto at = std::ranges::find(kRedisTypes, name);
    const bool known = at != std::end(kRedisTypes);
    mixNumber(digest, known ? static_cast<std::uint32_t>(at - kRedisTypes) : kModuleType);
    if (!known)
        digest.mix(name);
}

} // namespace

void Digest::combine(Bytes bytes)
{
    const Sha1 hash = sha1(bytes);
    for (std::size_t i = 0; i < kSize; ++i)
        m_bytes[i] ^= hash[i];
}

void Digest::mix(Bytes text)
{
    combine(text);
    m_bytes = sha1(bytes());
}

void Digest::mixInteger(std::int64_t n)
{
    char digits[24];
    mix(Bytes(digits, static_cast<std::size_t>(resp::writeInteger(digits, n) - digits)));
}

std::string Digest::hex() const
{
    constexpr char kDigits[] = "0123456789abcdef";
    std::string text;
    text.reserve(2 * kSize);
    for (const std::uint8_t b : m_bytes) {
        text.push_back(kDigits[b >> 4]);
        text.push_back(kDigits[b & 15]);
    }
    return text;
}

void digestValue(const ValueType &type, const Value &value, bool hasExpiry, Digest &digest)
{
    mixType(digest, type.name);
    type.digest(value, digest);
    if (hasExpiry)
        digest.combine(Bytes("!!expire!!"));
}

Digest digestEntry(const ValueType &type, const Entry &entry)
{
    Digest digest;
    digest.mix(entry.key());
    digestValue(type, entry.value(), entry.hasExpiry(), digest);
    return digest;
}

Digest digestDataset(Host &host)
{
    Digest all;
    for (int i = 0; i < host.databases(); ++i) {
        const Db &db = host.db(i);
        if (db.size() == 0)
            continue;
        mixNumber(all, static_cast<std::uint32_t>(i));
        db.forEach(
            [&](const Entry &entry) { all.combine(digestEntry(host.type(entry.type()), entry)); });
    }
    return all;
}

} // namespace cay
