// INFO commandstats, latencystats and errorstats.
#include "info.h"

#include "introspection.h"
#include "text.h"

namespace cay::introspection {

template <typename Visitor>
static void forEachCommand(Host &host, const Visitor &visit)
{
    for (const CommandInfo *command : host.commands()) {
        visit(*command);
        for (const CommandInfo *sub : command->subcommands)
            visit(*sub);
    }
}

void writeCommandStats(InfoWriter &out, Host &host)
{
    forEachCommand(host, [&](const CommandInfo &command) {
        const CommandStatistics &s = host.statistics(command);
        if (s.calls == 0 && s.failed == 0 && s.rejected == 0)
            return;
        const auto number = [](std::uint64_t n) { return static_cast<unsigned long long>(n); };
        const double perCall
            = s.calls ? static_cast<double>(s.microseconds) / static_cast<double>(s.calls) : 0;
        out.field(
            "cmdstat_" + command.fullName,
            print("calls=%llu,usec=%llu,usec_per_call=%.2f,rejected_calls=%llu,failed_calls=%llu",
                  number(s.calls), number(s.microseconds), perCall, number(s.rejected),
                  number(s.failed)));
    });
}

void writeErrorStats(InfoWriter &out, Host &host)
{
    for (const auto &[code, count] : host.errorStatistics())
        out.field("errorstat_" + code, print("count=%llu", static_cast<unsigned long long>(count)));
}

// Six decimals without the zeros at their end: "99.9".
static std::string shortest(double percent)
{
    std::string text = print("%f", percent);
    text.erase(text.find_last_not_of('0') + 1);
    if (text.back() == '.')
        text.pop_back();
    return text;
}

void writeLatencyStats(InfoWriter &out, Host &host)
{
    forEachCommand(host, [&](const CommandInfo &command) {
        const LatencyHistogram *histogram = host.statistics(command).histogram.get();
        if (!histogram || histogram->total() == 0)
            return;
        std::string text;
        for (const double percent : state().infoPercentiles) {
            if (!text.empty())
                text += ',';
            text += print("p%s=%.3f", shortest(percent).c_str(),
                          static_cast<double>(histogram->percentile(percent)) / 1000);
        }
        out.field("latency_percentiles_usec_" + command.fullName, text);
    });
}

} // namespace cay::introspection
