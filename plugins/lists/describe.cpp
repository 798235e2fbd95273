// What DEBUG shows of a list.
#include "list_commands.h"
#include "lists_api.h"

namespace cay::lists {

using store::NodeTable;
using store::PackedList;
using store::PackedNode;

namespace {

const char *kindName(PackedNode::Kind kind)
{
    switch (kind) {
    case PackedNode::Packed: return "listpack";
    case PackedNode::Plain: return "plain";
    case PackedNode::Compressed: break;
    }
    return "compressed";
}

void describeNode(const PackedNode &node, bool elements, std::string *out)
{
    char line[160];
    std::snprintf(line, sizeof line,
                  "%s: %zu elements, %zu bytes, %zu of them room, %zu allocated\n",
                  kindName(node.kind()), node.count(), node.bytes(), node.room(), node.heapBytes());
    out->append(line);
    if (!elements || node.kind() == PackedNode::Plain)
        return;
    const PackedList::NodeReader reader(node);
    char scratch[24];
    for (auto at = reader.view().first(); at; at = reader.view().next(at))
        out->append("  ").append(reader.view().value(at).bytes(scratch)).append("\n");
}

} // namespace

Shape shapeOf(const Value &value)
{
    const List list(value.object);
    if (list.isSmall())
        return {false, static_cast<int>(g_maxListpackSize), false, 1, list.view().byteSize()};
    const PackedList &packed = *list.packed();
    Shape shape{!packed.isSingle(), packed.limits().fill, packed.limits().depth > 0,
                packed.nodes().nodes(), 0};
    for (auto at = packed.nodes().begin(); at != packed.nodes().end(); at = packed.nodes().next(at))
        shape.bytes += packed.nodes()[at].bytes();
    return shape;
}

std::string describe(const Value &value, bool elements)
{
    std::string out;
    const List list(value.object);
    if (list.isSmall()) {
        PackedNode node = PackedNode::copyOf(list.view());
        describeNode(node, elements, &out);
        node.free();
        return out;
    }
    const NodeTable &nodes = list.packed()->nodes();
    for (auto at = nodes.begin(); at != nodes.end(); at = nodes.next(at))
        describeNode(nodes[at], elements, &out);
    return out;
}

} // namespace cay::lists
