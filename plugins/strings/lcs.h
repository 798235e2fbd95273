// The longest common subsequence of two strings, bit-parallel: 64 cells of the table in one
// addition.
//
//   L(r, c) is the length for the first r bytes of the longer string and the first c of the
//   shorter. From one column to the next it grows by 0 or 1, so a row is a bit vector over the
//   shorter string: bit c-1 is 0 where L(r, c) = L(r, c-1) + 1, and 1 where both are equal. With M
//   = the places of the row's byte in the shorter string,
//
//       V' = (V + (V & M)) | (V & ~M)
//
//   row 0   1 1 1 1 1 1        all rows are kept while the subsequence itself is wanted: rows x
//   words x 8 bytes, row 1   1 1 0 1 1 1        a 32nd of a table of 32-bit lengths row 2   0 1 1 1
//   0 1
//
// O(longer * shorter / 64) time. The walk back keeps L(r, c) and L(r-1, c), and counts a row's
// zeros only where it moves up. Source: Hyyro, "Bit-parallel LCS-length computation revisited"
// (2004).
//
// Turned down: the table of lengths that Redis fills, as much as 64 times slower and 32 times
// larger.
#pragma once

#include "store/bytes.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace cay::strings {

class Lcs
{
public:
    // Borrows both strings.
    Lcs(Bytes a, Bytes b);

    // The length alone, in memory for one row.
    std::size_t length() const;

    // Fills the rows for walk(); false when there is no memory for them. `*length` is the
    // subsequence's.
    bool build(std::size_t *length);

    // A run of bytes that match, positions from 0, both ends included.
    struct Range
    {
        std::size_t aFirst, aLast, bFirst, bLast;
        std::size_t size() const { return aLast - aFirst + 1; }
    };
    // From the end of the strings to their start: each run of matching bytes, and the subsequence
    // into `text`, which has room for it. Of several longest ones, it is the one that Redis finds.
    // REQUIRES: build().
    void walk(char *text, const std::function<void(const Range &)> &run) const;

private:
    struct Free
    {
        void operator()(void *p) const;
    };
    using Words = std::unique_ptr<std::uint64_t[], Free>;

    void makeMasks(std::vector<std::uint64_t> *masks) const;
    void nextRow(const std::vector<std::uint64_t> &masks, char byte, const std::uint64_t *from,
                 std::uint64_t *to) const;
    std::size_t count(const std::uint64_t *row, std::size_t columns) const;
    const std::uint64_t *row(std::size_t r) const { return m_rows.get() + r * m_words; }

    Bytes m_long, m_short;
    bool m_swapped; // the first string is the shorter one
    std::size_t m_words;
    Words m_rows;
};

} // namespace cay::strings
