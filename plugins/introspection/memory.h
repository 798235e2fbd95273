// Where the memory goes, counted once for INFO memory, MEMORY STATS and MEMORY DOCTOR.
#pragma once

#include "process.h"

#include "cay/host.h"

#include <algorithm>
#include <vector>

namespace cay::introspection {

// All in bytes but the ratios and percentages.
struct MemoryFigures
{
    struct Database
    {
        int index;
        std::size_t keys, table, expiryIndex;
    };

    std::size_t used = 0, peak = 0, startup = 0, resident = 0;
    std::size_t clients = 0;
    std::size_t connectedClients = 0;
    std::vector<Database> databases; // those that hold keys
    Allocator allocator;

    std::size_t keys() const;
    std::size_t overhead() const; // all but the keys and values
    std::size_t dataset() const { return used - std::min(used, overhead()); }
    double datasetPercent() const;
    double peakPercent() const;

    double fragmentationRatio() const; // pages in use to bytes asked for, within the allocator
    std::int64_t fragmentationBytes() const;
    double allocatorRssRatio() const; // resident to active pages of the allocator
    std::int64_t allocatorRssBytes() const;
    double rssOverheadRatio() const; // the process to its allocator
    std::int64_t rssOverheadBytes() const;
    double totalRatio() const; // the process to the bytes in use
    std::int64_t totalBytes() const;
};
MemoryFigures memoryFigures(Host &host);

std::string memoryReport(const MemoryFigures &figures);

} // namespace cay::introspection
