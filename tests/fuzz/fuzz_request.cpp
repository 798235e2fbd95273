// The request parser: the same commands and the same error come out whatever pieces the bytes
// arrive in, and also when large arguments are received in place.
#include "fuzz.h"

#include "resp/input.h"

#include <algorithm>
#include <cstring>
#include <memory>

using namespace cay;

namespace {

using Commands = std::vector<std::vector<std::string>>;

const resp::InputLimits kLimits{.maxBulk = 200 * 1024, .maxArguments = 1000, .maxInline = 256};

// False after an error, whose text is then the last command.
bool drain(resp::Input *input, bool authenticated, Commands *commands)
{
    for (;;) {
        std::vector<Bytes> args;
        switch (input->next(kLimits, authenticated, &args)) {
        case resp::Input::Status::Incomplete: return true;
        case resp::Input::Status::Error:
            commands->push_back({std::string(input->error())});
            return false;
        case resp::Input::Status::Command: commands->emplace_back(args.begin(), args.end()); break;
        }
    }
}

// The part of a piece that belongs to a large argument goes where the parser wants it.
Bytes receiveInPlace(resp::Input *input, Bytes piece)
{
    const std::span<char> room = input->direct();
    const std::size_t n = std::min(room.size(), piece.size());
    if (n > 0) {
        std::memcpy(room.data(), piece.data(), n);
        input->commitDirect(n);
    }
    return piece.substr(n);
}

Commands parse(Bytes bytes, std::uint8_t seed, bool whole, bool authenticated)
{
    Commands commands;
    resp::Input input;
    fuzz::Pieces pieces(bytes, seed);
    bool first = true;
    while (first || !pieces.done()) {
        first = false;
        // A copy of exact size on the heap, so that a read beyond its end is seen.
        Bytes piece = whole || pieces.done() ? bytes : pieces.next();
        if (!whole && (seed & 1))
            piece = receiveInPlace(&input, piece);
        const std::unique_ptr<char[]> chunk(new char[piece.size()]);
        std::copy(piece.begin(), piece.end(), chunk.get());
        input.lend(Bytes(chunk.get(), piece.size()));
        const bool more = drain(&input, authenticated, &commands);
        if (!more || whole)
            break;
        input.settle();
    }
    return commands;
}

// A line that is too long is refused as soon as that is seen, which depends on the pieces: Redis
// does the same.
void forgetTooBig(Commands *pieces, Commands *whole)
{
    if (pieces->empty() || !pieces->back()[0].starts_with("ERR Protocol error: too big"))
        return;
    pieces->pop_back();
    fuzz::require(whole->size() >= pieces->size(), "the whole gives at least as many commands");
    whole->resize(pieces->size());
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 2)
        return 0;
    const bool authenticated = data[0] & 1;
    const Bytes bytes = fuzz::bytesOf(data + 2, size - 2);
    Commands whole = parse(bytes, 0, true, authenticated);
    Commands pieces = parse(bytes, data[1], false, authenticated);
    forgetTooBig(&pieces, &whole);
    fuzz::require(whole == pieces, "pieces give the same commands as the whole");
    return 0;
}
