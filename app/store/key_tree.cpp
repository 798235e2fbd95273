#include "store/key_tree.h"

#include <algorithm>

namespace cay::store {

namespace {

constexpr std::size_t kMaxChildren = 32;
#ifdef CAY_TORTURE
constexpr std::size_t kMaxItems = 4;
#else
constexpr std::size_t kMaxItems = 64;
#endif
constexpr std::size_t kMaxBytes = 4096;

std::size_t sharedStart(Bytes a, Bytes b)
{
    const std::size_t n = std::min(a.size(), b.size());
    return static_cast<std::size_t>(
        std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n), b.begin()).first
        - a.begin());
}

void writeNumber(std::string *to, std::uint64_t n)
{
    for (; n >= 0x80; n >>= 7)
        to->push_back(static_cast<char>(n | 0x80));
    to->push_back(static_cast<char>(n));
}

std::uint64_t readNumber(const std::string &from, std::size_t *at)
{
    std::uint64_t n = 0;
    for (unsigned shift = 0;; shift += 7) {
        const auto byte = static_cast<unsigned char>(from[(*at)++]);
        n |= std::uint64_t{byte & 0x7fu} << shift;
        if (!(byte & 0x80))
            return n;
    }
}

void writeItem(std::string *to, Bytes rest, std::uint64_t bytes, UnixMs expiry)
{
    writeNumber(to, rest.size());
    to->append(rest);
    writeNumber(to, bytes);
    writeNumber(to,
                expiry == kNever ? 0 : static_cast<std::uint64_t>(std::max<UnixMs>(expiry, 0)) + 1);
}

} // namespace

struct KeyTree::Node
{
    virtual ~Node() = default;
};

struct KeyTree::Leaf : Node
{
    std::string start; // of every key
    std::string items;
    std::size_t count = 0;

    std::size_t memory() const
    {
        return sizeof(Leaf) + items.capacity() + (start.capacity() > 15 ? start.capacity() : 0);
    }
    void setStart(Bytes newStart);
    void tighten();
};

struct KeyTree::Child
{
    std::unique_ptr<Node> node;
    std::string low;
    KeyTotals totals;

    Leaf &leaf() const { return static_cast<Leaf &>(*node); }
    Branch &branch() const;
    void sumUp(unsigned height);
};

struct KeyTree::Branch : Node
{
    std::vector<Child> children;

    static std::size_t memory() { return sizeof(Branch) + kMaxChildren * sizeof(Child); }
    // The child that a key belongs to.
    std::size_t find(Bytes key) const
    {
        const auto above
            = std::upper_bound(children.begin() + 1, children.end(), key,
                               [](Bytes k, const Child &child) { return k < Bytes(child.low); });
        return static_cast<std::size_t>(above - children.begin()) - 1;
    }
};

KeyTree::Branch &KeyTree::Child::branch() const { return static_cast<Branch &>(*node); }

// Goes through a leaf's items.
struct KeyTree::LeafReader
{
    explicit LeafReader(const Leaf &l)
        : leaf(l)
    {}

    const Leaf &leaf;
    std::size_t begin = 0, end = 0; // of the item in the leaf's bytes
    Bytes rest;
    std::uint64_t bytes = 0;
    UnixMs expiry = kNever;

    bool next()
    {
        begin = end;
        if (begin == leaf.items.size())
            return false;
        const std::size_t size = readNumber(leaf.items, &end);
        rest = Bytes(leaf.items).substr(end, size);
        end += size;
        bytes = readNumber(leaf.items, &end);
        const std::uint64_t at = readNumber(leaf.items, &end);
        expiry = at == 0 ? kNever : static_cast<UnixMs>(at - 1);
        return true;
    }
    // Puts the whole key together.
    Bytes key(std::string *scratch) const
    {
        scratch->assign(leaf.start).append(rest);
        return *scratch;
    }
};

// The keys below a node are from low to high (excluded); null is no limit.
struct KeyTree::Bounds
{
    const std::string *low = nullptr, *high = nullptr;

    Bounds of(const Branch &branch, std::size_t i) const
    {
        return {i == 0 ? low : &branch.children[i].low,
                i + 1 < branch.children.size() ? &branch.children[i + 1].low : high};
    }
    bool isOutside(const KeyRange &range) const
    {
        return (high && Bytes(*high) <= Bytes(range.low)) || (low && range.isAbove(*low));
    }
    bool isInside(const KeyRange &range) const
    {
        const bool above = range.low.empty() || (low && *low >= range.low);
        return above && (range.unbounded || (high && *high <= range.high));
    }
};

// Keeps the items, whose keys all begin with what `newStart` is.
void KeyTree::Leaf::setStart(Bytes newStart)
{
    std::string old = std::move(items), key;
    items.clear();
    items.reserve(old.size()
                  + count * (start.size() > newStart.size() ? start.size() - newStart.size() : 0));
    const std::size_t cut = newStart.size();
    std::size_t at = 0;
    for (std::size_t i = 0; i < count; ++i) {
        const std::size_t size = readNumber(old, &at);
        key.assign(start).append(old, at, size);
        at += size;
        const std::uint64_t bytes = readNumber(old, &at);
        const std::uint64_t expiry = readNumber(old, &at);
        writeItem(&items, Bytes(key).substr(cut), bytes,
                  expiry == 0 ? kNever : static_cast<UnixMs>(expiry - 1));
    }
    start = std::string(newStart);
}

// Makes the start as long as the first and the last key share.
void KeyTree::Leaf::tighten()
{
    LeafReader first(*this);
    if (!first.next())
        return;
    LeafReader last(*this);
    while (last.next() && last.end < items.size()) {
    }
    const std::size_t more = sharedStart(first.rest, last.rest);
    const std::string longer = start + std::string(first.rest.substr(0, more));
    items.shrink_to_fit();
    if (more > 0)
        setStart(longer);
}

void KeyTree::Child::sumUp(unsigned height)
{
    totals = {};
    if (height > 0) {
        for (const Child &child : branch().children)
            totals.add(child.totals);
        return;
    }
    for (LeafReader reader(leaf()); reader.next();)
        totals.add({1, reader.bytes, reader.expiry});
}

KeyRange KeyRange::ofPrefix(Bytes prefix)
{
    KeyRange range;
    range.low = std::string(prefix);
    range.high = range.low;
    while (!range.high.empty() && range.high.back() == '\xff')
        range.high.pop_back();
    range.unbounded = range.high.empty();
    if (!range.unbounded)
        range.high.back() = static_cast<char>(static_cast<unsigned char>(range.high.back()) + 1);
    return range;
}

KeyTree::KeyTree()
    : m_root(std::make_unique<Child>())
{
    m_root->node = std::make_unique<Leaf>();
    m_memory = sizeof(Leaf);
}

KeyTree::~KeyTree() = default;
KeyTree::KeyTree(KeyTree &&) noexcept = default;
KeyTree &KeyTree::operator=(KeyTree &&) noexcept = default;

const KeyTotals &KeyTree::totals() const { return m_root->totals; }

bool KeyTree::put(Bytes key, std::uint64_t bytes, UnixMs expiry)
{
    Child split;
    const bool added = putNode(*m_root, m_height, {key, bytes, expiry}, &split);
    if (split.node) {
        auto branch = std::make_unique<Branch>();
        branch->children.push_back(std::move(*m_root));
        branch->children.push_back(std::move(split));
        m_root->node = std::move(branch);
        m_root->sumUp(++m_height);
        m_memory += Branch::memory();
    }
    return added;
}

bool KeyTree::putNode(Child &child, unsigned height, const Item &item, Child *split)
{
    if (height == 0)
        return putLeaf(child, item, split);
    Branch &branch = child.branch();
    const std::size_t i = branch.find(item.key);
    Child second;
    const bool added = putNode(branch.children[i], height - 1, item, &second);
    if (second.node)
        branch.children.insert(branch.children.begin() + static_cast<std::ptrdiff_t>(i) + 1,
                               std::move(second));
    if (branch.children.size() > kMaxChildren)
        splitBranch(branch, split);
    if (split->node)
        split->sumUp(height);
    child.sumUp(height);
    return added;
}

bool KeyTree::putLeaf(Child &child, const Item &item, Child *split)
{
    Leaf &leaf = child.leaf();
    m_memory -= leaf.memory();
    if (leaf.count == 0)
        leaf.start = std::string(item.key);
    const std::size_t same = sharedStart(leaf.start, item.key);
    const bool shortened = same < leaf.start.size();
    if (shortened)
        leaf.setStart(item.key.substr(0, same));
    const Bytes rest = item.key.substr(leaf.start.size());
    LeafReader reader(leaf);
    bool more = reader.next();
    while (more && reader.rest < rest)
        more = reader.next();
    const bool found = more && reader.rest == rest;
    std::string encoded;
    writeItem(&encoded, rest, item.bytes, item.expiry);
    leaf.items.replace(reader.begin, found ? reader.end - reader.begin : 0, encoded);
    leaf.count += !found;
    const bool isLast = reader.begin + encoded.size() == leaf.items.size();
    m_memory += leaf.memory();
    if (leaf.count > kMaxItems || (leaf.items.size() > kMaxBytes && leaf.count > 1)) {
        // Keys that come in order leave full leaves behind; and one that has another start than all
        // of the rest, which is the first or the last, leaves them theirs.
        const std::size_t middle = shortened ? 1 : leaf.count / 2;
        splitLeaf(child, isLast ? leaf.count - 1 : middle, split);
        split->sumUp(0);
    }
    child.sumUp(0);
    return !found;
}

// The items from the one at `at` on go to a new leaf.
void KeyTree::splitLeaf(Child &child, std::size_t at, Child *split)
{
    Leaf &left = child.leaf();
    m_memory -= left.memory();
    auto right = std::make_unique<Leaf>();
    LeafReader reader(left);
    std::string before, first;
    for (std::size_t i = 0; i < at; ++i)
        reader.next();
    reader.key(&before);
    const std::size_t cut = reader.end;
    reader.next();
    reader.key(&first);
    right->start = left.start;
    right->items = left.items.substr(cut);
    right->count = left.count - at;
    left.items.resize(cut);
    left.count = at;
    left.tighten();
    right->tighten();
    m_memory += left.memory() + right->memory();
    split->low = first.substr(0, sharedStart(before, first) + 1);
    split->node = std::move(right);
}

void KeyTree::splitBranch(Branch &branch, Child *split)
{
    const auto middle = branch.children.begin() + kMaxChildren / 2;
    auto right = std::make_unique<Branch>();
    right->children.reserve(kMaxChildren + 1);
    split->low = middle->low;
    right->children.assign(std::make_move_iterator(middle),
                           std::make_move_iterator(branch.children.end()));
    branch.children.erase(middle, branch.children.end());
    split->node = std::move(right);
    m_memory += Branch::memory();
}

bool KeyTree::erase(Bytes key)
{
    if (!eraseNode(*m_root, m_height, key))
        return false;
    while (m_height > 0 && m_root->branch().children.size() <= 1) {
        Branch &branch = m_root->branch();
        const bool empty = branch.children.empty();
        std::unique_ptr<Node> node;
        if (empty)
            node = std::make_unique<Leaf>();
        else
            node = std::move(branch.children.front().node);
        m_memory -= Branch::memory();
        m_memory += empty ? sizeof(Leaf) : 0;
        m_height = empty ? 0 : m_height - 1;
        m_root->node = std::move(node);
    }
    return true;
}

bool KeyTree::eraseNode(Child &child, unsigned height, Bytes key)
{
    if (height == 0)
        return eraseLeaf(child, key);
    Branch &branch = child.branch();
    const std::size_t i = branch.find(key);
    if (!eraseNode(branch.children[i], height - 1, key))
        return false;
    repair(branch, i, height - 1);
    child.sumUp(height);
    return true;
}

bool KeyTree::eraseLeaf(Child &child, Bytes key)
{
    Leaf &leaf = child.leaf();
    if (leaf.count == 0 || !key.starts_with(leaf.start))
        return false;
    const Bytes rest = key.substr(leaf.start.size());
    LeafReader reader(leaf);
    do {
        if (!reader.next() || reader.rest > rest)
            return false;
    } while (reader.rest != rest);
    m_memory -= leaf.memory();
    leaf.items.erase(reader.begin, reader.end - reader.begin);
    if (--leaf.count == 0)
        leaf.start.clear();
    m_memory += leaf.memory();
    child.sumUp(0);
    return true;
}

// After a key below the child at `i` has gone: an empty one goes too, one with little left joins a
// neighbour.
void KeyTree::repair(Branch &branch, std::size_t i, unsigned height)
{
    std::vector<Child> &children = branch.children;
    const auto drop = [&](std::size_t at) {
        children.erase(children.begin() + static_cast<std::ptrdiff_t>(at));
    };
    if (children[i].totals.keys == 0) {
        m_memory -= height == 0 ? children[i].leaf().memory() : Branch::memory();
        drop(i);
        return;
    }
    const auto merge = [&](std::size_t left) {
        Child &first = children[left], &second = children[left + 1];
        if (!(height == 0 ? mergeLeaves(first, second) : mergeBranches(first, second)))
            return false;
        first.sumUp(height);
        drop(left + 1);
        return true;
    };
    const bool merged = i + 1 < children.size() && merge(i);
    if (!merged && i > 0)
        merge(i - 1);
}

// False: together they are more than three quarters of a leaf.
bool KeyTree::mergeLeaves(Child &left, Child &right)
{
    Leaf &to = left.leaf(), &from = right.leaf();
    if (std::min(to.count, from.count) > kMaxItems / 4 || to.count + from.count > kMaxItems / 4 * 3
        || to.items.size() + from.items.size() > kMaxBytes / 4 * 3)
        return false;
    const std::size_t same = sharedStart(to.start, from.start);
    const std::size_t longer
        = (to.start.size() - same) * to.count + (from.start.size() - same) * from.count;
    if (to.items.size() + from.items.size() + longer > kMaxBytes / 4 * 3)
        return false;
    m_memory -= to.memory() + from.memory();
    const std::string start = to.start.substr(0, same);
    to.setStart(start);
    from.setStart(start);
    to.items += from.items;
    to.count += from.count;
    m_memory += to.memory();
    return true;
}

bool KeyTree::mergeBranches(Child &left, Child &right)
{
    std::vector<Child> &to = left.branch().children, &from = right.branch().children;
    if (std::min(to.size(), from.size()) > kMaxChildren / 4
        || to.size() + from.size() > kMaxChildren / 4 * 3)
        return false;
    from.front().low = right.low;
    to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
    m_memory -= Branch::memory();
    return true;
}

KeyTotals KeyTree::total(const KeyRange &range, UnixMs now) const
{
    KeyTotals totals;
    if (range.unbounded || range.low < range.high)
        totalNode(*m_root, m_height, {}, range, now, &totals);
    return totals;
}

// Takes the totals of whole children where no key of them has expired.
void KeyTree::totalNode(const Child &child, unsigned height, const Bounds &bounds,
                        const KeyRange &range, UnixMs now, KeyTotals *out)
{
    if (bounds.isOutside(range))
        return;
    if (bounds.isInside(range) && child.totals.nextExpiry > now) {
        out->add(child.totals);
        return;
    }
    if (height > 0) {
        const Branch &branch = child.branch();
        for (std::size_t i = 0; i < branch.children.size(); ++i)
            totalNode(branch.children[i], height - 1, bounds.of(branch, i), range, now, out);
        return;
    }
    std::string scratch;
    for (LeafReader reader(child.leaf()); reader.next();) {
        if (reader.expiry > now && range.contains(reader.key(&scratch)))
            out->add({1, reader.bytes, reader.expiry});
    }
}

struct KeyTree::Walk
{
    const KeyRange &range;
    UnixMs now;
    void *context;
    VisitItem visit;
};

void KeyTree::walkWith(const KeyRange &range, UnixMs now, void *context, VisitItem visit) const
{
    walkNode(*m_root, m_height, {range, now, context, visit});
}

// False: the walk is over.
bool KeyTree::walkNode(const Child &child, unsigned height, const Walk &walk)
{
    if (height > 0) {
        const Branch &branch = child.branch();
        for (std::size_t i = branch.find(walk.range.low); i < branch.children.size(); ++i) {
            if (i > 0 && walk.range.isAbove(branch.children[i].low))
                return false;
            if (!walkNode(branch.children[i], height - 1, walk))
                return false;
        }
        return true;
    }
    std::string scratch;
    for (LeafReader reader(child.leaf()); reader.next();) {
        const Bytes key = reader.key(&scratch);
        if (walk.range.isAbove(key))
            return false;
        if (reader.expiry <= walk.now || walk.range.isBelow(key))
            continue;
        if (!walk.visit(walk.context, {key, reader.bytes, reader.expiry}))
            return false;
    }
    return true;
}

bool KeyTree::check() const { return checkNode(*m_root, m_height, {}); }

bool KeyTree::checkNode(const Child &child, unsigned height, const Bounds &bounds)
{
    KeyTotals totals;
    if (height > 0) {
        const Branch &branch = child.branch();
        if (branch.children.empty() || branch.children.size() > kMaxChildren)
            return false;
        for (std::size_t i = 0; i < branch.children.size(); ++i) {
            if (!checkNode(branch.children[i], height - 1, bounds.of(branch, i)))
                return false;
            totals.add(branch.children[i].totals);
        }
    } else {
        std::string scratch, before;
        const Leaf &leaf = child.leaf();
        if (leaf.count > kMaxItems)
            return false;
        for (LeafReader reader(leaf); reader.next();) {
            const Bytes key = reader.key(&scratch);
            if ((totals.keys > 0 && key <= Bytes(before))
                || (bounds.low && key < Bytes(*bounds.low))
                || (bounds.high && key >= Bytes(*bounds.high)))
                return false;
            before = std::string(key);
            totals.add({1, reader.bytes, reader.expiry});
        }
        if (totals.keys != leaf.count)
            return false;
    }
    return totals.keys == child.totals.keys && totals.bytes == child.totals.bytes
           && totals.nextExpiry == child.totals.nextExpiry;
}

} // namespace cay::store
