#include "request.h"

#include <cstdlib>
#include <sstream>

namespace bench {

// splitmix64: Steele, Lea, Flood, "Fast splittable pseudorandom number generators".
std::uint64_t Request::random()
{
    std::uint64_t z = (m_random += 0x9e3779b97f4a7c15);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

void Request::addBulk(const std::string &bytes)
{
    m_bytes += '$' + std::to_string(bytes.size()) + "\r\n" + bytes + "\r\n";
}

bool Request::addNumber(Place::Kind kind, const std::string &prefix, std::size_t digits,
                        std::uint64_t low, std::uint64_t count)
{
    addBulk(prefix + std::string(digits, '0'));
    m_places.push_back({kind, m_bytes.size() - 3, digits, low, count});
    return true;
}

bool Request::addRange(const std::string &word, std::uint64_t low, std::uint64_t high,
                       std::string *why)
{
    // Zeros in front would not be integers to the server: all values have as many digits as the
    // first.
    const std::size_t size = std::to_string(low).size();
    if (std::to_string(high - 1).size() != size) {
        *why = "the numbers of " + word + " differ in length";
        return false;
    }
    return addNumber(Place::Range, "", size, low, high - low);
}

bool Request::addWord(const std::string &word, const KeySpace &space, std::string *why)
{
    const std::size_t digits = space.keySize > 4 ? space.keySize - 4 : 1;
    if (word == "{key}")
        return addNumber(Place::Random, "key:", digits, 0, space.keys);
    if (word == "{seq}")
        return addNumber(Place::Sequence, "key:", digits, 0, 0);
    if (word == "{seqcounter}")
        return addNumber(Place::Sequence, "cnt:", digits, 0, 0);
    if (word == "{counter}")
        return addNumber(Place::Random, "cnt:", digits, 0, space.keys);
    if (word == "{value}") {
        addBulk(std::string(space.valueSize, 'x'));
        return true;
    }
    unsigned long long low = 0, high = 0;
    if (std::sscanf(word.c_str(), "{range:%llu:%llu}", &low, &high) == 2 && low < high)
        return addRange(word, low, high, why);
    if (std::sscanf(word.c_str(), "{number:%llu}", &low) == 1)
        return addNumber(Place::Sequence, "", std::to_string(low).size(), low, 0);
    if (std::sscanf(word.c_str(), "{+%llu}", &low) == 1 && !m_places.empty())
        return addNumber(Place::After, "", m_places.back().digits, low, 0);
    if (word.front() == '{') {
        *why = "unknown place " + word;
        return false;
    }
    addBulk(word);
    return true;
}

// Writes "[a b]*3" out as "a b a b a b". False when a bracket is not closed.
static bool unfold(const std::string &text, std::vector<std::string> *words)
{
    std::istringstream in(text);
    std::vector<std::string> group;
    bool inGroup = false;
    for (std::string word; in >> word;) {
        if (word.front() == '[') {
            inGroup = true;
            word.erase(0, 1);
        }
        const std::size_t close = inGroup ? word.find("]*") : std::string::npos;
        (inGroup ? group : *words).push_back(word.substr(0, close));
        if (close != std::string::npos) {
            for (int n = std::atoi(word.c_str() + close + 2); n > 0; --n)
                words->insert(words->end(), group.begin(), group.end());
            group.clear();
            inGroup = false;
        }
    }
    return !inGroup && !words->empty();
}

bool Request::parse(const std::string &text, const KeySpace &space, std::string *why)
{
    std::vector<std::string> words;
    if (!unfold(text, &words)) {
        *why = "the command is empty, or a [ is not closed by ]*count";
        return false;
    }
    m_bytes = '*' + std::to_string(words.size()) + "\r\n";
    m_places.clear();
    for (const std::string &word : words) {
        if (!addWord(word, space, why))
            return false;
    }
    return true;
}

// Multiply and shift in place of a division, which would be the load's most expensive instruction.
std::uint64_t Request::next(const Place &place, std::uint64_t before)
{
    if (place.kind == Place::Sequence)
        return place.low + m_sequence++;
    if (place.kind == Place::After)
        return before + place.low;
    const auto wide = static_cast<unsigned __int128>(random()) * place.count;
    return place.low + static_cast<std::uint64_t>(wide >> 64);
}

void Request::append(std::string &out)
{
    std::uint64_t number = 0;
    const std::size_t start = out.size();
    out += m_bytes;
    for (const Place &place : m_places) {
        number = next(place, number);
        std::uint64_t n = number;
        char *digit = out.data() + start + place.offset;
        for (std::size_t i = 0; i < place.digits && n != 0; ++i, n /= 10)
            *digit-- = static_cast<char>('0' + n % 10);
    }
}

} // namespace bench
