// The value type "list".
#include "list_commands.h"

#include "cay/digest.h"
#include "cay/log_writer.h"
#include "cay/rdb.h"
#include "cay/value.h"
#include "store/heap.h"
#include "store/old_lists.h"

namespace cay::lists {

TypeId g_listType = 0;

namespace {

using store::ListpackView;
using store::NodeTable;
using store::PackedList;
using store::PackedNode;
using store::StringBlock;

enum RdbCode : std::uint8_t {
    kStrings = 1,
    kZiplist = 10,
    kZiplists = 14,
    kNodes = 18,
};
constexpr std::uint8_t kRdbCodes[] = {kStrings, kZiplist, kZiplists, kNodes};

// What stands in front of each node of kNodes.
enum Container : std::uint8_t { kPlain = 1, kPacked = 2 };

// The form that LZF takes in front of a string.
constexpr std::uint8_t kLzfString = 0xc3;

List listOf(const Value &value) { return List(value.object); }

void freeList(void *object) noexcept { List(object).free(); }

std::size_t freeEffort(const void *object)
{
    const List list(const_cast<void *>(object));
    return list.isSmall() ? 1 : list.packed()->nodes().nodes();
}

Value copyList(const Value &value)
{
    return Value::ofObject(value.type, listOf(value).copy().object());
}

std::size_t memory(const Value &value, std::size_t samples)
{
    const List list = listOf(value);
    if (list.isSmall())
        return store::heapSize(list.object());
    return store::heapSize(list.packed()) + list.packed()->heapBytes(samples);
}

std::string_view encoding(const Value &value)
{
    return listOf(value).isListpack() ? "listpack" : "quicklist";
}

std::uint8_t rdbCode(const Value &) { return kNodes; }

void saveNode(const PackedNode &node, RdbWriter &writer)
{
    switch (node.kind()) {
    case PackedNode::Plain:
        writer.length(kPlain);
        writer.string(node.block()->text());
        return;
    case PackedNode::Packed:
        writer.length(kPacked);
        writer.string(node.view().all());
        return;
    case PackedNode::Compressed: break;
    }
    const Bytes compressed = node.compressed();
    writer.length(kPacked);
    writer.byte(kLzfString);
    writer.length(compressed.size());
    writer.length(node.bytes());
    writer.raw(compressed);
}

void save(const Value &value, RdbWriter &writer)
{
    const List list = listOf(value);
    if (list.isSmall()) {
        writer.length(1);
        writer.length(kPacked);
        writer.string(list.view().all());
        return;
    }
    const NodeTable &nodes = list.packed()->nodes();
    writer.length(nodes.nodes());
    for (auto at = nodes.begin(); at != nodes.end(); at = nodes.next(at))
        saveNode(nodes[at], writer);
}

void appendAll(const ListpackView &from, PackedList &list)
{
    char scratch[24];
    for (auto at = from.first(); at; at = from.next(at))
        list.pushBack(from.value(at).bytes(scratch));
}

bool loadStrings(RdbReader &reader, PackedList &list)
{
    for (std::size_t n = reader.count(); n && reader.ok(); --n) {
        const Bytes text = reader.string();
        if (reader.ok())
            list.pushBack(text);
    }
    return reader.ok();
}

bool loadZiplist(RdbReader &reader, PackedList &list)
{
    store::Listpack elements;
    if (!store::appendZiplist(reader.string(), &elements))
        return reader.fail("a damaged ziplist in a list");
    appendAll(elements, list);
    return reader.ok();
}

bool loadZiplists(RdbReader &reader, PackedList &list)
{
    for (std::size_t n = reader.count(); n; --n) {
        if (!loadZiplist(reader, list))
            return false;
    }
    return reader.ok();
}

bool loadListpack(RdbReader &reader, PackedList &list)
{
    const Bytes bytes = reader.string();
    if (!reader.ok())
        return false;
    if (!ListpackView::valid(bytes))
        return reader.fail("a damaged listpack in a list");
    const ListpackView view(reinterpret_cast<const unsigned char *>(bytes.data()));
    const std::size_t count = view.size();
    if (count == 0)
        return true;
    if (count <= PackedNode::kMaxCount && bytes.size() <= store::Listpack::kMaxBytes) {
        list.appendNode(PackedNode::copyOf(view));
        return true;
    }
    appendAll(view, list);
    return true;
}

bool loadNode(RdbReader &reader, PackedList &list)
{
    const std::uint64_t container = reader.length();
    if (container == kPacked)
        return loadListpack(reader, list);
    if (container != kPlain)
        return reader.fail("an unknown node in a list");
    const Bytes text = reader.string();
    if (reader.ok())
        list.pushBack(text);
    return reader.ok();
}

bool loadNodes(RdbReader &reader, PackedList &list)
{
    for (std::size_t n = reader.count(2); n; --n) {
        if (!loadNode(reader, list))
            return false;
    }
    return reader.ok();
}

bool load(std::uint8_t code, RdbReader &reader, Value *out)
{
    auto list
        = std::make_unique<PackedList>(PackedList::limits(g_maxListpackSize, g_compressDepth));
    bool loaded = false;
    switch (code) {
    case kStrings: loaded = loadStrings(reader, *list); break;
    case kZiplist: loaded = loadZiplist(reader, *list); break;
    case kZiplists: loaded = loadZiplists(reader, *list); break;
    default: loaded = loadNodes(reader, *list);
    }
    if (!loaded)
        return false;
    if (!list->size())
        return reader.fail("a list without elements");
    List result = List::adopt(list.release());
    result.normalize();
    *out = Value::ofObject(g_listType, result.object());
    return true;
}

void rewrite(Bytes key, const Value &value, LogWriter &writer)
{
    constexpr std::size_t kPerCommand = 64;
    std::vector<std::string> elements;
    const auto flush = [&] {
        std::vector<Bytes> command = {"RPUSH", key};
        command.insert(command.end(), elements.begin(), elements.end());
        writer.command(command);
        elements.clear();
    };
    listOf(value).forEach([&](const PackedValue &element) {
        char scratch[24];
        elements.emplace_back(element.bytes(scratch));
        if (elements.size() == kPerCommand)
            flush();
        return true;
    });
    if (!elements.empty())
        flush();
}

void digestList(const Value &value, Digest &digest)
{
    listOf(value).forEach([&](const PackedValue &element) {
        char scratch[24];
        digest.mix(element.bytes(scratch));
        return true;
    });
}

} // namespace

constexpr ValueType kListValueType = {
    .name = "list",
    .rdbCodes = kRdbCodes,
    .free = freeList,
    .freeEffort = freeEffort,
    .copy = copyList,
    .memory = memory,
    .encoding = encoding,
    .rdbCode = rdbCode,
    .save = save,
    .load = load,
    .rewrite = rewrite,
    .digest = digestList,
};

} // namespace cay::lists
