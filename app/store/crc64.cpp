#include "store/crc64.h"

#include <array>
#include <bit>
#include <cstring>

namespace cay::store {

namespace {

constexpr std::uint64_t kReflectedPolynomial = 0x95ac9329ac4bc9b5ull; // 0xad93d23594c935a9 mirrored

using Table = std::array<std::uint64_t, 256>;

// tables[k][b] is the checksum of byte b followed by k zero bytes.
constexpr std::array<Table, 8> makeTables()
{
    std::array<Table, 8> tables{};
    for (std::uint64_t b = 0; b < 256; ++b) {
        std::uint64_t crc = b;
        for (int bit = 0; bit < 8; ++bit)
            crc = (crc >> 1) ^ (crc & 1 ? kReflectedPolynomial : 0);
        tables[0][b] = crc;
    }
    for (std::size_t k = 1; k < 8; ++k) {
        for (std::size_t b = 0; b < 256; ++b) {
            const std::uint64_t before = tables[k - 1][b];
            tables[k][b] = (before >> 8) ^ tables[0][before & 0xff];
        }
    }
    return tables;
}

constexpr std::array<Table, 8> kTables = makeTables();
static_assert(kTables[0][128] == kReflectedPolynomial);

} // namespace

std::uint64_t crc64(std::uint64_t crc, Bytes bytes)
{
    static_assert(std::endian::native == std::endian::little, "eight bytes are read as one number");
    const char *p = bytes.data();
    std::size_t left = bytes.size();
    for (; left >= 8; left -= 8, p += 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        crc ^= word;
        crc = kTables[7][crc & 0xff] ^ kTables[6][(crc >> 8) & 0xff]
              ^ kTables[5][(crc >> 16) & 0xff] ^ kTables[4][(crc >> 24) & 0xff]
              ^ kTables[3][(crc >> 32) & 0xff] ^ kTables[2][(crc >> 40) & 0xff]
              ^ kTables[1][(crc >> 48) & 0xff] ^ kTables[0][crc >> 56];
    }
    for (; left != 0; --left, ++p)
        crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<unsigned char>(*p)) & 0xff];
    return crc;
}

} // namespace cay::store
