// The reply parser: the same trees and the same verdict whatever pieces the bytes arrive in; every
// view is readable.
#include "fuzz.h"

#include "resp/reply_parser.h"

using namespace cay;

namespace {

void print(const resp::ReplyView &view, std::string *out)
{
    *out += static_cast<char>('A' + static_cast<int>(view.type()));
    if (view.hasText())
        *out += std::to_string(view.text().size()).append(":").append(view.text());
    if (view.type() == resp::ReplyType::Verbatim)
        *out += view.verbatimFormat();
    if (view.type() == resp::ReplyType::Integer)
        *out += std::to_string(view.integer());
    *out += view.truth() ? '1' : '0';
    if (!view.isAggregate())
        return;
    *out += '(';
    std::size_t children = 0;
    for (const resp::ReplyView child : view) {
        print(child, out);
        ++children;
    }
    fuzz::require(children == view.size(), "an aggregate has as many children as it says");
    *out += ')';
}

std::string parse(Bytes bytes, std::uint8_t seed, bool whole)
{
    std::string out;
    resp::ReplyParser parser(
        {.depth = 64, .textBytes = 1 << 20, .nodes = 100000, .totalBytes = 1 << 20});
    fuzz::Pieces pieces(bytes, seed);
    while (!bytes.empty() && (whole || !pieces.done())) {
        Bytes piece = whole ? bytes : pieces.next();
        while (!piece.empty()) {
            std::size_t used = 0;
            const resp::ReplyParser::Status status = parser.feed(piece, &used);
            fuzz::require(used <= piece.size(), "no more bytes are used than there are");
            if (status == resp::ReplyParser::Status::Failed)
                return out + "failed " + parser.error();
            piece.remove_prefix(used);
            if (status == resp::ReplyParser::Status::More)
                break;
            print(parser.reply().root(), &out);
        }
        if (whole)
            break;
    }
    return out;
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 1)
        return 0;
    const Bytes bytes = fuzz::bytesOf(data + 1, size - 1);
    fuzz::require(parse(bytes, 0, true) == parse(bytes, data[0], false),
                  "pieces give the same replies as the whole");
    return 0;
}
