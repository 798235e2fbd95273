#include "lcs.h"

#include <algorithm>
#include <bit>
#include <cstdlib>
#include <utility>

namespace cay::strings {

void Lcs::Free::operator()(void *p) const { std::free(p); }

Lcs::Lcs(Bytes a, Bytes b)
    : m_long(a.size() >= b.size() ? a : b)
    , m_short(a.size() >= b.size() ? b : a)
    , m_swapped(a.size() < b.size())
    , m_words((m_short.size() + 63) / 64)
{}

// The places of each of the 256 bytes in the shorter string.
void Lcs::makeMasks(std::vector<std::uint64_t> *masks) const
{
    masks->assign(256 * m_words, 0);
    for (std::size_t i = 0; i < m_short.size(); ++i)
        (*masks)[static_cast<unsigned char>(m_short[i]) * m_words + i / 64] |= std::uint64_t{1}
                                                                               << (i % 64);
}

void Lcs::nextRow(const std::vector<std::uint64_t> &masks, char byte, const std::uint64_t *from,
                  std::uint64_t *to) const
{
    const std::uint64_t *mask = masks.data() + static_cast<unsigned char>(byte) * m_words;
    std::uint64_t carry = 0;
    for (std::size_t w = 0; w < m_words; ++w) {
        const std::uint64_t v = from[w], matches = v & mask[w];
        std::uint64_t sum;
        const bool first = __builtin_add_overflow(v, matches, &sum);
        const bool second = __builtin_add_overflow(sum, carry, &sum);
        carry = first || second;
        to[w] = sum | (v & ~mask[w]);
    }
}

// L(r, columns) of the row: its zeros among the first `columns` bits.
std::size_t Lcs::count(const std::uint64_t *row, std::size_t columns) const
{
    std::size_t zeros = 0;
    for (std::size_t w = 0; w < columns / 64; ++w)
        zeros += static_cast<std::size_t>(std::popcount(~row[w]));
    if (const std::size_t rest = columns % 64)
        zeros += static_cast<std::size_t>(
            std::popcount(~row[columns / 64] & ((std::uint64_t{1} << rest) - 1)));
    return zeros;
}

std::size_t Lcs::length() const
{
    std::vector<std::uint64_t> masks, row(m_words, ~std::uint64_t{0});
    makeMasks(&masks);
    for (const char byte : m_long)
        nextRow(masks, byte, row.data(), row.data());
    return count(row.data(), m_short.size());
}

bool Lcs::build(std::size_t *length)
{
    *length = 0;
    if (m_short.empty())
        return true;
    const std::size_t rows = m_long.size() + 1;
    std::size_t bytes;
    if (__builtin_mul_overflow(rows, m_words * sizeof(std::uint64_t), &bytes))
        return false;
    m_rows.reset(static_cast<std::uint64_t *>(std::malloc(bytes)));
    if (!m_rows)
        return false;
    std::vector<std::uint64_t> masks;
    makeMasks(&masks);
    std::fill_n(m_rows.get(), m_words, ~std::uint64_t{0});
    for (std::size_t r = 1; r < rows; ++r)
        nextRow(masks, m_long[r - 1], row(r - 1), m_rows.get() + r * m_words);
    *length = count(row(rows - 1), m_short.size());
    return true;
}

void Lcs::walk(char *text, const std::function<void(const Range &)> &run) const
{
    std::size_t r = m_long.size(), c = m_short.size();
    if (c == 0)
        return;
    std::size_t here = count(row(r), c), above = count(row(r - 1), c); // L(r, c) and L(r-1, c)
    std::size_t left = here; // bytes of the subsequence still to be found
    std::size_t runSize = 0, runRow = 0, runColumn = 0; // the open run and where it starts
    const auto grows = [this](std::size_t n, std::size_t column) {
        return !((row(n)[(column - 1) / 64] >> ((column - 1) % 64)) & 1);
    };
    const auto close = [&] {
        if (runSize == 0)
            return;
        Range range{runRow, runRow + runSize - 1, runColumn, runColumn + runSize - 1};
        if (m_swapped) {
            std::swap(range.aFirst, range.bFirst);
            std::swap(range.aLast, range.bLast);
        }
        run(range);
        runSize = 0;
    };
    const auto moveLeft = [&] {
        here -= grows(r, c);
        above -= grows(r - 1, c);
        --c;
    };
    const auto moveUp = [&] {
        here = above;
        --r;
        above = r > 0 ? count(row(r - 1), c) : 0;
    };
    while (r > 0 && c > 0) {
        if (m_long[r - 1] == m_short[c - 1]) {
            text[--left] = m_long[r - 1];
            runRow = r - 1;
            runColumn = c - 1;
            ++runSize;
            moveLeft();
            moveUp();
            continue;
        }
        close();
        // Redis shortens the first string if what stays is longer that way, else the second.
        const std::size_t shorterLeft = here - grows(r, c);
        const bool shortenFirst = m_swapped ? shorterLeft > above : above > shorterLeft;
        shortenFirst != m_swapped ? moveUp() : moveLeft();
    }
    close();
}

} // namespace cay::strings
