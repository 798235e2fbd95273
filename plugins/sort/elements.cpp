#include "elements.h"

#include "cay/host.h"
#include "hashes/hashes_api.h"
#include "store/string_block.h"

#include <cerrno>
#include <cmath>
#include <cstdlib>
#include <cstring>

namespace cay::sorting {

namespace {

// A pattern with its '*' replaced, and the field that it names behind "->".
struct Place
{
    std::string key;
    Bytes field;
    bool hasField = false;
};

// False for a pattern without '*'. Only what stands in front of a zero byte counts as a pattern, as
// in Redis.
bool substitute(Bytes pattern, Bytes element, Place *place)
{
    const Bytes visible = pattern.substr(0, pattern.find('\0'));
    const std::size_t star = visible.find('*');
    if (star == Bytes::npos)
        return false;
    const std::size_t arrow = visible.find("->", star + 1);
    place->hasField = arrow != Bytes::npos && arrow + 2 < visible.size();
    if (place->hasField) {
        place->field = pattern.substr(arrow + 2);
        pattern = pattern.substr(0, arrow);
    }
    place->key.append(pattern.substr(0, star)).append(element).append(pattern.substr(star + 1));
    return true;
}

bool lookUpField(Call &call, const Entry &entry, Bytes field, std::string *out)
{
    const auto *hashes = static_cast<const HashesApi *>(call.host.api("hashes"));
    if (!hashes || entry.type() != call.host.typeByName("hash"))
        return false;
    char scratch[24];
    Bytes value;
    if (!hashes->field(entry.value(), field, call.db.now(), scratch, &value))
        return false;
    out->assign(value);
    return true;
}

} // namespace

bool lookUp(Call &call, Bytes pattern, Bytes element, std::string *out)
{
    if (pattern == "#") {
        out->assign(element);
        return true;
    }
    Place place;
    if (!substitute(pattern, element, &place))
        return false;
    const Entry *entry = call.db.read(Key(place.key));
    if (!entry)
        return false;
    if (place.hasField)
        return lookUpField(call, *entry, place.field, out);
    if (entry->type() != kStringType)
        return false;
    char scratch[24];
    out->assign(store::stringText(*entry, scratch));
    return true;
}

Elements::Text Elements::save(Bytes text)
{
    const Text saved{m_texts.size(), text.size()};
    m_texts.append(text).push_back('\0');
    return saved;
}

// As strtod() reads it, and as far as a zero byte: an empty text is 0.
bool Elements::toScore(const Text &text, double *score) const
{
    char *end = nullptr;
    errno = 0;
    *score = std::strtod(m_texts.data() + text.offset, &end);
    return *end == '\0' && errno != ERANGE && !std::isnan(*score);
}

bool Elements::weigh(Call &call, const Plan &plan)
{
    bool numeric = true;
    std::string weight;
    for (Item &item : m_items) {
        Text text = item.text;
        if (plan.hasBy) {
            if (!lookUp(call, plan.by, at(item.text), &weight))
                continue;
            text = save(weight);
        }
        item.weight = text;
        item.weighted = true;
        if (!plan.alpha)
            numeric &= toScore(text, &item.score);
    }
    return numeric;
}

// A result that is stored does not depend on the locale.
int Elements::compareTexts(const Plan &plan, const Text &a, const Text &b) const
{
    if (plan.store || !plan.alpha)
        return at(a).compare(at(b));
    return std::strcoll(m_texts.data() + a.offset, m_texts.data() + b.offset);
}

int Elements::compare(const Plan &plan, const Item &a, const Item &b) const
{
    if (!plan.alpha) {
        if (a.score != b.score)
            return a.score < b.score ? -1 : 1;
        return compareTexts(plan, a.text, b.text);
    }
    // What has no weight comes first.
    if (!a.weighted || !b.weighted)
        return int(a.weighted) - int(b.weighted);
    return compareTexts(plan, a.weight, b.weight);
}

void Elements::sort(const Plan &plan, std::size_t first, std::size_t end)
{
    const auto before = [&](const Item &a, const Item &b) {
        const int order = compare(plan, a, b);
        return plan.descending ? order > 0 : order < 0;
    };
    // Where all orders are told apart, a page takes less than all.
    const bool page = end - first < m_items.size() / 4 && !(plan.alpha && plan.hasBy);
    if (page)
        std::partial_sort(m_items.begin(), m_items.begin() + static_cast<std::ptrdiff_t>(end),
                          m_items.end(), before);
    else
        std::stable_sort(m_items.begin(), m_items.end(), before);
}

} // namespace cay::sorting
