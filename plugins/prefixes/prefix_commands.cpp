// PREFIX COUNT, SCAN, DEL, TREE, HELP.
#include "prefix_commands.h"
#include "prefix_index.h"

#include "cay/args.h"
#include "cay/help.h"

#include <algorithm>
#include <limits>

namespace cay::prefixes {

namespace {

using store::KeyRange;
using store::KeyTotals;
using store::KeyTree;

constexpr std::int64_t kMaxCount = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t kDeletedAtOnce = 512; // keys in one propagated command

// START and COUNT of SCAN and TREE, and DELIM.
struct Page
{
    KeyRange range;
    std::int64_t count;
    std::string delimiter = ":";
};

bool readPage(Call &call, Page *page, bool delimiter)
{
    page->range = KeyRange::ofPrefix(call[2]);
    ArgParser args(call, 3);
    while (args.more()) {
        if (args.word("START", 1))
            page->range.low = std::max(page->range.low, std::string(args.next()));
        else if (args.word("COUNT", 1))
            page->count = args.integerIn(1, kMaxCount);
        else if (delimiter && args.word("DELIM", 1))
            page->delimiter = std::string(args.next());
        else
            args.syntaxError();
    }
    if (args.ok() && page->delimiter.empty())
        args.fail("ERR the delimiter must not be empty");
    return args.ok();
}

// The first key of a range that is there; false when there is none.
bool firstKey(const KeyTree &tree, const KeyRange &range, UnixMs now, std::string *key)
{
    bool found = false;
    tree.walk(range, now, [&](const KeyTree::Item &item) {
        key->assign(item.key);
        found = true;
        return false;
    });
    return found;
}

// Where the next page begins, or null at the end.
void replyNext(Call &call, bool more, const std::string &next)
{
    if (more)
        call.reply.bulk(next);
    else
        call.reply.null();
}

struct ChildOfPrefix
{
    std::string name;
    bool isKey = false;
    KeyTotals totals;
};

// The child that a key belongs to: the key itself, or all that begin like it up to the delimiter.
// The range is narrowed to what follows.
ChildOfPrefix takeChild(const KeyTree &tree, const std::string &key, std::size_t prefixSize,
                        const std::string &delimiter, UnixMs now, KeyRange *range)
{
    ChildOfPrefix child;
    const std::size_t at = key.find(delimiter, prefixSize);
    child.isKey = at == std::string::npos;
    child.name = child.isKey ? key : key.substr(0, at + delimiter.size());
    KeyRange own;
    if (child.isKey) {
        own.low = key;
        own.high = key + '\0'; // the next possible key
        own.unbounded = false;
    } else {
        own = KeyRange::ofPrefix(child.name);
    }
    child.totals = tree.total(own, now);
    if (own.unbounded) {
        range->high = range->low; // nothing follows
        range->unbounded = false;
    } else {
        range->low = own.high;
    }
    return child;
}

void replyChild(Call &call, const ChildOfPrefix &child)
{
    call.reply.array(5);
    call.reply.bulk(child.name);
    call.reply.bulk(child.isKey ? "key" : "prefix");
    call.reply.integer(static_cast<std::int64_t>(child.totals.keys));
    call.reply.integer(static_cast<std::int64_t>(child.totals.bytes));
    if (child.totals.nextExpiry == kNever)
        call.reply.null();
    else
        call.reply.integer(child.totals.nextExpiry);
}

// Deletes keys and propagates it as a plain DEL or UNLINK: a replica may have no index.
std::uint64_t deleteKeys(Call &call, std::span<const std::string> keys, bool async)
{
    std::vector<Bytes> command = {async ? "UNLINK" : "DEL"};
    for (const std::string &name : keys) {
        const Key key(name);
        if (!call.db.erase(key, async ? Freeing::Background : Freeing::Configured))
            continue;
        call.modified(key, EventClass::Generic, "del");
        command.push_back(name);
    }
    if (command.size() > 1)
        call.propagateAs(command);
    return command.size() - 1;
}

} // namespace

void prefixCount(Call &call)
{
    if (const KeyTree *tree = index().tree(call)) {
        const KeyTotals totals = tree->total(KeyRange::ofPrefix(call[2]), call.db.now());
        call.reply.integer(static_cast<std::int64_t>(totals.keys));
    }
}

void prefixScan(Call &call)
{
    Page page{.range = {}, .count = 10};
    if (!readPage(call, &page, false))
        return;
    const KeyTree *tree = index().tree(call);
    if (!tree)
        return;
    std::vector<std::string> keys;
    std::string next;
    bool more = false;
    tree->walk(page.range, call.db.now(), [&](const KeyTree::Item &item) {
        more = keys.size() == static_cast<std::size_t>(page.count);
        if (more)
            next.assign(item.key);
        else
            keys.emplace_back(item.key);
        return !more;
    });
    call.reply.array(2);
    replyNext(call, more, next);
    call.reply.array(keys.size());
    for (const std::string &key : keys)
        call.reply.bulk(key);
}

void prefixTree(Call &call)
{
    Page page{.range = {}, .count = 100};
    if (!readPage(call, &page, true))
        return;
    const KeyTree *tree = index().tree(call);
    if (!tree)
        return;
    const UnixMs now = call.db.now();
    std::vector<ChildOfPrefix> children;
    std::string key;
    bool more = firstKey(*tree, page.range, now, &key);
    while (more && children.size() < static_cast<std::size_t>(page.count)) {
        children.push_back(takeChild(*tree, key, call[2].size(), page.delimiter, now, &page.range));
        more = firstKey(*tree, page.range, now, &key);
    }
    call.reply.array(2);
    replyNext(call, more, key);
    call.reply.array(children.size());
    for (const ChildOfPrefix &child : children)
        replyChild(call, child);
}

void prefixDel(Call &call)
{
    std::int64_t limit = INT64_MAX;
    bool async = false;
    ArgParser args(call, 3);
    while (args.more()) {
        if (args.word("LIMIT", 1))
            limit = args.integerIn(1, INT64_MAX);
        else if (args.word("ASYNC"))
            async = true;
        else
            args.syntaxError();
    }
    const KeyTree *tree = args.ok() ? index().tree(call) : nullptr;
    if (!tree)
        return;
    KeyRange range = KeyRange::ofPrefix(call[2]);
    std::uint64_t deleted = 0;
    std::vector<std::string> keys;
    do {
        keys.clear();
        const auto wanted
            = std::min<std::uint64_t>(kDeletedAtOnce, static_cast<std::uint64_t>(limit) - deleted);
        tree->walk(range, call.db.now(), [&](const KeyTree::Item &item) {
            keys.emplace_back(item.key);
            return keys.size() < wanted;
        });
        if (!keys.empty())
            range.low = keys.back() + '\0';
        deleted += deleteKeys(call, keys, async);
    } while (keys.size() == kDeletedAtOnce && deleted < static_cast<std::uint64_t>(limit));
    call.reply.integer(static_cast<std::int64_t>(deleted));
}

void prefixHelp(Call &call)
{
    static constexpr Bytes kLines[] = {
        "COUNT <prefix>",
        "    Return the number of keys that begin with <prefix>.",
        "SCAN <prefix> [START <key>] [COUNT <count>]",
        "    Return the keys that begin with <prefix>, in order, from <key> on: where",
        "    to go on, or nil, and at most <count> keys (10).",
        "TREE <prefix> [DELIM <text>] [START <key>] [COUNT <count>]",
        "    Return what follows <prefix> up to the next delimiter (':'): where to go",
        "    on, or nil, and at most <count> (100) children, each with its name, 'key'",
        "    or 'prefix', number of keys, bytes, and next expiry in Unix milliseconds.",
        "DEL <prefix> [LIMIT <count>] [ASYNC]",
        "    Delete the keys that begin with <prefix>, or the first <count> of them.",
    };
    replyHelp(call, kLines);
}

} // namespace cay::prefixes
