#include "shell/modes/modes.h"
#include "shell/text.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <unistd.h>

namespace cay::shell {

using resp::ReplyTree;

namespace {

constexpr useconds_t kPauseUs = 10000; // between two samples
constexpr double kHistorySeconds = 15;
constexpr double kSingleRunSeconds = 1; // of --latency into a file or pipe

struct Samples
{
    long long min = 0, max = 0, sum = 0, count = 0;

    void add(long long ms)
    {
        min = count ? std::min(min, ms) : ms;
        max = std::max(max, ms);
        sum += ms;
        ++count;
    }
    double average() const
    {
        return count ? static_cast<double>(sum) / static_cast<double>(count) : 0;
    }
};

bool sample(Client &client, long long *us)
{
    ReplyTree reply;
    const long long start = nowUs();
    if (!client.ask({"PING"}, &reply)) {
        reportFailure(client, reply);
        return false;
    }
    *us = nowUs() - start;
    return true;
}

void printForMachines(const Samples &samples, Output output)
{
    if (output == Output::Json || output == Output::QuotedJson)
        std::printf("{\"min\": %lld, \"max\": %lld, \"avg\": %.2f, \"count\": %lld}\n", samples.min,
                    samples.max, samples.average(), samples.count);
    else
        std::printf(output == Output::Csv ? "%lld,%lld,%.2f,%lld\n" : "%lld %lld %.2f %lld\n",
                    samples.min, samples.max, samples.average(), samples.count);
}

void printForPeople(const Samples &samples)
{
    std::printf("\x1b[0G\x1b[2Kmin: %lld, max: %lld, avg: %.2f (%lld samples)", samples.min,
                samples.max, samples.average(), samples.count);
}

// The strip of --latency-dist: one mark per bucket, its background the share of the samples.
struct Bucket
{
    long long limitUs;
    char mark;
    long long count = 0;
};

constexpr int kColours[]
    = {0, 233, 234, 235, 237, 239, 241, 243, 245, 247, 144, 143, 142, 184, 226, 214, 208, 202, 196};
constexpr int kColourCount = static_cast<int>(std::size(kColours));

std::vector<Bucket> makeBuckets()
{
    std::vector<Bucket> buckets{{10, '.'}, {125, '-'}, {250, '*'}, {500, '#'}};
    for (int i = 1; i <= 9; ++i)
        buckets.push_back({i * 1000LL, static_cast<char>('0' + i)});
    static constexpr long long kLater[] = {10,  20,   30,   40,   50,   100,   200,   300,  400,
                                           500, 1000, 2000, 4000, 8000, 16000, 30000, 60000};
    char mark = 'A';
    for (const long long ms : kLater)
        buckets.push_back({ms * 1000, mark++});
    buckets.push_back({0, '?'});
    return buckets;
}

void printLegend()
{
    std::printf("---------------------------------------------\n"
                ". - * #          .01 .125 .25 .5 milliseconds\n"
                "1,2,3,...,9      from 1 to 9     milliseconds\n"
                "A,B,C,D,E        10,20,30,40,50  milliseconds\n"
                "F,G,H,I,J        .1,.2,.3,.4,.5       seconds\n"
                "K,L,M,N,O,P,Q,?  1,2,4,8,16,30,60,>60 seconds\n"
                "From 0 to 100%%: ");
    for (const int colour : kColours)
        std::printf("\x1b[48;5;%dm ", colour);
    std::printf("\x1b[0m\n---------------------------------------------\n");
}

void printStrip(std::vector<Bucket> *buckets, long long total)
{
    std::printf("\x1b[38;5;0m");
    for (Bucket &bucket : *buckets) {
        const int shade
            = total ? static_cast<int>((bucket.count * (kColourCount - 1) + total - 1) / total) : 0;
        std::printf("\x1b[48;5;%dm%c", kColours[shade], bucket.mark);
        bucket.count = 0;
    }
    std::printf("\x1b[0m\n");
    std::fflush(stdout);
}

} // namespace

int runLatency(Client &client, const Options &options)
{
    const bool history = options.mode == Mode::LatencyHistory;
    const bool forPeople = options.output == Output::Text;
    const double standard = history ? kHistorySeconds : kSingleRunSeconds;
    const double seconds = options.interval > 0 ? options.interval : standard;
    Samples samples;
    long long start = nowMs();
    for (;;) {
        long long us = 0;
        if (!sample(client, &us))
            return 1;
        samples.add(us / 1000);
        if (forPeople)
            printForPeople(samples);
        const double elapsed = static_cast<double>(nowMs() - start) / 1000;
        if (elapsed > seconds && (history || !forPeople)) {
            if (!forPeople)
                printForMachines(samples, options.output);
            else
                std::printf(" -- %.2f seconds range\n", elapsed);
            if (!history)
                return 0;
            samples = {};
            start = nowMs();
        }
        std::fflush(stdout);
        ::usleep(kPauseUs);
    }
}

int runLatencyDistribution(Client &client, const Options &options)
{
    const double seconds = options.interval > 0 ? options.interval : 1;
    std::vector<Bucket> buckets = makeBuckets();
    long long total = 0, start = nowMs();
    for (int rows = 0;;) {
        long long us = 0;
        if (!sample(client, &us))
            return 1;
        const auto bucket = std::find_if(buckets.begin(), buckets.end() - 1,
                                         [us](const Bucket &b) { return us <= b.limitUs; });
        ++bucket->count;
        ++total;
        if (static_cast<double>(nowMs() - start) > seconds * 1000) {
            if (rows++ % 20 == 0)
                printLegend();
            printStrip(&buckets, total);
            total = 0;
            start = nowMs();
        }
        ::usleep(kPauseUs / 10);
    }
}

} // namespace cay::shell
