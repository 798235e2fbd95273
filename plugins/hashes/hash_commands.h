// What the files of this plugin share: the handlers, and how they find and keep a hash.
#pragma once

#include "hash_value.h"

#include "cay/args.h"
#include "cay/host.h"

namespace cay {
struct HashesApi;
}

namespace cay::hashes {

extern const ValueType kHashType;
extern const HashesApi kHashesApi;
extern TypeId g_type; // the host's number for kHashType

inline constexpr Bytes kFieldsMissing
    = "ERR Mandatory argument FIELDS is missing or not at the right position";
inline constexpr Bytes kFieldsMismatch
    = "ERR The `numfields` parameter must match the number of arguments";
inline constexpr Bytes kFieldsNotPositive = "ERR Number of fields must be a positive integer";

// Deletes up to `max` fields that have expired and says so. The entry, or null when nothing was
// left of the hash. Call it through expireDue().
Entry *expireFields(Host &host, Db &db, const Key &key, Entry *entry, std::size_t max);

// Fields that a command deletes on its way, at most; the others stay hidden until their turn comes.
inline constexpr std::size_t kExpireOnAccess = 256;

inline Entry *expireDue(Call &call, const Key &key, Entry *entry)
{
    if (entry->isTimed() && entry->due() <= call.db.now() && call.db.mayExpire()) [[unlikely]]
        return expireFields(call.host, call.db, key, entry, kExpireOnAccess);
    return entry;
}

// A key's hash, or nothing: no such key, or a wrong type, which has been replied.
struct Found
{
    Entry *entry = nullptr;
    Hash hash{nullptr};
    bool failed = false; // the key is of another type, and that has been replied

    explicit operator bool() const { return entry != nullptr; }
};
inline Found checked(Call &call, const Key &key, Entry *entry)
{
    if (!entry)
        return {};
    if (entry->type() != g_type) [[unlikely]] {
        call.fail(errors::kWrongType);
        return {nullptr, Hash(nullptr), true};
    }
    entry = expireDue(call, key, entry);
    return {entry, Hash(entry ? entry->object() : nullptr)};
}
inline Found readHash(Call &call, const Key &key)
{
    // The entry is changed where fields have expired, by nothing else.
    return checked(call, key, const_cast<Entry *>(call.db.read(key)));
}
inline Found writeHash(Call &call, const Key &key)
{
    return checked(call, key, call.db.write(key));
}

// The hash of an argument that is a field's name, where it has been computed ahead.
inline std::uint64_t hashOf(const Call &call, std::size_t i)
{
    return call.hashes ? call.hashes[i] : 0;
}

// A hash under change. begin() starts an empty one where there is none; keep() puts the result
// where it belongs, once, before anything is told.
class Edit
{
public:
    explicit Edit(Call &call)
        : m_call(call)
        , m_key(call.key(1))
        , m_found(writeHash(call, m_key))
        , m_now(call.db.expiryNow())
    {}
    ~Edit()
    {
        if (m_owned)
            m_found.hash.free();
    }
    Edit(const Edit &) = delete;
    Edit &operator=(const Edit &) = delete;

    bool failed() const { return m_found.failed; }
    bool exists() const { return m_found.entry || m_owned; }
    // Starts an empty hash, or the one given, where there is none.
    void begin()
    {
        if (!exists())
            begin(Hash::ofPack(store::Listpack()));
    }
    void begin(Hash fresh)
    {
        m_found.hash = fresh;
        m_owned = true;
    }
    Hash &hash() { return m_found.hash; }
    UnixMs now() const { return m_now; }
    const Key &key() const { return m_key; }
    Call &call() { return m_call; }
    // False when nothing is left, and the key is gone.
    bool keep();

private:
    Call &m_call;
    Key m_key;
    Found m_found;
    UnixMs m_now;
    bool m_owned = false; // not in the database yet
};

// "FIELDS numfields field ..." from argument `at` on: the position of the first field and how many
// follow, which is all that is left. False after an error has been replied.
bool readFields(Call &call, std::size_t at, Bytes countError, std::size_t *first);

// A time in seconds or milliseconds as the commands for fields take it: not negative, and at most
// 2^46 - 1 milliseconds in the end.
bool readFieldTime(Call &call, Bytes text, TimeUnit unit, UnixMs base, UnixMs *at);

// Propagates `head` with the fields that follow it, unless there are none.
void propagateFields(Call &call, std::span<const Bytes> head, std::span<const Bytes> fields);

// Asks for what a look-up of the field behind the key will touch: see FetchAhead.
void fieldAhead(const Entry &entry, std::span<const Bytes> args, std::uint64_t *hashes, int step);

void hDel(Call &call);
void hExists(Call &call);
void hExpire(Call &call);
void hExpireAt(Call &call);
void hExpireTime(Call &call);
void hGet(Call &call);
void hGetAll(Call &call);
void hGetDel(Call &call);
void hGetEx(Call &call);
void hIncrBy(Call &call);
void hIncrByFloat(Call &call);
void hKeys(Call &call);
void hLen(Call &call);
void hMGet(Call &call);
void hMSet(Call &call);
void hPersist(Call &call);
void hPExpire(Call &call);
void hPExpireAt(Call &call);
void hPExpireTime(Call &call);
void hPTtl(Call &call);
void hRandField(Call &call);
void hScan(Call &call);
void hSet(Call &call);
void hSetEx(Call &call);
void hSetNx(Call &call);
void hStrLen(Call &call);
void hTtl(Call &call);
void hVals(Call &call);

} // namespace cay::hashes
