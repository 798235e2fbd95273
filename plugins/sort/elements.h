// The elements of one SORT: copied out of their collection, with what they are ordered by.
//
//   m_texts   | element | 0 | element | 0 | ... weight | 0 | ...      one growing buffer
//   m_items   | where its text lies | its weight, or its score |      one an element
//
// The zero behind each text is for strtod() and strcoll(), which Redis uses.
#pragma once

#include "sort_plan.h"

#include <algorithm>
#include <string>

namespace cay::sorting {

class Elements
{
public:
    std::size_t size() const { return m_items.size(); }
    // Lives until the next add().
    Bytes text(std::size_t i) const { return at(m_items[i].text); }

    void add(Bytes text) { m_items.push_back({save(text), {}, 0, false}); }
    void reverse() { std::reverse(m_items.begin(), m_items.end()); }
    // Looks up what the plan sorts by. False when a weight that should be is not a number.
    bool weigh(Call &call, const Plan &plan);
    // Brings those from `first` to before `end` to their places. REQUIRES: weigh().
    void sort(const Plan &plan, std::size_t first, std::size_t end);

private:
    struct Text
    {
        std::size_t offset = 0, size = 0;
    };
    struct Item
    {
        Text text, weight;
        double score;
        bool weighted;
    };
    Text save(Bytes text);
    Bytes at(const Text &text) const { return Bytes(m_texts.data() + text.offset, text.size); }
    int compare(const Plan &plan, const Item &a, const Item &b) const;
    int compareTexts(const Plan &plan, const Text &a, const Text &b) const;
    bool toScore(const Text &text, double *score) const;

    std::string m_texts;
    std::vector<Item> m_items;
};

// The value that a pattern names for an element: "#" is the element, "weight_*" a string key, and
// "object_*->field" a field of a hash. False when there is none. The text is put into *out.
bool lookUp(Call &call, Bytes pattern, Bytes element, std::string *out);

} // namespace cay::sorting
