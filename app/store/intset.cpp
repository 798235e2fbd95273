#include "store/intset.h"

#include <bit>
#include <cassert>
#include <limits>
#include <new>

namespace cay::store {

static_assert(std::endian::native == std::endian::little, "the bytes are read as they lie");

namespace {

std::uint32_t widthOf(std::int64_t n)
{
    if (n >= std::numeric_limits<std::int16_t>::min()
        && n <= std::numeric_limits<std::int16_t>::max())
        return 2;
    if (n >= std::numeric_limits<std::int32_t>::min()
        && n <= std::numeric_limits<std::int32_t>::max())
        return 4;
    return 8;
}

} // namespace

bool IntsetView::valid(Bytes bytes)
{
    if (bytes.size() < kHeader)
        return false;
    const IntsetView view(reinterpret_cast<const unsigned char *>(bytes.data()));
    const std::uint32_t width = view.width();
    if ((width != 2 && width != 4 && width != 8) || view.empty()
        || bytes.size() - kHeader != view.size() * width)
        return false;
    for (std::size_t i = 1; i < view.size(); ++i) {
        if (view.at(i - 1) >= view.at(i))
            return false;
    }
    return true;
}

std::size_t IntsetView::lowerBound(std::int64_t n) const
{
    std::size_t from = 0, count = size();
    // Appending in order is common.
    if (count == 0 || n > at(count - 1))
        return count;
    while (count > 0) {
        const std::size_t half = count / 2;
        const bool less = at(from + half) < n;
        from = less ? from + half + 1 : from;
        count = less ? count - half - 1 : half;
    }
    return from;
}

Intset::Intset()
    : IntsetView(nullptr)
{
    resize(0, 2);
}

Intset Intset::copyOf(Bytes valid)
{
    auto *bytes = static_cast<unsigned char *>(std::malloc(valid.size()));
    if (!bytes)
        throw std::bad_alloc();
    std::memcpy(bytes, valid.data(), valid.size());
    return Intset(bytes);
}

void Intset::resize(std::size_t size, std::uint32_t width)
{
    void *bytes = std::realloc(mutableData(), kHeader + size * width);
    if (!bytes)
        throw std::bad_alloc();
    const std::uint32_t header[2] = {width, static_cast<std::uint32_t>(size)};
    static_assert(sizeof header == kHeader);
    std::memcpy(bytes, header, sizeof header);
    m_bytes = static_cast<unsigned char *>(bytes);
}

void Intset::store(std::size_t index, std::int64_t n)
{
    std::memcpy(mutableData() + kHeader + index * width(), &n, width()); // the low bytes
}

// n is beyond all that are there, on one side or the other.
void Intset::widen(std::uint32_t width, std::int64_t n)
{
    const std::uint32_t narrow = this->width();
    const std::size_t old = size(), shift = n < 0;
    resize(old + 1, width);
    // From the end on, so that no integer is overwritten before it is read. The sign is in the top
    // byte of the narrow one.
    for (std::size_t i = old; i-- > 0;) {
        const unsigned char *from = m_bytes + kHeader + i * narrow;
        std::int64_t value = from[narrow - 1] & 0x80 ? -1 : 0;
        std::memcpy(&value, from, narrow);
        store(i + shift, value);
    }
    store(shift ? 0 : old, n);
}

bool Intset::add(std::int64_t n)
{
    assert(size() < kMaxSize);
    const std::uint32_t width = widthOf(n);
    if (width > this->width()) {
        widen(width, n);
        return true;
    }
    const std::size_t at = lowerBound(n), old = size();
    if (at < old && this->at(at) == n)
        return false;
    resize(old + 1, this->width());
    unsigned char *place = mutableData() + kHeader + at * this->width();
    std::memmove(place + this->width(), place, (old - at) * this->width());
    store(at, n);
    return true;
}

bool Intset::remove(std::int64_t n)
{
    const std::size_t at = lowerBound(n), old = size();
    if (at == old || this->at(at) != n)
        return false;
    unsigned char *place = mutableData() + kHeader + at * width();
    std::memmove(place, place + width(), (old - at - 1) * width());
    resize(old - 1, width());
    return true;
}

} // namespace cay::store
