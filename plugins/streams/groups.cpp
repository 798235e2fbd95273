// XGROUP.
#include "stream_commands.h"

#include "cay/help.h"

namespace cay::streams {

namespace {

struct GroupOptions
{
    bool makeStream = false;
    std::int64_t entriesRead = StreamGroup::kUnknown;
};

bool parseOptions(Call &call, bool creates, GroupOptions *options)
{
    ArgParser args(call, 5);
    while (args.more()) {
        if (creates && args.word("MKSTREAM")) {
            options->makeStream = true;
        } else if (args.word("ENTRIESREAD", 1)) {
            options->entriesRead = args.integer();
            if (options->entriesRead < 0 && options->entriesRead != StreamGroup::kUnknown)
                args.fail("ERR value for ENTRIESREAD must be positive or -1");
        } else {
            return failSubcommand(call);
        }
    }
    return args.ok();
}

// The stream, which has to be there.
bool findStream(Call &call, Stream **stream)
{
    return writeStream(call, call.key(2), stream)
           && (*stream
               || call.fail("ERR The XGROUP subcommand requires the key to exist. Note that for "
                            "CREATE you may want to use the MKSTREAM option to create an empty "
                            "stream automatically."));
}

// The group, which has to be there as well.
bool findGroup(Call &call, Stream **stream, StreamGroup **group)
{
    if (!findStream(call, stream))
        return false;
    *group = (*stream)->group(call[3]);
    return *group || failNoGroupInKey(call, call[2], call[3]);
}

void changed(Call &call, const char *event)
{
    ++call.dirty;
    call.notify(call.key(2), EventClass::Stream, event);
}

} // namespace

void xGroupCreate(Call &call)
{
    GroupOptions options;
    Stream *stream = nullptr;
    if (!parseOptions(call, true, &options)
        || !(options.makeStream ? writeStream(call, call.key(2), &stream)
                                : findStream(call, &stream))) {
        return;
    }
    if (call.size() > 8) {
        failSubcommand(call);
        return;
    }
    StreamId id;
    if (call[4] == "$")
        id = stream ? stream->lastId : StreamId{};
    else if (!readId(call, call[4], &id))
        return;
    if (stream && stream->group(call[3])) {
        call.fail("BUSYGROUP Consumer Group name already exists");
        return;
    }
    const bool made = !stream;
    if (made) {
        stream = new Stream;
        call.db.put(call.key(2), Value::ofObject(g_type, stream));
    }
    stream->addGroup(call[3], id, options.entriesRead);
    call.reply.ok();
    if (made) // there was no key: who watches it is to know
        call.modified(call.key(2), EventClass::Stream, "xgroup-create");
    else
        changed(call, "xgroup-create");
}

void xGroupSetId(Call &call)
{
    GroupOptions options;
    Stream *stream = nullptr;
    StreamGroup *group = nullptr;
    if (!parseOptions(call, false, &options) || !findGroup(call, &stream, &group))
        return;
    if (call.size() != 5 && call.size() != 7) {
        failSubcommand(call);
        return;
    }
    StreamId id;
    if (call[4] == "$")
        id = stream->lastId;
    else if (!readIdOrEnd(call, call[4], &id, 0))
        return;
    group->lastId = id;
    group->entriesRead = options.entriesRead;
    call.reply.ok();
    changed(call, "xgroup-setid");
}

void xGroupDestroy(Call &call)
{
    Stream *stream = nullptr;
    if (!findStream(call, &stream))
        return;
    StreamGroup *group = stream->group(call[3]);
    if (!group) {
        call.reply.zero();
        return;
    }
    stream->removeGroup(group);
    call.reply.one();
    // Counts as a change of the key, so that whoever waits in the group is woken.
    call.modified(call.key(2), EventClass::Stream, "xgroup-destroy");
}

void xGroupCreateConsumer(Call &call)
{
    Stream *stream = nullptr;
    StreamGroup *group = nullptr;
    if (!findGroup(call, &stream, &group))
        return;
    if (group->consumer(call[4])) {
        call.reply.zero();
        return;
    }
    group->addConsumer(call[4], call.db.now());
    call.reply.one();
    changed(call, "xgroup-createconsumer");
}

void xGroupDelConsumer(Call &call)
{
    Stream *stream = nullptr;
    StreamGroup *group = nullptr;
    if (!findGroup(call, &stream, &group))
        return;
    StreamConsumer *consumer = group->consumer(call[4]);
    if (!consumer) {
        call.reply.zero();
        return;
    }
    call.reply.integer(static_cast<std::int64_t>(consumer->pending.size()));
    group->removeConsumer(consumer);
    changed(call, "xgroup-delconsumer");
}

void xGroupHelp(Call &call)
{
    static constexpr Bytes kLines[] = {
        "CREATE <key> <groupname> <id|$> [option]",
        "    Create a new consumer group. Options are:",
        "    * MKSTREAM",
        "      Create the empty stream if it does not exist.",
        "    * ENTRIESREAD entries_read",
        "      Set the group's entries_read counter (internal use).",
        "CREATECONSUMER <key> <groupname> <consumer>",
        "    Create a new consumer in the specified group.",
        "DELCONSUMER <key> <groupname> <consumer>",
        "    Remove the specified consumer.",
        "DESTROY <key> <groupname>",
        "    Remove the specified group.",
        "SETID <key> <groupname> <id|$> [ENTRIESREAD entries_read]",
        "    Set the current group ID and entries_read counter.",
    };
    replyHelp(call, kLines);
}

} // namespace cay::streams
