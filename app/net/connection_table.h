// All connections: slots with stable addresses, reused, told apart by a generation.
//
//   blocks: [ 256 slots ][ 256 slots ] ...      index = block * 256 + slot
//
// A slot is free, open, or closed and still named by some list of the turn (ConnectionClosed).
// Taking and giving are O(1), a walk is O(slots).
#pragma once

#include "net/connection.h"

#include <cstddef>
#include <memory>
#include <vector>

namespace cay::net {

class ConnectionTable
{
public:
    Connection &take()
    {
        if (m_free.empty())
            grow();
        Connection &connection = at(m_free.back());
        m_free.pop_back();
        ++m_size;
        return connection;
    }

    // The slot is empty afterwards; its generation is new.
    void give(Connection &connection)
    {
        const std::uint32_t index = connection.index;
        const std::uint32_t generation = connection.generation + 1;
        connection = Connection{};
        connection.index = index;
        connection.generation = generation;
        m_free.push_back(index);
        --m_size;
    }

    // Null when the slot has a new tenant or none.
    Connection *find(std::uint32_t index, std::uint32_t generation)
    {
        if (index >= slotCount())
            return nullptr;
        Connection &connection = at(index);
        return connection.generation == generation && connection.client ? &connection : nullptr;
    }

    Connection &at(std::uint32_t index) { return m_blocks[index / kBlock][index % kBlock]; }
    std::uint32_t slotCount() const { return static_cast<std::uint32_t>(m_blocks.size() * kBlock); }
    // Taken slots.
    std::size_t size() const { return m_size; }

private:
    static constexpr std::size_t kBlock = 256;

    void grow()
    {
        const std::uint32_t first = slotCount();
        m_blocks.push_back(std::make_unique<Connection[]>(kBlock));
        for (std::uint32_t i = kBlock; i-- > 0;) {
            at(first + i).index = first + i;
            m_free.push_back(first + i);
        }
    }

    std::vector<std::unique_ptr<Connection[]>> m_blocks;
    std::vector<std::uint32_t> m_free;
    std::size_t m_size = 0;
};

} // namespace cay::net
