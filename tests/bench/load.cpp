// cay-load: puts load on a server that speaks RESP, and prints one JSON object with what it saw.
//
//   cay-load --port 6379 --connections 50 --pipeline 16 --seconds 3 --command 'SET {key} {value}'
//   cay-load --port 6379 --pinger < /dev/tty
#include "load.h"
#include "socket.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>

using namespace bench;

static constexpr char kUsage[]
    = "usage: cay-load [options]\n"
      "  --host A --port N --socket PATH   where the server is (127.0.0.1:6379)\n"
      "  --command TEXT                    'SET {key} {value}', 'MSET [{key} {value}]*10', 'SET "
      "{seq} {value} EX {range:100:200}'\n"
      "  --keys N --key-size N --value-size N\n"
      "                                    the keyspace (1000000, 16, 64)\n"
      "  --first-key N                     where {seq} begins\n"
      "  --connections N --pipeline N      (50, 1)\n"
      "  --subscribers N                   as many that SUBSCRIBE news, and read (0)\n"
      "  --requests N | --seconds S        when to stop\n"
      "  --rate R                          open loop: R requests a second, whatever the answers; "
      "else a closed loop\n"
      "  --seed N --cpu N                  of the random numbers; the core to run on\n"
      "  --pinger [--interval-us N]        one PING each millisecond until standard input ends, or "
      "for --seconds\n";

static bool parse(int argc, char **argv, Options *o)
{
    const auto number = [](const char *text) { return std::strtoull(text, nullptr, 10); };
    const std::map<std::string, std::function<void(const char *)>> options = {
        {"--host", [o](const char *v) { o->host = v; }},
        {"--socket", [o](const char *v) { o->unixPath = v; }},
        {"--command", [o](const char *v) { o->command = v; }},
        {"--port", [o](const char *v) { o->port = std::atoi(v); }},
        {"--connections", [o](const char *v) { o->connections = std::atoi(v); }},
        {"--pipeline", [o](const char *v) { o->pipeline = std::atoi(v); }},
        {"--cpu", [o](const char *v) { o->core = std::atoi(v); }},
        {"--seconds", [o](const char *v) { o->seconds = std::atof(v); }},
        {"--subscribers", [o](const char *v) { o->subscribers = std::atoi(v); }},
        {"--rate", [o](const char *v) { o->rate = std::atof(v); }},
        {"--requests", [o, number](const char *v) { o->requests = number(v); }},
        {"--seed", [o, number](const char *v) { o->seed = number(v); }},
        {"--first-key", [o, number](const char *v) { o->firstKey = number(v); }},
        {"--keys", [o, number](const char *v) { o->space.keys = number(v); }},
        {"--key-size", [o, number](const char *v) { o->space.keySize = number(v); }},
        {"--value-size", [o, number](const char *v) { o->space.valueSize = number(v); }},
        {"--interval-us", [o](const char *v) { o->intervalUs = std::atoll(v); }},
    };
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--pinger") == 0) {
            o->pinger = true;
            continue;
        }
        const auto found = options.find(argv[i]);
        if (found == options.end() || i + 1 == argc)
            return false;
        found->second(argv[++i]);
    }
    return o->connections > 0 && o->pipeline > 0 && o->space.keys > 0
           && (o->pinger || o->requests != 0 || o->seconds > 0);
}

static std::string quoted(const std::string &text)
{
    std::string out = "\"";
    for (const char c : text) {
        if (c == '"' || c == '\\')
            out += '\\';
        out += static_cast<unsigned char>(c) < 0x20 ? ' ' : c;
    }
    return out + '"';
}

static void print(const Result &r)
{
    const auto us = [](std::uint64_t ns) { return static_cast<double>(ns) / 1000; };
    std::printf(
        "{\"requests\": %llu, \"elapsed\": %.6f, \"per_second\": %.1f, \"errors\": %llu, "
        "\"first_error\": %s,\n"
        " \"latency_us\": {\"p50\": %.1f, \"p99\": %.1f, \"p99.9\": %.1f, \"max\": %.1f}}\n",
        static_cast<unsigned long long>(r.requests), r.elapsed,
        r.elapsed > 0 ? static_cast<double>(r.requests) / r.elapsed : 0,
        static_cast<unsigned long long>(r.errors), quoted(r.firstError).c_str(),
        us(r.latency.percentile(50)), us(r.latency.percentile(99)), us(r.latency.percentile(99.9)),
        us(r.latency.max()));
}

int main(int argc, char **argv)
{
    Options options;
    if (!parse(argc, argv, &options)) {
        std::fputs(kUsage, stderr);
        return 2;
    }
    if (!pinToCore(options.core))
        std::fprintf(stderr, "cay-load: cannot run on core %d\n", options.core);
    const Result result = options.pinger ? runPinger(options) : runLoad(options);
    print(result);
    return result.ok ? 0 : 1;
}
