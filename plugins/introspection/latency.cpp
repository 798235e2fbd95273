#include "latency.h"

#include "introspection.h"
#include "text.h"

#include "cay/help.h"

#include <algorithm>
#include <limits>

namespace cay::introspection {

void LatencyMonitor::start(Host &host)
{
    const int hook = host.onSlowCommand(-1, [this](Call &call, std::int64_t ns) {
        const std::int64_t ms = ns / 1000000;
        if (m_thresholdMs != 0 && ms >= m_thresholdMs)
            add((call.info.flags & FlagFast) ? "fast-command" : "command", ms,
                call.host.now() / 1000);
    });
    host.onLatency([this, &host](const char *event, std::int64_t ms) {
        if (m_thresholdMs != 0 && ms >= m_thresholdMs)
            add(event, ms, host.now() / 1000);
    });
    host.options().watch("latency-monitor-threshold", [this, &host, hook](QString *) {
        m_thresholdMs = host.options().integer("latency-monitor-threshold");
        const bool fits = m_thresholdMs <= std::numeric_limits<std::int64_t>::max() / 1000000;
        host.setSlowThreshold(hook, m_thresholdMs == 0 || !fits ? -1 : m_thresholdMs * 1000000);
        return true;
    });
    host.options().mirror("latency-tracking", &host.statistics().trackLatency);
}

void LatencyMonitor::add(Bytes event, std::int64_t ms, std::int64_t unixSeconds)
{
    auto found = m_series.find(event);
    if (found == m_series.end())
        found = m_series.emplace(std::string(event), Series()).first;
    Series &series = found->second;
    series.worstMs = std::max(series.worstMs, ms);
    if (!series.samples.empty() && series.samples.back().unixSeconds == unixSeconds) {
        series.samples.back().ms = std::max(series.samples.back().ms, ms);
        return;
    }
    if (series.samples.size() == kSamples)
        series.samples.erase(series.samples.begin());
    series.samples.push_back({unixSeconds, ms});
}

const LatencyMonitor::Series *LatencyMonitor::series(Bytes event) const
{
    const auto found = m_series.find(event);
    return found == m_series.end() ? nullptr : &found->second;
}

std::size_t LatencyMonitor::resetAll()
{
    const std::size_t count = m_series.size();
    m_series.clear();
    return count;
}

bool LatencyMonitor::reset(Bytes event)
{
    return std::erase_if(
               m_series,
               [event](const auto &entry) { return equalsIgnoringCase(entry.first, event); })
           != 0;
}

void latencyLatest(Call &call)
{
    const auto &all = state().latency.all();
    call.reply.array(all.size());
    for (const auto &[event, series] : all) {
        call.reply.array(4);
        call.reply.bulk(event);
        call.reply.integer(series.samples.back().unixSeconds);
        call.reply.integer(series.samples.back().ms);
        call.reply.integer(series.worstMs);
    }
}

void latencyHistory(Call &call)
{
    const LatencyMonitor::Series *series = state().latency.series(call[2]);
    if (!series) {
        call.reply.emptyArray();
        return;
    }
    call.reply.array(series->samples.size());
    for (const LatencyMonitor::Sample &sample : series->samples) {
        call.reply.array(2);
        call.reply.integer(sample.unixSeconds);
        call.reply.integer(sample.ms);
    }
}

void latencyReset(Call &call)
{
    LatencyMonitor &monitor = state().latency;
    std::size_t count = 0;
    if (call.size() == 2)
        count = monitor.resetAll();
    for (std::size_t i = 2; i < call.size(); ++i)
        count += monitor.reset(call[i]);
    call.reply.integer(static_cast<std::int64_t>(count));
}

void latencyGraphCommand(Call &call)
{
    const LatencyMonitor::Series *series = state().latency.series(call[2]);
    if (!series) {
        call.fail("ERR No samples available for event '" + std::string(call[2]) + "'");
        return;
    }
    call.reply.verbatim("txt", latencyGraph(call[2], *series, call.host.now() / 1000));
}

void latencyDoctor(Call &call)
{
    call.reply.verbatim("txt", latencyReport(state().latency, call.host));
}

// The cumulative distribution, at each power of two nanoseconds at which it grows.
static void writeHistogram(resp::Reply &reply, const LatencyHistogram &histogram)
{
    reply.map(2);
    reply.bulk("calls");
    reply.integer(static_cast<std::int64_t>(histogram.total()));
    reply.bulk("histogram_usec");
    const resp::Reply::Deferred map = reply.defer();
    std::size_t pairs = 0;
    std::uint64_t seen = 0, shown = 0;
    unsigned bucket = 0;
    for (std::uint64_t limit = 1024; bucket < LatencyHistogram::kBuckets; limit *= 2) {
        for (; bucket < LatencyHistogram::kBuckets && LatencyHistogram::highest(bucket) < limit;
             ++bucket)
            seen += histogram.count(bucket);
        if (seen == shown)
            continue;
        // Where Redis's histogram, with 128 buckets for each power of two, has the end of this one.
        reply.integer(static_cast<std::int64_t>((limit + limit / 128 - 1) / 1000));
        reply.integer(static_cast<std::int64_t>(seen));
        shown = seen;
        ++pairs;
    }
    reply.closeMap(map, pairs);
}

static std::size_t writeHistogramOf(Call &call, const CommandInfo &command)
{
    const LatencyHistogram *histogram = call.host.statistics(command).histogram.get();
    if (!histogram || histogram->total() == 0)
        return 0;
    call.reply.bulk(command.fullName);
    writeHistogram(call.reply, *histogram);
    return 1;
}

static std::size_t writeHistogramsBelow(Call &call, const CommandInfo &command)
{
    std::size_t written = writeHistogramOf(call, command);
    for (const CommandInfo *sub : command.subcommands)
        written += writeHistogramOf(call, *sub);
    return written;
}

// "config|get" as well as "config", which stands for all of its subcommands.
static const CommandInfo *findCommand(const Host &host, Bytes name)
{
    const std::size_t bar = name.find('|');
    const CommandInfo *command = host.command(name.substr(0, bar));
    if (!command || bar == Bytes::npos)
        return command;
    for (const CommandInfo *sub : command->subcommands) {
        if (equalsIgnoringCase(sub->name, name.substr(bar + 1)))
            return sub;
    }
    return nullptr;
}

void latencyHistogram(Call &call)
{
    const resp::Reply::Deferred map = call.reply.defer();
    std::size_t written = 0;
    if (call.size() == 2) {
        for (const CommandInfo *command : call.host.commands())
            written += writeHistogramsBelow(call, *command);
    }
    for (std::size_t i = 2; i < call.size(); ++i) {
        if (const CommandInfo *command = findCommand(call.host, call[i]))
            written += writeHistogramsBelow(call, *command);
    }
    call.reply.closeMap(map, written);
}

void latencyHelp(Call &call)
{
    static constexpr Bytes kLines[] = {
        "DOCTOR",
        "    Return a human readable latency analysis report.",
        "GRAPH <event>",
        "    Return an ASCII latency graph for the <event> class.",
        "HISTORY <event>",
        "    Return time-latency samples for the <event> class.",
        "LATEST",
        "    Return the latest latency samples for all events.",
        "RESET [<event> ...]",
        "    Reset latency data of one or more <event> classes.",
        "    (default: reset all data for all event classes)",
        "HISTOGRAM [COMMAND ...]",
        "    Return a cumulative distribution of latencies in the format of a histogram for the "
        "specified command names.",
        "    If no commands are specified then all histograms are replied.",
    };
    replyHelp(call, kLines);
}

} // namespace cay::introspection
