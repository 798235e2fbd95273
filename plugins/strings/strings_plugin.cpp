#include "string_commands.h"

#include "cay/host.h"
#include "cay/plugin.h"

namespace cay::strings {

std::int64_t g_maxStringSize = 512ll * 1024 * 1024;

namespace {

constexpr Binding kCommands[] = {
    {"append", append},    {"decr", decr},
    {"decrby", decrBy},    {"delex", delEx, delExKeys},
    {"delifeq", delIfEq},  {"digest", digest},
    {"get", get},          {"getdel", getDel},
    {"getex", getEx},      {"getrange", getRange},
    {"getset", getSet},    {"incr", incr},
    {"incrby", incrBy},    {"incrbyfloat", incrByFloat},
    {"lcs", lcs},          {"mget", mGet},
    {"mset", mSet},        {"msetex", mSetEx},
    {"msetnx", mSetNx},    {"psetex", pSetEx},
    {"set", set, setKeys}, {"setex", setEx},
    {"setnx", setNx},      {"setrange", setRange},
    {"strlen", strLen},    {"substr", getRange},
};

constexpr const ValueType *kTypes[] = {&kStringValueType};

} // namespace

class StringsPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "strings.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    std::span<const ValueType *const> types() const override { return kTypes; }
    bool start(Host &host, QString *) override
    {
        host.options().mirror("proto-max-bulk-len", &g_maxStringSize);
        return true;
    }
};

} // namespace cay::strings

#include "strings_plugin.moc"
