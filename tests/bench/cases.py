"""What is measured, and the bar that each figure has to reach. A case returns rows: see tables.py."""

import json
import time

import families
import measure
from tables import print_progress, row

# name -> (command, pipeline, the server CPU per request that Cay may take, as a share of Redis's; None: no bar)
LOADS = {
    "get": ("GET {key}", 1, 0.88),
    "set": ("SET {key} {value}", 1, 0.88),
    "get-p16": ("GET {key}", 16, 0.50),
    "set-p16": ("SET {key} {value}", 16, 0.50),
    "get-p64": ("GET {key}", 64, 0.42),
    "incr-p16": ("INCR {counter}", 16, 0.50),
    "mset-p16": ("MSET [{key} {value}]*10", 16, 0.50),
    "expire-p16": ("EXPIRE {key} {range:100000:900000}", 16, 0.50),
}
# What each key is given before the case, so that the first rounds are as the last ones.
PREPARED = {
    "incr-p16": "SET {seqcounter} 1000000",
    "expire-p16": "EXPIRE {seq} {range:100000:900000}",
}
# name -> (what, value size, command, share of Redis's resident memory)
MEMORY = {
    "memory-64": ("16-byte keys, 64-byte values", 64, "SET {seq} {value}", 0.70),
    "memory-10": ("16-byte keys, 10-byte values", 10, "SET {seq} {value}", 0.60),
    "memory-10-expiry": ("the same, each with an expiry", 10, "SET {seq} {value} EX {range:100000:900000}", 0.60),
}
GROUPS = dict({"keyspace": list(LOADS) + list(MEMORY) + ["stall", "growth"]}, **families.GROUPS)
NAMES = [name for names in GROUPS.values() for name in names]


def loads(bench, options, names):
    """All load cases on one pair of servers with a full keyspace."""
    running = {kind: bench.start(kind) for kind in measure.KINDS}
    keys = bench.scale(1_000_000)
    rows, details = [], {}
    try:
        for server in running.values():
            bench.fill(server, keys)
        for name in names:
            command, pipeline, bar = LOADS[name]
            for server in running.values():
                if name in PREPARED:
                    bench.fill(server, keys, command=PREPARED[name])
            seed = [0]

            def one(kind):
                seed[0] += 1
                return bench.measured(running[kind], "--seconds", options.seconds, "--pipeline", pipeline, "--keys", keys,
                                      "--seed", seed[0], "--command", command)

            # Not counted: what is touched for the first time.
            for kind in measure.KINDS:
                one(kind)
            results = measure.interleaved(options.rounds, one)
            details[name] = results
            rows += load_rows(name, pipeline, results, bar)
            print_progress(name)
    finally:
        for server in running.values():
            server.stop(gather=False)
    return rows, details


def load_rows(name, pipeline, results, bar):
    def both(*path):
        return (measure.median(results[kind], *path) for kind in measure.KINDS)

    what = "pipeline %d" % pipeline if pipeline > 1 else "no pipelining"
    rows = [row(name, "server CPU per request, " + what, "us", *both("cpu_us"), bar=bar),
            row(name, "requests per second", "", *both("per_second"), digits=0)]
    for share in ("p50", "p99", "p99.9", "max"):
        rows.append(row(name, "latency " + share, "us", *both("latency_us", share), digits=0))
    return rows


def memory(bench, options, name):
    what, value_size, command, bar = MEMORY[name]
    keys = options.memory_keys

    def one(kind):
        server = bench.start(kind)
        try:
            empty = measure.settled_rss(server.pid)
            bench.fill(server, keys, value_size, command)
            total = measure.settled_rss(server.pid)
            return {"rss": total, "per_key": (total - empty) / keys}
        finally:
            server.stop(gather=False)

    results = measure.interleaved(1 if options.rounds < 3 else 2, one)
    print_progress(name)
    both = [measure.median(results[kind], "rss") / 1048576 for kind in measure.KINDS]
    each = [measure.median(results[kind], "per_key") for kind in measure.KINDS]
    count = "%d keys" % keys
    return [row(name, "resident memory, %s, %s" % (count, what), "MB", *both, bar=bar, digits=1),
            row(name, "bytes per key above an empty server", "B", *each, digits=1)], {name: results}


def stall(bench, options):
    """How long a PING each millisecond has to wait while keys are inserted as fast as the server takes them.

    Ten connections only: what a PING waits for is then pauses, and not the requests of hundreds in front of it.
    """
    keys = bench.scale(10_000_000)

    def one(kind):
        server = bench.start(kind)
        try:
            pinger = bench.pinger(server)
            time.sleep(0.2)
            load = bench.fill(server, keys, connections=10)
            result = json.loads(pinger.communicate()[0])
            return dict(result, load_per_second=load["per_second"], rss=measure.rss(server.pid))
        finally:
            server.stop(gather=False)

    results = measure.interleaved(options.rounds, one)
    print_progress("stall")
    rows, median = [], {}
    for share in ("p50", "p99", "p99.9", "max"):
        redis, cay = (measure.median(results[kind], "latency_us", share) for kind in measure.KINDS)
        median[share] = redis
        # 1 ms over what a PING waits at Redis in the median; and, less strictly, over Redis's own longest stall.
        bar = {"at_most": median["p50"] + 1000} if share == "max" else None
        rows.append(row("stall", "PING, %s, %d keys inserted" % (share, keys), "us", redis, cay, bar=bar, digits=0))
    rows.append(dict(rows[-1], what="the same, 1 ms over Redis's longest", bar={"at_most": median["max"] + 1000}))
    return rows, {"stall": results}


def growth(bench, options):
    """Cost of SET and GET, and memory, as one database grows tenfold again and again."""
    sizes = [bench.scale(size) for size in (10_000, 100_000, 1_000_000, 10_000_000)]
    found = {}
    for kind in measure.KINDS:
        server = bench.start(kind)
        try:
            empty, filled, steps = measure.settled_rss(server.pid), 0, []
            for size in sizes:
                before = measure.cpu_ns(server.pid)
                bench.fill(server, size - filled, first=filled)
                cpu = (measure.cpu_ns(server.pid) - before) / 1000 / (size - filled)
                get = bench.measured(server, "--seconds", options.seconds, "--pipeline", 16, "--keys", size, "--command", "GET {key}")
                steps.append({"keys": size, "set_us": cpu, "get_us": get["cpu_us"],
                              "per_key": (measure.settled_rss(server.pid) - empty) / size})
                filled = size
            found[kind] = steps
        finally:
            server.stop(gather=False)
    print_progress("growth")
    rows = []
    for redis, cay in zip(found["redis"], found["cay"]):
        at = "%d keys: " % redis["keys"]
        rows += [row("growth", at + "server CPU per SET while growing to it", "us", redis["set_us"], cay["set_us"]),
                 row("growth", at + "server CPU per GET, pipeline 16", "us", redis["get_us"], cay["get_us"]),
                 row("growth", at + "bytes per key", "B", redis["per_key"], cay["per_key"], digits=1)]
    return rows, {"growth": found}


def run(bench, options, names):
    """All chosen cases; returns (rows, details)."""
    rows, details = [], {}
    chosen = [name for name in LOADS if name in names]
    parts = [lambda: loads(bench, options, chosen)] if chosen else []
    parts += [lambda name=name: memory(bench, options, name) for name in MEMORY if name in names]
    if "stall" in names:
        parts.append(lambda: stall(bench, options))
    if "growth" in names:
        parts.append(lambda: growth(bench, options))
    parts += [lambda name=name: families.run(bench, options, name) for name in families.NAMES if name in names]
    for part in parts:
        more, detail = part()
        rows += more
        details.update(detail)
    return rows, details
