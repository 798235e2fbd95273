// One node of a PackedList: a listpack with room at both of its ends, one large element, or a
// compressed listpack.
//
//   Packed      +------+----------------------------------------+------+
//               | room | header | element | ... | element | 0xff | room |   one block from malloc
//               +------+----------------------------------------+------+
//               ^ block  ^ offset, `bytes` long                        ^ capacity
//   Plain       block is a StringBlock, the element; it may be shared with whoever received it
//   Compressed  block is a 32-bit size and that many bytes of LZF; `bytes` is the size unpacked
//
// The room makes both ends cheap: an element in front moves the six bytes of the header, not the
// elements behind it. A change in the middle moves the shorter side. When one end has no room, and
// the other has more than a quarter of the node, the elements slide there; else the block grows by
// a quarter: amortized O(1) bytes moved for each byte pushed. A block that is more than half empty
// is made smaller. trim() gives the room back, for nodes that are no longer at an end.
//
// Moves like its bytes: whoever holds it calls free(), once.
//
// Turned down: Listpack itself, whose block is exact. It moves all of a node for each element
// pushed in front.
#pragma once

#include "store/listpack_codec.h"
#include "store/string_block.h"

#include <memory>

namespace cay::store {

class PackedNode
{
public:
    enum Kind : std::uint8_t { Packed, Plain, Compressed };
    using Position = ListpackView::Position;
    // More elements than this are never put into one node.
    static constexpr std::size_t kMaxCount = 60000;
    // Shorter ones are not compressed, nor are those that become shorter by less than kMinGain.
    static constexpr std::size_t kMinCompress = 48, kMinGain = 8;

    // Without elements.
    static PackedNode empty(std::size_t reserve);
    // Takes a block from malloc that is a listpack. REQUIRES: at most kMaxCount elements.
    static PackedNode adopt(unsigned char *listpack);
    static PackedNode copyOf(const ListpackView &listpack);
    // Takes a reference to the block.
    static PackedNode plain(StringBlock *element);
    PackedNode copy() const;
    void free();

    Kind kind() const { return m_kind; }
    std::size_t count() const { return m_count; }
    // Of the listpack, or of the plain element.
    std::size_t bytes() const
    {
        return m_kind == Plain ? static_cast<const StringBlock *>(m_block)->size() : m_bytes;
    }
    // REQUIRES: Packed.
    ListpackView view() const
    {
        return ListpackView(static_cast<const unsigned char *>(m_block) + m_offset);
    }
    // REQUIRES: Plain.
    StringBlock *block() const { return static_cast<StringBlock *>(m_block); }
    // REQUIRES: Compressed.
    Bytes compressed() const;

    // All of these REQUIRE Packed. Text may not point into the node.
    void pushFront(const listpack::Encoded &element)
    {
        element.write(splice(ListpackView::kHeader, 0, element.total(), 1));
    }
    void pushBack(const listpack::Encoded &element)
    {
        element.write(splice(m_bytes - 1, 0, element.total(), 1));
    }
    void insert(Position before, const listpack::Encoded &element)
    {
        element.write(splice(before, 0, element.total(), 1));
    }
    void replace(Position at, const listpack::Encoded &element)
    {
        element.write(splice(at, view().elementSize(at), element.total(), 0));
    }
    // Elements that take the bytes from `at` to `end`.
    void erase(Position at, Position end, std::size_t count)
    {
        splice(at, end - at, 0, -static_cast<std::ptrdiff_t>(count));
    }
    // Takes out the elements that are equal to `wanted`, at most `limit` of them, from the front or
    // from the back; returns their number. One pass.
    std::size_t eraseEqual(const listpack::Encoded &wanted, std::size_t limit, bool fromBack);
    // Moves the elements from `at` on into a node of their own, leaving `kept` here.
    PackedNode split(Position at, std::size_t kept);
    // Appends the other's elements, and frees it.
    void merge(PackedNode &other);
    // Gives the room back.
    void trim();
    // The listpack alone in its block, which is the caller's: nothing to free here afterwards.
    [[nodiscard]] unsigned char *release();

    // False when it stays as it is: too short, or not to be made shorter. REQUIRES: Packed.
    bool compress();
    // REQUIRES: Compressed.
    void decompress();
    // The listpack of a compressed node in a block of its own.
    std::unique_ptr<unsigned char[]> decompressed() const;

    // What the allocator gave.
    std::size_t heapBytes() const;
    // Bytes of room at both ends.
    std::size_t room() const { return m_kind == Packed ? m_capacity - m_bytes : 0; }

private:
    enum Side : std::uint8_t { Front, Back };
    unsigned char *start() { return static_cast<unsigned char *>(m_block) + m_offset; }
    unsigned char *splice(std::size_t at, std::size_t removed, std::size_t added,
                          std::ptrdiff_t count);
    void open(std::size_t at, std::size_t after, std::size_t added);
    void close(std::size_t at, std::size_t after, std::size_t removed);
    void makeRoom(Side side, std::size_t added);
    void relocate(std::size_t capacity, std::size_t offset);
    std::size_t roomAt(Side side) const
    {
        return side == Front ? m_offset : m_capacity - m_offset - m_bytes;
    }

    void *m_block;
    std::uint32_t m_bytes;
    std::uint32_t m_offset;
    std::uint32_t m_capacity;
    std::uint16_t m_count;
    Kind m_kind;
};

static_assert(sizeof(PackedNode) == 24);

} // namespace cay::store
