#include "hash_commands.h"
#include "hashes_api.h"

#include "cay/plugin.h"

namespace cay::hashes {

std::int64_t g_maxEntries = 512, g_maxValue = 64;
TypeId g_type = 0;

namespace {

constexpr Binding kCommands[] = {
    {"hdel", hDel, nullptr, fieldAhead},
    {"hexists", hExists, nullptr, fieldAhead},
    {"hexpire", hExpire},
    {"hexpireat", hExpireAt},
    {"hexpiretime", hExpireTime},
    {"hget", hGet, nullptr, fieldAhead},
    {"hgetall", hGetAll},
    {"hgetdel", hGetDel},
    {"hgetex", hGetEx},
    {"hincrby", hIncrBy, nullptr, fieldAhead},
    {"hincrbyfloat", hIncrByFloat, nullptr, fieldAhead},
    {"hkeys", hKeys},
    {"hlen", hLen},
    {"hmget", hMGet},
    {"hmset", hMSet, nullptr, fieldAhead},
    {"hpersist", hPersist},
    {"hpexpire", hPExpire},
    {"hpexpireat", hPExpireAt},
    {"hpexpiretime", hPExpireTime},
    {"hpttl", hPTtl},
    {"hrandfield", hRandField},
    {"hscan", hScan},
    {"hset", hSet, nullptr, fieldAhead},
    {"hsetex", hSetEx},
    {"hsetnx", hSetNx, nullptr, fieldAhead},
    {"hstrlen", hStrLen, nullptr, fieldAhead},
    {"httl", hTtl},
    {"hvals", hVals},
};

constexpr const ValueType *kTypes[] = {&kHashType};

} // namespace

class HashesPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "hashes.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    std::span<const ValueType *const> types() const override { return kTypes; }
    const void *api() const override { return &kHashesApi; }
    bool start(Host &host, QString *) override
    {
        g_type = static_cast<TypeId>(host.typeByName("hash"));
        host.options().mirror("hash-max-listpack-entries", &g_maxEntries);
        host.options().mirror("hash-max-listpack-value", &g_maxValue);
        return true;
    }
};

} // namespace cay::hashes

#include "hashes_plugin.moc"
