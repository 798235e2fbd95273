#include "cay/rdb.h"

#include "resp/number.h"

#include <bit>
#include <cstring>
#include <limits>

#include <lzf.h>

namespace cay {

namespace {

static_assert(std::endian::native == std::endian::little, "fixed sizes are copied as they lie");

constexpr std::uint8_t k14Bits = 0x40, k32Bits = 0x80, k64Bits = 0x81, kForm = 0xc0;
constexpr int kFormInt8 = 0, kFormInt16 = 1, kFormInt32 = 2, kFormLzf = 3;

// Shorter strings never get shorter by compression, says Redis.
constexpr std::size_t kCompressFrom = 21;
// An integer in its decimal form: the longest that can be 32 bits wide is "-2147483648".
constexpr std::size_t kMaxIntegerText = 11;
// LZF's best case: a back reference of 3 bytes stands for 264.
constexpr std::uint64_t kLzfMaxRatio = 264;

constexpr std::size_t kSharedBlock = 4096;

template <typename T>
T bigEndian(const char *p)
{
    T n = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i)
        n = static_cast<T>(n << 8) | static_cast<unsigned char>(p[i]);
    return n;
}

template <typename T>
T copied(Bytes bytes)
{
    T value{};
    if (bytes.size() == sizeof value)
        std::memcpy(&value, bytes.data(), sizeof value);
    return value;
}

} // namespace

void RdbWriter::length(std::uint64_t n)
{
    if (n < (1u << 6)) {
        byte(static_cast<std::uint8_t>(n));
        return;
    }
    if (n < (1u << 14)) {
        byte(static_cast<std::uint8_t>(k14Bits | (n >> 8)));
        byte(static_cast<std::uint8_t>(n));
        return;
    }
    const bool wide = n > std::numeric_limits<std::uint32_t>::max();
    byte(wide ? k64Bits : k32Bits);
    for (int shift = wide ? 56 : 24; shift >= 0; shift -= 8)
        byte(static_cast<std::uint8_t>(n >> shift));
}

bool RdbWriter::smallInteger(std::int64_t n)
{
    int bytes = 0;
    if (n == static_cast<std::int8_t>(n))
        bytes = 1;
    else if (n == static_cast<std::int16_t>(n))
        bytes = 2;
    else if (n == static_cast<std::int32_t>(n))
        bytes = 4;
    else
        return false;
    byte(kForm | (bytes == 1 ? kFormInt8 : bytes == 2 ? kFormInt16 : kFormInt32));
    for (int i = 0; i < bytes; ++i)
        byte(static_cast<std::uint8_t>(static_cast<std::uint64_t>(n) >> (8 * i)));
    return true;
}

bool RdbWriter::compressed(Bytes text)
{
    if (text.size() > std::numeric_limits<std::uint32_t>::max() / 2)
        return false;
    m_scratch.resize(text.size() - 4); // the two lengths must be worth it
    const unsigned size = lzf_compress(text.data(), static_cast<unsigned>(text.size()),
                                       m_scratch.data(), static_cast<unsigned>(m_scratch.size()));
    if (size == 0)
        return false;
    byte(kForm | kFormLzf);
    length(size);
    length(text.size());
    raw(Bytes(m_scratch).substr(0, size));
    return true;
}

void RdbWriter::string(Bytes text)
{
    std::int64_t n;
    if (text.size() <= kMaxIntegerText && resp::parseInteger(text, &n) && smallInteger(n))
        return;
    if (m_compress && text.size() >= kCompressFrom && compressed(text))
        return;
    length(text.size());
    raw(text);
}

void RdbWriter::integer(std::int64_t n)
{
    if (smallInteger(n))
        return;
    char digits[24];
    const Bytes text(digits, static_cast<std::size_t>(resp::writeInteger(digits, n) - digits));
    length(text.size());
    raw(text);
}

void RdbWriter::fixed32(std::uint32_t n)
{
    char bytes[sizeof n];
    std::memcpy(bytes, &n, sizeof n);
    raw(Bytes(bytes, sizeof n));
}

void RdbWriter::fixed64(std::uint64_t n)
{
    char bytes[sizeof n];
    std::memcpy(bytes, &n, sizeof n);
    raw(Bytes(bytes, sizeof n));
}

void RdbWriter::binaryDouble(double value) { fixed64(std::bit_cast<std::uint64_t>(value)); }

bool RdbReader::fail(const char *why)
{
    if (m_why == nullptr)
        m_why = why;
    m_at = m_bytes.size();
    return false;
}

Bytes RdbReader::raw(std::size_t n)
{
    if (n > remaining()) {
        fail("it ends too early");
        return {};
    }
    const Bytes bytes = m_bytes.substr(m_at, n);
    m_at += n;
    return bytes;
}

std::uint8_t RdbReader::byte() { return copied<std::uint8_t>(raw(1)); }
std::uint32_t RdbReader::fixed32() { return copied<std::uint32_t>(raw(4)); }
std::uint64_t RdbReader::fixed64() { return copied<std::uint64_t>(raw(8)); }
double RdbReader::binaryDouble() { return std::bit_cast<double>(fixed64()); }

// A length, or with *form >= 0 the announcement of a string that is not plain.
std::uint64_t RdbReader::lengthOrForm(int *form)
{
    *form = -1;
    const std::uint8_t first = byte();
    switch (first & 0xc0) {
    case 0: return first;
    case k14Bits: return static_cast<std::uint64_t>(first & 0x3f) << 8 | byte();
    case kForm: *form = first & 0x3f; return 0;
    default: break;
    }
    if (first != k32Bits && first != k64Bits) {
        fail("a length has an unknown form");
        return 0;
    }
    const Bytes bytes = raw(first == k32Bits ? 4 : 8);
    if (bytes.empty())
        return 0;
    return first == k32Bits ? bigEndian<std::uint32_t>(bytes.data())
                            : bigEndian<std::uint64_t>(bytes.data());
}

std::uint64_t RdbReader::length()
{
    int form;
    const std::uint64_t n = lengthOrForm(&form);
    if (form >= 0)
        fail("a string stands where a length should");
    return ok() ? n : 0;
}

std::size_t RdbReader::count(std::size_t bytesEach)
{
    const std::uint64_t n = length();
    if (n > remaining() / (bytesEach ? bytesEach : 1)) {
        fail("it announces more elements than it holds");
        return 0;
    }
    return static_cast<std::size_t>(n);
}

char *RdbReader::allocate(std::size_t n)
{
    if (n > kSharedBlock / 4) {
        m_blocks.push_back(std::make_unique_for_overwrite<char[]>(n));
        return m_blocks.back().get();
    }
    if (n > m_freeSize) {
        m_blocks.push_back(std::make_unique_for_overwrite<char[]>(kSharedBlock));
        m_free = m_blocks.back().get();
        m_freeSize = kSharedBlock;
    }
    char *memory = m_free;
    m_free += n;
    m_freeSize -= n;
    return memory;
}

void RdbReader::release()
{
    m_blocks.clear();
    m_free = nullptr;
    m_freeSize = 0;
}

Bytes RdbReader::integerString(int form, std::int64_t *value)
{
    switch (form) {
    case kFormInt8: *value = copied<std::int8_t>(raw(1)); break;
    case kFormInt16: *value = copied<std::int16_t>(raw(2)); break;
    default: *value = copied<std::int32_t>(raw(4)); break;
    }
    if (!ok())
        return {};
    char *text = allocate(kMaxIntegerText);
    return Bytes(text, static_cast<std::size_t>(resp::writeInteger(text, *value) - text));
}

Bytes RdbReader::compressedString()
{
    const std::uint64_t compressedSize = length();
    const std::uint64_t size = length();
    const Bytes bytes = raw(compressedSize);
    if (!ok())
        return {};
    // Checked before the allocation: a few bytes must not be able to ask for gigabytes.
    if (size == 0 || size > kMaxString || compressedSize > kMaxString
        || size / kLzfMaxRatio > compressedSize) {
        fail("a compressed string has an impossible size");
        return {};
    }
    char *text = allocate(size);
    if (lzf_decompress(bytes.data(), static_cast<unsigned>(bytes.size()), text,
                       static_cast<unsigned>(size))
        != size) {
        fail("a compressed string is corrupt");
        return {};
    }
    return Bytes(text, size);
}

Bytes RdbReader::string()
{
    int form;
    const std::uint64_t size = lengthOrForm(&form);
    std::int64_t value;
    if (form == kFormLzf)
        return compressedString();
    if (form >= kFormInt8 && form <= kFormInt32)
        return integerString(form, &value);
    if (form >= 0)
        fail("a string has an unknown form");
    else if (size > kMaxString)
        fail("a string is too long");
    return ok() ? raw(size) : Bytes();
}

std::int64_t RdbReader::integer()
{
    std::int64_t value = 0;
    if (!resp::parseInteger(string(), &value))
        fail("a number is not a number");
    return ok() ? value : 0;
}

double RdbReader::textDouble()
{
    constexpr std::uint8_t kNan = 253, kInfinity = 254, kMinusInfinity = 255;
    const std::uint8_t size = byte();
    switch (size) {
    case kNan: return std::numeric_limits<double>::quiet_NaN();
    case kInfinity: return std::numeric_limits<double>::infinity();
    case kMinusInfinity: return -std::numeric_limits<double>::infinity();
    default: break;
    }
    double value = 0;
    if (!resp::parseDouble(raw(size), &value))
        fail("a double is not a number");
    return ok() ? value : 0;
}

} // namespace cay
