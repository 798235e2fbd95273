// LOLWUT: a landscape of hills under stars, another one at each call.
#include "introspection.h"

#include "cay/help.h"
#include "cay/version.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <string>

namespace cay::introspection {

namespace {

constexpr int kWidth = 66, kHeight = 16;

// A source of numbers of its own, so that a picture follows from its seed.
class Dice
{
public:
    explicit Dice(std::uint64_t seed)
        : m_state(seed)
    {}
    // From 0 to 1, 1 excluded. splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number
    // generators".
    double roll()
    {
        std::uint64_t z = (m_state += 0x9e3779b97f4a7c15);
        z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
        z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
        return static_cast<double>((z ^ (z >> 31)) >> 11) / 9007199254740992.0;
    }

private:
    std::uint64_t m_state;
};

using Picture = std::array<std::string, kHeight>;

void drawSky(Picture &picture, Dice &dice)
{
    for (std::string &line : picture) {
        for (char &c : line) {
            const double chance = dice.roll();
            c = chance < 0.015 ? '*' : chance < 0.05 ? '.' : ' ';
        }
    }
    const int moon = 4 + static_cast<int>(dice.roll() * (kWidth - 12));
    picture[1].replace(static_cast<std::size_t>(moon), 4, " .-.");
    picture[2].replace(static_cast<std::size_t>(moon), 4, "(  (");
    picture[3].replace(static_cast<std::size_t>(moon), 4, " '-'");
}

// A sum of three waves; nearer ranges are lower and denser.
void drawRange(Picture &picture, Dice &dice, int base, double height, char fill)
{
    std::array<double, 6> wave;
    for (double &w : wave)
        w = dice.roll();
    for (int x = 0; x < kWidth; ++x) {
        double y = 0;
        for (std::size_t k = 0; k < 3; ++k)
            y += std::sin(x * (0.04 + 0.09 * static_cast<double>(k) * (0.5 + wave[k]))
                          + wave[k + 3] * 6.283)
                 / static_cast<double>(k + 1);
        const int top = base - static_cast<int>(std::lround((y + 1.8) / 3.6 * height));
        for (int row = std::max(top, 0); row < kHeight; ++row)
            picture[static_cast<std::size_t>(row)][static_cast<std::size_t>(x)]
                = row == top ? (fill == ':' ? '.' : '^') : fill;
    }
}

std::string draw(std::uint64_t seed)
{
    Dice dice(seed);
    Picture picture;
    picture.fill(std::string(kWidth, ' '));
    drawSky(picture, dice);
    drawRange(picture, dice, 11, 6, ' ');
    drawRange(picture, dice, 13, 5, ':');
    drawRange(picture, dice, 15, 4, '#');
    std::string text;
    for (const std::string &line : picture)
        (text += line) += '\n';
    return text;
}

} // namespace

void lolwut(Call &call)
{
    std::int64_t version = 0;
    // Any other arguments are parameters of other versions' pictures.
    const bool asked = call.size() >= 3 && upperCase(call[1]) == "VERSION";
    if (asked && !resp::parseInteger(call[2], &version)) {
        call.fail(errors::kNotInteger);
        return;
    }
    std::string text = draw(call.host.random());
    ((((text += "\nCay ") += kCayVersion) += ". Redis ver. ") += kRedisVersion) += "\n";
    call.reply.verbatim("txt", text);
}

} // namespace cay::introspection
