#include "list_commands.h"
#include "lists_api.h"

#include "cay/host.h"
#include "cay/plugin.h"

namespace cay::lists {

namespace {

constexpr Binding kCommands[] = {
    {"blmove", blMove},
    {"blmpop", blMPop},
    {"blpop", blPop},
    {"brpop", brPop},
    {"brpoplpush", brPopLPush},
    {"lindex", lIndex},
    {"linsert", lInsert},
    {"llen", lLen},
    {"lmove", lMove},
    {"lmpop", lMPop},
    {"lpop", lPop},
    {"lpos", lPos},
    {"lpush", lPush},
    {"lpushx", lPushX},
    {"lrange", lRange},
    {"lrem", lRem},
    {"lset", lSet},
    {"ltrim", lTrim},
    {"rpop", rPop},
    {"rpoplpush", rPopLPush},
    {"rpush", rPush},
    {"rpushx", rPushX},
};

constexpr const ValueType *kTypes[] = {&kListValueType};

void forEachElement(const Value &value, void *context, bool (*visit)(void *context, Bytes element))
{
    List(value.object).forEach([&](const PackedValue &element) {
        char scratch[24];
        return visit(context, element.bytes(scratch));
    });
}

void appendElement(Value *value, Bytes element)
{
    List list(value->object);
    list.expect(element.size(), 1);
    list.push(element, false);
    value->object = list.object();
}

constexpr Api kApi = {
    .size = [](const Value &value) { return static_cast<std::size_t>(List(value.object).size()); },
    .forEach = forEachElement,
    .make = [] { return Value::ofObject(g_listType, List::make().object()); },
    .append = appendElement,
    .shape = shapeOf,
    .describe = describe,
    .setPlainThreshold = store::PackedList::setPlainThreshold,
};

} // namespace

class ListsPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "lists.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
    std::span<const ValueType *const> types() const override { return kTypes; }
    bool start(Host &host, QString *) override
    {
        g_listType = static_cast<TypeId>(host.typeByName("list"));
        host.options().mirror("list-max-listpack-size", &g_maxListpackSize);
        host.options().mirror("list-compress-depth", &g_compressDepth);
        return true;
    }
    const void *api() const override { return &kApi; }
};

} // namespace cay::lists

#include "lists_plugin.moc"
