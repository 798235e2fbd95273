// A HyperLogLog as the bytes of a string, the same bytes as Redis's: 2^14 registers of 6 bits, each
// the longest run of zeros seen in the hashes that fall to it.
//
//   +------+----------+----------+-------------+-----------------------+
//   | HYLL | encoding | 3 unused | cardinality | registers             |
//   +------+----------+----------+-------------+-----------------------+
//   4 bytes, 1: 0 dense 1 sparse, 3, 8 (little endian; its top bit: no longer valid), then
//
//   dense   12288 bytes: register i is 6 bits from bit 6 * i on, least significant first
//   sparse  opcodes:  00nnnnnn            n + 1 registers that are 0
//                     01nnnnnn nnnnnnnn   n + 1 registers that are 0
//                     1vvvvvnn            n + 1 registers that are v + 1
//
// The opcodes cover all registers, in order. Which opcodes stand for the same registers depends on
// the order of the additions, and must come out as in Redis: SparseEditor::set() takes the same
// steps.
//
// Adding costs O(1) dense and O(opcodes) sparse, 8 opcodes a step; counting O(registers), 8 a step.
//
// Source: P. Flajolet et al., "HyperLogLog: the analysis of a near-optimal cardinality estimation
// algorithm", 2007; O. Ertl, "New cardinality estimation algorithms for HyperLogLog sketches",
// 2017.
#pragma once

#include "store/bytes.h"

#include <array>
#include <cstdint>

namespace cay::hyperloglog {

inline constexpr unsigned kIndexBits = 14;
inline constexpr std::size_t kRegisters = 1u << kIndexBits;
inline constexpr unsigned kHashBits
    = 64 - kIndexBits; // what is left of a hash; largest register - 1
inline constexpr std::size_t kHeader = 16;
inline constexpr std::size_t kDenseSize = kHeader + kRegisters * 6 / 8;
inline constexpr unsigned kMaxSparseValue = 32;

enum class Kind : std::uint8_t { Dense = 0, Sparse = 1 };

// One register in a byte each: what several are merged into.
using Registers = std::array<std::uint8_t, kRegisters>;

// Whether the header is one, and a dense one has its size. The sparse opcodes are checked by those
// who walk them.
bool isHyperLogLog(Bytes text);
inline Kind kindOf(Bytes text) { return static_cast<Kind>(text[4]); }

// The bytes of an empty one: sparse, a single opcode.
Bytes emptyHyperLogLog();

// False when it is no longer valid.
bool cachedCardinality(Bytes text, std::uint64_t *cardinality);
void setCachedCardinality(char *bytes, std::uint64_t cardinality);
void invalidateCache(char *bytes);

// Which register an element falls to, and the value it asks for.
struct Observation
{
    std::size_t index;
    std::uint8_t value;
};
Observation observe(Bytes element);

// MurmurHash2 in its 64-bit form for 64-bit machines.
std::uint64_t murmurHash64A(Bytes bytes, std::uint64_t seed);

// Dense registers. `registers` is the bytes behind the header.
std::uint8_t denseGet(const char *registers, std::size_t index);
void denseSet(char *registers, std::size_t index, std::uint8_t value);
void pack(const Registers &registers, char *dense);

// Raises each register to that of a text. False: the sparse opcodes are not sound.
bool mergeInto(Registers *registers, Bytes text);

// The estimated number of distinct elements. False: as above.
bool estimate(Bytes text, std::uint64_t *cardinality);
std::uint64_t estimate(const Registers &registers);

// Writes `kDenseSize` bytes: the same registers, and the same header but for the encoding. False:
// as above. REQUIRES: sparse.
bool toDense(Bytes sparse, char *dense);

// One sparse opcode.
struct Opcode
{
    std::uint8_t value = 0; // of the registers; 0 for the two kinds of zeros
    bool isLong = false;    // two bytes
    std::size_t run = 0;    // registers
    std::size_t size() const { return isLong ? 2 : 1; }
};
// False: its second byte is missing. REQUIRES: at < text.size().
bool opcodeAt(Bytes text, std::size_t at, Opcode *opcode);

// Raises registers of a sparse text where it lies.
class SparseEditor
{
public:
    enum Result : std::uint8_t { Unchanged, Changed, TooLarge, Corrupt };

    // Edits `size` bytes, header included, at `bytes`.
    SparseEditor(char *bytes, std::size_t size)
        : m_bytes(bytes)
        , m_size(size)
    {}
    std::size_t size() const { return m_size; }
    // The bytes have moved.
    void setBytes(char *bytes) { m_bytes = bytes; }

    // TooLarge: the value, or a text of more than `maxSize` bytes, is for the dense kind; nothing
    // was changed. REQUIRES: room for 3 bytes more than size().
    Result set(std::size_t index, std::uint8_t value, std::size_t maxSize);

private:
    static constexpr std::size_t kNone = SIZE_MAX;

    // A place among the opcodes, with the register that it begins at and the opcode in front of it.
    struct Place
    {
        std::size_t at = kHeader, first = 0, before = kNone;
    };
    bool find(std::size_t index, Place *place, Opcode *opcode) const;
    void skipMany(std::size_t index, Place *place) const;
    bool replace(const Place &place, const Opcode &old, std::size_t index, std::uint8_t value,
                 std::size_t maxSize);
    void mergeFrom(std::size_t at);
    void putValue(std::size_t at, std::uint8_t value, std::size_t run);

    char *m_bytes;
    std::size_t m_size;
};

} // namespace cay::hyperloglog
