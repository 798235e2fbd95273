// PFADD, PFCOUNT, PFMERGE.
#include "commands.h"

namespace cay::hyperloglog {

namespace {

// Redis tells of an addition whatever changed the registers.
constexpr const char *kEvent = "pfadd";
// A cached cardinality is no event, but a change of the string.
constexpr const char *kNoEvent = "";

// How many elements raised a register; negative after an error has been replied.
int addAll(Call &call, Editor &editor)
{
    int updated = 0;
    for (std::size_t i = 2; i < call.size(); ++i) {
        switch (editor.set(observe(call[i]))) {
        case SparseEditor::Changed: ++updated; break;
        case SparseEditor::Unchanged: break;
        case SparseEditor::Corrupt:
        case SparseEditor::TooLarge:
            call.fail(kCorrupt);
            // Elements before the damage are in, as in Redis: that much is a change.
            if (updated > 0) {
                call.propagateAs(call.args.first(i));
                call.modified(call.key(1), EventClass::String, kEvent);
            }
            return -1;
        }
    }
    return updated;
}

// Whether an element that falls to a dense text raises nothing, as most do: then no copy of a
// shared block is needed.
bool changesNothing(const Call &call, Bytes dense)
{
    for (std::size_t i = 2; i < call.size(); ++i) {
        const Observation observation = observe(call[i]);
        if (denseGet(dense.data() + kHeader, observation.index) < observation.value)
            return false;
    }
    return true;
}

// The registers of all keys from the argument `from` on. False after an error has been replied.
bool mergeKeys(Call &call, std::size_t from, Registers *registers, bool *anyDense)
{
    for (std::size_t i = from; i < call.size(); ++i) {
        const Entry *entry = call.db.read(call.key(i));
        if (!entry)
            continue;
        if (!checkHyperLogLog(call, *entry))
            return false;
        const Bytes text = textOf(*entry);
        *anyDense |= kindOf(text) == Kind::Dense;
        if (!mergeInto(registers, text))
            return call.fail(kCorrupt);
    }
    return true;
}

void countOne(Call &call)
{
    const Key key = call.key(1);
    const Entry *entry = call.db.read(key);
    if (!entry) {
        call.reply.zero();
        return;
    }
    if (!checkHyperLogLog(call, *entry))
        return;
    std::uint64_t cardinality;
    if (!cachedCardinality(textOf(*entry), &cardinality)) {
        if (!estimate(textOf(*entry), &cardinality)) {
            call.fail(kCorrupt);
            return;
        }
        Editor editor(call.db, key, const_cast<Entry *>(entry));
        setCachedCardinality(editor.bytes(), cardinality);
        editor.store();
        call.modified(key, EventClass::String, kNoEvent);
    }
    call.reply.integer(static_cast<std::int64_t>(cardinality));
}

} // namespace

void pfAdd(Call &call)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (entry) {
        if (!checkHyperLogLog(call, *entry))
            return;
        const Bytes text = textOf(*entry);
        if (kindOf(text) == Kind::Dense && changesNothing(call, text)) {
            call.reply.zero();
            return;
        }
    }
    Editor editor(call.db, key, entry);
    const int added = addAll(call, editor);
    if (added < 0)
        return;
    const bool changed = added > 0 || !entry;
    if (changed)
        invalidateCache(editor.bytes());
    editor.store();
    if (changed) {
        call.modified(key, EventClass::String, kEvent);
        call.dirty += static_cast<std::uint64_t>(added + !entry - 1);
        call.reply.one();
    } else {
        call.reply.zero();
    }
}

void pfCount(Call &call)
{
    if (call.size() == 2) {
        countOne(call);
        return;
    }
    Registers registers{};
    bool anyDense = false;
    if (mergeKeys(call, 1, &registers, &anyDense))
        call.reply.integer(static_cast<std::int64_t>(estimate(registers)));
}

void pfMerge(Call &call)
{
    Registers registers{};
    bool anyDense = false;
    if (!mergeKeys(call, 1, &registers, &anyDense))
        return;
    const Key key = call.key(1);
    Editor editor(call.db, key, call.db.write(key));
    if (anyDense && !editor.isDense() && !editor.makeDense()) {
        call.fail(kCorrupt);
        return;
    }
    // The destination is one of the sources: only what is larger than its own is set.
    Registers own{};
    mergeInto(&own, editor.text());
    for (std::size_t i = 0; i < kRegisters && !editor.isDense(); ++i) {
        if (registers[i] > own[i])
            editor.set({i, registers[i]});
    }
    if (editor.isDense())
        pack(registers, editor.bytes() + kHeader);
    invalidateCache(editor.bytes());
    editor.store();
    call.modified(key, EventClass::String, kEvent);
    call.reply.ok();
}

} // namespace cay::hyperloglog
