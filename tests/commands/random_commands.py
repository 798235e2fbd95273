#!/usr/bin/env python3
"""Runs seeded streams of random commands on cay-server and redis-server and compares replies and datasets.

    random_commands.py [--seed S] [--seconds N | --rounds N] [--only SET,GET] [--resp 3] [--torture]

A round is a stream on empty databases, under limits of small encodings that are drawn for it; at its end DBSIZE and DEBUG DIGEST must agree. A stream that differs is
shrunk to few commands and printed in .resp form.
"""

import argparse
import pathlib
import random
import sys
import tempfile
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import generator, resp, rules, servers, workload  # noqa: E402

ROUND = 20000
BATCH = 1000
PRINTED = 40
MARKER = b"--end-of-batch--"
MARKER_REPLY = b"$%d\r\n%s\r\n" % (len(MARKER), MARKER)
DATABASES = range(16)

# Never sent, and why.
EXCLUDED = {
    "migrate": "needs a third server", "wait": "waits for replicas", "waitaof": "waits for a file",
    "spop": "the servers choose different members", "pfselftest": "takes half a second",
}
# Tokens that are left out, and why: IDs from the clock.
WITHOUT = dict(workload.WITHOUT, xadd={"*"})
# How replies of a command are compared (lib/rules.py), where not byte for byte. (OBJECT: Redis shares small integers
# among keys, with one count and one idle time for all of them.)
COMPARED = {
    "bitcount": ("newer syntax", 0),  # BITCOUNT key start, when the generator has left out the end
    "ttl": ("about", 2), "pttl": ("about", 2000), "expiretime": ("about", 2), "pexpiretime": ("about", 2000),
    "dbsize": ("type", 0), "randomkey": ("type", 0), "keys": ("unordered", 0), "object|idletime": ("type", 0),
    "object|refcount": ("type", 0), "object|encoding": ("encoding", 0), "dump": ("dump", 0),
    "scan": ("scan", 0), "sscan": ("scan", 0), "hscan": ("scan", 0), "zscan": ("scan", 0),
    "srandmember": ("length", 0), "hrandfield": ("length", 0), "zrandmember": ("length", 0), "smembers": ("unordered", 0),
    "sinter": ("unordered", 0), "sunion": ("unordered", 0), "sdiff": ("unordered", 0), "hkeys": ("unordered", 0),
    "hvals": ("unordered", 0), "hgetall": ("unordered", 0), "sort": ("sort", 0), "sort_ro": ("sort", 0),
    "xinfo|stream": ("fields", 0), "xinfo|groups": ("fields", 0), "xinfo|consumers": ("fields", 0), "xpending": ("about", 5000),
    "xgroup|createconsumer": ("about", 1), "xgroup|delconsumer": ("type", 0),  # see rules.PENDING
}


class Stream:
    """One raw connection to a server: sends encoded commands in bulk and returns the replies' bytes."""

    def __init__(self, server, protocol):
        self.connection = server.connect(protocol, timeout=60)
        self.socket = self.connection.socket

    def send(self, batch):
        """batch: encoded commands. Leaves a transaction at its end."""
        self.socket.sendall(b"".join(batch) + LEAVE)

    def read(self):
        """The bytes of all replies to what was sent."""
        chunks = []
        tail = b""
        while not tail.endswith(MARKER_REPLY):
            chunk = self.socket.recv(1 << 20)
            if not chunk:
                raise resp.Closed("after %d bytes of replies" % sum(map(len, chunks)))
            chunks.append(chunk)
            tail = (tail + chunk)[-len(MARKER_REPLY):]
        return b"".join(chunks)


def exchange(source, target, index):
    """Every key of one server replaces that of the other, by DUMP and RESTORE."""
    for database in DATABASES:
        source.command("SELECT", database)
        target.command("SELECT", database)
        for name in sorted(node.text() for node in source.command("KEYS", "*").value):
            payload, expiry = source.command("DUMP", name), source.command("PEXPIRETIME", name).value
            reply = target.command("RESTORE", name, max(expiry, 0), payload.text(), "REPLACE", "ABSTTL")
            if reply.is_error():
                raise Difference(index, "RESTORE %s of another server's DUMP %s: %s" % (
                    resp.quote(name), resp.quote(payload.text())[:2000], resp.show(reply)))


LEAVING = (b"EXEC", b"DISCARD", b"MULTI")
LEAVE = resp.encode(["DISCARD"]) + resp.encode(["ECHO", MARKER])


# redis-server's SORT takes an errno that an earlier command has left for a number that does not fit.
STALE_ERRNO = b"-ERR One or more scores can't be converted into double"


class NotComparable(Exception):
    """The oracle has gone wrong: what follows in the round cannot be compared."""


class Difference(Exception):
    def __init__(self, index, text):
        super().__init__(text)
        self.index = index


def parse_all(data):
    replies = []
    position = 0
    while position < len(data):
        node, position = resp.parse(data, position)
        replies.append(node)
    return replies


class Comparer:
    """Walks two batches' replies; knows what is queued in a transaction."""

    def __init__(self, containers):
        self.containers = containers

    def rule(self, words):
        return COMPARED.get(workload.name_of(words, self.containers), ("exact", 0))

    def same_exec(self, queued, left, right):
        if left.kind != "*" or right.kind != "*" or not left.value or not right.value:
            return left.raw == right.raw
        return len(left.value) == len(right.value) and all(
            rules.same(self.rule(words), words, a, b) for words, a, b in zip(queued, left.value, right.value))

    def batch(self, batch, cay, redis):
        """Raises Difference at the first command whose replies differ."""
        if cay == redis:
            return
        queued = []
        for index, (left, right) in enumerate(zip(parse_all(cay), parse_all(redis))):
            words = generator.words(batch[index]) if index < len(batch) else [b"DISCARD"]
            if left.raw == right.raw:
                fine = True
            elif words[0].upper() == b"EXEC":
                fine = self.same_exec(queued, left, right)
            else:
                fine = rules.same(self.rule(words), words, left, right)
            if not fine and STALE_ERRNO in right.raw and STALE_ERRNO not in left.raw:
                raise NotComparable
            if not fine:
                raise Difference(index, "cay:   %s\nredis: %s" % (resp.show(left)[:1000], resp.show(right)[:1000]))
            if left.raw == b"+QUEUED\r\n":
                queued.append(words)
            elif words[0].upper() in LEAVING and not (left.raw[:1] == b"-" and b"nested" in left.raw):
                queued = []


class Bench:
    """Both servers, and what a round asks of them."""

    def __init__(self, protocol):
        self.protocol = protocol
        # Redis looks at the end of waiting in its cron only: a wait of 1 ms would take 100.
        self.servers = [servers.cay(), servers.redis(options={"hz": 500})]
        with self.servers[0].connect(3) as cay, self.servers[1].connect(3) as redis:
            self.docs = generator.documented(cay), generator.documented(redis)
            self.payloads = workload.sample_payloads(redis, cay)
            self.is_cay = "cay_version" in cay.info("server")
        self.open()

    def open(self):
        self.streams = [Stream(server, self.protocol) for server in self.servers]

    def start_round(self):
        for stream in self.streams:
            stream.send([resp.encode(["SELECT", "0"]), resp.encode(["UNWATCH"]), resp.encode(["FLUSHALL"])])
            stream.read()

    def vary_limits(self, rng, smallest):
        """Other limits of small encodings, on both servers; what they are now."""
        connections = [server.connect() for server in self.servers]
        try:
            return workload.vary_limits(rng, connections, smallest)
        finally:
            for connection in connections:
                connection.close()

    def run(self, batch, comparer):
        for stream in self.streams:
            stream.send(batch)
        comparer.batch(batch, *[stream.read() for stream in self.streams])

    def datasets(self):
        """Per server: DBSIZE of each database and the digest of all."""
        out = []
        for server in self.servers:
            with server.connect(timeout=60) as connection:
                row = []
                for database in DATABASES:
                    connection.command("SELECT", database)
                    row.append(connection.command("DBSIZE").value)
                row.append(connection.command("DEBUG", "DIGEST").text().decode())
                out.append(row)
        return out

    def differing_keys(self):
        """Names of keys whose digests differ, with what they are, for the report."""
        lines = []
        links = [server.connect(timeout=60) for server in self.servers]
        for database in DATABASES:
            names = set()
            for link in links:
                link.command("SELECT", database)
                names |= {node.text() for node in link.command("KEYS", "*").value}
            for name in sorted(names):
                values = [link.command("DEBUG", "DIGEST-VALUE", name).raw for link in links]
                times = [link.command("PTTL", name).value for link in links]
                if values[0] != values[1] or (times[0] < 0) != (times[1] < 0):
                    kinds = [link.command("TYPE", name).text().decode() for link in links]
                    lines.append("db %d key %s: cay %s (PTTL %s), redis %s (PTTL %s)" % (
                        database, resp.quote(name), kinds[0], times[0], kinds[1], times[1]))
        return lines[:10]

    def check_datasets(self, index):
        cay, redis = self.datasets()
        # A key that was written with a time in the past is counted until the expiry cycle finds it.
        deadline = time.monotonic() + 2
        while cay != redis and time.monotonic() < deadline:
            time.sleep(0.1)
            cay, redis = self.datasets()
        if cay != redis:
            raise Difference(index, "DBSIZE of %s and DEBUG DIGEST:\ncay:   %s\nredis: %s\n%s" % (
                list(DATABASES), cay, redis, "\n".join(self.differing_keys())))

    def check_streams(self, index):
        """The digest leaves out groups, consumers and what is pending."""
        cay, redis = [server.connect(timeout=60) for server in self.servers]
        for database in DATABASES:
            names = set()
            for link in (cay, redis):
                link.command("SELECT", database)
                names |= {node.text() for node in link.command("KEYS", "*").value}
            for name in sorted(names):
                if redis.command("TYPE", name).text() != b"stream":
                    continue
                replies = [link.command("XINFO", "STREAM", name, "FULL", "COUNT", "0") for link in (cay, redis)]
                if not rules.same_fields(*replies):
                    raise Difference(index, "XINFO STREAM %s FULL COUNT 0:\ncay:   %s\nredis: %s" % (
                        resp.quote(name), *(resp.show(reply) for reply in replies)))

    def check_forms(self, index, rng):
        """The dataset goes through its other forms, and must come out the same."""
        with self.servers[0].connect(timeout=60) as cay, self.servers[1].connect(timeout=60) as redis:
            # On both: a large sorted set with few members is a small one afterwards, in which -0 is 0.
            for connection in (cay, redis):
                self.through(connection, "RELOAD", index)
            self.check_datasets(index)
            self.check_streams(index)
            how = rng.choice(["exchange", "LOADAOF"])
            if how == "exchange":
                exchange(redis, cay, index)
                exchange(cay, redis, index)
            elif self.is_cay:
                self.through(cay, how, index)
        try:
            self.check_datasets(index)
            if how == "exchange":
                self.check_streams(index)
        except Difference as difference:
            raise Difference(index, "after %s: %s" % (how, difference)) from None

    def through(self, connection, form, index):
        reply = connection.command("DEBUG", form)
        if reply.is_error():
            raise Difference(index, "DEBUG %s: %s" % (form, resp.show(reply)))

    def stop(self):
        for server in self.servers:
            status = server.stop()
            if status != 0:
                sys.exit("%s ended with status %s\n%s" % (server.kind, status, server.tail()))


def makers(bench, rng, only):
    """The list to choose commands from."""
    def chosen(name, docs):
        if name in EXCLUDED or name.endswith("|help"):
            return 0
        if only:
            return name in only
        return (docs.get("group") in workload.GROUPS or name in workload.EXTRA) and workload.WEIGHTS.get(name, 1)
    return workload.makers(*bench.docs, generator.Values(rng, bench.payloads), chosen, WITHOUT)


def fails(bench, comparer, commands):
    """The Difference that a stream of commands ends in, or None."""
    try:
        bench.start_round()
        for start in range(0, len(commands), BATCH):
            bench.run(commands[start:start + BATCH], comparer)
        bench.check_datasets(len(commands))
        bench.check_streams(len(commands))
    except NotComparable:
        bench.open()
    except Difference as difference:
        return difference
    except (resp.Closed, OSError) as error:
        return revive(bench, error)
    return None


def revive(bench, error):
    """A server died or hung up: start it again."""
    text = "%s: %s" % (type(error).__name__, error)
    for server in bench.servers:
        if not server.alive():
            text += "\n%s died (status %s)\n%s" % (server.kind, server.process.returncode, server.tail())
            server.start()
    bench.open()
    return Difference(0, text)


def shrink(bench, comparer, commands, seconds=60):
    """ddmin: removes ever smaller chunks as long as the rest still fails."""
    deadline = time.monotonic() + seconds
    pieces = 2
    while len(commands) >= 2 and time.monotonic() < deadline:
        size = max(1, len(commands) // pieces)
        for start in range(0, len(commands), size):
            rest = commands[:start] + commands[start + size:]
            if rest and fails(bench, comparer, rest):
                commands = rest
                pieces = max(2, pieces - 1)
                break
            if time.monotonic() > deadline:
                break
        else:
            if size == 1:
                break
            pieces = min(len(commands), pieces * 2)
    return commands


def report(bench, comparer, commands, difference, options, seed, batch_start):
    print("\nDIFFERENT (seed %s, command %d of the round)\n%s" % (seed, batch_start + difference.index, difference))
    if batch_start + difference.index < len(commands):
        commands = commands[:batch_start + difference.index + 1]
    if not fails(bench, comparer, commands):
        print("it did not happen again on the same stream; its last commands:")
        commands = commands[-20:]
    else:
        commands = shrink(bench, comparer, commands, options.shrink_seconds)
        print("\nthe smallest stream that still differs (RESP%d):" % options.resp)
    lines = [" ".join(word.decode() if plain(word) else resp.quote(word) for word in generator.words(command))
             for command in commands]
    print("\n".join(line[:200] for line in lines[-PRINTED:]))
    if len(lines) > PRINTED or any(len(line) > 200 for line in lines):
        path = pathlib.Path(tempfile.gettempdir()) / ("cay-random-%d.resp" % seed)
        path.write_text("\n".join(lines) + "\n")
        print("# the whole stream, %d commands: %s" % (len(lines), path))
    again = fails(bench, comparer, commands)
    if again:
        print("# which ends in\n%s" % again)


def plain(word):
    return word.isalnum() and word.isascii()


def one_round(bench, table, comparer, rng, options, seed):
    """Returns the number of commands, or None after a difference."""
    bench.start_round()
    limits = bench.vary_limits(rng, options.torture)
    commands = []
    choice = rng.choice
    start = 0
    try:
        for start in range(0, options.length, BATCH):
            batch = [choice(table)() for _ in range(min(BATCH, options.length - start))]
            commands += batch
            bench.run(batch, comparer)
        start = 0
        bench.check_datasets(len(commands))
        bench.check_streams(len(commands))
        bench.check_forms(len(commands), rng)
        return len(commands)
    except NotComparable:
        bench.open()
        return len(commands)
    except Difference as difference:
        found = difference
    except (resp.Closed, OSError) as error:
        found = revive(bench, error)
        found.index = len(commands) - start
    print("limits: %s" % " ".join("%s=%s" % pair for pair in limits.items()))
    report(bench, comparer, commands, found, options, seed, start)
    return None


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--length", type=int, default=ROUND, help="commands in a round")
    parser.add_argument("--only", default="", help="names of commands, separated by commas")
    parser.add_argument("--resp", type=int, choices=(2, 3), default=2)
    parser.add_argument("--torture", action="store_true", help="smallest limits of all encodings in every round")
    parser.add_argument("--keep-going", action="store_true", help="go on with the next round after a difference")
    parser.add_argument("--shrink-seconds", type=float, default=60)
    options = parser.parse_args()
    if servers.redis_path() is None:
        servers.skip("no redis-server to compare with")
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    print("seed %d" % seed, flush=True)
    sys.exit(play(options, seed))


def play(options, seed):
    only = {name for name in options.only.lower().split(",") if name}
    bench = Bench(options.resp)
    deadline = time.monotonic() + (options.seconds or (20 if options.rounds is None else 1e9))
    total = rounds = failures = 0
    began = time.monotonic()
    comparer = Comparer(workload.containers(bench.docs[0]))
    while time.monotonic() < deadline and rounds != options.rounds:
        # Every round has its own seed, so that one can be run alone: --seed S+n --rounds 1.
        rng = random.Random(seed + rounds)
        table = makers(bench, rng, only)
        done = one_round(bench, table, comparer, rng, options, seed + rounds)
        rounds += 1
        total += done or 0
        if done is None:
            failures += 1
            if not options.keep_going:
                break
    spent = time.monotonic() - began
    bench.stop()
    print("%d rounds, %d commands, %d a second, %d kinds: %s" % (
        rounds, total, total / spent, len(set(table)), "%d differ" % failures if failures else "all the same"))
    return 1 if failures else 0


if __name__ == "__main__":
    main()
