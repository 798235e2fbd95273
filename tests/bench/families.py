"""Cases of the data families: cost per request, memory, and what growth costs. See cases.py for rows and bars."""

import json
import time

import measure
from tables import print_progress, row

BAR = 0.60
SIZE = 1_000_000  # elements of a large collection
SMALL = 100_000   # keys of a case that has many collections


class Load:
    """One case: fills of (elements, command) before it, commands before each round, and what is measured."""

    def __init__(self, what, command, fills=(), before=(), keys=SIZE, pipeline=16, connections=50, value=16,
                 requests=None, subscribers=0):
        self.what, self.command, self.fills, self.before, self.keys = what, command, fills, before, keys
        self.pipeline, self.connections, self.value = pipeline, connections, value
        self.requests, self.subscribers = requests, subscribers


def fields(count):
    return " ".join("field%02d {value}" % i for i in range(count))


LOADS = {
    "lpush-p16": Load("one list that grows", "LPUSH list {value}", before=["DEL list"]),
    "rpop-p16": Load("one list that shrinks", "RPOP list", fills=[(SIZE, "LPUSH list {value}")], requests=SIZE),
    "lrange-p16": Load("the first 100 of a list of 1000", "LRANGE list 0 99", fills=[(1000, "RPUSH list {value}")]),
    "sadd-p16": Load("one set that grows to 1 million", "SADD set {key}", before=["DEL set"]),
    "sinter-p16": Load("of two sets of 10000, half in both", "SINTER one two", connections=4,
                       fills=[(10_000, "SADD one {seq}"), (10_000, "SADD two {seq}", 5_000)]),
    "hset-p16": Load("one hash that grows to 1 million fields", "HSET hash {key} {value}", before=["DEL hash"]),
    "hset-small-p16": Load("a field of 100000 hashes of 5", "HSET {key} field02 {value}", keys=SMALL,
                           fills=[(SMALL, "HSET {seq} " + fields(5))]),
    "hget-p16": Load("of a hash of 1 million fields", "HGET hash {key}", fills=[(SIZE, "HSET hash {seq} {value}")]),
    "hget-small-p16": Load("of 100000 hashes of 5", "HGET {key} field02", keys=SMALL, fills=[(SMALL, "HSET {seq} " + fields(5))]),
    "hmget-p16": Load("3 fields of 100000 hashes of 20", "HMGET {key} field02 field07 field19", keys=SMALL,
                      fills=[(SMALL, "HSET {seq} " + fields(20))]),
    "hincrby-p16": Load("a hash of 1 million counters", "HINCRBY hash {key} 1", fills=[(SIZE, "HSET hash {seq} 1000")]),
    "hgetall-p16": Load("20 fields", "HGETALL {key}", keys=SMALL, fills=[(SMALL, "HSET {seq} " + fields(20))]),
    "zadd-p16": Load("another score in a set of 1 million", "ZADD zset {range:100000:999999} {key}",
                     fills=[(SIZE, "ZADD zset {range:100000:999999} {seq}")]),
    "zrank-p16": Load("in a set of 1 million", "ZRANK zset {key}", fills=[(SIZE, "ZADD zset {range:100000:999999} {seq}")]),
    "zrange-p16": Load("100 in a set of 1 million", "ZRANGE zset {range:100000:899900} {+99}",
                       fills=[(SIZE, "ZADD zset {range:100000:999999} {seq}")]),
    "xadd-p16": Load("one stream that grows, 2 fields", "XADD stream * one {value} two {value}", before=["DEL stream"]),
    "xrange-p16": Load("COUNT 100 in a stream of 1 million", "XRANGE stream {range:1000000:1999900} + COUNT 100",
                       fills=[(SIZE, "XADD stream {number:1000000} one {value} two {value}")]),
    "bitcount-p16": Load("of 1 MB", "BITCOUNT bits", fills=[(1, "SET bits {value}")], value=1 << 20, connections=4),
    "pfadd-p16": Load("one dense HyperLogLog", "PFADD log {key}"),
    "publish-p16": Load("to 100 subscribers", "PUBLISH news {value}", connections=4, subscribers=100),
}
# name -> (what, elements, command, size of {seq}, size of {value}, share of Redis's resident memory)
MEMORY = {
    "memory-hashes": ("hashes of 5 fields", SIZE, "HSET {seq} " + fields(5), 16, 10, 0.80),
    "memory-zset": ("members of one sorted set", SIZE, "ZADD zset {range:100000:999999} {seq}", 16, 0, 0.50),
    "memory-set": ("10-byte members of one set", SIZE, "SADD set {seq}", 10, 0, 0.50),
    "memory-hash": ("fields of one hash", SIZE, "HSET hash {seq} {value}", 16, 10, 0.60),
    "memory-stream": ("entries of one stream, 2 fields", SIZE, "XADD stream {number:1000000} one {value} two {value}", 16, 10, 1.0),
    "memory-list": ("elements of one list", SIZE, "RPUSH list {value}", 16, 10, None),
}
# name -> (how it grows, what else is measured at each size)
GROWTH = {
    "zset": ("ZADD zset {range:100000:999999} {seq}",
             {"ZADD": "ZADD zset {range:100000:999999} {key}", "ZRANK": "ZRANK zset {key}"}),
    "hash": ("HSET hash {seq} {value}", {"HSET": "HSET hash {key} {value}"}),
    "set": ("SADD set {seq}", {"SADD": "SADD set {key}"}),
}
GROWTH_SIZES = (1_000, 100_000, 10_000_000)
STALLS = {
    "stall-zset": "ZADD zset {range:100000:999999} {seq}", "stall-hash": "HSET hash {seq} {value}",
    "stall-set": "SADD set {seq}", "stall-list": "RPUSH list {value}", "stall-stream": "XADD stream * one {value} two {value}",
}
GROUPS = {"families": list(LOADS), "memory-families": list(MEMORY), "growth-families": ["growth-" + name for name in GROWTH],
          "stall-families": list(STALLS)}
NAMES = [name for names in GROUPS.values() for name in names]


def has(server, command):
    """Whether the server knows a case's command."""
    with server.connect() as connection:
        return connection.command("COMMAND", "INFO", command.split()[0]).value[0].value is not None


def ordered(command):
    """Entries of a stream must arrive in order."""
    return 1 if "{number" in command else 50


def prepare(bench, server, case, again):
    """Before the first round everything, before another one what the last has used up."""
    with server.connect() as connection:
        for command in case.before:
            connection.command(*command.split())
        if case.requests and again:
            connection.command("DEL", case.fills[0][1].split()[1])
    if again and not case.requests:
        return
    for count, command, *first in case.fills:
        bench.fill(server, count if count <= 10_000 else bench.scale(count), case.value, command, *first,
                   connections=ordered(command))


def load(bench, options, name):
    case = LOADS[name]
    running = {kind: bench.start(kind) for kind in measure.KINDS}
    seed = [0]
    try:
        if not all(has(server, case.command) for server in running.values()):
            return skipped(name)

        def one(kind):
            prepare(bench, running[kind], case, seed[0] >= len(measure.KINDS))
            seed[0] += 1
            end = ("--requests", bench.scale(case.requests)) if case.requests else ("--seconds", options.seconds)
            return bench.measured(running[kind], *end, "--pipeline", case.pipeline, "--keys", bench.scale(case.keys),
                                  "--seed", seed[0], "--connections", case.connections, "--value-size", case.value,
                                  "--subscribers", case.subscribers, "--command", case.command)
        for kind in measure.KINDS:
            one(kind)  # not counted
        results = measure.interleaved(options.rounds, one)
    finally:
        for server in running.values():
            server.stop(gather=False)
    print_progress(name)

    def both(*path):
        return [measure.median(results[kind], *path) for kind in measure.KINDS]
    what = "%s, %s" % (case.command.split()[0], case.what)
    return [row(name, "server CPU per request: " + what, "us", *both("cpu_us"), bar=BAR),
            row(name, "requests per second: " + what, "", *both("per_second"), digits=0)], {name: results}


def skipped(name):
    print("  skipped %s: a server does not have the command" % name, flush=True)
    return [], {}


def memory(bench, options, name):
    what, size, command, key_size, value_size, bar = MEMORY[name]
    count = options.memory_keys * size // SIZE

    def one(kind):
        server = bench.start(kind)
        try:
            if not has(server, command):
                return None
            empty = measure.settled_rss(server.pid)
            bench.fill(server, count, value_size, command, connections=ordered(command), key_size=key_size)
            total = measure.settled_rss(server.pid)
            return {"rss": total, "each": (total - empty) / count}
        finally:
            server.stop(gather=False)
    results = measure.interleaved(1 if options.rounds < 3 else 2, one)
    if None in results["cay"] + results["redis"]:
        return skipped(name)
    print_progress(name)
    total = [measure.median(results[kind], "rss") / 1048576 for kind in measure.KINDS]
    each = [measure.median(results[kind], "each") for kind in measure.KINDS]
    return [row(name, "resident memory, %d %s" % (count, what), "MB", *total, bar=bar, digits=1),
            row(name, "bytes for each of the %s" % what, "B", *each, digits=1)], {name: results}


def grown(bench, options, server, name):
    """Steps of one server: elements, microseconds of each command."""
    grow, others = GROWTH[name]
    filled, steps = 0, []
    for size in map(bench.scale, GROWTH_SIZES):
        before = measure.cpu_ns(server.pid)
        bench.fill(server, size - filled, 16, grow, first=filled)
        step = {"elements": size}
        if size - filled >= 50_000:  # or the connections' own cost would be most of it
            step["growing"] = (measure.cpu_ns(server.pid) - before) / 1000 / (size - filled)
        for verb, command in others.items():
            result = bench.measured(server, "--seconds", options.seconds, "--pipeline", 16, "--keys", size,
                                    "--value-size", 16, "--command", command)
            step[verb] = result["cpu_us"]
        steps.append(step)
        filled = size
    return steps


def growth(bench, options, name):
    name = name.removeprefix("growth-")
    found = {}
    for kind in measure.KINDS:
        server = bench.start(kind)
        try:
            if not has(server, GROWTH[name][0]):
                return skipped("growth-" + name)
            found[kind] = grown(bench, options, server, name)
        finally:
            server.stop(gather=False)
    print_progress("growth-" + name)
    rows = []
    for redis, cay in zip(found["redis"], found["cay"]):
        for verb in redis:
            if verb != "elements":
                text = "a new element while growing to it" if verb == "growing" else verb + " of one that is there"
                rows.append(row("growth-" + name, "%d elements: %s" % (redis["elements"], text), "us", redis[verb], cay[verb]))
    return rows, {"growth-" + name: found}


def stall(bench, options, name):
    """How long a PING each millisecond has to wait while one collection grows as fast as the server takes it."""
    count = bench.scale(10_000_000)

    def one(kind):
        server = bench.start(kind)
        try:
            if not has(server, STALLS[name]):
                return None
            pinger = bench.pinger(server)
            time.sleep(0.2)
            load_result = bench.fill(server, count, 16, STALLS[name], connections=10)
            return dict(json.loads(pinger.communicate()[0]), load_per_second=load_result["per_second"])
        finally:
            server.stop(gather=False)
    results = measure.interleaved(min(options.rounds, 3), one)
    if None in results["cay"] + results["redis"]:
        return skipped(name)
    print_progress(name)
    rows, p50 = [], measure.median(results["redis"], "latency_us", "p50")
    for share in ("p50", "p99.9", "max"):
        redis, cay = (measure.median(results[kind], "latency_us", share) for kind in measure.KINDS)
        bar = {"at_most": p50 + 1000} if share == "max" else None
        rows.append(row(name, "PING, %s, while a collection grows to %d" % (share, count), "us", redis, cay, bar=bar, digits=0))
    return rows, {name: results}


def run(bench, options, name):
    """One case: (rows, details)."""
    for table, function in ((LOADS, load), (MEMORY, memory), (STALLS, stall)):
        if name in table:
            return function(bench, options, name)
    return growth(bench, options, name)
