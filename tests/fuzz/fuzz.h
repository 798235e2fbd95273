// What the fuzz targets share. A target is one file, fuzz_<subject>.cpp: LLVMFuzzerTestOneInput()
// and what must hold.
#pragma once

#include "store/bytes.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

namespace cay::fuzz {

// A property that does not hold: libFuzzer keeps the input that shows it.
inline void require(bool holds, const char *what)
{
    if (holds)
        return;
    std::fprintf(stderr, "does not hold: %s\n", what);
    std::abort();
}

inline Bytes bytesOf(const std::uint8_t *data, std::size_t size)
{
    return Bytes(reinterpret_cast<const char *>(data), size);
}

// Cuts bytes into pieces whose sizes come from a seed byte: 0 gives one-byte pieces.
class Pieces
{
public:
    Pieces(Bytes bytes, std::uint8_t seed)
        : m_rest(bytes)
        , m_state(seed)
    {}

    bool done() const { return m_rest.empty(); }
    // REQUIRES: !done()
    Bytes next()
    {
        m_state = m_state * 2654435761u + 12345;
        const std::size_t wish = m_state == 12345 ? 1 : 1 + (m_state >> 16) % 37;
        const Bytes piece = m_rest.substr(0, wish);
        m_rest.remove_prefix(piece.size());
        return piece;
    }

private:
    Bytes m_rest;
    std::uint32_t m_state;
};

} // namespace cay::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size);
