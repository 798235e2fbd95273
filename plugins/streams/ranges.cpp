// XLEN, XRANGE, XREVRANGE.
#include "stream_commands.h"

namespace cay::streams {

namespace {

// COUNT n, or everything. *count is 0 for "all", *none says that nothing was asked for.
bool readCount(Call &call, std::size_t *count, bool *none)
{
    ArgParser args(call, 4);
    std::int64_t n = -1;
    while (args.more()) {
        if (args.word("COUNT", 1)) {
            n = args.integer();
            n = n < 0 ? 0 : n;
        } else {
            args.syntaxError();
        }
    }
    *none = n == 0;
    *count = n < 0 ? 0 : static_cast<std::size_t>(n);
    return args.ok();
}

void range(Call &call, Bytes first, Bytes last, StreamWalk::Direction direction)
{
    StreamId start, end;
    std::size_t count = 0;
    bool none = false;
    Stream *stream = nullptr;
    if (!readStart(call, first, &start) || !readEnd(call, last, &end)
        || !readCount(call, &count, &none) || !readStream(call, call.key(1), &stream)) {
        return;
    }
    if (!stream) {
        call.reply.emptyArray();
    } else if (none) {
        call.reply.nullArray();
    } else {
        StreamWalk walk(*stream, start, end, direction);
        replyEntries(call.reply, walk, count);
    }
}

} // namespace

void xLen(Call &call)
{
    Stream *stream = nullptr;
    if (readStream(call, call.key(1), &stream))
        call.reply.integer(stream ? static_cast<std::int64_t>(stream->length()) : 0);
}

void xRange(Call &call) { range(call, call[2], call[3], StreamWalk::Forward); }

void xRevRange(Call &call) { range(call, call[3], call[2], StreamWalk::Backward); }

} // namespace cay::streams
