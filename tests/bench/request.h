// A command given as text, turned into RESP once, with places that change from request to request.
//
//   SET {key} {value}              a random key of the keyspace, the same value each time
//   MSET [{key} {value}]*10        a group, repeated
//   SET {seq} {value} EX {range:100000:200000}
//   ZRANGE z {range:100000:900000} {+99}
//
// {key} random key "key:000000000042"; {seq} the next key in order; {counter} random
// "cnt:000000000042"; {value} `valueSize` bytes; {range:a:b} a random integer of a fixed number of
// digits; {+n} the integer before it and n more; {number:a} a, a + 1 ... in order.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace bench {

struct KeySpace
{
    std::uint64_t keys = 1000000;
    std::size_t keySize = 16;
    std::size_t valueSize = 64;
};

class Request
{
public:
    // False with a reason when the text cannot be used.
    bool parse(const std::string &text, const KeySpace &space, std::string *why);
    void setSeed(std::uint64_t seed) { m_random = seed; }
    void setFirstKey(std::uint64_t key) { m_sequence = key; }
    std::uint64_t nextKey() const { return m_sequence; }

    // Appends one request.
    void append(std::string &out);

private:
    struct Place
    {
        enum Kind : std::uint8_t { Random, Sequence, Range, After } kind;
        std::size_t offset; // of the last digit, within the request
        std::size_t digits;
        std::uint64_t low, count;
    };

    std::uint64_t random();
    std::uint64_t next(const Place &place, std::uint64_t before);
    bool addWord(const std::string &word, const KeySpace &space, std::string *why);
    void addBulk(const std::string &bytes);
    bool addRange(const std::string &word, std::uint64_t low, std::uint64_t high, std::string *why);
    bool addNumber(Place::Kind kind, const std::string &prefix, std::size_t digits,
                   std::uint64_t low, std::uint64_t count);

    std::string m_bytes;
    std::vector<Place> m_places;
    std::uint64_t m_random = 1;
    std::uint64_t m_sequence = 0;
};

} // namespace bench
