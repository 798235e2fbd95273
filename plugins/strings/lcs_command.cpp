// LCS.
#include "lcs.h"
#include "string_commands.h"

#include <limits>

namespace cay::strings {

namespace {

struct LcsOptions
{
    bool length = false, indexes = false, matchLengths = false;
    std::int64_t minMatch = 0;
};

bool parseLcs(Call &call, LcsOptions *options)
{
    ArgParser args(call, 3);
    while (args.more()) {
        if (args.word("IDX"))
            options->indexes = true;
        else if (args.word("LEN"))
            options->length = true;
        else if (args.word("WITHMATCHLEN"))
            options->matchLengths = true;
        else if (args.word("MINMATCHLEN", 1))
            options->minMatch = args.integer();
        else
            args.syntaxError();
    }
    if (args.ok() && options->length && options->indexes)
        args.fail("ERR If you want both the length and indexes, please just use IDX.");
    return args.ok();
}

// Redis refuses what its table of 32-bit lengths would not fit into; the same limit bounds our
// time.
bool checkTable(Call &call, Bytes a, Bytes b)
{
    constexpr std::size_t kMaxText = std::numeric_limits<std::uint32_t>::max() - 1;
    if (a.size() >= kMaxText || b.size() >= kMaxText)
        return call.fail("ERR String too long for LCS");
    std::uint64_t cells = (a.size() + 1) * (b.size() + 1), bytes;
    if (__builtin_mul_overflow(cells, 4, &bytes))
        return call.fail("ERR Insufficient memory, failed allocating transient memory for LCS");
    if (bytes > static_cast<std::uint64_t>(g_maxStringSize))
        return call.fail(
            "ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");
    return true;
}

void replyRange(resp::Reply &reply, const Lcs::Range &range, bool withLength)
{
    reply.array(withLength ? 3 : 2);
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(range.aFirst));
    reply.integer(static_cast<std::int64_t>(range.aLast));
    reply.array(2);
    reply.integer(static_cast<std::int64_t>(range.bFirst));
    reply.integer(static_cast<std::int64_t>(range.bLast));
    if (withLength)
        reply.integer(static_cast<std::int64_t>(range.size()));
}

void replyIndexes(Call &call, const Lcs &lcs, std::size_t length, char *text,
                  const LcsOptions &options)
{
    call.reply.map(2);
    call.reply.bulk("matches");
    const auto matches = call.reply.defer();
    std::size_t count = 0;
    lcs.walk(text, [&](const Lcs::Range &range) {
        if (static_cast<std::int64_t>(range.size()) < options.minMatch)
            return;
        replyRange(call.reply, range, options.matchLengths);
        ++count;
    });
    call.reply.closeArray(matches, count);
    call.reply.bulk("len");
    call.reply.integer(static_cast<std::int64_t>(length));
}

// False after an error has been replied.
bool textsOf(Call &call, Bytes (&texts)[2], char (&scratch)[2][24])
{
    // The second look-up may delete an expired key and move the first entry, so that one is fetched
    // again.
    const Key key = call.key(1);
    call.db.read(key);
    const Entry *second = call.db.read(call.key(2));
    const Entry *first = call.db.peek(key);
    if ((first && !isString(*first)) || (second && !isString(*second)))
        return call.fail("ERR The specified keys must contain string values");
    if (first)
        texts[0] = store::stringText(*first, scratch[0]);
    if (second)
        texts[1] = store::stringText(*second, scratch[1]);
    return true;
}

} // namespace

void lcs(Call &call)
{
    Bytes texts[2];
    char scratch[2][24];
    LcsOptions options;
    if (!textsOf(call, texts, scratch) || !parseLcs(call, &options)
        || !checkTable(call, texts[0], texts[1]))
        return;
    Lcs lcs(texts[0], texts[1]);
    if (options.length && !options.indexes) {
        call.reply.integer(static_cast<std::int64_t>(lcs.length()));
        return;
    }
    std::size_t length = 0;
    if (!lcs.build(&length)) {
        call.fail("ERR Insufficient memory, failed allocating transient memory for LCS");
        return;
    }
    const std::unique_ptr<char[]> text(new char[length + 1]);
    if (options.indexes) {
        replyIndexes(call, lcs, length, text.get(), options);
        return;
    }
    lcs.walk(text.get(), [](const Lcs::Range &) {});
    call.reply.bulk(Bytes(text.get(), length));
}

} // namespace cay::strings
