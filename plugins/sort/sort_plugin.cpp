// SORT and SORT_RO.
#include "elements.h"
#include "sort_plan.h"

#include "cay/host.h"
#include "cay/plugin.h"
#include "lists/lists_api.h"
#include "sets/sets_api.h"
#include "zsets/zsets_api.h"

namespace cay::sorting {

namespace {

enum class Kind : std::uint8_t { None, List, Set, SortedSet };

template <typename Api>
const Api *api(Call &call, Bytes plugin)
{
    return static_cast<const Api *>(call.host.api(plugin));
}

// The family that the entry belongs to. False after kWrongType has been replied.
bool kindOf(Call &call, const Entry *entry, Kind *kind)
{
    *kind = Kind::None;
    if (!entry)
        return true;
    const int type = entry->type();
    if (type == call.host.typeByName("list") && call.host.api("lists"))
        *kind = Kind::List;
    else if (type == call.host.typeByName("set") && call.host.api("sets"))
        *kind = Kind::Set;
    else if (type == call.host.typeByName("zset") && call.host.api("zsets"))
        *kind = Kind::SortedSet;
    else
        return call.fail(errors::kWrongType);
    return true;
}

void load(Call &call, Kind kind, const Value &value, bool reverse, Elements *elements)
{
    auto add = [&](Bytes element) {
        elements->add(element);
        return true;
    };
    switch (kind) {
    case Kind::List:
        lists::forEach(*api<lists::Api>(call, "lists"), value, add);
        if (reverse)
            elements->reverse();
        return;
    case Kind::Set: sets::forEach(*api<sets::Api>(call, "sets"), value, add); return;
    case Kind::SortedSet:
        zsets::forEachFrom(*api<zsets::Api>(call, "zsets"), value, 0, UINT64_MAX, reverse,
                           [&](Bytes member, double) { return add(member); });
        return;
    case Kind::None: return;
    }
}

// What LIMIT leaves: [first, end).
struct Page
{
    Page(const Plan &plan, std::size_t size)
    {
        const auto n = static_cast<std::int64_t>(size);
        const std::int64_t start = std::clamp<std::int64_t>(plan.offset, 0, n);
        const std::int64_t count = plan.count < 0 ? n : std::min(plan.count, n);
        first = static_cast<std::size_t>(start);
        end = static_cast<std::size_t>(std::min(start + count, n));
    }
    std::size_t first, end;
};

// Calls emit(text or null) for each part of the result.
template <typename Emit>
void forEachResult(Call &call, const Plan &plan, const Elements &elements, const Page &page,
                   Emit &&emit)
{
    std::string value;
    for (std::size_t i = page.first; i < page.end; ++i) {
        const Bytes element = elements.text(i);
        if (plan.get.empty())
            emit(&element);
        for (const Bytes pattern : plan.get) {
            const bool found = lookUp(call, pattern, element, &value);
            const Bytes text = value;
            emit(found ? &text : nullptr);
        }
    }
}

void reply(Call &call, const Plan &plan, const Elements &elements, const Page &page)
{
    call.reply.array((page.end - page.first) * std::max<std::size_t>(plan.get.size(), 1));
    forEachResult(call, plan, elements, page,
                  [&](const Bytes *text) { text ? call.reply.bulk(*text) : call.reply.null(); });
}

void storeResult(Call &call, const Plan &plan, const Elements &elements, const Page &page)
{
    const auto *lists = api<lists::Api>(call, "lists");
    if (!lists) {
        call.fail("ERR STORE needs the plugin 'lists', which is not loaded");
        return;
    }
    Value list = lists->make();
    std::size_t count = 0;
    forEachResult(call, plan, elements, page, [&](const Bytes *text) {
        lists->append(&list, text ? *text : Bytes());
        ++count;
    });
    const Key destination = call.key(plan.store);
    call.reply.integer(static_cast<std::int64_t>(count));
    if (count) {
        call.db.put(destination, list);
        call.modified(destination, EventClass::List, "sortstore");
        call.dirty += count - 1;
        return;
    }
    call.host.freeValue(list, Freeing::Now);
    if (call.db.erase(destination))
        call.modified(destination, EventClass::Generic, "del");
}

// A set has no order that a script or a replica could rely on: what is stored without an order gets
// one.
void giveOrder(const Call &call, Kind kind, Plan *plan)
{
    if (!plan->keepOrder || kind != Kind::Set || !(plan->store || call.session.has(SessionScript)))
        return;
    plan->keepOrder = false;
    plan->alpha = true;
    plan->hasBy = false;
}

void sort(Call &call, bool readOnly)
{
    Plan plan;
    if (!parsePlan(call, readOnly, &plan))
        return;
    Kind kind;
    const Entry *entry = call.db.read(call.key(1));
    if (!kindOf(call, entry, &kind))
        return;
    giveOrder(call, kind, &plan);
    Elements elements;
    if (entry)
        load(call, kind, entry->value(), plan.keepOrder && plan.descending, &elements);
    const Page page(plan, elements.size());
    if (!plan.keepOrder) {
        if (!elements.weigh(call, plan)) {
            call.fail("ERR One or more scores can't be converted into double");
            return;
        }
        elements.sort(plan, page.first, page.end);
    }
    plan.store ? storeResult(call, plan, elements, page) : reply(call, plan, elements, page);
}

void sortAndStore(Call &call) { sort(call, false); }

void sortReadOnly(Call &call) { sort(call, true); }

bool readOnlyKeys(std::span<const Bytes>, std::vector<KeyPosition> &out)
{
    out.push_back({1, KeySpec::Ro | KeySpec::Access});
    return true;
}

constexpr Binding kCommands[] = {
    {"sort", sortAndStore, sortKeys},
    {"sort_ro", sortReadOnly, readOnlyKeys},
};

} // namespace

class SortPlugin : public QObject, public Plugin
{
    Q_OBJECT
    Q_PLUGIN_METADATA(IID CAY_PLUGIN_IID FILE "sort.json")
    Q_INTERFACES(cay::Plugin)

public:
    std::span<const Binding> commands() const override { return kCommands; }
};

} // namespace cay::sorting

#include "sort_plugin.moc"
