#include "store/ziplist.h"

namespace cay::store {

namespace {

constexpr std::size_t kHeader = 10;
constexpr unsigned char kEndByte = 0xff;
constexpr std::size_t kEntriesUnknown = 0xffff;

template <typename T>
T load(const unsigned char *p)
{
    T value;
    std::memcpy(&value, p, sizeof value);
    return value;
}

// Bytes of the data behind an integer's encoding, -1 where there is no such encoding.
int integerSize(unsigned char encoding)
{
    switch (encoding) {
    case 0xc0: return 2;
    case 0xd0: return 4;
    case 0xe0: return 8;
    case 0xf0: return 3;
    case 0xfe: return 1;
    default: return encoding >= 0xf1 && encoding <= 0xfd ? 0 : -1;
    }
}

} // namespace

ZiplistReader::ZiplistReader(Bytes bytes)
    : m_start(reinterpret_cast<const unsigned char *>(bytes.data()))
    , m_at(m_start)
    , m_end(m_start)
{
    if (bytes.size() < kHeader + 1 || load<std::uint32_t>(m_start) != bytes.size()
        || m_start[bytes.size() - 1] != kEndByte) {
        m_ok = false;
        return;
    }
    m_at = m_start + kHeader;
    m_end = m_start + bytes.size() - 1;
}

bool ZiplistReader::fail()
{
    m_ok = false;
    m_at = m_end;
    return false;
}

bool ZiplistReader::checkSizeBefore()
{
    std::size_t before = *m_at++;
    if (before == 0xfe) {
        if (m_end - m_at < 4)
            return fail();
        before = load<std::uint32_t>(m_at);
        m_at += 4;
    }
    return before == m_last && m_at < m_end ? true : fail();
}

bool ZiplistReader::readString(PackedValue *value)
{
    const std::size_t room = static_cast<std::size_t>(m_end - m_at);
    std::size_t head = 1, size = *m_at & 0x3f;
    if (*m_at >= 0x80) {
        head = 5;
        if (room < head)
            return fail();
        size = std::size_t(m_at[1]) << 24 | std::size_t(m_at[2]) << 16 | std::size_t(m_at[3]) << 8
               | m_at[4];
    } else if (*m_at >= 0x40) {
        head = 2;
        if (room < head)
            return fail();
        size = size << 8 | m_at[1];
    }
    if (size > room - head)
        return fail();
    *value = {Bytes(reinterpret_cast<const char *>(m_at) + head, size), 0};
    m_at += head + size;
    return true;
}

bool ZiplistReader::readInteger(PackedValue *value)
{
    const unsigned char encoding = *m_at++;
    const int size = integerSize(encoding);
    if (size < 0 || m_end - m_at < size)
        return fail();
    *value = {};
    switch (size) {
    case 0: value->integer = (encoding & 0x0f) - 1; break;
    case 1: value->integer = load<std::int8_t>(m_at); break;
    case 2: value->integer = load<std::int16_t>(m_at); break;
    case 3: value->integer = load<std::int32_t>(m_at - 1) >> 8; break;
    case 4: value->integer = load<std::int32_t>(m_at); break;
    default: value->integer = load<std::int64_t>(m_at);
    }
    m_at += size;
    return true;
}

bool ZiplistReader::next(PackedValue *value)
{
    if (!m_ok)
        return false;
    if (m_at == m_end) {
        const std::size_t entries = load<std::uint16_t>(m_start + 8);
        m_ok = entries == kEntriesUnknown || entries == m_entries;
        return false;
    }
    const unsigned char *start = m_at;
    if (!checkSizeBefore() || !(*m_at < 0xc0 ? readString(value) : readInteger(value)))
        return false;
    m_last = static_cast<std::size_t>(m_at - start);
    ++m_entries;
    return true;
}

} // namespace cay::store
