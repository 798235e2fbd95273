#include "store/crc64.h"

#include <QtTest/QtTest>

using cay::Bytes;
using cay::store::crc64;

class TestCrc64 : public QObject
{
    Q_OBJECT
private slots:
    void knownValue() { QCOMPARE(crc64(0, "123456789"), 0xe9c6d914c4b8d9caull); }
    void nothing() { QCOMPARE(crc64(17, {}), 17ull); }
    void inPieces()
    {
        std::string text;
        for (int i = 0; i < 1000; ++i)
            text.push_back(static_cast<char>(i * 7 + i / 13));
        const std::uint64_t whole = crc64(0, text);
        for (std::size_t cut = 0; cut <= text.size(); cut += 13)
            QCOMPARE(crc64(crc64(0, Bytes(text).substr(0, cut)), Bytes(text).substr(cut)), whole);
    }
    void everyLengthAgainstBitByBit()
    {
        std::string text;
        for (int size = 0; size < 70; ++size) {
            QCOMPARE(crc64(0, text), bitByBit(text));
            text.push_back(static_cast<char>(size * 37 + 11));
        }
    }
    // DUMP of the string "hello" by redis-server 7.0.15: type, size, text, version 10, checksum.
    void dumpPayload()
    {
        const char payload[] = "\x00\x05hello\x0a\x00";
        QCOMPARE(crc64(0, Bytes(payload, sizeof payload - 1)), 0x0a20346576df7263ull);
    }

private:
    static std::uint64_t bitByBit(Bytes text)
    {
        std::uint64_t crc = 0;
        for (const char c : text) {
            crc ^= static_cast<unsigned char>(c);
            for (int bit = 0; bit < 8; ++bit)
                crc = crc & 1 ? (crc >> 1) ^ 0x95ac9329ac4bc9b5ull : crc >> 1;
        }
        return crc;
    }
};

QTEST_APPLESS_MAIN(TestCrc64)
#include "tst_crc64.moc"
