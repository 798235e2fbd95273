// Compare and act: DIGEST, DELEX, DELIFEQ, and the conditions that SET shares with them.
//
// Source: the documentation of Redis 8.4 (SET, DELEX, DIGEST) and of Valkey 8.1 and 9 (SET IFEQ,
// DELIFEQ).
#include "string_commands.h"

#include "store/xxh3.h"

#include <charconv>

namespace cay::strings {

namespace {

constexpr std::size_t kDigestSize = 16; // hexadecimal digits
constexpr Bytes kBadDigest = "ERR must be exactly 16 hexadecimal characters";
constexpr Bytes kNeedsString = "ERR Key should be of string type if conditions are specified";
constexpr Bytes kBadCondition = "ERR Invalid condition. Use IFEQ, IFNE, IFDEQ, or IFDNE";

std::uint64_t digestOf(const Entry &entry)
{
    char digits[24];
    return store::xxh3(store::stringText(entry, digits));
}

bool parseDigest(Bytes text, std::uint64_t *digest)
{
    if (text.size() != kDigestSize)
        return false;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), *digest, 16);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

void eraseAndReply(Call &call, const Key &key)
{
    call.db.erase(key);
    call.modified(key, EventClass::Generic, "del");
    call.propagateAs({"DEL", key.bytes});
    call.reply.one();
}

} // namespace

Comparison::Kind comparisonKind(Bytes word)
{
    if (word.size() == 4)
        return isWord(word, "IFEQ")   ? Comparison::Equal
               : isWord(word, "IFNE") ? Comparison::NotEqual
                                      : Comparison::None;
    if (word.size() == 5) {
        return isWord(word, "IFDEQ")   ? Comparison::DigestEqual
               : isWord(word, "IFDNE") ? Comparison::DigestNotEqual
                                       : Comparison::None;
    }
    return Comparison::None;
}

bool meets(Call &call, const Entry &entry, const Comparison &comparison, bool *valid)
{
    *valid = true;
    if (comparison.kind == Comparison::Equal || comparison.kind == Comparison::NotEqual) {
        char digits[24];
        return (store::stringText(entry, digits) == comparison.operand)
               == (comparison.kind == Comparison::Equal);
    }
    std::uint64_t wanted;
    if (!parseDigest(comparison.operand, &wanted))
        return *valid = call.fail(kBadDigest);
    return (digestOf(entry) == wanted) == (comparison.kind == Comparison::DigestEqual);
}

void digest(Call &call)
{
    const Entry *entry = call.db.read(call.key(1));
    if (!entry) {
        call.reply.null();
        return;
    }
    if (!isString(*entry)) {
        call.fail(errors::kWrongType);
        return;
    }
    static constexpr char kHex[] = "0123456789abcdef";
    char text[kDigestSize];
    std::uint64_t n = digestOf(*entry);
    for (std::size_t i = kDigestSize; i-- > 0; n >>= 4)
        text[i] = kHex[n & 15];
    call.reply.bulk(Bytes(text, kDigestSize));
}

void delIfEq(Call &call)
{
    const Key key = call.key(1);
    const Entry *entry = call.db.write(key);
    if (entry && !isString(*entry)) {
        call.fail(errors::kWrongType);
        return;
    }
    char digits[24];
    if (entry && store::stringText(*entry, digits) == call[2])
        eraseAndReply(call, key);
    else
        call.reply.zero();
}

bool delExKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out)
{
    const bool compares = args.size() > 2;
    out.push_back(
        {1, static_cast<std::uint16_t>(compares ? KeySpec::Rw | KeySpec::Access | KeySpec::Delete
                                                : KeySpec::Rm | KeySpec::Delete)});
    return true;
}

void delEx(Call &call)
{
    if (call.size() != 2 && call.size() != 4) {
        call.fail(errors::wrongArity(call.info.fullName));
        return;
    }
    const Key key = call.key(1);
    const Entry *entry = call.db.write(key);
    if (!entry) {
        call.reply.zero();
        return;
    }
    if (call.size() == 4) {
        const Comparison comparison{comparisonKind(call[2]), call[3]};
        bool valid = false;
        if (!isString(*entry))
            call.fail(kNeedsString);
        else if (comparison.kind == Comparison::None)
            call.fail(kBadCondition);
        else if (!meets(call, *entry, comparison, &valid) && valid)
            call.reply.zero();
        else if (valid)
            eraseAndReply(call, key);
        return;
    }
    eraseAndReply(call, key);
}

} // namespace cay::strings
