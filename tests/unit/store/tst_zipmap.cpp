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
    const std::string map = little(2, 1) + little(3, 1) + "foo" + little(3, 1) + little(0, 1)
                            + "bar" + little(5, 1) + "hello" + little(5, 1) + little(2, 1)
                            + "world.." + "\xff";
    Listpack pack;
    QVERIFY(store::appendZipmap(map, &pack));
    QCOMPARE(contentOf(pack), (std::vector<std::string>{"foo", "bar", "hello", "world"}));
    for (std::size_t size = 0; size < map.size(); ++size) {
        Listpack part;
        QVERIFY(!store::appendZipmap(map.substr(0, size), &part));
    }
    Listpack wrong;
    QVERIFY(!store::appendZipmap("\x05" + map.substr(1), &wrong));
}

QTEST_APPLESS_MAIN(TestZipmap)
#include "tst_zipmap.moc"
