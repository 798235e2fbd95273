// Sorts the first elements of a range only, in the order in which Redis has them: where elements
// are equal, their order is that of this very algorithm, a quicksort of three parts whose pivot is
// the median of up to nine, which leaves out the parts that are not asked for. O(n + k log k) on
// average.
//
// Source: J. L. Bentley, M. D. McIlroy, "Engineering a Sort Function", 1993. Turned down:
// std::partial_sort, whose order of equal elements is another.
#pragma once

#include <algorithm>
#include <cstddef>

namespace cay::geo {

// compare(a, b) is negative, 0 or positive.
template <typename T, typename Compare>
T *medianOf(T *a, T *b, T *c, Compare compare)
{
    if (compare(*a, *b) < 0)
        return compare(*b, *c) < 0 ? b : (compare(*a, *c) < 0 ? c : a);
    return compare(*b, *c) > 0 ? b : (compare(*a, *c) < 0 ? a : c);
}

template <typename T, typename Compare>
T *pivotOf(T *a, std::size_t n, Compare compare)
{
    T *low = a, *middle = a + n / 2, *high = a + n - 1;
    if (n == 7)
        return middle;
    if (n > 40) {
        const std::size_t d = n / 8;
        low = medianOf(low, low + d, low + 2 * d, compare);
        middle = medianOf(middle - d, middle, middle + d, compare);
        high = medianOf(high - 2 * d, high - d, high, compare);
    }
    return medianOf(low, middle, high, compare);
}

// The first `wanted` of the `n` elements at `a` are sorted, and smaller than the rest.
template <typename T, typename Compare>
void sortFirst(T *a, std::size_t n, std::size_t wanted, Compare compare)
{
    T *const last = a + wanted - 1;
    for (;;) {
        if (n < 7) {
            for (T *i = a + 1; i < a + n; ++i)
                for (T *j = i; j > a && compare(j[-1], *j) > 0; --j)
                    std::swap(j[-1], *j);
            return;
        }
        std::swap(*a, *pivotOf(a, n, compare));
        // Equal ones gather at both ends: [equal | less | more | equal].
        T *equalLeft = a + 1, *left = a + 1, *right = a + n - 1, *equalRight = a + n - 1;
        for (;;) {
            for (int order; left <= right && (order = compare(*left, *a)) <= 0; ++left) {
                if (order == 0)
                    std::swap(*equalLeft++, *left);
            }
            for (int order; left <= right && (order = compare(*right, *a)) >= 0; --right) {
                if (order == 0)
                    std::swap(*right, *equalRight--);
            }
            if (left > right)
                break;
            std::swap(*left++, *right--);
        }
        T *const end = a + n;
        const std::ptrdiff_t less = left - equalLeft, more = equalRight - right;
        std::ptrdiff_t moves = std::min(equalLeft - a, less);
        std::swap_ranges(a, a + moves, left - moves);
        moves = std::min(more, end - equalRight - 1);
        std::swap_ranges(left, left + moves, end - moves);
        if (less > 1 && last >= a)
            sortFirst(
                a, static_cast<std::size_t>(less),
                std::min(static_cast<std::size_t>(less), static_cast<std::size_t>(last - a + 1)),
                compare);
        if (more <= 1 || last < end - more)
            return;
        a = end - more;
        n = static_cast<std::size_t>(more);
    }
}

} // namespace cay::geo
