// What disturbs the process itself: sleeping, crashing, leaking, logging.
#include "debug.h"

#include "store/entry.h"
#include "store/glob.h"

#include <QtCore/QDebug>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <limits>
#include <thread>

namespace debug {

namespace {

void sleep(Call &call)
{
    constexpr double kLongest = 24 * 60 * 60;
    const double seconds = std::strtod(std::string(call[2]).c_str(), nullptr);
    if (seconds > 0)
        std::this_thread::sleep_for(std::chrono::duration<double>(std::min(seconds, kLongest)));
    call.reply.ok();
}

void log(Call &call)
{
    qWarning("DEBUG LOG: %.*s", static_cast<int>(std::min<std::size_t>(call[2].size(), 1024)),
             call[2].data());
    call.reply.ok();
}

void fail(Call &) { qFatal("=== ASSERTION FAILED === DEBUG ASSERT asked for it"); }

void panic(Call &) { qFatal("Guru Meditation: DEBUG PANIC asked for it"); }

void outOfMemory(Call &)
{
    constexpr std::size_t kTooMuch = std::numeric_limits<std::size_t>::max() / 2;
    volatile std::size_t size = kTooMuch; // unknown to the compiler, which would refuse it
    void *memory = std::malloc(size);
    if (!memory)
        qFatal("Out of memory trying to allocate %zu bytes", kTooMuch);
    std::free(memory);
}

void segmentationFault(Call &)
{
    std::signal(SIGPIPE, SIG_IGN); // the report may go to a pipe that nobody reads
    volatile char *volatile nowhere = nullptr;
    *nowhere = 'x';
}

void leak(Call &call)
{
    volatile const std::string *lost = new std::string(call[2]);
    static_cast<void>(lost);
    call.reply.ok();
}

void structureSizes(Call &call)
{
    char line[256];
    const int size = std::snprintf(
        line, sizeof line, "bits:%zu value:%zu key:%zu session:%zu call:%zu commandinfo:%zu ",
        sizeof(void *) * 8, sizeof(cay::Value), sizeof(cay::Key), sizeof(cay::Session),
        sizeof(Call), sizeof(cay::CommandInfo));
    call.reply.bulk(Bytes(line, static_cast<std::size_t>(size)));
}

void matchOnce(Call &call) { call.reply.integer(cay::store::globMatch(call[2], call[3])); }

// Random patterns of a small alphabet, so that brackets, stars and escapes meet.
void matchMany(Call &call)
{
    constexpr int kRounds = 200'000;
    constexpr std::size_t kLongest = 32;
    constexpr Bytes kAlphabet = "ab*?[]^-\\";
    std::string pattern, text;
    const auto fill = [&](std::string &to) {
        to.resize(call.host.random() % (kLongest + 1));
        for (char &c : to)
            c = kAlphabet[call.host.random() % kAlphabet.size()];
    };
    std::uint64_t matches = 0;
    for (int i = 0; i < kRounds; ++i) {
        fill(pattern);
        fill(text);
        matches += cay::store::globMatch(pattern, text, i & 1);
    }
    static_cast<void>(matches);
    call.reply.simple("Apparently Redis did not crash: test passed");
}

constexpr Subcommand kSubcommands[] = {
    {"ASSERT", 2, kAnySize, fail, "", "Crashes by a failed assertion."},
    {"LEAK", 3, 3, leak, "<string>", "Loses a copy of the string in memory."},
    {"LOG", 3, 3, log, "<message>", "Writes the message to the server's log."},
    {"OOM", 2, 2, outOfMemory, "", "Crashes as if memory had run out."},
    {"PANIC", 2, 2, panic, "", "Crashes by a panic."},
    {"SEGFAULT", 2, 2, segmentationFault, "", "Crashes by touching memory that is not there."},
    {"SLEEP", 3, 3, sleep, "<seconds>", "Stops the server for <seconds>; decimals are allowed."},
    {"STRINGMATCH-LEN", 4, 4, matchOnce, "<pattern> <string>",
     "Tells whether the glob pattern matches the string."},
    {"STRINGMATCH-TEST", 2, 2, matchMany, "", "Matches random patterns with random strings."},
    {"STRUCTSIZE", 2, 2, structureSizes, "", "Shows the sizes of some structures."},
};

} // namespace

std::span<const Subcommand> processSubcommands() { return kSubcommands; }

} // namespace debug
