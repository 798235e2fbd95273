// Reading: LLEN, LINDEX, LRANGE, LPOS.
#include "list_commands.h"

namespace cay::lists {

Range::Range(std::int64_t first, std::int64_t last, std::uint64_t size)
{
    const auto n = static_cast<std::int64_t>(size);
    if (first < 0)
        first = std::max<std::int64_t>(first + n, 0);
    if (last < 0)
        last += n;
    last = std::min(last, n - 1);
    if (first > last)
        return;
    index = static_cast<std::uint64_t>(first);
    count = static_cast<std::uint64_t>(last - first + 1);
}

void lLen(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!checkList(call, entry))
        return;
    call.reply.integer(entry ? static_cast<std::int64_t>(List(entry->object()).size()) : 0);
}

void lIndex(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry) {
        call.reply.null();
        return;
    }
    std::int64_t index = 0;
    if (!checkList(call, entry) || !readInteger(call, call[2], &index))
        return;
    const List list(entry->object());
    const auto size = static_cast<std::int64_t>(list.size());
    if (index < 0)
        index += size;
    if (index < 0 || index >= size) {
        call.reply.null();
        return;
    }
    list.forEach(static_cast<std::uint64_t>(index), 1, false, [&](const PackedValue &value) {
        replyElement(call.reply, value);
        return false;
    });
}

void lRange(Call &call)
{
    std::int64_t first = 0, last = 0;
    if (!readInteger(call, call[2], &first) || !readInteger(call, call[3], &last))
        return;
    const Entry *entry = call.db.read(call.key(1));
    if (!entry) {
        call.reply.emptyArray();
        return;
    }
    if (!checkList(call, entry))
        return;
    const List list(entry->object());
    const Range range(first, last, list.size());
    call.reply.array(range.count);
    list.forEach(range.index, range.count, false, [&](const PackedValue &value) {
        replyElement(call.reply, value);
        return true;
    });
}

namespace {

struct PosOptions
{
    std::int64_t rank = 1, count = -1, maxLen = 0; // count -1: not given; 0: all
};

constexpr std::int64_t kMaxInteger = std::numeric_limits<std::int64_t>::max();

bool readRank(Call &call, Bytes text, std::int64_t *rank)
{
    if (!readIntegerIn(call, text, -kMaxInteger, kMaxInteger, rank))
        return false;
    return *rank != 0
           || call.fail("ERR RANK can't be zero: use 1 to start from the first match, 2 from the "
                        "second ... or use negative to start from the end of the list");
}

bool parsePos(Call &call, PosOptions *options)
{
    ArgParser args(call, 3);
    while (args.more()) {
        if (args.word("RANK", 1)) {
            if (!readRank(call, args.next(), &options->rank))
                return false;
        } else if (args.word("COUNT", 1)) {
            options->count = args.integerIn(0, kMaxInteger, "ERR COUNT can't be negative");
        } else if (args.word("MAXLEN", 1)) {
            options->maxLen = args.integerIn(0, kMaxInteger, "ERR MAXLEN can't be negative");
        } else {
            args.syntaxError();
        }
    }
    return args.ok();
}

// Calls found(index) -> bool, whether to go on, for the matches that RANK and MAXLEN leave.
template <typename Found>
void searchList(const List &list, Bytes element, const PosOptions &options, Found &&found)
{
    const std::uint64_t size = list.size();
    if (!size)
        return;
    const bool backwards = options.rank < 0;
    auto skip = static_cast<std::uint64_t>(backwards ? -options.rank : options.rank) - 1;
    std::uint64_t index = backwards ? size - 1 : 0;
    const auto limit
        = options.maxLen ? std::min<std::uint64_t>(size, static_cast<std::uint64_t>(options.maxLen))
                         : size;
    const Wanted wanted(element);
    list.forEach(index, limit, backwards, [&](const PackedValue &value) {
        const std::uint64_t here = index;
        backwards ? --index : ++index;
        if (!wanted.equals(value))
            return true;
        if (skip) {
            --skip;
            return true;
        }
        return static_cast<bool>(found(here));
    });
}

} // namespace

void lPos(Call &call)
{
    PosOptions options;
    if (!parsePos(call, &options))
        return;
    const bool many = options.count >= 0;
    const Entry *entry = call.db.read(call.key(1));
    if (!checkList(call, entry))
        return;
    if (!entry) {
        many ? call.reply.emptyArray() : call.reply.null();
        return;
    }
    const List list(entry->object());
    std::uint64_t found = 0;
    const auto wantedCount = static_cast<std::uint64_t>(many ? options.count : 1);
    const resp::Reply::Deferred at = many ? call.reply.defer() : resp::Reply::Deferred{};
    searchList(list, call[2], options, [&](std::uint64_t index) {
        call.reply.integer(static_cast<std::int64_t>(index));
        return ++found != wantedCount;
    });
    if (many)
        call.reply.closeArray(at, found);
    else if (!found)
        call.reply.null();
}

} // namespace cay::lists
