#include "store/bits.h"

#include <algorithm>
#include <bit>
#include <cstring>

#ifdef __x86_64__
#include <immintrin.h>
#endif

namespace cay::store {

namespace {

// One AVX2 register, or two of 16 bytes.
typedef std::uint64_t Lanes [[gnu::vector_size(32)]];
constexpr std::size_t kLanes = sizeof(Lanes);

// What combineBits() works on at a time.
constexpr std::size_t kBlock = 4096;

[[gnu::always_inline]] inline std::uint64_t countWords(const char *p, std::size_t n)
{
    std::uint64_t count = 0;
    for (; n >= 8; p += 8, n -= 8) {
        std::uint64_t word;
        std::memcpy(&word, p, 8);
        count += static_cast<unsigned>(std::popcount(word));
    }
    std::uint64_t rest = 0;
    if (n > 0)
        std::memcpy(&rest, p, n);
    return count + static_cast<unsigned>(std::popcount(rest));
}

std::uint64_t countPortable(const char *p, std::size_t n) { return countWords(p, n); }

#ifdef __x86_64__

[[gnu::target("popcnt")]] std::uint64_t countPopcnt(const char *p, std::size_t n)
{
    return countWords(p, n);
}

[[gnu::target("avx2,popcnt")]] std::uint64_t countAvx2(const char *p, std::size_t n)
{
    const __m256i table = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                           2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    const __m256i low = _mm256_set1_epi8(15);
    __m256i total = _mm256_setzero_si256();
    while (n >= kLanes) {
        // A lane of 8 bits takes 31 vectors of at most 8 each.
        const std::size_t vectors = std::min<std::size_t>(n / kLanes, 31);
        __m256i bytes = _mm256_setzero_si256();
        for (std::size_t i = 0; i < vectors; ++i, p += kLanes) {
            const __m256i v = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(p));
            const __m256i high = _mm256_and_si256(_mm256_srli_epi16(v, 4), low);
            bytes = _mm256_add_epi8(
                bytes, _mm256_add_epi8(_mm256_shuffle_epi8(table, _mm256_and_si256(v, low)),
                                       _mm256_shuffle_epi8(table, high)));
        }
        total = _mm256_add_epi64(total, _mm256_sad_epu8(bytes, _mm256_setzero_si256()));
        n -= vectors * kLanes;
    }
    std::uint64_t sums[4];
    std::memcpy(sums, &total, sizeof sums);
    return sums[0] + sums[1] + sums[2] + sums[3] + countWords(p, n);
}

#endif

using Count = std::uint64_t (*)(const char *, std::size_t);

Count bestCount()
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return countAvx2;
    if (__builtin_cpu_supports("popcnt"))
        return countPopcnt;
#endif
    return countPortable;
}

// The steps that every operation is made of, on bytes in the nearest cache.
enum class Step : std::uint8_t { And, Or, Xor, AndNot, NotAnd, Not };

template <Step step, typename Word>
[[gnu::always_inline]] inline void apply(Word &a, const Word &b)
{
    if constexpr (step == Step::And)
        a &= b;
    else if constexpr (step == Step::Or)
        a |= b;
    else if constexpr (step == Step::Xor)
        a ^= b;
    else if constexpr (step == Step::AndNot)
        a = a & ~b;
    else if constexpr (step == Step::NotAnd)
        a = ~a & b;
    else
        a = ~b;
}

// Combines the bytes of `a` with those of `b`; `to` may be where one of them is.
template <Step step>
[[gnu::always_inline]] inline void stepThrough(char *to, const char *a, const char *b,
                                               std::size_t n)
{
    std::size_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        Lanes word, other;
        std::memcpy(&word, a + i, kLanes);
        std::memcpy(&other, b + i, kLanes);
        apply<step>(word, other);
        std::memcpy(to + i, &word, kLanes);
    }
    for (; i < n; ++i) {
        // A byte's complement is an int: cut off what does not belong to it.
        unsigned word = static_cast<unsigned char>(a[i]);
        apply<step>(word, static_cast<unsigned>(static_cast<unsigned char>(b[i])));
        to[i] = static_cast<char>(word);
    }
}

[[gnu::always_inline]] inline void runStep(Step step, char *to, const char *a, const char *b,
                                           std::size_t n)
{
    switch (step) {
    case Step::And: stepThrough<Step::And>(to, a, b, n); break;
    case Step::Or: stepThrough<Step::Or>(to, a, b, n); break;
    case Step::Xor: stepThrough<Step::Xor>(to, a, b, n); break;
    case Step::AndNot: stepThrough<Step::AndNot>(to, a, b, n); break;
    case Step::NotAnd: stepThrough<Step::NotAnd>(to, a, b, n); break;
    case Step::Not: stepThrough<Step::Not>(to, a, b, n); break;
    }
}

void stepPortable(Step step, char *to, const char *a, const char *b, std::size_t n)
{
    runStep(step, to, a, b, n);
}

#ifdef __x86_64__

[[gnu::target("avx2")]] void stepAvx2(Step step, char *to, const char *a, const char *b,
                                      std::size_t n)
{
    runStep(step, to, a, b, n);
}

#endif

using RunStep = void (*)(Step, char *, const char *, const char *, std::size_t);

RunStep bestStep()
{
#ifdef __x86_64__
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx2"))
        return stepAvx2;
#endif
    return stepPortable;
}

const Count kCount = bestCount();
const RunStep kStep = bestStep();

// The part of a source that lies in the block at `at`.
Bytes part(Bytes source, std::size_t at, std::size_t n)
{
    return at < source.size() ? source.substr(at, n) : Bytes();
}

// A block of a source, with zeros behind its end.
void loadBlock(char *to, Bytes source, std::size_t n)
{
    if (!source.empty())
        std::memcpy(to, source.data(), source.size());
    std::memset(to + source.size(), 0, n - source.size());
}

// Which step the operation does with each further source, and at the end with the first one where
// the others are gathered first.
struct Plan
{
    Step each;
    bool gathersOthers; // starts with zeros; `last` brings the first source in
    Step last;
};

Plan planOf(BitOperation operation)
{
    switch (operation) {
    case BitOperation::And: return {Step::And, false, {}};
    case BitOperation::Or: return {Step::Or, false, {}};
    case BitOperation::Diff: return {Step::Or, true, Step::NotAnd};
    case BitOperation::Diff1: return {Step::Or, true, Step::AndNot};
    case BitOperation::AndOr: return {Step::Or, true, Step::And};
    case BitOperation::Xor:
    case BitOperation::Not:
    case BitOperation::One: break;
    }
    return {Step::Xor, false, {}};
}

void combineBlock(const Plan &plan, std::span<const Bytes> sources, char *block, std::size_t at,
                  std::size_t n)
{
    if (plan.gathersOthers)
        std::memset(block, 0, n);
    else
        loadBlock(block, part(sources[0], at, n), n);
    for (const Bytes source : sources.subspan(1)) {
        const Bytes from = part(source, at, n);
        kStep(plan.each, block, block, from.data(), from.size());
        if (plan.each == Step::And)
            std::memset(block + from.size(), 0, n - from.size());
    }
    if (!plan.gathersOthers)
        return;
    const Bytes first = part(sources[0], at, n);
    kStep(plan.last, block, block, first.data(), first.size());
    if (plan.last != Step::AndNot) // what is not in the first source is not in the result
        std::memset(block + first.size(), 0, n - first.size());
}

// The same where every source reaches to the end of the block: nothing is copied, and what is in
// between lies in `block`. Only the last step writes to `to`, which may be a source.
void combineWhole(const Plan &plan, std::span<const Bytes> sources, char *block, char *to,
                  std::size_t at, std::size_t n)
{
    const std::size_t first = plan.gathersOthers, end = sources.size();
    const char *gathered = sources[first].data() + at;
    for (std::size_t i = first + 1; i < end; ++i) {
        char *out = i + 1 == end && !plan.gathersOthers ? to + at : block;
        kStep(plan.each, out, gathered, sources[i].data() + at, n);
        gathered = out;
    }
    if (plan.gathersOthers)
        kStep(plan.last, to + at, gathered, sources[0].data() + at, n);
    else if (end == 1)
        std::memmove(to + at, gathered, n);
}

// Bits that were seen once, without those that were seen again.
void oneBlock(std::span<const Bytes> sources, char *once, std::size_t at, std::size_t n)
{
    char twice[kBlock], both[kBlock];
    std::memset(twice, 0, n);
    loadBlock(once, part(sources[0], at, n), n);
    for (const Bytes source : sources.subspan(1)) {
        const Bytes from = part(source, at, n);
        std::memcpy(both, once, from.size());
        kStep(Step::And, both, both, from.data(), from.size());
        kStep(Step::Or, twice, twice, both, from.size());
        kStep(Step::Or, once, once, from.data(), from.size());
    }
    kStep(Step::AndNot, once, once, twice, n);
}

// Any block of any operation, to `block`.
void combinePart(BitOperation operation, std::span<const Bytes> sources, char *block,
                 std::size_t at, std::size_t n)
{
    if (operation == BitOperation::One) {
        oneBlock(sources, block, at, n);
    } else if (operation == BitOperation::Not) {
        loadBlock(block, part(sources[0], at, n), n);
        kStep(Step::Not, block, block, block, n);
    } else {
        combineBlock(planOf(operation), sources, block, at, n);
    }
}

// The first bit that is `bit` in a byte that has one.
unsigned bitInByte(unsigned char byte, bool bit)
{
    return static_cast<unsigned>(std::countl_zero(bit ? byte : static_cast<unsigned char>(~byte)));
}

} // namespace

std::uint64_t countBits(Bytes bytes) { return kCount(bytes.data(), bytes.size()); }

std::uint64_t findBit(Bytes bytes, bool bit, std::uint64_t from, std::uint64_t to)
{
    if (from >= to)
        return to;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
    const unsigned char without = bit ? 0 : 0xff; // a byte to be skipped
    const std::size_t end = (to + 7) / 8;
    std::size_t i = from / 8;
    // Bits in front of `from` look like those that are not searched.
    const auto before = static_cast<unsigned char>(~(0xffu >> (from % 8)));
    const auto first = static_cast<unsigned char>(bit ? at(i) & ~before : at(i) | before);
    if (first != without)
        return std::min<std::uint64_t>(i * 8 + bitInByte(first, bit), to);
    std::uint64_t same[4];
    std::memset(same, without, sizeof same);
    for (++i; i + sizeof same <= end; i += sizeof same) {
        if (std::memcmp(bytes.data() + i, same, sizeof same) != 0)
            break;
    }
    while (i < end && at(i) == without)
        ++i;
    return i == end ? to : std::min<std::uint64_t>(i * 8 + bitInByte(at(i), bit), to);
}

void combineBits(BitOperation operation, std::span<const Bytes> sources, char *to, std::size_t size)
{
    const Plan plan = planOf(operation);
    std::size_t shortest = size;
    for (const Bytes source : sources)
        shortest = std::min(shortest, source.size());
    const bool isPlain = operation != BitOperation::One && operation != BitOperation::Not
                         && (sources.size() > 1 || !plan.gathersOthers);
    char block[kBlock];
    for (std::size_t at = 0; at < size; at += kBlock) {
        const std::size_t n = std::min(size - at, kBlock);
        const bool isWhole = at + n <= shortest;
        if (isWhole && operation == BitOperation::Not) {
            kStep(Step::Not, to + at, sources[0].data() + at, sources[0].data() + at, n);
        } else if (isWhole && isPlain) {
            combineWhole(plan, sources, block, to, at, n);
        } else {
            combinePart(operation, sources, block, at, n);
            std::memcpy(to + at, block, n);
        }
    }
}

} // namespace cay::store
