// What people read: LATENCY GRAPH and LATENCY DOCTOR.
#include "latency.h"

#include "process.h"
#include "text.h"

#include <algorithm>
#include <set>

namespace cay::introspection {

namespace {

constexpr std::size_t kColumns = 80;
constexpr int kRows = 4;
constexpr Bytes kLevels = "_o#"; // from low to high within one row; '|' is a full cell

std::string age(std::int64_t seconds)
{
    if (seconds < 60)
        return std::to_string(seconds) + "s";
    if (seconds < 3600)
        return std::to_string(seconds / 60) + "m";
    if (seconds < 86400)
        return std::to_string(seconds / 3600) + "h";
    return std::to_string(seconds / 86400) + "d";
}

struct Column
{
    int height; // 0 .. kRows * levels - 1
    std::string label;
};

char cell(int height, int rowFromBottom)
{
    const int levels = static_cast<int>(kLevels.size());
    const int rest = height - rowFromBottom * levels;
    if (rest < 0)
        return ' ';
    return rest < levels ? kLevels[static_cast<std::size_t>(rest)] : '|';
}

// The labels stand upright, one character to a line, under an empty line.
void appendLabels(std::string &out, std::span<const Column> columns)
{
    std::size_t longest = 0;
    for (const Column &column : columns)
        longest = std::max(longest, column.label.size());
    out.append(columns.size(), ' ') += '\n';
    for (std::size_t i = 0; i < longest; ++i) {
        for (const Column &column : columns)
            out += i < column.label.size() ? column.label[i] : ' ';
        out += '\n';
    }
}

void appendChart(std::string &out, std::span<const Column> columns)
{
    for (int row = kRows - 1; row >= 0; --row) {
        for (const Column &column : columns)
            out += cell(column.height, row);
        out += '\n';
    }
    appendLabels(out, columns);
}

} // namespace

std::string latencyGraph(Bytes event, const LatencyMonitor::Series &series, std::int64_t nowSeconds)
{
    const auto [low, high]
        = std::minmax_element(series.samples.begin(), series.samples.end(),
                              [](const auto &a, const auto &b) { return a.ms < b.ms; });
    const std::int64_t range = std::max<std::int64_t>(high->ms - low->ms, 1);
    const int steps = kRows * static_cast<int>(kLevels.size());
    std::vector<Column> columns;
    for (const LatencyMonitor::Sample &sample : series.samples) {
        const auto height = static_cast<int>((sample.ms - low->ms) * steps / range);
        columns.push_back({std::min(height, steps - 1),
                           age(std::max<std::int64_t>(nowSeconds - sample.unixSeconds, 0))});
    }
    std::string out
        = print("%.*s - high %lld ms, low %lld ms (all time high %lld ms)\n",
                static_cast<int>(event.size()), event.data(), static_cast<long long>(high->ms),
                static_cast<long long>(low->ms), static_cast<long long>(series.worstMs));
    out.append(kColumns, '-') += '\n';
    for (std::size_t i = 0; i < columns.size(); i += kColumns) {
        if (i != 0)
            out += '\n';
        appendChart(out, std::span(columns).subspan(i, std::min(kColumns, columns.size() - i)));
    }
    return out;
}

namespace {

struct Figures
{
    std::int64_t average = 0, deviation = 0, period = 1;
};

Figures analyze(const LatencyMonitor::Series &series, std::int64_t nowSeconds)
{
    Figures figures;
    const auto count = static_cast<std::int64_t>(series.samples.size());
    for (const auto &sample : series.samples)
        figures.average += sample.ms;
    figures.average /= count;
    for (const auto &sample : series.samples)
        figures.deviation += std::abs(sample.ms - figures.average);
    figures.deviation /= count;
    figures.period = std::max<std::int64_t>(nowSeconds - series.samples.front().unixSeconds, 1);
    return figures;
}

// Advice by the beginning of an event's name. An event that is not listed gets none.
struct Advice
{
    Bytes event;
    Bytes text;
};
constexpr Advice kAdvice[] = {
    {"command", "Look at SLOWLOG GET: it names the commands that take long. Commands over many "
                "elements (KEYS, large ranges, "
                "deleting large values without UNLINK) are the usual ones; SCAN and smaller values "
                "avoid them."},
    {"fast-command", "Commands that do little took long, so the machine gave the server no "
                     "processor time: lower the load of "
                     "the machine, or give the server a machine or core of its own."},
    {"fork", "Copying the page tables for a snapshot takes long: use less memory in one process, "
             "or a machine that forks faster."},
    {"aof-", "Writing the append-only log takes long: use a local and faster disk, let fewer other "
             "programs write to it, or "
             "relax appendfsync."},
    {"rdb-", "Writing the snapshot takes long: use a local and faster disk, and let fewer other "
             "programs write to it."},
    {"expire-",
     "Many keys expire at the same time: spread their times to live, or set lazyfree-lazy-expire."},
    {"eviction-", "Evicting takes long: avoid sudden changes of maxmemory and writes of very large "
                  "values, or set "
                  "lazyfree-lazy-eviction."},
};

std::string commandAdvice(const LatencyMonitor &monitor, Host &host)
{
    const std::int64_t slowUs = host.options().integer("slowlog-log-slower-than");
    if (slowUs >= 0 && slowUs / 1000 <= monitor.thresholdMs())
        return {};
    return print("The slow log does not see all that this monitor sees: CONFIG SET "
                 "slowlog-log-slower-than %lld.",
                 static_cast<long long>(monitor.thresholdMs() * 1000));
}

} // namespace

std::string latencyReport(const LatencyMonitor &monitor, Host &host)
{
    if (monitor.all().empty() && monitor.thresholdMs() == 0) {
        return "Latency monitoring is off, so there is nothing to tell. CONFIG SET "
               "latency-monitor-threshold "
               "<milliseconds> turns it on.\n";
    }
    std::string report;
    std::set<std::string> advice;
    int number = 0;
    for (const auto &[event, series] : monitor.all()) {
        const Figures figures = analyze(series, host.now() / 1000);
        report += print(
            "%d. %s: %zu latency spikes (average %lldms, mean deviation %lldms, period %.2f sec). "
            "Worst all time event %lldms.\n",
            ++number, event.c_str(), series.samples.size(), static_cast<long long>(figures.average),
            static_cast<long long>(figures.deviation),
            static_cast<double>(figures.period) / static_cast<double>(series.samples.size()),
            static_cast<long long>(series.worstMs));
        for (const Advice &a : kAdvice) {
            if (Bytes(event).substr(0, a.event.size()) == a.event)
                advice.emplace(a.text);
        }
        if (event == "command")
            advice.insert(commandAdvice(monitor, host));
    }
    if (number == 0)
        report = "No event took as long as latency-monitor-threshold.\n";
    if (anonymousHugeBytes() != 0) {
        advice.insert(
            "The process uses transparent huge pages, which make copying after a fork slow: "
            "echo never > /sys/kernel/mm/transparent_hugepage/enabled, then restart the server.");
    }
    advice.erase(std::string());
    if (!advice.empty())
        report += "\nAdvice:\n\n";
    for (const std::string &text : advice)
        report += "- " + text + '\n';
    return report;
}

} // namespace cay::introspection
