// RDB payloads: the reader takes any bytes, in any order of reads, without reading past their end
// or allocating on the word of a length; and what the writer writes is read back the same.
#include "fuzz.h"

#include "cay/rdb.h"

#include <algorithm>

using namespace cay;

namespace {

void readOne(RdbReader *reader, std::uint8_t what)
{
    switch (what % 11) {
    case 0: reader->byte(); break;
    case 1: reader->length(); break;
    case 2: reader->count(1 + what % 7); break;
    case 3: reader->string(); break;
    case 4: reader->integer(); break;
    case 5: reader->raw(what); break;
    case 6: reader->fixed32(); break;
    case 7: reader->fixed64(); break;
    case 8: reader->binaryDouble(); break;
    case 9: reader->textDouble(); break;
    case 10: reader->release(); break;
    }
}

void readAny(Bytes script, Bytes payload)
{
    const std::vector<char> copy(payload.begin(), payload.end());
    RdbReader reader(Bytes(copy.data(), copy.size()));
    for (const char what : script) {
        const std::size_t before = reader.position();
        readOne(&reader, static_cast<std::uint8_t>(what));
        fuzz::require(reader.position() >= before && reader.position() <= copy.size(),
                      "the position moves forward, within the bytes");
        fuzz::require(reader.ok() == (reader.why() == nullptr), "a failure has a reason");
    }
}

void roundTrip(Bytes text, bool compress)
{
    std::string bytes;
    RdbWriter writer(bytes, compress);
    writer.length(text.size() * 0x10001);
    writer.string(text);
    RdbReader reader(bytes);
    fuzz::require(reader.length() == text.size() * 0x10001, "a length reads back");
    fuzz::require(reader.string() == text && reader.ok() && reader.atEnd(), "a string reads back");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    if (size < 1)
        return 0;
    const std::size_t reads = std::min<std::size_t>(data[0] % 16, size - 1);
    readAny(fuzz::bytesOf(data + 1, reads), fuzz::bytesOf(data + 1 + reads, size - 1 - reads));
    roundTrip(fuzz::bytesOf(data + 1, size - 1), data[0] & 1);
    return 0;
}
