// BITFIELD and BITFIELD_RO: integers of any width at any bit.
#include "bitmap_commands.h"

#include <algorithm>

namespace cay::bitmaps {

namespace {

enum class Overflow : std::uint8_t { Wrap, Saturate, Fail };

struct Operation
{
    enum Kind : std::uint8_t { Get, Set, IncrementBy };
    Kind kind = Get;
    Overflow overflow = Overflow::Wrap;
    bool isSigned = false;
    unsigned width = 0;
    BitOffset offset;
    std::int64_t operand = 0;
};

struct Request
{
    std::vector<Operation> operations;
    bool writes = false;
    std::size_t bytes = 0; // the string must be this long for what is written
};

bool readType(Call &call, Bytes text, Operation *operation)
{
    constexpr Bytes kError = "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 "
                             "is not supported but i64 is.";
    if (!text.starts_with('i') && !text.starts_with('u'))
        return call.fail(kError);
    operation->isSigned = text[0] == 'i';
    std::int64_t width;
    if (!resp::parseInteger(text.substr(1), &width) || width < 1
        || width > (operation->isSigned ? 64 : 63))
        return call.fail(kError);
    operation->width = static_cast<unsigned>(width);
    return true;
}

bool readOverflow(Call &call, Bytes word, Overflow *overflow)
{
    if (isWord(word, "WRAP"))
        *overflow = Overflow::Wrap;
    else if (isWord(word, "SAT"))
        *overflow = Overflow::Saturate;
    else if (isWord(word, "FAIL"))
        *overflow = Overflow::Fail;
    else
        return call.fail("ERR Invalid OVERFLOW type specified");
    return true;
}

// One GET, SET or INCRBY whose arguments follow `at`.
bool readOperation(Call &call, std::size_t at, Operation *operation, Request *request)
{
    if (!readType(call, call[at + 1], operation)
        || !readBitOffset(call, call[at + 2], operation->width, &operation->offset))
        return false;
    if (operation->kind != Operation::Get) {
        if (!readInteger(call, call[at + 3], &operation->operand))
            return false;
        const std::uint64_t last = operation->offset.bit + operation->width - 1;
        request->writes = true;
        request->bytes = std::max<std::size_t>(request->bytes, last / 8 + 1);
    }
    request->operations.push_back(*operation);
    return true;
}

bool readRequest(Call &call, Request *request)
{
    Overflow overflow = Overflow::Wrap;
    for (std::size_t i = 2; i < call.size();) {
        const std::size_t rest = call.size() - i - 1;
        Operation operation;
        operation.overflow = overflow;
        if (isWord(call[i], "OVERFLOW") && rest >= 1) {
            if (!readOverflow(call, call[i + 1], &overflow))
                return false;
            i += 2;
            continue;
        }
        if (isWord(call[i], "GET") && rest >= 2)
            operation.kind = Operation::Get;
        else if (isWord(call[i], "SET") && rest >= 3)
            operation.kind = Operation::Set;
        else if (isWord(call[i], "INCRBY") && rest >= 3)
            operation.kind = Operation::IncrementBy;
        else
            return call.fail(errors::kSyntax);
        if (!readOperation(call, i, &operation, request))
            return false;
        i += operation.kind == Operation::Get ? 3 : 4;
    }
    return true;
}

// The field as an unsigned number; what lies behind the string reads as zeros.
std::uint64_t readField(Bytes text, const Operation &operation)
{
    const std::size_t first = operation.offset.byte();
    unsigned __int128 window = 0; // 9 bytes hold 64 bits at any offset
    for (std::size_t i = 0; i < 9; ++i) {
        const auto byte
            = first + i < text.size() ? static_cast<unsigned char>(text[first + i]) : 0u;
        window = window << 8 | byte;
    }
    window >>= 72 - operation.offset.bit % 8 - operation.width;
    return static_cast<std::uint64_t>(
        window & ((static_cast<unsigned __int128>(1) << operation.width) - 1));
}

void writeField(char *bytes, const Operation &operation, std::uint64_t value)
{
    const unsigned width = operation.width;
    std::uint64_t bit = operation.offset.bit;
    for (unsigned left = width; left > 0;) {
        const unsigned here = std::min<unsigned>(left, 8 - bit % 8); // bits in this byte
        const unsigned shift = static_cast<unsigned>(8 - bit % 8 - here);
        const unsigned mask = ((1u << here) - 1) << shift;
        left -= here;
        const unsigned part = static_cast<unsigned>(value >> left) << shift & mask;
        char &byte = bytes[bit / 8];
        byte = static_cast<char>((static_cast<unsigned char>(byte) & ~mask) | part);
        bit += here;
    }
}

// The number that the field's bits are; 128 bits hold every sum without overflow.
__int128 fieldValue(std::uint64_t bits, const Operation &operation)
{
    if (!operation.isSigned)
        return bits;
    const unsigned spare = 64 - operation.width;
    return static_cast<std::int64_t>(bits << spare) >> spare;
}

struct Limits
{
    __int128 min, max;
};
Limits limitsOf(const Operation &operation)
{
    const __int128 one = 1;
    if (!operation.isSigned)
        return {0, (one << operation.width) - 1};
    return {-(one << (operation.width - 1)), (one << (operation.width - 1)) - 1};
}

// Redis computes the distance to the maximum in 64 bits. For a SET so far below that it overflows,
// it takes the value for one that is too large, and its replicas would come to another dataset if
// we did not.
bool isFarBelow(const Operation &operation, const Limits &limits)
{
    return operation.kind == Operation::Set && operation.isSigned && operation.width < 64
           && limits.max - operation.operand > INT64_MAX;
}

// What SET or INCRBY makes of the field. False: it overflows, and is to fail.
bool newValue(const Operation &operation, std::uint64_t old, std::uint64_t *bits)
{
    __int128 value = operation.operand;
    if (operation.kind == Operation::IncrementBy)
        value += fieldValue(old, operation);
    else if (!operation.isSigned)
        value = static_cast<std::uint64_t>(operation.operand); // a negative one is too large
    const Limits limits = limitsOf(operation);
    if (value < limits.min || value > limits.max) {
        if (operation.overflow == Overflow::Fail)
            return false;
        if (operation.overflow == Overflow::Saturate)
            value = isFarBelow(operation, limits) || value > limits.max ? limits.max : limits.min;
    }
    const std::uint64_t mask = operation.width == 64 ? ~0ull : (1ull << operation.width) - 1;
    *bits = static_cast<std::uint64_t>(value) & mask;
    return true;
}

void replyField(Call &call, const Operation &operation, std::uint64_t bits)
{
    call.reply.integer(static_cast<std::int64_t>(fieldValue(bits, operation)));
}

void readAll(Call &call, const Request &request)
{
    char digits[24];
    Bytes text;
    bool exists;
    if (!readString(call, 1, digits, &text, &exists))
        return;
    call.reply.array(request.operations.size());
    for (const Operation &operation : request.operations)
        replyField(call, operation, readField(text, operation));
}

// Runs one operation on the string; true when that changed it.
bool runOperation(Call &call, char *bytes, std::size_t size, const Operation &operation)
{
    const std::uint64_t old = readField(Bytes(bytes, size), operation);
    std::uint64_t bits = old;
    if (operation.kind != Operation::Get && !newValue(operation, old, &bits)) {
        call.reply.null();
        return false;
    }
    replyField(call, operation, operation.kind == Operation::Set ? old : bits);
    if (operation.kind == Operation::Get)
        return false;
    writeField(bytes, operation, bits);
    return bits != old;
}

void runAll(Call &call, const Request &request)
{
    const Key key = call.key(1);
    Entry *entry = call.db.write(key);
    if (entry && entry->type() != kStringType) {
        call.fail(errors::kWrongType);
        return;
    }
    char digits[24];
    const std::size_t before = entry ? store::stringText(*entry, digits).size() : 0;
    char *bytes = editString(call.db, key, entry, request.bytes);
    const std::size_t size = std::max(before, request.bytes);
    bool changed = false;
    call.reply.array(request.operations.size());
    for (const Operation &operation : request.operations)
        changed |= runOperation(call, bytes, size, operation);
    if (changed || size > before)
        call.modified(key, EventClass::String, "setbit");
}

void run(Call &call, bool readOnly)
{
    Request request;
    if (!readRequest(call, &request))
        return;
    if (!request.writes)
        readAll(call, request);
    else if (readOnly)
        call.fail("ERR BITFIELD_RO only supports the GET subcommand");
    else
        runAll(call, request);
}

} // namespace

void bitField(Call &call) { run(call, false); }
void bitFieldRo(Call &call) { run(call, true); }

bool bitFieldKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out)
{
    bool writes = false;
    for (std::size_t i = 2; i < args.size() && !writes; ++i) {
        const std::size_t rest = args.size() - i - 1;
        if (isWord(args[i], "GET") && rest >= 2)
            i += 2;
        else if (isWord(args[i], "OVERFLOW") && rest >= 1)
            ++i;
        else
            writes = true;
    }
    out.push_back(
        {1, static_cast<std::uint16_t>(writes ? KeySpec::Rw | KeySpec::Access | KeySpec::Update
                                              : KeySpec::Ro | KeySpec::Access)});
    return true;
}

} // namespace cay::bitmaps
