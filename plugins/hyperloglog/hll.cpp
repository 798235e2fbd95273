#include "hll.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <limits>

namespace cay::hyperloglog {

static_assert(std::endian::native == std::endian::little);

namespace {

constexpr char kMagic[] = {'H', 'Y', 'L', 'L'};
constexpr unsigned char kStale = 0x80; // in the last byte of the cardinality
constexpr std::uint64_t kSeed = 0xadc83b19;
constexpr double kAlphaInfinity = 0.721347520444481703680; // 0.5 / ln(2)

// How many registers have each value.
using Histogram = std::array<std::uint32_t, 64>;

// 8 registers of 6 bits become 8 bytes, the first in the least significant place.
std::uint64_t spread(std::uint64_t packed)
{
    const std::uint64_t x = (packed & 0xffffff) | (packed & 0xffffff000000) << 8;
    return (x & 0x0000003f0000003f) | (x << 2 & 0x00003f0000003f00) | (x << 4 & 0x003f0000003f0000)
           | (x << 6 & 0x3f0000003f000000);
}
std::uint64_t gather(std::uint64_t bytes)
{
    const std::uint64_t x = (bytes & 0x0000003f0000003f) | (bytes >> 2 & 0x00000fc000000fc0)
                            | (bytes >> 4 & 0x0003f0000003f000) | (bytes >> 6 & 0x00fc000000fc0000);
    return (x & 0xffffff) | (x >> 8 & 0xffffff000000);
}

template <typename Visit>
void forEachEight(const char *dense, Visit visit)
{
    for (std::size_t i = 0; i < kRegisters; i += 8, dense += 6) {
        std::uint64_t packed = 0;
        std::memcpy(&packed, dense, 6);
        visit(i, spread(packed));
    }
}

// Calls visit(first register, run, value). False: the opcodes do not cover exactly all registers.
template <typename Visit>
bool forEachRun(Bytes text, Visit visit)
{
    std::size_t first = 0;
    for (std::size_t at = kHeader; at < text.size();) {
        Opcode opcode;
        if (!opcodeAt(text, at, &opcode) || first + opcode.run > kRegisters)
            return false;
        visit(first, opcode.run, opcode.value);
        first += opcode.run;
        at += opcode.size();
    }
    return first == kRegisters;
}

double tau(double x)
{
    if (x == 0.0 || x == 1.0)
        return 0.0;
    double before, y = 1.0, z = 1 - x;
    do {
        x = std::sqrt(x);
        before = z;
        y *= 0.5;
        z -= std::pow(1 - x, 2) * y;
    } while (before != z);
    return z / 3;
}

double sigma(double x)
{
    if (x == 1.0)
        return std::numeric_limits<double>::infinity();
    double before, y = 1, z = x;
    do {
        x *= x;
        before = z;
        z += x * y;
        y += y;
    } while (before != z);
    return z;
}

// Ertl's improved estimator.
std::uint64_t estimate(const Histogram &histogram)
{
    constexpr double m = kRegisters;
    double z = m * tau((m - histogram[kHashBits + 1]) / m);
    for (unsigned j = kHashBits; j >= 1; --j) {
        z += histogram[j];
        z *= 0.5;
    }
    z += m * sigma(histogram[0] / m);
    return static_cast<std::uint64_t>(std::llround(kAlphaInfinity * m * m / z));
}

// Neighbouring registers often have the same value: four histograms, so that one increment does not
// wait for the last.
class HistogramMaker
{
public:
    void add(std::uint64_t eight)
    {
        for (unsigned i = 0; i < 8; ++i)
            ++m_parts[i % 4][eight >> (8 * i) & 0x3f];
    }
    Histogram sum() const
    {
        Histogram total;
        for (std::size_t i = 0; i < total.size(); ++i)
            total[i] = m_parts[0][i] + m_parts[1][i] + m_parts[2][i] + m_parts[3][i];
        return total;
    }

private:
    std::array<Histogram, 4> m_parts{};
};

void putZeros(char *&to, std::size_t run)
{
    const std::size_t n = run - 1;
    if (n < 64) {
        *to++ = static_cast<char>(n);
        return;
    }
    *to++ = static_cast<char>(0x40 | n >> 8);
    *to++ = static_cast<char>(n & 0xff);
}

char valueOpcode(std::uint8_t value, std::size_t run)
{
    return static_cast<char>(0x80 | (value - 1) << 2 | static_cast<int>(run - 1));
}

} // namespace

bool isHyperLogLog(Bytes text)
{
    if (text.size() < kHeader || std::memcmp(text.data(), kMagic, sizeof kMagic) != 0)
        return false;
    const auto kind = static_cast<unsigned char>(text[4]);
    return kind <= 1 && (kindOf(text) != Kind::Dense || text.size() == kDenseSize);
}

Bytes emptyHyperLogLog()
{
    static constexpr char kEmpty[] = "HYLL\x01\0\0\0\0\0\0\0\0\0\0\0\x7f\xff";
    return Bytes(kEmpty, sizeof kEmpty - 1);
}

bool cachedCardinality(Bytes text, std::uint64_t *cardinality)
{
    std::memcpy(cardinality, text.data() + 8, 8);
    return !(static_cast<unsigned char>(text[15]) & kStale);
}

void setCachedCardinality(char *bytes, std::uint64_t cardinality)
{
    std::memcpy(bytes + 8, &cardinality, 8);
}

void invalidateCache(char *bytes)
{
    bytes[15] = static_cast<char>(static_cast<unsigned char>(bytes[15]) | kStale);
}

std::uint64_t murmurHash64A(Bytes bytes, std::uint64_t seed)
{
    constexpr std::uint64_t kMultiplier = 0xc6a4a7935bd1e995;
    constexpr int kShift = 47;
    const char *p = bytes.data();
    std::size_t n = bytes.size();
    std::uint64_t h = seed ^ (n * kMultiplier);
    for (; n >= 8; p += 8, n -= 8) {
        std::uint64_t k;
        std::memcpy(&k, p, 8);
        k *= kMultiplier;
        k ^= k >> kShift;
        h = (h ^ k * kMultiplier) * kMultiplier;
    }
    if (n > 0) {
        std::uint64_t rest = 0;
        std::memcpy(&rest, p, n);
        h = (h ^ rest) * kMultiplier;
    }
    h ^= h >> kShift;
    h *= kMultiplier;
    return h ^ h >> kShift;
}

Observation observe(Bytes element)
{
    const std::uint64_t hash = murmurHash64A(element, kSeed);
    // A bit behind the last one ends the count.
    const std::uint64_t rest = hash >> kIndexBits | std::uint64_t{1} << kHashBits;
    return {hash & (kRegisters - 1), static_cast<std::uint8_t>(std::countr_zero(rest) + 1)};
}

std::uint8_t denseGet(const char *registers, std::size_t index)
{
    const auto *p = reinterpret_cast<const unsigned char *>(registers) + index / 4 * 3;
    const std::uint32_t four = p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16;
    return four >> (index % 4 * 6) & 0x3f;
}

void denseSet(char *registers, std::size_t index, std::uint8_t value)
{
    auto *p = reinterpret_cast<unsigned char *>(registers) + index / 4 * 3;
    std::uint32_t four = p[0] | std::uint32_t{p[1]} << 8 | std::uint32_t{p[2]} << 16;
    const unsigned shift = index % 4 * 6;
    four = (four & ~(0x3fu << shift)) | std::uint32_t{value} << shift;
    p[0] = static_cast<unsigned char>(four);
    p[1] = static_cast<unsigned char>(four >> 8);
    p[2] = static_cast<unsigned char>(four >> 16);
}

void pack(const Registers &registers, char *dense)
{
    for (std::size_t i = 0; i < kRegisters; i += 8, dense += 6) {
        std::uint64_t eight;
        std::memcpy(&eight, registers.data() + i, 8);
        eight = gather(eight);
        std::memcpy(dense, &eight, 6);
    }
}

bool mergeInto(Registers *registers, Bytes text)
{
    std::uint8_t *to = registers->data();
    if (kindOf(text) == Kind::Sparse) {
        return forEachRun(text, [to](std::size_t first, std::size_t run, std::uint8_t value) {
            if (value == 0)
                return;
            for (std::size_t i = first; i < first + run; ++i)
                to[i] = std::max(to[i], value);
        });
    }
    forEachEight(text.data() + kHeader, [to](std::size_t i, std::uint64_t eight) {
        std::uint8_t from[8];
        std::memcpy(from, &eight, 8);
        for (std::size_t k = 0; k < 8; ++k)
            to[i + k] = std::max(to[i + k], from[k]);
    });
    return true;
}

bool estimate(Bytes text, std::uint64_t *cardinality)
{
    if (kindOf(text) == Kind::Dense) {
        HistogramMaker maker;
        forEachEight(text.data() + kHeader,
                     [&](std::size_t, std::uint64_t eight) { maker.add(eight); });
        *cardinality = estimate(maker.sum());
        return true;
    }
    Histogram histogram{};
    const bool sound = forEachRun(text, [&](std::size_t, std::size_t run, std::uint8_t value) {
        histogram[value] += static_cast<std::uint32_t>(run);
    });
    if (sound)
        *cardinality = estimate(histogram);
    return sound;
}

std::uint64_t estimate(const Registers &registers)
{
    HistogramMaker maker;
    for (std::size_t i = 0; i < kRegisters; i += 8) {
        std::uint64_t eight;
        std::memcpy(&eight, registers.data() + i, 8);
        maker.add(eight);
    }
    return estimate(maker.sum());
}

bool toDense(Bytes sparse, char *dense)
{
    Registers registers{};
    if (!mergeInto(&registers, sparse))
        return false;
    std::memcpy(dense, sparse.data(), kHeader);
    dense[4] = static_cast<char>(Kind::Dense);
    pack(registers, dense + kHeader);
    return true;
}

bool opcodeAt(Bytes text, std::size_t at, Opcode *opcode)
{
    const auto byte = static_cast<unsigned char>(text[at]);
    *opcode = {};
    if (byte & 0x80) {
        opcode->value = static_cast<std::uint8_t>((byte >> 2 & 0x1f) + 1);
        opcode->run = (byte & 3u) + 1;
    } else if (byte & 0x40) {
        if (at + 1 >= text.size())
            return false;
        opcode->isLong = true;
        opcode->run = ((byte & 0x3fu) << 8 | static_cast<unsigned char>(text[at + 1])) + 1;
    } else {
        opcode->run = byte + 1u;
    }
    return true;
}

// Passes opcodes of one byte, 8 at a time, as long as all of them end in front of the register.
void SparseEditor::skipMany(std::size_t index, Place *place) const
{
    constexpr std::uint64_t kTops = 0x8080808080808080, kOnes = 0x0101010101010101;
    while (place->at + 8 <= m_size) {
        std::uint64_t word;
        std::memcpy(&word, m_bytes + place->at, 8);
        const std::uint64_t isValue = word & kTops;
        const std::uint64_t isLong = word << 1 & kTops & ~isValue;
        unsigned n = 8;
        if (isLong) {
            n = static_cast<unsigned>(std::countr_zero(isLong)) / 8;
            if (n == 0)
                return;
            word &= (std::uint64_t{1} << (8 * n)) - 1;
        }
        // Each byte's run less 1, then all of them summed in pairs, for 8 times 63 needs more than
        // 8 bits.
        const std::uint64_t valueBytes = (isValue >> 7) * 0xff;
        const std::uint64_t runs = word & ((valueBytes & kOnes * 3) | (~valueBytes & kOnes * 0x3f));
        const std::uint64_t pairs = (runs & 0x00ff00ff00ff00ff) + (runs >> 8 & 0x00ff00ff00ff00ff);
        const std::size_t registers = (pairs * 0x0001000100010001 >> 48) + n;
        if (place->first + registers > index)
            return;
        place->first += registers;
        place->at += n;
        place->before = place->at - 1;
        if (n < 8)
            return;
    }
}

// The opcode that covers a register. False: there is none.
bool SparseEditor::find(std::size_t index, Place *place, Opcode *opcode) const
{
    const Bytes text(m_bytes, m_size);
    for (;;) {
        skipMany(index, place);
        // Up to the next long opcode, or through what skipMany() could not pass.
        do {
            if (place->at >= m_size || !opcodeAt(text, place->at, opcode))
                return false;
            if (index < place->first + opcode->run)
                return true;
            place->first += opcode->run;
            place->before = place->at;
            place->at += opcode->size();
        } while (!opcode->isLong);
    }
}

void SparseEditor::putValue(std::size_t at, std::uint8_t value, std::size_t run)
{
    m_bytes[at] = valueOpcode(value, run);
}

SparseEditor::Result SparseEditor::set(std::size_t index, std::uint8_t value, std::size_t maxSize)
{
    if (value > kMaxSparseValue)
        return TooLarge;
    Place place;
    Opcode old;
    if (!find(index, &place, &old))
        return Corrupt;
    if (old.value >= value)
        return Unchanged;
    if (!old.isLong && old.run == 1)
        putValue(place.at, value, 1);
    else if (!replace(place, old, index, value, maxSize))
        return TooLarge;
    mergeFrom(place.before == kNone ? kHeader : place.before);
    invalidateCache(m_bytes);
    return Changed;
}

// Splits a run of several registers in two or three. False: the text would become too large.
bool SparseEditor::replace(const Place &place, const Opcode &old, std::size_t index,
                           std::uint8_t value, std::size_t maxSize)
{
    char sequence[5];
    char *end = sequence;
    const auto put = [&](std::size_t run) {
        if (run > 0 && old.value > 0)
            *end++ = valueOpcode(old.value, run);
        else if (run > 0)
            putZeros(end, run);
    };
    put(index - place.first);
    *end++ = valueOpcode(value, 1);
    put(place.first + old.run - 1 - index);
    const auto length = static_cast<std::size_t>(end - sequence);
    const std::size_t size = m_size + length - old.size();
    if (length > old.size() && size > maxSize)
        return false;
    const std::size_t next = place.at + old.size();
    std::memmove(m_bytes + place.at + length, m_bytes + next, m_size - next);
    std::memcpy(m_bytes + place.at, sequence, length);
    m_size = size;
    return true;
}

// Joins neighbours of the same value; looks at five opcodes, as Redis does.
void SparseEditor::mergeFrom(std::size_t at)
{
    const Bytes text(m_bytes, m_size);
    for (int looks = 0; looks < 5 && at < m_size; ++looks) {
        Opcode left, right;
        if (!opcodeAt(text, at, &left))
            return;
        const bool pair = left.value > 0 && at + 1 < m_size && opcodeAt(text, at + 1, &right)
                          && left.value == right.value && left.run + right.run <= 4;
        if (!pair) {
            at += left.size();
            continue;
        }
        std::memmove(m_bytes + at, m_bytes + at + 1, m_size - at - 1);
        --m_size;
        putValue(at, left.value, left.run + right.run);
    }
}

} // namespace cay::hyperloglog
