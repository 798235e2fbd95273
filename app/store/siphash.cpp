#include "store/siphash.h"

#include <random>

namespace cay::store {

namespace {

HashSeed randomSeed()
{
    std::random_device device;
    const auto word = [&] { return (static_cast<std::uint64_t>(device()) << 32) | device(); };
    return {word(), word()};
}

} // namespace

HashSeed g_hashSeed = randomSeed();

} // namespace cay::store
