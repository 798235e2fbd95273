// Splitting a line: what comes out, quoted again, splits into the same.
#include "fuzz.h"

#include "resp/inline_args.h"

using namespace cay;

namespace {

std::string quoted(const std::vector<std::string> &words)
{
    static constexpr char kHex[] = "0123456789abcdef";
    std::string line;
    for (const std::string &word : words) {
        line += '"';
        for (const char c : word) {
            const auto byte = static_cast<unsigned char>(c);
            line += {'\\', 'x', kHex[byte >> 4], kHex[byte & 15]};
        }
        line += "\" ";
    }
    return line;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const std::vector<char> copy(data, data + size);
    std::vector<std::string> words, again;
    const bool ok = resp::splitArgs(Bytes(copy.data(), copy.size()), &words);
    fuzz::require(ok || words.empty(), "nothing comes out of a refused line");
    if (!ok)
        return 0;
    fuzz::require(resp::splitArgs(quoted(words), &again) && again == words,
                  "quoted words split into themselves");
    return 0;
}
