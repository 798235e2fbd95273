// Both ends of a list: LPUSH, RPUSH, LPUSHX, RPUSHX, LPOP, RPOP, LMPOP.
#include "list_commands.h"

namespace cay::lists {

namespace {

void pushArgument(Call &call, List &list, std::size_t i, bool left)
{
    const Bytes text = call[i];
    store::StringBlock *block = list.takesBlock(text.size()) ? call.takeBlock(i) : nullptr;
    if (block) [[unlikely]]
        list.packed()->pushBlock(block, left);
    else
        list.push(text, left);
}

void push(Call &call, bool left, bool mustExist)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!checkList(call, entry))
        return;
    if (!entry && mustExist) {
        call.reply.zero();
        return;
    }
    List list = entry ? List(entry->object()) : List::make();
    const std::size_t count = call.size() - 2;
    std::size_t bytes = 0;
    for (std::size_t i = 2; i < call.size(); ++i)
        bytes += call[i].size();
    list.expect(bytes, count);
    for (std::size_t i = 2; i < call.size(); ++i)
        pushArgument(call, list, i, left);
    if (entry)
        entry->setObject(list.object());
    else
        call.db.put(key, Value::ofObject(g_listType, list.object()));
    call.reply.integer(static_cast<std::int64_t>(list.size()));
    call.modified(key, EventClass::List, left ? "lpush" : "rpush");
    call.dirty += count - 1;
}

void pop(Call &call, bool left)
{
    if (call.size() > 3) {
        call.fail(errors::wrongArity(call.info.fullName));
        return;
    }
    const bool hasCount = call.size() == 3;
    std::int64_t count = 1;
    constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
    if (hasCount && !readIntegerIn(call, call[2], 0, kMax, &count, errors::kMustBePositive))
        return;
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (!checkList(call, entry))
        return;
    if (!entry)
        hasCount ? call.reply.nullArray() : call.reply.null();
    else if (count == 0)
        call.reply.emptyArray();
    else if (hasCount)
        popMany(call, key, entry, left, static_cast<std::uint64_t>(count));
    else
        popOne(call, key, entry, left);
}

// Replies the elements and takes them out.
std::uint64_t takeMany(Call &call, List &list, bool left, std::uint64_t count)
{
    const std::uint64_t size = list.size();
    count = std::min(count, size);
    call.reply.array(count);
    list.forEach(left ? 0 : size - 1, count, !left, [&](const PackedValue &value) {
        replyElement(call.reply, value);
        return true;
    });
    list.erase(left ? 0 : size - count, count);
    return count;
}

} // namespace

bool readSide(Call &call, Bytes word, bool *left)
{
    *left = isWord(word, "LEFT");
    return *left || isWord(word, "RIGHT") || call.fail(errors::kSyntax);
}

void finishChange(Call &call, const Key &key, Entry *entry, List list, const char *event,
                  std::uint64_t changes)
{
    const bool empty = list.size() == 0;
    if (!empty)
        list.settle();
    entry->setObject(list.object());
    if (empty)
        call.db.erase(key, Freeing::Now);
    call.modified(key, EventClass::List, event);
    call.dirty += changes - 1;
    if (empty)
        call.notify(key, EventClass::Generic, "del");
}

void popOne(Call &call, const Key &key, Entry *entry, bool left)
{
    List list(entry->object());
    replyElement(call.reply, list.end(left));
    list.pop(left);
    finishChange(call, key, entry, list, left ? "lpop" : "rpop", 1);
}

void popMany(Call &call, const Key &key, Entry *entry, bool left, std::uint64_t count)
{
    List list(entry->object());
    count = takeMany(call, list, left, count);
    finishChange(call, key, entry, list, left ? "lpop" : "rpop", count);
}

std::uint64_t popWithKey(Call &call, const Key &key, Entry *entry, bool left, std::uint64_t count)
{
    List list(entry->object());
    call.reply.array(2);
    call.reply.bulk(key.bytes);
    count = takeMany(call, list, left, count);
    finishChange(call, key, entry, list, left ? "lpop" : "rpop", count);
    call.propagateAs(
        {left ? "LPOP" : "RPOP", key.bytes, resp::Decimal(static_cast<std::int64_t>(count))});
    return count;
}

void lPush(Call &call) { push(call, true, false); }

void rPush(Call &call) { push(call, false, false); }

void lPushX(Call &call) { push(call, true, true); }

void rPushX(Call &call) { push(call, false, true); }

void lPop(Call &call) { pop(call, true); }

void rPop(Call &call) { pop(call, false); }

} // namespace cay::lists
