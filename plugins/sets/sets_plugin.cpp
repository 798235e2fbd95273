#include "set_commands.h"
#include "sets_api.h"

#include "cay/plugin.h"

namespace cay::sets {

namespace {

constexpr Binding kCommands[] = {
    {"sadd", sAdd, nullptr, addAhead},
    {"scard", sCard},
    {"sdiff", sDiff},
    {"sdiffstore", sDiffStore},
    {"sinter", sInter},
    {"sintercard", sInterCard},
    {"sinterstore", sInterStore},
    {"sismember", sIsMember, nullptr, lookUpAhead},
    {"smembers", sMembers},
    {"smismember", sMIsMember, nullptr, lookUpAhead},
    {"smove", sMove},
    {"spop", sPop},
    {"srandmember", sRandMember},
    {"srem", sRem, nullptr, lookUpAhead},
    {"sscan", sScan},
    {"sunion", sUnion},
    {"sunionstore", sUnionStore},
};

constexpr const ValueType *kTypes[] = {&kSetValueType};

bool addTo(Value *value, Bytes member)
{
    Set set = Set::adopt(value->object);
    const bool added = set.add(member);
    value->object = set.release();
    return added;
}

void visitAll(const Value &value, void *context, bool (*visit)(void *context, Bytes member))
{
    SetView(value.object).forEachWhile([&](const Member &member) {
        char digits[24];
        return visit(context, member.bytes(digits));
    });
}

constexpr Api kApi = {
    .size = [](const Value &value) { return SetView(value.object).size(); },
    .contains = [](const Value &value, Bytes m) { return SetView(value.object).contains(m); },
    .forEach = visitAll,
    .make = [] { return Value::ofObject(g_setType, Set::empty().release()); },
    .add = addTo,
};

} // namespace

class SetsPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "sets.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    std::span<const ValueType *const> types() const override { return kTypes; }
    const void *api() const override { return &kApi; }
    bool start(Host &host, QString *) override
    {
        g_setType = static_cast<TypeId>(host.typeByName("set"));
        host.options().mirror("set-max-intset-entries", &g_limits.intset);
        host.options().mirror("set-max-listpack-entries", &g_limits.listpack);
        host.options().mirror("set-max-listpack-value", &g_limits.listpackValue);
        return true;
    }
};

} // namespace cay::sets

#include "sets_plugin.moc"
