#include "commands.h"

namespace cay::hyperloglog {

using store::StringBlock;

bool checkHyperLogLog(Call &call, const Entry &entry)
{
    if (entry.type() != kStringType)
        return call.fail(errors::kWrongType);
    if (entry.isInteger() || !isHyperLogLog(textOf(entry)))
        return call.fail("WRONGTYPE Key is not a valid HyperLogLog string value.");
    return true;
}

Editor::Editor(Db &db, const Key &key, Entry *entry)
    : m_db(db)
    , m_key(key)
    , m_entry(entry)
{
    if (entry && entry->isObject()) {
        m_block = StringBlock::writable(store::stringBlock(entry->value()), 0);
        entry->setObject(m_block);
        m_isEntrys = true;
        m_bytes = m_block->data();
        m_size = m_block->size();
        return;
    }
    const Bytes text = entry ? entry->text() : emptyHyperLogLog();
    std::memcpy(m_short, text.data(), text.size());
    m_size = text.size();
}

void Editor::makeRoom(std::size_t size)
{
    if (m_block) {
        if (size <= m_block->capacity())
            return;
        m_block->setSize(m_size);
        m_block = StringBlock::writable(m_block, size);
        if (m_isEntrys)
            m_entry->setObject(m_block);
    } else if (size > sizeof m_short) {
        m_block = StringBlock::withCapacity(StringBlock::withSlack(size));
        std::memcpy(m_block->data(), m_short, m_size);
    } else {
        return;
    }
    m_bytes = m_block->data();
}

SparseEditor::Result Editor::set(const Observation &observation)
{
    if (!isDense()) {
        makeRoom(m_size + 3);
        SparseEditor sparse(m_bytes, m_size);
        const auto result = sparse.set(observation.index, observation.value,
                                       static_cast<std::size_t>(g_sparseMaxBytes));
        m_size = sparse.size();
        if (result != SparseEditor::TooLarge)
            return result;
        if (!makeDense())
            return SparseEditor::Corrupt;
    }
    char *registers = m_bytes + kHeader;
    if (denseGet(registers, observation.index) >= observation.value)
        return SparseEditor::Unchanged;
    denseSet(registers, observation.index, observation.value);
    return SparseEditor::Changed;
}

bool Editor::makeDense()
{
    StringBlock *dense = StringBlock::create(kDenseSize);
    if (!toDense(text(), dense->data())) {
        dense->release();
        return false;
    }
    if (m_block)
        m_block->release();
    if (m_isEntrys)
        m_entry->setObject(dense);
    m_block = dense;
    m_bytes = dense->data();
    m_size = kDenseSize;
    return true;
}

void Editor::store()
{
    if (std::exchange(m_stored, true))
        return;
    Value value;
    if (m_block) {
        m_block->setSize(m_size);
        if (m_isEntrys)
            return;
        value = Value::ofObject(kStringType, m_block);
    } else {
        value = Value::ofText(text());
        value.encoding = Encoding::InlineRaw;
        if (m_entry && m_entry->encoding() == value.encoding && m_entry->text().size() == m_size) {
            std::memcpy(const_cast<char *>(m_entry->text().data()), m_bytes, m_size);
            return;
        }
    }
    m_entry ? m_db.replace(m_key, m_entry, value) : m_db.put(m_key, value);
}

} // namespace cay::hyperloglog
