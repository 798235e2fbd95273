// The handlers of this plugin, and the editing of a key's HyperLogLog.
#pragma once

#include "hll.h"

#include "cay/args.h"
#include "cay/call.h"
#include "store/string_block.h"

namespace cay::hyperloglog {

// The option hll-sparse-max-bytes.
extern std::int64_t g_sparseMaxBytes;

inline constexpr Bytes kCorrupt = "INVALIDOBJ Corrupted HLL object detected";

// False after an error has been replied: another type, or a string that is no HyperLogLog.
bool checkHyperLogLog(Call &call, const Entry &entry);
// The text of an entry that has been checked; integers are never HyperLogLogs.
inline Bytes textOf(const Entry &entry)
{
    return entry.isInline() ? entry.text() : store::stringBlock(entry.value())->text();
}

// A key's HyperLogLog while it is being changed: a short one in a buffer here, a long one in its
// block, made this caller's alone. Nothing else may touch the key between construction and store().
class Editor
{
public:
    // `entry` is the key's, checked, or null: an empty one then.
    Editor(Db &db, const Key &key, Entry *entry);
    Editor(const Editor &) = delete;
    Editor &operator=(const Editor &) = delete;
    ~Editor() { store(); }

    Bytes text() const { return Bytes(m_bytes, m_size); }
    char *bytes() { return m_bytes; }
    bool isDense() const { return kindOf(text()) == Kind::Dense; }

    // Raises one register; the sparse kind becomes dense where Redis's does. SparseEditor::Changed,
    // Unchanged or Corrupt.
    SparseEditor::Result set(const Observation &observation);
    // False: the opcodes are not sound. Nothing changed then.
    bool makeDense();
    // Puts the text back under the key; also done by the destructor.
    void store();

private:
    void makeRoom(std::size_t size);

    Db &m_db;
    const Key &m_key;
    Entry *m_entry;
    store::StringBlock *m_block = nullptr; // where the text is, unless in m_short
    bool m_isEntrys = false;               // m_block is what the entry holds
    bool m_stored = false;
    char *m_bytes = m_short;
    std::size_t m_size = 0;
    char m_short[store::kMaxInline];
};

void pfAdd(Call &call);
void pfCount(Call &call);
void pfDebug(Call &call);
void pfMerge(Call &call);
void pfSelfTest(Call &call);

} // namespace cay::hyperloglog
