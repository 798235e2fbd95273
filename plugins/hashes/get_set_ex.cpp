// HGETDEL, HGETEX, HSETEX: reading or setting fields, and what becomes of them, in one.
#include "hash_commands.h"

namespace cay::hashes {

namespace {

// What a command does with times to live.
struct Timing
{
    enum Kind : std::uint8_t { None, Time, Keep, Persist };
    Kind kind = None;
    UnixMs at = kNever; // with Time
};

// EX, PX, EXAT or PXAT with the argument behind it. False for another word; *failed after an error
// has been replied.
bool readTime(Call &call, std::size_t i, Timing *timing, bool *failed)
{
    const Bytes word = call[i];
    const bool seconds = isWord(word, "EX") || isWord(word, "EXAT");
    if (!seconds && !isWord(word, "PX") && !isWord(word, "PXAT"))
        return false;
    timing->kind = Timing::Time;
    if (i + 1 >= call.size()) {
        *failed = !call.fail("ERR missing expire time");
        return true;
    }
    const UnixMs base = word.size() == 2 ? call.db.now() : 0;
    *failed = !readFieldTime(
        call, call[i + 1], seconds ? TimeUnit::Seconds : TimeUnit::Milliseconds, base, &timing->at);
    return true;
}

void replyNulls(Call &call, std::size_t n)
{
    call.reply.array(n);
    for (; n > 0; --n)
        call.reply.null();
}

struct SetOptions
{
    enum Condition : std::uint8_t { None, AllExist, NoneExists };
    Condition condition = None;
    Timing timing;
    std::size_t first = 0; // argument with the first field's name
};

// Behind FIELDS: a count and as many fields with values, to the end.
bool readPairs(Call &call, std::size_t i, SetOptions *options)
{
    if (i + 3 >= call.size())
        return call.fail(errors::wrongArity(call.info.fullName));
    std::int64_t count;
    if (!readIntegerIn(call, call[i + 1], 1, INT32_MAX, &count, "ERR invalid number of fields"))
        return false;
    options->first = i + 2;
    return static_cast<std::size_t>(count) * 2 == call.size() - options->first
           || call.fail(errors::wrongArity(call.info.fullName));
}

bool readSetOptions(Call &call, SetOptions *options)
{
    for (std::size_t i = 2; i < call.size(); ++i) {
        if (isWord(call[i], "FIELDS"))
            return readPairs(call, i, options);
        Timing timing;
        bool failed = false;
        const bool keep = isWord(call[i], "KEEPTTL");
        const bool all = isWord(call[i], "FXX"), none = isWord(call[i], "FNX");
        const bool isTime = isWord(call[i], "EX") || isWord(call[i], "PX")
                            || isWord(call[i], "EXAT") || isWord(call[i], "PXAT");
        if ((keep || isTime) && options->timing.kind != Timing::None)
            return call.fail(
                "ERR Only one of EX, PX, EXAT, PXAT or KEEPTTL arguments can be specified");
        if ((all || none) && options->condition != SetOptions::None)
            return call.fail("ERR Only one of FXX or FNX arguments can be specified");
        if (all || none) {
            options->condition = all ? SetOptions::AllExist : SetOptions::NoneExists;
        } else if (keep) {
            options->timing.kind = Timing::Keep;
        } else if (readTime(call, i, &timing, &failed)) {
            if (failed)
                return false;
            options->timing = timing;
            ++i;
        } else {
            return call.fail("ERR unknown argument: " + std::string(call[i]));
        }
    }
    return call.fail(kFieldsMissing);
}

bool isMet(Edit &edit, const SetOptions &options)
{
    if (options.condition == SetOptions::None)
        return true;
    const bool wanted = options.condition == SetOptions::AllExist;
    Call &call = edit.call();
    for (std::size_t i = options.first; i < call.size(); i += 2) {
        const bool exists = edit.exists() && edit.hash().find(call[i], edit.now());
        if (exists != wanted)
            return false;
    }
    return true;
}

void propagateSet(Call &call, const SetOptions &options, bool past)
{
    if (past) {
        std::vector<Bytes> fields;
        for (std::size_t i = options.first; i < call.size(); i += 2)
            fields.push_back(call[i]);
        propagateFields(call, std::array<Bytes, 2>{"HDEL", call[1]}, fields);
        return;
    }
    const resp::Decimal at(options.timing.at);
    std::vector<Bytes> head{"HSETEX", call[1]};
    if (options.timing.kind == Timing::Time)
        head.insert(head.end(), {"PXAT", at});
    else if (options.timing.kind == Timing::Keep)
        head.push_back("KEEPTTL");
    else
        head[0] = "HSET";
    // Conditions have been looked at; what they would say on a replica, which deletes nothing that
    // has expired, is another matter.
    const std::size_t from = options.first - (options.timing.kind == Timing::None ? 0 : 2);
    propagateFields(call, head, call.args.subspan(from));
}

void setPairs(Edit &edit, const SetOptions &options, bool past)
{
    Call &call = edit.call();
    UnixMs expiry = kNever;
    if (options.timing.kind == Timing::Keep)
        expiry = FieldTable::kKeep;
    else if (options.timing.kind == Timing::Time)
        expiry = options.timing.at;
    for (std::size_t i = options.first; i < call.size(); i += 2) {
        if (past)
            edit.hash().erase(call[i]);
        else
            edit.hash().set(call[i], call[i + 1], edit.now(), expiry);
    }
}

} // namespace

void hSetEx(Call &call)
{
    SetOptions options;
    if (!readSetOptions(call, &options))
        return;
    Edit edit(call);
    if (edit.failed())
        return;
    if (!isMet(edit, options)) {
        call.reply.zero();
        return;
    }
    const bool timed = options.timing.kind == Timing::Time;
    const bool past = timed && options.timing.at <= edit.now();
    edit.begin();
    setPairs(edit, options, past);
    const bool left = edit.keep();
    call.reply.one();
    call.modified(edit.key(), EventClass::Hash, "hset");
    call.dirty += (call.size() - options.first) / 2 - 1;
    if (timed)
        call.notify(edit.key(), EventClass::Hash, past ? "hdel" : "hexpire");
    if (!left)
        call.notify(edit.key(), EventClass::Generic, "del");
    propagateSet(call, options, past);
}

void hGetDel(Call &call)
{
    Edit edit(call);
    std::size_t first;
    if (edit.failed() || !readFields(call, 2, kFieldsNotPositive, &first))
        return;
    if (!edit.exists()) {
        replyNulls(call, call.size() - first);
        return;
    }
    std::vector<Bytes> deleted;
    call.reply.array(call.size() - first);
    for (std::size_t i = first; i < call.size(); ++i) {
        const Field field = edit.hash().find(call[i], edit.now());
        if (!field) {
            call.reply.null();
            continue;
        }
        replyValue(call.reply, edit.hash().value(field));
        edit.hash().erase(call[i]);
        deleted.push_back(call[i]);
    }
    if (deleted.empty())
        return;
    const bool left = edit.keep();
    call.modified(edit.key(), EventClass::Hash, "hdel");
    call.dirty += deleted.size() - 1;
    if (!left)
        call.notify(edit.key(), EventClass::Generic, "del");
    propagateFields(call, std::array<Bytes, 2>{"HDEL", call[1]}, deleted);
}

namespace {

struct GetOutcome
{
    std::vector<Bytes> updated, deleted; // fields
};

void getField(Edit &edit, Bytes name, const Timing &timing, GetOutcome *outcome)
{
    const Field field = edit.hash().find(name, edit.now());
    if (!field) {
        edit.call().reply.null();
        return;
    }
    replyValue(edit.call().reply, edit.hash().value(field));
    if (timing.kind == Timing::Time && timing.at <= edit.now()) {
        edit.hash().erase(name);
        outcome->deleted.push_back(name);
    } else if (timing.kind == Timing::Time
               || (timing.kind == Timing::Persist && edit.hash().expiry(field) != kNever)) {
        edit.hash().setExpiry(field, name, timing.at);
        outcome->updated.push_back(name);
    }
}

void finishGet(Edit &edit, const Timing &timing, const GetOutcome &outcome)
{
    if (outcome.updated.empty() && outcome.deleted.empty())
        return;
    Call &call = edit.call();
    const bool persist = timing.kind == Timing::Persist;
    const bool left = edit.keep();
    const char *event = persist ? "hpersist" : outcome.deleted.empty() ? "hexpire" : "hdel";
    call.modified(edit.key(), EventClass::Hash, event);
    call.dirty += outcome.updated.size() + outcome.deleted.size() - 1;
    if (!left)
        call.notify(edit.key(), EventClass::Generic, "del");
    const Bytes key = call[1];
    const resp::Decimal at(timing.at), count(static_cast<std::int64_t>(outcome.updated.size()));
    propagateFields(call, std::array<Bytes, 2>{"HDEL", key}, outcome.deleted);
    if (persist)
        propagateFields(call, std::array<Bytes, 4>{"HPERSIST", key, "FIELDS", count},
                        outcome.updated);
    else
        propagateFields(call, std::array<Bytes, 5>{"HPEXPIREAT", key, at, "FIELDS", count},
                        outcome.updated);
}

} // namespace

void hGetEx(Call &call)
{
    Edit edit(call);
    if (edit.failed())
        return;
    Timing timing;
    bool failed = false;
    std::size_t fields = 2, first;
    if (isWord(call[2], "PERSIST")) {
        timing.kind = Timing::Persist;
        fields = 3;
    } else if (readTime(call, 2, &timing, &failed)) {
        fields = 4;
    }
    if (failed || !readFields(call, fields, kFieldsNotPositive, &first))
        return;
    if (!edit.exists()) {
        replyNulls(call, call.size() - first);
        return;
    }
    GetOutcome outcome;
    call.reply.array(call.size() - first);
    for (std::size_t i = first; i < call.size(); ++i)
        getField(edit, call[i], timing, &outcome);
    finishGet(edit, timing, outcome);
}

} // namespace cay::hashes
