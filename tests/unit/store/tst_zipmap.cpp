// Zipmaps as old servers wrote them; damage is noticed at every byte.
#include "store/old_lists.h"

#include <QtTest/QtTest>

#include <string>
#include <vector>

using namespace cay;
using store::Listpack;

namespace {

std::string little(std::uint64_t n, std::size_t bytes)
{
    return std::string(reinterpret_cast<const char *>(&n), bytes);
}

std::vector<std::string> contentOf(const Listpack &pack)
{
    std::vector<std::string> texts;
    char digits[24];
    for (auto at = pack.first(); at != Listpack::kEnd; at = pack.next(at))
        texts.emplace_back(pack.value(at).bytes(digits));
    return texts;
}

} // namespace

class TestZipmap : public QObject
{
    Q_OBJECT
private Q_SLOTS:
    void readWhole();
};

void TestZipmap::readWhole()
{
    std::string map;
    for (const char *part : {"\x02\x03", "foo\x03"})
        map += part;
    map += little(0, 1);
    for (const char *part : {"bar\x05", "hello\x05\x02", "world..", "\xff"})
        map += part;
    Listpack pack;
    QVERIFY(store::appendZipmap(map, &pack));
    QCOMPARE(contentOf(pack), (std::vector<std::string>{"foo", "bar", "hello", "world"}));
    for (std::size_t size = 0; size < map.size(); ++size) {
        Listpack part;
        QVERIFY(!store::appendZipmap(map.substr(0, size), &part));
    }
    Listpack wrong;
    QVERIFY(!store::appendZipmap(little(5, 1).append(map, 1), &wrong));
}

QTEST_APPLESS_MAIN(TestZipmap)
#include "tst_zipmap.moc"
