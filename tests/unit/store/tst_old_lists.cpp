#include "store/old_lists.h"

#include <QtTest>

#include <memory>
#include <random>
#include <string>
#include <vector>

using namespace cay::store;
using cay::Bytes;

namespace {

// Writes what Redis's ziplist.c would: shortest encodings.
class Writer
{
public:
    void add(const std::string &body)
    {
        const std::string before
            = m_last < 254 ? std::string(1, static_cast<char>(m_last)) : "\xfe" + little(m_last, 4);
        m_body += before + body;
        m_last = before.size() + body.size();
        ++m_entries;
    }
    void text(const std::string &t)
    {
        const std::size_t n = t.size();
        const auto byte = [](std::size_t b) { return std::string(1, static_cast<char>(b)); };
        if (n < 64)
            add(byte(n) + t);
        else if (n < 16384)
            add(byte(0x40 | n >> 8) + byte(n) + t);
        else
            add(byte(0x80) + byte(n >> 24) + byte(n >> 16) + byte(n >> 8) + byte(n) + t);
    }
    void integer(unsigned char code, std::int64_t n, std::size_t size)
    {
        add(std::string(1, static_cast<char>(code)) + little(static_cast<std::uint64_t>(n), size));
    }
    std::string bytes() const
    {
        return little(m_body.size() + 11, 4) + little(10 + m_body.size() - m_last, 4)
               + little(m_entries, 2) + m_body + "\xff";
    }

private:
    static std::string little(std::uint64_t n, std::size_t size)
    {
        return std::string(reinterpret_cast<const char *>(&n), size);
    }

    std::string m_body;
    std::size_t m_last = 0, m_entries = 0;
};

std::vector<std::string> read(Bytes bytes, bool *ok)
{
    std::vector<std::string> result;
    Listpack pack;
    char scratch[24];
    *ok = appendZiplist(bytes, &pack);
    for (auto at = pack.first(); *ok && at; at = pack.next(at))
        result.push_back(std::string(pack.value(at).bytes(scratch)));
    return result;
}

Writer sample()
{
    Writer writer;
    writer.text("");
    writer.text("hello");
    writer.text(std::string(63, 'a'));
    writer.text(std::string(64, 'b'));
    writer.text(std::string(300, 'c'));
    writer.text(std::string(20000, 'd'));
    writer.integer(0xf1, 0, 0);
    writer.integer(0xfd, 0, 0);
    writer.integer(0xfe, -128, 1);
    writer.integer(0xc0, -32768, 2);
    writer.integer(0xf0, -8388608, 3);
    writer.integer(0xf0, 8388607, 3);
    writer.integer(0xd0, 2147483647, 4);
    writer.integer(0xe0, std::numeric_limits<std::int64_t>::min(), 8);
    return writer;
}

} // namespace

class OldListsTest : public QObject
{
    Q_OBJECT

private slots:
    void everyEncoding();
    void realBytes();
    void damage();
};

void OldListsTest::everyEncoding()
{
    bool ok = false;
    const std::vector<std::string> expected = {"",
                                               "hello",
                                               std::string(63, 'a'),
                                               std::string(64, 'b'),
                                               std::string(300, 'c'),
                                               std::string(20000, 'd'),
                                               "0",
                                               "12",
                                               "-128",
                                               "-32768",
                                               "-8388608",
                                               "8388607",
                                               "2147483647",
                                               "-9223372036854775808"};
    QVERIFY(read(sample().bytes(), &ok) == expected);
    QVERIFY(ok);
    QVERIFY(read(Writer().bytes(), &ok).empty());
    QVERIFY(ok);
}

// From ziplist.c's own description: the elements "2" and "5".
void OldListsTest::realBytes()
{
    const QByteArray bytes = QByteArray::fromHex("0f0000000c000000020000f302f6ff");
    bool ok = false;
    const auto elements
        = read(Bytes(bytes.constData(), static_cast<std::size_t>(bytes.size())), &ok);
    QVERIFY(ok);
    QVERIFY((elements == std::vector<std::string>{"2", "5"}));
}

void OldListsTest::damage()
{
    std::mt19937 random(1);
    const std::string good = sample().bytes();
    for (int round = 0; round < 20000; ++round) {
        std::string bytes = good;
        for (std::size_t n = 1 + random() % 3; n > 0; --n)
            bytes[random() % 600] = static_cast<char>(random());
        if (random() % 4 == 0)
            bytes.resize(random() % bytes.size());
        const std::unique_ptr<char[]> block(new char[bytes.size() + 1]);
        std::memcpy(block.get(), bytes.data(), bytes.size());
        bool ok = false;
        read(Bytes(block.get(), bytes.size()), &ok);
    }
    bool ok = true;
    read(Bytes(), &ok);
    QVERIFY(!ok);
}

QTEST_APPLESS_MAIN(OldListsTest)

#include "tst_old_lists.moc"
