// Feeds the reply parser the input whole and in small pieces; both must come to the same end, and
// every value that comes out must be readable.
#include "resp/reply_parser.h"

#include <cstdlib>

namespace {

using cay::Bytes;
using cay::resp::ReplyParser;
using cay::resp::ReplyType;
using cay::resp::ReplyView;

std::size_t walk(ReplyView value)
{
    std::size_t sum = 1 + value.text().size();
    std::size_t children = 0;
    for (const ReplyView child : value) {
        sum += walk(child);
        ++children;
    }
    if (children != value.size())
        std::abort();
    ReplyView attribute = value;
    if (value.attribute(&attribute))
        sum += attribute.size();
    return sum;
}

// The sum over all replies, or of what came before an error.
std::size_t parse(Bytes input, std::size_t piece, bool *failed)
{
    ReplyParser parser(
        {.depth = 32, .textBytes = 1 << 16, .nodes = 1 << 12, .totalBytes = 1 << 20});
    std::size_t sum = 0;
    while (!input.empty()) {
        std::size_t used = 0;
        const auto status = parser.feed(input.substr(0, piece), &used);
        if (status == ReplyParser::Status::Failed) {
            *failed = true;
            if (parser.error().empty())
                std::abort();
            return sum;
        }
        if (status == ReplyParser::Status::Complete)
            sum += walk(parser.reply().root());
        else if (used == 0)
            std::abort();
        input.remove_prefix(used);
    }
    return sum;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const Bytes input(reinterpret_cast<const char *>(data), size);
    bool wholeFailed = false, pieceFailed = false;
    const std::size_t whole = parse(input, input.size(), &wholeFailed);
    const std::size_t pieces = parse(input, 1, &pieceFailed);
    if (whole != pieces || wholeFailed != pieceFailed)
        std::abort();
    return 0;
}
