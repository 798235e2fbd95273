#include "sort_plan.h"

namespace cay::sorting {

namespace {

void setBy(Plan *plan, Bytes pattern)
{
    plan->hasBy = pattern.substr(0, pattern.find('\0')).find('*') != Bytes::npos;
    plan->keepOrder |= !plan->hasBy;
    plan->by = pattern;
}

} // namespace

bool parsePlan(Call &call, bool readOnly, Plan *plan)
{
    ArgParser args(call, 2);
    while (args.more()) {
        if (args.word("ASC")) {
            plan->descending = false;
        } else if (args.word("DESC")) {
            plan->descending = true;
        } else if (args.word("ALPHA")) {
            plan->alpha = true;
        } else if (args.word("LIMIT", 2)) {
            plan->offset = args.integer();
            plan->count = args.integer();
        } else if (!readOnly && args.word("STORE", 1)) {
            plan->store = args.position();
            args.next();
        } else if (args.word("BY", 1)) {
            setBy(plan, args.next());
        } else if (args.word("GET", 1)) {
            plan->get.push_back(args.next());
        } else {
            args.syntaxError();
        }
    }
    return args.ok();
}

bool sortKeys(std::span<const Bytes> args, std::vector<KeyPosition> &out)
{
    out.push_back({1, KeySpec::Ro | KeySpec::Access});
    std::size_t store = 0;
    for (std::size_t i = 2; i < args.size(); ++i) {
        if (isWord(args[i], "LIMIT"))
            i += 2;
        else if (isWord(args[i], "GET") || isWord(args[i], "BY"))
            ++i;
        else if (isWord(args[i], "STORE") && i + 1 < args.size())
            store = i + 1;
    }
    if (store)
        out.push_back({static_cast<int>(store), KeySpec::Ow | KeySpec::Update});
    return true;
}

} // namespace cay::sorting
