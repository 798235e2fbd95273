#include "server/system_limits.h"

#include "core/log.h"
#include "resp/inline_args.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <sstream>
#include <sys/resource.h>

#ifdef __linux__
#include <sched.h>
#include <sys/prctl.h>
#endif

namespace cay::server {

namespace {

// Descriptors for the log, listeners, the event loop, snapshots.
constexpr rlim_t kReservedFiles = 32;
constexpr const char *kOvercommitFile = "/proc/sys/vm/overcommit_memory";
constexpr const char *kHugePagesFile = "/sys/kernel/mm/transparent_hugepage/enabled";
constexpr const char *kBacklogFile = "/proc/sys/net/core/somaxconn";
constexpr const char *kOomFile = "/proc/self/oom_score_adj";

std::string readSetting(const char *path)
{
    std::ifstream file(path);
    std::string line;
    std::getline(file, line);
    return line;
}

rlim_t currentFiles()
{
    rlimit limit{};
    return getrlimit(RLIMIT_NOFILE, &limit) == 0 ? limit.rlim_cur : 1024;
}

// Tries `wanted`, then less and less, down to what is there already.
rlim_t raiseFiles(rlim_t wanted, int *error)
{
    const rlim_t old = currentFiles();
    for (rlim_t best = wanted; best > old; best -= std::min<rlim_t>(16, best)) {
        const rlimit limit{best, best};
        if (setrlimit(RLIMIT_NOFILE, &limit) == 0)
            return best;
        *error = errno;
        rlimit hard{};
        // Only root may go above the hard limit: go straight to it.
        if (getrlimit(RLIMIT_NOFILE, &hard) == 0 && hard.rlim_max < best) {
            const rlimit most{hard.rlim_max, hard.rlim_max};
            if (hard.rlim_max > old && setrlimit(RLIMIT_NOFILE, &most) == 0)
                return hard.rlim_max;
            break;
        }
    }
    return old;
}

bool lowerMaxClients(core::OptionStore &options, rlim_t files, rlim_t wanted, int error)
{
    if (files <= kReservedFiles) {
        core::log(LogLevel::Warning,
                  "Your current 'ulimit -n' of %llu is not enough for the server to start. Please "
                  "increase "
                  "your open file limit to at least %llu. Exiting.",
                  static_cast<unsigned long long>(files), static_cast<unsigned long long>(wanted));
        return false;
    }
    const auto clients = static_cast<long long>(files - kReservedFiles);
    core::log(LogLevel::Warning,
              "You requested maxclients of %lld requiring at least %llu max file descriptors.",
              static_cast<long long>(options.integer("maxclients")),
              static_cast<unsigned long long>(wanted));
    core::log(LogLevel::Warning,
              "Server can't set maximum open files to %llu because of OS error: %s.",
              static_cast<unsigned long long>(wanted), std::strerror(error));
    core::log(LogLevel::Warning,
              "Current maximum open files is %llu. maxclients has been reduced to %lld to "
              "compensate for low "
              "ulimit. If you need higher maxclients increase 'ulimit -n'.",
              static_cast<unsigned long long>(files), clients);
    std::string why;
    options.change("maxclients", std::to_string(clients), &why);
    return true;
}

bool fitNewMaxClients(core::OptionStore &options, QString *why)
{
    const rlim_t wanted = static_cast<rlim_t>(options.integer("maxclients")) + kReservedFiles;
    int error = 0;
    const rlim_t files = std::max(currentFiles(), raiseFiles(wanted, &error));
    if (files >= wanted)
        return true;
    *why = QStringLiteral("The operating system is not able to handle the specified number of "
                          "clients, try with %1")
               .arg(static_cast<qlonglong>(files > kReservedFiles ? files - kReservedFiles : 0));
    return false;
}

bool writeOomScore(int score)
{
    std::ofstream file(kOomFile);
    file << std::clamp(score, -1000, 1000);
    file.flush();
    if (file.good())
        return true;
    core::log(LogLevel::Warning, "Unable to write oom_score_adj: %s", std::strerror(errno));
    return false;
}

// Relative scores stand against the one that the process inherited, which comes back with "no".
bool applyOomScore(const core::OptionStore &options, int inherited, bool *changed, QString *why)
{
    const std::string mode = options.text("oom-score-adj");
    if (mode == "no" && !*changed)
        return true;
    std::istringstream values(options.text("oom-score-adj-values"));
    int score = 0;
    values >> score; // the first is a master's
    if (mode == "no")
        score = inherited;
    else if (mode != "absolute")
        score += inherited;
    *changed = mode != "no";
    if (writeOomScore(score))
        return true;
    *why = QStringLiteral("Failed to apply new oom_score_adj configuration, check server logs.");
    return false;
}

} // namespace

bool fitOpenFiles(core::OptionStore &options)
{
    const rlim_t old = currentFiles();
    const rlim_t wanted = static_cast<rlim_t>(options.integer("maxclients")) + kReservedFiles;
    if (old < wanted) {
        int error = 0;
        const rlim_t files = raiseFiles(wanted, &error);
        if (files < wanted && !lowerMaxClients(options, files, wanted, error))
            return false;
        if (files >= wanted) {
            core::log(
                LogLevel::Notice,
                "Increased maximum number of open files to %llu (it was originally set to %llu).",
                static_cast<unsigned long long>(files), static_cast<unsigned long long>(old));
        }
    }
    options.watch("maxclients",
                  [&options](QString *why) { return fitNewMaxClients(options, why); });
    return true;
}

void watchOomScore(core::OptionStore &options)
{
#ifdef __linux__
    const int inherited = std::atoi(readSetting(kOomFile).c_str());
    const auto changed = std::make_shared<bool>(false);
    const auto apply = [&options, inherited, changed](QString *why) {
        return applyOomScore(options, inherited, changed.get(), why);
    };
    options.watch("oom-score-adj", apply);
    options.watch("oom-score-adj-values", apply);
    QString ignored; // it was logged, and is no reason not to start
    options.takeRefusal(&ignored);
#else
    (void)options;
#endif
}

void checkMemorySettings(const core::OptionStore &options)
{
#ifdef __linux__
    if (readSetting(kOvercommitFile) == "0") {
        core::log(LogLevel::Warning,
                  "WARNING Memory overcommit must be enabled! Without it, a background save or "
                  "replication may "
                  "fail under low memory condition. Being disabled, it can also cause failures "
                  "without low memory "
                  "condition. To fix this issue add 'vm.overcommit_memory = 1' to /etc/sysctl.conf "
                  "and then reboot "
                  "or run the command 'sysctl vm.overcommit_memory=1' for this to take effect.");
    }
    if (readSetting(kHugePagesFile).find("[always]") == std::string::npos)
        return;
    if (options.flag("disable-thp") && prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0)
        return;
    core::log(LogLevel::Warning,
              "WARNING You have Transparent Huge Pages (THP) support enabled in your kernel. This "
              "will create "
              "latency and memory usage issues with Cay. To fix this issue run the command 'echo "
              "madvise > "
              "%s' as root, and add it to your /etc/rc.local in order to retain the setting after "
              "a reboot. "
              "Cay must be restarted after THP is disabled (set to 'madvise' or 'never').",
              kHugePagesFile);
#else
    (void)options;
#endif
}

void checkBacklog(const core::OptionStore &options)
{
    const int most = std::atoi(readSetting(kBacklogFile).c_str());
    const auto backlog = options.integer("tcp-backlog");
    if (most > 0 && most < backlog) {
        core::log(LogLevel::Warning,
                  "WARNING: The TCP backlog setting of %d cannot be enforced because %s is set to "
                  "the lower value "
                  "of %d.",
                  int(backlog), kBacklogFile, most);
    }
}

bool setCpuAffinity(const std::string &list)
{
#ifdef __linux__
    if (list.empty())
        return true;
    cpu_set_t cpus;
    CPU_ZERO(&cpus);
    std::istringstream parts(list);
    for (std::string part; std::getline(parts, part, ',');) {
        int first = 0, last = 0, step = 1, end = 0;
        const int read
            = std::sscanf(part.c_str(), "%d%n-%d%n:%d%n", &first, &end, &last, &end, &step, &end);
        if (read < 1 || std::size_t(end) != part.size() || first < 0 || step < 1)
            return false;
        for (int cpu = first; cpu <= (read > 1 ? last : first) && cpu < CPU_SETSIZE; cpu += step)
            CPU_SET(cpu, &cpus);
    }
    return sched_setaffinity(0, sizeof cpus, &cpus) == 0;
#else
    (void)list;
    return true;
#endif
}

} // namespace cay::server
