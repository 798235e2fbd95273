#include "store/old_lists.h"

namespace cay::store {

namespace {

constexpr unsigned char kEnd = 0xff, kLongSize = 0xfe;

// Takes numbers and texts from the front; nothing once something was missing.
class Cursor
{
public:
    explicit Cursor(Bytes bytes)
        : m_bytes(bytes)
    {}
    bool ok() const { return m_ok; }
    bool atEnd() const { return m_at == m_bytes.size(); }
    std::size_t position() const { return m_at; }
    unsigned char peek() { return has(1) ? static_cast<unsigned char>(m_bytes[m_at]) : 0; }

    Bytes text(std::size_t n)
    {
        if (!has(n))
            return {};
        m_at += n;
        return m_bytes.substr(m_at - n, n);
    }
    // Little endian, `n` bytes.
    std::uint64_t number(std::size_t n)
    {
        std::uint64_t value = 0;
        const Bytes bytes = text(n);
        if (!bytes.empty()) // else there is no address to copy from
            std::memcpy(&value, bytes.data(), bytes.size());
        return value;
    }
    std::int64_t integer(std::size_t n)
    {
        const std::size_t shift = 64 - 8 * n;
        return static_cast<std::int64_t>(number(n) << shift) >> shift;
    }
    std::uint64_t bigEndian(std::size_t n)
    {
        std::uint64_t value = 0;
        for (const char c : text(n))
            value = value << 8 | static_cast<unsigned char>(c);
        return value;
    }
    // One byte, or five.
    std::size_t size()
    {
        const std::uint64_t first = number(1);
        return static_cast<std::size_t>(first == kLongSize ? number(4) : first);
    }

private:
    bool has(std::size_t n)
    {
        m_ok = m_ok && n <= m_bytes.size() - m_at;
        return m_ok;
    }

    Bytes m_bytes;
    std::size_t m_at = 0;
    bool m_ok = true;
};

bool appendElement(Cursor &in, Listpack *out)
{
    const auto first = static_cast<unsigned char>(in.number(1));
    std::size_t size = 0;
    switch (first >> 6) {
    case 0: size = first & 0x3f; break;
    case 1: size = (first & 0x3fu) << 8 | static_cast<std::size_t>(in.number(1)); break;
    case 2: size = static_cast<std::size_t>(in.bigEndian(4)); break;
    case 3:
        switch (first) {
        case 0xc0: out->append(in.integer(2)); break;
        case 0xd0: out->append(in.integer(4)); break;
        case 0xe0: out->append(in.integer(8)); break;
        case 0xf0: out->append(in.integer(3)); break;
        case 0xfe: out->append(in.integer(1)); break;
        default:
            if (first < 0xf1 || first > 0xfd)
                return false;
            out->append(std::int64_t{first} - 0xf1);
        }
        return in.ok();
    }
    const Bytes text = in.text(size);
    if (in.ok())
        out->append(text);
    return in.ok();
}

} // namespace

bool appendZiplist(Bytes bytes, Listpack *out)
{
    Cursor in(bytes);
    const std::uint64_t total = in.number(4), tail = in.number(4), count = in.number(2);
    if (!in.ok() || total != bytes.size())
        return false;
    std::size_t elements = 0, last = in.position(), before = 0;
    while (in.ok() && in.peek() != kEnd) {
        last = in.position();
        if (in.size() != before || !appendElement(in, out))
            return false;
        before = in.position() - last;
        ++elements;
    }
    in.number(1);
    constexpr std::size_t kUnknown = 0xffff;
    return in.ok() && in.atEnd() && tail == last && (count == kUnknown || count == elements);
}

bool appendZipmap(Bytes bytes, Listpack *out)
{
    Cursor in(bytes);
    const std::uint64_t count = in.number(1);
    std::size_t pairs = 0;
    for (; in.ok() && in.peek() != kEnd; ++pairs) {
        const Bytes field = in.text(in.size());
        const std::size_t size = in.size();
        const std::uint64_t unused = in.number(1);
        const Bytes value = in.text(size);
        in.text(static_cast<std::size_t>(unused));
        if (!in.ok())
            return false;
        out->append(field);
        out->append(value);
    }
    in.number(1);
    return in.ok() && in.atEnd() && (count >= kLongSize || count == pairs);
}

} // namespace cay::store
