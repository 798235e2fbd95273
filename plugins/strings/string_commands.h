// What the files of this plugin share: the handlers, and small helpers for string values.
#pragma once

#include "cay/args.h"
#include "cay/call.h"
#include "store/string_block.h"

namespace cay {
struct ValueType;
}

namespace cay::strings {

extern const ValueType kStringValueType;

// The option proto-max-bulk-len: no command makes a string longer than this many bytes.
extern std::int64_t g_maxStringSize;

inline bool isString(const Entry &entry) { return entry.type() == kStringType; }

// The text of a string entry as a bulk string.
inline void replyText(resp::Reply &reply, const Entry &entry)
{
    if (entry.isInline()) [[likely]]
        reply.bulk(entry.text());
    else if (entry.isInteger())
        reply.bulkInteger(entry.integer());
    else
        reply.bulk(store::stringBlock(entry.value())->text());
}

// False after kStringTooLong has been replied. A master's and the log's word is taken: they have
// checked.
inline bool checkStringSize(Call &call, std::size_t offset, std::size_t added)
{
    const std::size_t size = offset + added;
    if ((size >= offset && size <= static_cast<std::size_t>(g_maxStringSize))
        || call.session.has(SessionMaster))
        return true;
    return call.fail(errors::kStringTooLong);
}

// Stores an argument under a key: the value of SET and its kin goes through here alone. A large one
// that was received in a block of its own is kept where it is. `at` is the expiry, null for what
// `expiry` says. Nobody is told. REQUIRES: this call stores under one key only, or a second value
// could free the block of the first, which is still to be logged.
inline Entry *storeArgument(Call &call, const Key &key, std::size_t i,
                            Expiry expiry = Expiry::Discard, const UnixMs *at = nullptr)
{
    const Bytes text = call[i];
    if (text.size() > store::kMaxInline) [[unlikely]] {
        if (store::StringBlock *block = call.takeBlock(i))
            return call.db.put(key, Value::ofObject(kStringType, block), expiry, at);
    }
    return call.db.putString(key, text, expiry, at);
}

// A condition on the present value: IFEQ, IFNE, IFDEQ, IFDNE with their operand.
struct Comparison
{
    enum Kind : std::uint8_t { None, Equal, NotEqual, DigestEqual, DigestNotEqual };
    Kind kind = None;
    Bytes operand;
};
// None for another word.
Comparison::Kind comparisonKind(Bytes word);
// Whether the value of the entry, a string, meets the comparison. False after an error has been
// replied, which `valid` then says: an operand that is no digest.
bool meets(Call &call, const Entry &entry, const Comparison &comparison, bool *valid);

void append(Call &call);
void decr(Call &call);
void decrBy(Call &call);
void delEx(Call &call);
void delIfEq(Call &call);
void digest(Call &call);
void get(Call &call);
void getDel(Call &call);
void getEx(Call &call);
void getRange(Call &call);
void getSet(Call &call);
void incr(Call &call);
void incrBy(Call &call);
void incrByFloat(Call &call);
void lcs(Call &call);
void mGet(Call &call);
void mSet(Call &call);
void mSetEx(Call &call);
void mSetNx(Call &call);
void pSetEx(Call &call);
void set(Call &call);
void setEx(Call &call);
void setNx(Call &call);
void setRange(Call &call);
void strLen(Call &call);

// What COMMAND GETKEYSANDFLAGS and access control ask: with GET or a condition the old value is
// read as well.
bool setKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out);
bool delExKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out);

} // namespace cay::strings
