// The largest keys of each type, and the ones used most. Each step asks for the types and then the
// sizes of a SCAN's keys in two pipelines.
#include "shell/modes/modes.h"
#include "shell/text.h"

#include <algorithm>
#include <cstdio>
#include <unistd.h>

namespace cay::shell {

using resp::ReplyTree;
using resp::ReplyType;
using resp::ReplyView;

namespace {

constexpr int kScansPerPause = 100;
constexpr std::size_t kHottest = 16;
constexpr long long kKeysPerNotice = 1000000;

struct TypeTotals
{
    std::string name;
    const char *sizeCommand; // null: no command tells
    const char *unit;
    std::string biggestKey;
    long long biggest = 0, total = 0, count = 0;
};

void printIntroduction(const char *what)
{
    std::printf("\n# Scanning the entire keyspace to find %s keys as well as\n"
                "# average sizes per key type.  You can use -i 0.1 to sleep 0.1 sec\n"
                "# per 100 SCAN commands (not usually needed).\n\n",
                what);
}

bool askMany(Client &client, const std::vector<std::vector<std::string>> &commands,
             std::vector<ReplyTree> *replies)
{
    std::string out;
    for (const auto &command : commands)
        resp::appendCommand(&out, command);
    replies->assign(commands.size(), {});
    if (!commands.empty() && !client.sendBytes(out))
        return false;
    return std::all_of(replies->begin(), replies->end(),
                       [&](ReplyTree &reply) { return client.read(&reply) == Client::Result::Ok; });
}

double percent(long long part, long long whole)
{
    return whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0;
}

std::string quoted(const std::string &key)
{
    std::string out;
    appendQuoted(&out, key);
    return out;
}

bool countKeys(Client &client, long long *count)
{
    ReplyTree reply;
    if (!client.ask({"DBSIZE"}, &reply) || reply.root().type() != ReplyType::Integer) {
        reportFailure(client, reply);
        return false;
    }
    *count = reply.root().integer();
    return true;
}

void pauseNowAndThen(int *scans, const Options &options)
{
    if (options.interval > 0 && ++*scans % kScansPerPause == 0)
        ::usleep(static_cast<useconds_t>(options.interval * 1e6));
}

class KeySampler
{
public:
    KeySampler(Client &client, const Options &options)
        : m_client(client)
        , m_options(options)
        , m_memory(options.mode == Mode::MemoryKeys)
    {
        // The order in which redis-cli prints them.
        m_types = {{"list", "LLEN", "items", {}},     {"hash", "HLEN", "fields", {}},
                   {"string", "STRLEN", "bytes", {}}, {"stream", "XLEN", "entries", {}},
                   {"set", "SCARD", "members", {}},   {"zset", "ZCARD", "members", {}}};
    }

    int run()
    {
        if (!countKeys(m_client, &m_inDatabase))
            return 1;
        printIntroduction("biggest");
        KeyScan scan(m_client, m_options);
        std::vector<std::string> keys;
        for (int scans = 0; !scan.isDone();) {
            ReplyTree reply;
            if (!scan.next(&keys, &reply) || !sampleKeys(keys, &reply))
                return reportFailure(m_client, reply);
            pauseNowAndThen(&scans, m_options);
        }
        printSummary();
        return 0;
    }

private:
    bool sampleKeys(const std::vector<std::string> &keys, ReplyTree *failed)
    {
        m_percent = percent(m_sampled, m_inDatabase);
        std::vector<std::vector<std::string>> commands;
        for (const std::string &key : keys)
            commands.push_back({"TYPE", key});
        std::vector<ReplyTree> replies;
        if (!askMany(m_client, commands, &replies))
            return false;
        std::vector<std::size_t> types(keys.size());
        commands.clear();
        std::vector<std::size_t> asked;
        for (std::size_t i = 0; i < keys.size(); ++i) {
            const ReplyView type = replies[i].root();
            if (type.isError()) {
                *failed = replies[i];
                return false;
            }
            // A key that is gone by now has no type.
            if (type.text() == "none")
                continue;
            types[i] = typeIndex(std::string(type.text()));
            asked.push_back(i);
            commands.push_back(sizeCommand(m_types[types[i]], keys[i]));
        }
        if (!askMany(m_client, commands, &replies))
            return false;
        for (std::size_t i = 0; i < asked.size(); ++i)
            addKey(m_types[types[asked[i]]], keys[asked[i]], commands[i][0], replies[i].root());
        return true;
    }

    std::size_t typeIndex(const std::string &name)
    {
        const auto found = std::find_if(m_types.begin(), m_types.end(),
                                        [&](const TypeTotals &type) { return type.name == name; });
        if (found == m_types.end())
            m_types.push_back({name, nullptr, "?", {}});
        return static_cast<std::size_t>(
            std::find_if(m_types.begin(), m_types.end(),
                         [&](const TypeTotals &type) { return type.name == name; })
            - m_types.begin());
    }

    std::vector<std::string> sizeCommand(const TypeTotals &type, const std::string &key) const
    {
        if (m_memory && m_options.memorySamples >= 0)
            return {"MEMORY", "USAGE", key, "SAMPLES", std::to_string(m_options.memorySamples)};
        if (m_memory)
            return {"MEMORY", "USAGE", key};
        return type.sizeCommand ? std::vector<std::string>{type.sizeCommand, key}
                                : std::vector<std::string>{"EXISTS", key};
    }

    const char *unit(const TypeTotals &type) const { return m_memory ? "bytes" : type.unit; }

    void addKey(TypeTotals &type, const std::string &key, const std::string &command,
                ReplyView reply)
    {
        if (reply.type() != ReplyType::Integer) {
            if (!reply.isNull())
                std::fprintf(stderr, "Warning:  %s on '%s' failed (may have changed type)\n",
                             command.c_str(), key.c_str());
            return;
        }
        const long long size = type.sizeCommand || m_memory ? reply.integer() : 0;
        ++m_sampled;
        m_keyBytes += static_cast<long long>(key.size());
        ++type.count;
        type.total += size;
        if (size > type.biggest) {
            std::printf("[%05.2f%%] Biggest %-6s found so far '%s' with %lld %s\n", m_percent,
                        type.name.c_str(), quoted(key).c_str(), size, unit(type));
            type.biggest = size;
            type.biggestKey = key;
        }
        if (m_sampled % kKeysPerNotice == 0)
            std::printf("[%05.2f%%] Sampled %lld keys so far\n", m_percent, m_sampled);
        std::fflush(stdout);
    }

    void printSummary() const
    {
        std::printf("\n-------- summary -------\n\nSampled %lld keys in the keyspace!\n",
                    m_sampled);
        std::printf("Total key length in bytes is %lld (avg len %.2f)\n\n", m_keyBytes,
                    m_sampled ? static_cast<double>(m_keyBytes) / static_cast<double>(m_sampled)
                              : 0.0);
        for (const TypeTotals &type : m_types) {
            if (!type.biggestKey.empty())
                std::printf("Biggest %6s found '%s' has %lld %s\n", type.name.c_str(),
                            quoted(type.biggestKey).c_str(), type.biggest, unit(type));
        }
        std::printf("\n");
        for (const TypeTotals &type : m_types) {
            std::printf("%lld %ss with %lld %s (%05.2f%% of keys, avg size %.2f)\n", type.count,
                        type.name.c_str(), type.total, unit(type), percent(type.count, m_sampled),
                        type.count
                            ? static_cast<double>(type.total) / static_cast<double>(type.count)
                            : 0.0);
        }
    }

    Client &m_client;
    const Options &m_options;
    bool m_memory;
    std::vector<TypeTotals> m_types;
    long long m_inDatabase = 0, m_sampled = 0, m_keyBytes = 0;
    double m_percent = 0;
};

struct HotKey
{
    std::string key;
    long long uses;
};

void noteHotKey(std::vector<HotKey> *hottest, const std::string &key, long long uses, double part)
{
    if (uses <= 0 || (hottest->size() == kHottest && uses <= hottest->back().uses))
        return;
    const auto place = std::find_if(hottest->begin(), hottest->end(),
                                    [uses](const HotKey &k) { return k.uses < uses; });
    hottest->insert(place, {key, uses});
    if (hottest->size() > kHottest)
        hottest->pop_back();
    std::printf("[%05.2f%%] Hot key '%s' found so far with counter %lld\n", part,
                quoted(key).c_str(), uses);
}

} // namespace

int runBigKeys(Client &client, const Options &options) { return KeySampler(client, options).run(); }

int runHotKeys(Client &client, const Options &options)
{
    long long inDatabase = 0, sampled = 0;
    if (!countKeys(client, &inDatabase))
        return 1;
    printIntroduction("hot");
    KeyScan scan(client, options);
    std::vector<HotKey> hottest;
    std::vector<std::string> keys;
    for (int scans = 0; !scan.isDone();) {
        ReplyTree reply;
        if (!scan.next(&keys, &reply))
            return reportFailure(client, reply);
        std::vector<std::vector<std::string>> commands;
        for (const std::string &key : keys)
            commands.push_back({"OBJECT", "FREQ", key});
        std::vector<ReplyTree> replies;
        if (!askMany(client, commands, &replies))
            return reportFailure(client, reply);
        const double part = percent(sampled, inDatabase);
        for (std::size_t i = 0; i < keys.size(); ++i) {
            if (replies[i].root().isError())
                return reportFailure(client, replies[i]);
            if (replies[i].root().type() == ReplyType::Integer)
                noteHotKey(&hottest, keys[i], replies[i].root().integer(), part);
        }
        sampled += static_cast<long long>(keys.size());
        pauseNowAndThen(&scans, options);
    }
    std::printf("\n-------- summary -------\n\nSampled %lld keys in the keyspace!\n", sampled);
    for (const HotKey &hot : hottest)
        std::printf("hot key found with counter: %lld\tkeyname: %s\n", hot.uses,
                    quoted(hot.key).c_str());
    return 0;
}

} // namespace cay::shell
