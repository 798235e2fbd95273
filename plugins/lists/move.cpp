// From one list to another: LMOVE, RPOPLPUSH, and those that wait, BLMOVE, BRPOPLPUSH.
#include "list_commands.h"

#include "cay/blocking.h"

namespace cay::lists {

namespace {

const char *pushEvent(bool left) { return left ? "lpush" : "rpush"; }

// Within one list the element is on neither end while it moves: it needs a place of its own.
void rotate(Call &call, const Key &key, Entry *entry, bool fromLeft, bool toLeft)
{
    List list(entry->object());
    char scratch[24];
    const std::string element(list.end(fromLeft).bytes(scratch));
    list.pop(fromLeft);
    list.expect(element.size(), 1);
    list.push(element, toLeft);
    list.settle();
    entry->setObject(list.object());
    call.reply.bulk(element);
    call.modified(key, EventClass::List, pushEvent(toLeft));
    call.notify(key, EventClass::List, fromLeft ? "lpop" : "rpop");
}

void moveNow(Call &call, bool fromLeft, bool toLeft)
{
    const Key source = call.key(1);
    Entry *from = call.db.write(source);
    if (!checkList(call, from))
        return;
    if (from)
        move(call, source, from, call.key(2), fromLeft, toLeft);
    else
        call.reply.null();
}

// False when it has to wait.
bool moveOrWait(Call &call, bool fromLeft, bool toLeft, Bytes timeout)
{
    UnixMs until = 0;
    if (!readTimeout(call, timeout, &until))
        return true;
    const Key source = call.key(1);
    Entry *from = call.db.write(source);
    if (!from && (call.session.fd < 0 || call.session.has(SessionDenyBlocking))) {
        call.reply.null();
        return true;
    }
    if (from) {
        if (checkList(call, from))
            move(call, source, from, call.key(2), fromLeft, toLeft);
        return true;
    }
    call.block({.keys = call.args.subspan(1, 1),
                .type = g_listType,
                .until = until,
                .timedOut = [](resp::Reply &reply) { reply.nullArray(); }});
    return false;
}

} // namespace

void move(Call &call, const Key &source, Entry *from, const Key &destination, bool fromLeft,
          bool toLeft)
{
    if (source.bytes == destination.bytes) {
        rotate(call, source, from, fromLeft, toLeft);
        return;
    }
    Entry *to = call.db.write(destination);
    if (!checkList(call, to))
        return;
    List target = to ? List(to->object()) : List::make();
    // The element stays where it is until it has been copied.
    char scratch[24];
    List list(call.db.write(source)->object());
    const Bytes element = list.end(fromLeft).bytes(scratch);
    call.reply.bulk(element);
    target.expect(element.size(), 1);
    target.push(element, toLeft);
    if (to)
        to->setObject(target.object());
    else
        call.db.put(destination, Value::ofObject(g_listType, target.object()));
    call.modified(destination, EventClass::List, pushEvent(toLeft));
    list.pop(fromLeft);
    finishChange(call, source, call.db.write(source), list, fromLeft ? "lpop" : "rpop", 0);
}

void lMove(Call &call)
{
    bool fromLeft = false, toLeft = false;
    if (readSide(call, call[3], &fromLeft) && readSide(call, call[4], &toLeft))
        moveNow(call, fromLeft, toLeft);
}

void rPopLPush(Call &call) { moveNow(call, false, true); }

void blMove(Call &call)
{
    bool fromLeft = false, toLeft = false;
    if (!readSide(call, call[3], &fromLeft) || !readSide(call, call[4], &toLeft))
        return;
    if (moveOrWait(call, fromLeft, toLeft, call[5]))
        call.propagateAs({"LMOVE", call[1], call[2], call[3], call[4]});
}

void brPopLPush(Call &call)
{
    if (moveOrWait(call, false, true, call[3]))
        call.propagateAs({"RPOPLPUSH", call[1], call[2]});
}

} // namespace cay::lists
