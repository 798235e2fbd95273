// DUMP payloads of every type: what nobody should trust is refused, without a leak or a read past
// the end; and what is loaded is a value like any other: it is saved and loaded again, copied,
// measured, logged, and its digest stays the same.
//
// An input is a payload without its footer: the type's code, then the value.
#include "fuzz.h"
#include "fuzz_types.h"

#include "cay/digest.h"
#include "cay/log_writer.h"
#include "cay/rdb.h"

using namespace cay;

namespace {

const ValueType *typeFor(std::uint8_t code)
{
    for (const ValueType *type : fuzz::types()) {
        for (const std::uint8_t known : type->rdbCodes) {
            if (known == code)
                return type;
        }
    }
    return nullptr;
}

// Frees the value with the scope. A text borrows from the reader.
struct Loaded
{
    explicit Loaded(const ValueType *valueType)
        : type(valueType)
    {}
    Loaded(const Loaded &) = delete;
    ~Loaded()
    {
        if (holds && value.encoding == Encoding::Object)
            type->free(value.object);
    }
    bool load(std::uint8_t code, RdbReader &reader)
    {
        holds = type->load(code, reader, &value);
        return holds;
    }
    std::string digest() const
    {
        Digest digest;
        type->digest(value, digest);
        return digest.hex();
    }

    const ValueType *type;
    Value value;
    bool holds = false;
};

void look(const Loaded &loaded)
{
    const ValueType *type = loaded.type;
    fuzz::require(!type->encoding(loaded.value).empty(), "an encoding has a name");
    type->memory(loaded.value, 5);
    if (loaded.value.encoding == Encoding::Object) {
        fuzz::require(type->memory(loaded.value, 0) > 0, "what is on the heap has a size");
        fuzz::require(type->freeEffort(loaded.value.object) > 0, "freeing is an effort");
    }
    std::string log;
    LogWriter writer(log);
    type->rewrite("key", loaded.value, writer);
    fuzz::require(writer.commands() > 0, "a value has commands that make it");
}

void saveAndLoad(const Loaded &loaded, const std::string &digest)
{
    std::string bytes;
    RdbWriter writer(bytes);
    loaded.type->save(loaded.value, writer);
    RdbReader reader(bytes);
    Loaded again(loaded.type);
    fuzz::require(again.load(loaded.type->rdbCode(loaded.value), reader), "what is saved loads");
    fuzz::require(reader.ok() && reader.atEnd(), "to its end");
    fuzz::require(again.digest() == digest, "and is the same");
}

void copy(const Loaded &loaded, const std::string &digest)
{
    Loaded other(loaded.type);
    other.value = loaded.type->copy(loaded.value);
    other.holds = true;
    fuzz::require(other.digest() == digest, "a copy is the same");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t *data, std::size_t size)
{
    const ValueType *type = size ? typeFor(data[0]) : nullptr;
    if (!type)
        return 0;
    fuzz::setLimits(size % 3 == 0);
    const std::vector<char> body(data + 1, data + size);
    RdbReader reader(Bytes(body.data(), body.size()));
    Loaded loaded(type);
    if (!loaded.load(data[0], reader))
        return 0;
    const std::string digest = loaded.digest();
    look(loaded);
    copy(loaded, digest);
    saveAndLoad(loaded, digest);
    fuzz::require(loaded.digest() == digest, "looking changes nothing");
    return 0;
}
