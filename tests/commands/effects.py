#!/usr/bin/env python3
"""Replays what commands propagate into empty servers: the datasets must be the same afterwards.

    effects.py [--seed S] [--seconds N | --rounds N] [--only SPOP,EXPIRE]

A cay-server with a recording plugin (tests/plugins/effects) runs random commands of several connections: random choices,
transactions, keys that expire meanwhile, eviction, commands that wait. What it propagated is sent to a second cay-server,
whose keys never expire by themselves, and, in rounds of commands that redis-server has, loaded by that as its log.
"""

import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import generator, resp, rules, servers, workload  # noqa: E402

PLUGIN = pathlib.Path(servers.cay_path()).resolve().parent.parent / "tests" / "plugins" / "effects.so"
ROUND = 12000
BATCH = 500
CONNECTIONS = 3
WAITING = 3
DATABASES = range(16)
MARKER = b"--end-of-batch--"
PATIENCE = 10.0  # seconds until a connection that waits too long is woken
# Never sent, and why.
EXCLUDED = {"migrate": "needs a third server", "wait": "waits for replicas", "waitaof": "waits for a file",
            "pfselftest": "takes half a second", "pfdebug": "internal", "scan": "changes nothing",
            "keys": "changes nothing", "lcs": "changes nothing"}
# A change is never told in these words, because it would not be the same change again.
NEVER_TOLD = {"spop", "expire", "pexpire", "expireat", "setex", "psetex", "getex", "incrbyfloat", "hincrbyfloat", "blpop",
              "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop", "xread", "xreadgroup",
              "xautoclaim", "hexpire", "hpexpire", "hexpireat", "eval", "evalsha"}


class Values(generator.Values):
    """Times that come true while a round runs are wanted here; what waits does so until somebody writes."""

    def waiting(self, argument):
        milliseconds, rng = argument.get("token") == "BLOCK", self.rng
        return lambda: generator.bulk(rng.randrange(1, 15) if milliseconds else "0.0%02d" % rng.randrange(1, 15))

    def far(self, low, high, past, relative):
        usual, rng = super().far(low, high, past, relative), self.rng
        seconds = low < 10 ** 8 if relative else low < 10 ** 11

        def make():
            if seconds or rng.random() < 0.4:
                return usual()
            soon = rng.randrange(1, 40)
            return generator.bulk(soon if relative else int(time.time() * 1000) + soon)
        return make


class Wrong(Exception):
    pass


class Worker:
    """One connection that sends commands of a table and does not care for the answers."""

    def __init__(self, server, table):
        self.connection = server.connect(timeout=60)
        self.id = self.connection.command("CLIENT", "ID").value
        self.table = table

    def send(self, rng, count, prologue=b"", epilogue=b""):
        commands = [rng.choice(self.table)() for _ in range(count)]
        self.connection.socket.sendall(prologue + b"".join(commands) + epilogue + resp.encode(["ECHO", MARKER]))

    def finish(self, server):
        """Reads until the marker. One that waits for ever is woken, as BLPOP without an end may be."""
        waited = time.monotonic()
        woken = "not yet"
        tail = b""
        socket = self.connection.socket
        socket.settimeout(0.5)
        while not tail.endswith(MARKER + b"\r\n"):
            try:
                chunk = socket.recv(1 << 20)
            except TimeoutError:
                if time.monotonic() - waited > PATIENCE:
                    with server.connect() as other:
                        clients = other.command("CLIENT", "LIST", "ID", self.id).text().decode()
                    raise Wrong("a waiting command has not come back: %s; tried CLIENT UNBLOCK: %s" % (clients, woken))
                with server.connect() as other:
                    woken = resp.show(other.command("CLIENT", "UNBLOCK", self.id))
                continue
            if not chunk:
                raise resp.Closed("the server hung up")
            tail = (tail + chunk)[-100:]


def commands_of(stream):
    position = 0
    while position < len(stream):
        node, position = resp.parse(stream, position)
        yield [word.value for word in node.value]


def check_stream(stream, writes):
    """Effects are writes that mean the same at any time, in groups that open and close. Returns their number."""
    group = None
    count = 0
    for words in commands_of(stream):
        name = words[0].decode("latin-1").lower()
        count += 1
        if name == "multi":
            if group is not None:
                raise Wrong("MULTI inside of a group")
            group = 0
        elif name == "exec":
            if not group:
                raise Wrong("a group of nothing, or none")
            group = None
        elif name != "select":
            check_effect(name, words, writes)
            if group is not None:
                group += 1
    if group is not None:
        raise Wrong("a group is not closed")
    return count


def check_effect(name, words, writes):
    shown = " ".join(resp.quote(word) for word in words)[:300]
    full = name + "|" + words[1].decode("latin-1").lower() if name in writes["containers"] and len(words) > 1 else name
    if full not in writes["names"]:
        raise Wrong("not a write: " + shown)
    if name in NEVER_TOLD:
        raise Wrong("not the same when it runs again: " + shown)
    upper = [word.upper() for word in words[2:]]
    if name == "set" and (b"EX" in upper[1:] or b"PX" in upper[1:]):
        raise Wrong("a time that is not absolute: " + shown)
    if name == "restore" and words[2] != b"0" and b"ABSTTL" not in upper:
        raise Wrong("a time that is not absolute: " + shown)
    if name == "xadd" and b"*" in xadd_id(words):
        raise Wrong("an ID from the clock: " + shown)


def xadd_id(words):
    """The ID in XADD key [NOMKSTREAM] [MAXLEN | MINID [= | ~] threshold [LIMIT count]] ID field value ..."""
    at = 2
    while words[at].upper() in (b"NOMKSTREAM", b"MAXLEN", b"MINID", b"LIMIT"):
        option = words[at].upper()
        at += 1 if option == b"NOMKSTREAM" else 2
        if option != b"LIMIT" and words[at - 1] in (b"=", b"~"):
            at += 1
    return words[at]


def writing_commands(connection):
    """Names of all that may be told, and of the containers among the commands."""
    names, containers = set(), set()
    pending = list(connection.command("COMMAND").value)
    while pending:
        fields = pending.pop().value
        name = fields[0].text().decode()
        if {b"write", b"may_replicate"} & {flag.text() for flag in fields[2].value}:
            names.add(name)
        if len(fields) > 9 and fields[9].value:
            containers.add(name)
            pending += fields[9].value
    return {"names": names, "containers": containers}


def state(server):
    """DBSIZE of each database and the digest of all."""
    with server.connect(timeout=60) as connection:
        row = []
        for database in DATABASES:
            connection.command("SELECT", database)
            row.append(connection.command("DBSIZE").value)
        row.append(connection.command("DEBUG", "DIGEST").text().decode())
        return row


def different_keys(left, right):
    """(database, name) of keys that differ, with a line of what they are."""
    with left.connect() as a, right.connect() as b:
        for database in DATABASES:
            names = set()
            for link in (a, b):
                link.command("SELECT", database)
                names |= {node.text() for node in link.command("KEYS", "*").value}
            for name in sorted(names):
                values = [link.command("DEBUG", "DIGEST-VALUE", name).raw for link in (a, b)]
                times = [link.command("PEXPIRETIME", name).value for link in (a, b)]
                if values[0] != values[1] or times[0] != times[1]:
                    kinds = [link.command("TYPE", name).text().decode() for link in (a, b)]
                    forms = [resp.quote(link.command("DUMP", name).text())[:400] for link in (a, b)]
                    yield database, name, "%s (expires %s) and %s (expires %s)\n    %s\n    %s" % (
                        kinds[0], times[0], kinds[1], times[1], *forms)


def parts(connection, name):
    """What the digest leaves out of a key."""
    kind = connection.command("TYPE", name).text()
    if kind == b"stream":
        return rules.fields(connection.command("XINFO", "STREAM", name, "FULL", "COUNT", "0"), strict=True)
    if kind == b"hash":
        names = sorted(node.text() for node in connection.command("HKEYS", name).value)
        if names:
            return list(zip(names, resp.plain(connection.command("HPEXPIRETIME", name, "FIELDS", len(names), *names))))
    return None


def differences(left, right, path=""):
    """Where two trees differ, a line each."""
    if isinstance(left, dict) and isinstance(right, dict) and left.keys() == right.keys():
        return [line for name in left for line in differences(left[name], right[name], path + "/" + name.decode("latin-1"))]
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        return [line for i, pair in enumerate(zip(left, right)) for line in differences(*pair, path + "/" + str(i))]
    return [] if left == right else ["%s: %s and %s" % (path, str(left)[:500], str(right)[:500])]


def history(stream, database, name, last=25):
    """The last effects that name a key."""
    lines, selected = [], 0
    for words in commands_of(stream):
        if words[0].upper() == b"SELECT":
            selected = int(words[1])
        if name in words[1:] and selected == database or words[0].upper() in (b"SWAPDB", b"FLUSHDB", b"FLUSHALL", b"MOVE"):
            lines.append("    [%d] " % selected + " ".join(resp.quote(word)[1:-1] or '""' for word in words)[:200])
    return lines[-last:]


class Test:
    """The recorded server, its copy, and the redis-server that loads what it tells."""

    def __init__(self):
        self.recorded = servers.cay(options=["--load-plugin", str(PLUGIN)])
        self.copy = servers.cay(options=["--load-plugin", str(PLUGIN)])
        self.redis = servers.redis(options={"appendonly": "yes"}) if servers.redis_path() else None
        self.control = self.recorded.connect(timeout=60)
        self.writes = writing_commands(self.control)
        with self.copy.connect() as connection:
            connection.command("DEBUG", "SET-ACTIVE-EXPIRE", "0")

    def tables(self, rng, only, common):
        """What connections send: (those that do not wait, those that wait)."""
        with self.recorded.connect(3) as connection:
            ours = generator.documented(connection)
            payloads = workload.sample_payloads(connection)
        theirs = ours
        if common:
            with self.redis.connect(3) as connection:
                theirs = generator.documented(connection)
        values = Values(rng, payloads)

        def chosen(name, docs):
            if name in EXCLUDED or workload.blocks(name) or name.endswith("|help"):
                return 0
            if only:
                return name in only or name in workload.EXTRA and 0.02
            return (docs.get("group") in workload.GROUPS or name in workload.EXTRA) and workload.WEIGHTS.get(name, 1)

        def waiting(name, docs):
            return workload.blocks(name) and (not only or name in only)
        # IDs from the clock in one half of the rounds: no smaller one can be added afterwards.
        without = dict(workload.WITHOUT, xadd={"*"} if rng.random() < 0.5 else ())
        return (workload.makers(ours, theirs, values, chosen, without),
                workload.makers(ours, theirs, values, waiting, without))

    def start_round(self, rng):
        self.command("FLUSHALL")
        limits = workload.vary_limits(rng, [self.control])
        # The others keep theirs, but a HyperLogLog's bytes are its value, and -0 is 0 in a small sorted set.
        for server in filter(None, (self.copy, self.redis)):
            with server.connect() as connection:
                for option, value in limits.items():
                    if option.startswith(("hll-", "zset-")):
                        connection.command("CONFIG", "SET", option, value)
        # In every fourth round the memory ends before the commands do.
        used = int(self.control.info("memory")["used_memory"])
        self.command("CONFIG", "SET", "maxmemory", used + 150000 if rng.random() < 0.25 else 0)
        self.command("CONFIG", "SET", "maxmemory-policy", rng.choice(
            ["allkeys-lru", "allkeys-random", "volatile-ttl", "volatile-lfu", "noeviction"]))
        self.command("EFFECTS", "TAKE")

    def command(self, *words):
        reply = self.control.command(*words)
        if reply.is_error():
            raise Wrong("%s: %s" % (words, reply.text()))
        return reply

    def play(self, rng, tables, length):
        active, waiting = tables
        workers = [Worker(self.recorded, active) for _ in range(CONNECTIONS)]
        waiters = [Worker(self.recorded, waiting) for _ in range(WAITING)] if waiting else []
        leave = resp.encode(["DISCARD"])
        for _ in range(length // (BATCH * CONNECTIONS)):
            for waiter in waiters:
                waiter.send(rng, 5, resp.encode(["SELECT", "0"]))
            for worker in workers:
                worker.send(rng, BATCH, resp.encode(["SELECT", rng.choice(["0", "0", "0", "1"])]), leave)
            for worker in workers + waiters:
                worker.finish(self.recorded)
        for worker in workers + waiters:
            worker.connection.close()
        # What is to expire soon does so now, so that it is told.
        time.sleep(0.1)

    def replay(self, stream):
        """Sends the stream as a master's link would. Every effect must be taken."""
        with self.copy.connect(timeout=60) as connection:
            connection.command("FLUSHALL")
            connection.command("EFFECTS", "FOLLOW")
            commands = list(commands_of(stream))
            for start in range(0, len(commands), 200):
                for words, reply in zip(commands[start:], connection.pipeline(commands[start:start + 200])):
                    inner = reply.value if isinstance(reply.value, list) else []
                    if reply.is_error() or words[0].upper() == b"EXEC" and any(node.is_error() for node in inner):
                        raise Wrong("replayed: %s\n%s" % (" ".join(resp.quote(word) for word in words)[:300],
                                                          resp.show(reply)[:300]))

    def load(self, stream):
        """Lets redis-server load the stream as its log."""
        folder = pathlib.Path(self.redis.folder) / "appendonlydir"
        with self.redis.connect(timeout=60) as connection:
            connection.command("FLUSHALL")
            # Empty base, stream as the increment.
            manifest = (folder / "appendonly.aof.manifest").read_text()
            files = [line.split()[1] for line in manifest.splitlines() if line.split()[5] == "i"]
            (folder / files[-1]).write_bytes(stream)
            reply = connection.command("DEBUG", "LOADAOF")
            if reply.is_error():
                raise Wrong("redis-server does not load it: %s" % reply.text())

    def compare_parts(self, stream):
        """What the digest leaves out: groups and consumers of streams, times of a hash's fields."""
        with self.recorded.connect() as ours, self.copy.connect() as theirs:
            for database in DATABASES:
                for link in (ours, theirs):
                    link.command("SELECT", database)
                for name in (node.text() for node in ours.command("KEYS", "*").value):
                    left, right = parts(ours, name), parts(theirs, name)
                    if left != right:
                        lines = ["the replayed key %s in db %d differs:" % (resp.quote(name)[:100], database)]
                        lines += ["  %s" % line for line in differences(left, right)]
                        raise Wrong("\n".join(lines + history(stream, database, name)))

    def compare(self, other, stream, patience):
        """Both datasets, until they are the same or patience (in seconds) is over."""
        deadline = time.monotonic() + patience
        while True:
            ours, theirs = state(self.recorded), state(other)
            if ours == theirs:
                return
            if time.monotonic() >= deadline:
                break
            time.sleep(0.05)
        lines = ["the replayed dataset differs (%s): %s and %s" % (other.kind, ours, theirs)]
        for database, name, what in list(different_keys(self.recorded, other))[:5]:
            lines.append("  db %d %s: %s" % (database, resp.quote(name)[:100], what))
            lines += history(stream, database, name)
        raise Wrong("\n".join(lines))

    def round(self, rng, options, common):
        """Returns the number of effects."""
        tables = self.tables(rng, options.only, common)
        self.start_round(rng)
        self.play(rng, tables, options.length)
        self.command("CONFIG", "SET", "maxmemory", "0")
        stream = self.command("EFFECTS", "TAKE").value
        if options.keep:
            pathlib.Path(options.keep).write_bytes(stream)
        count = check_stream(stream, self.writes)
        self.replay(stream)
        self.compare(self.copy, stream, 0)
        self.compare_parts(stream)
        if common:
            self.load(stream)
            self.compare(self.redis, stream, 2)
        return count

    def stop(self):
        for server in filter(None, (self.recorded, self.copy, self.redis)):
            status = server.stop()
            if status != 0:
                sys.exit("%s ended with status %s\n%s" % (server.kind, status, server.tail()))


def run(options, seed):
    test = Test()
    deadline = time.monotonic() + (options.seconds or (8 if options.rounds is None else 1e9))
    rounds = effects = 0
    while time.monotonic() < deadline and rounds != options.rounds:
        try:
            effects += test.round(random.Random(seed + rounds), options, test.redis is not None and rounds % 2 == 0)
        except (Wrong, resp.Closed, OSError) as error:
            print("round of seed %d: %s: %s" % (seed + rounds, type(error).__name__, error))
            for server in (test.recorded, test.copy):
                if not server.alive():
                    print("%s died\n%s" % (server.kind, server.tail()))
            return 1
        rounds += 1
    test.stop()
    print("%d rounds, %d effects replayed: equal digests" % (rounds, effects))
    return 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--length", type=int, default=ROUND, help="commands in a round")
    parser.add_argument("--only", type=lambda text: set(text.lower().split(",")), default=set(),
                        help="names of commands, separated by commas")
    parser.add_argument("--keep", help="file for the effects of the last round")
    options = parser.parse_args()
    if not PLUGIN.exists():
        servers.skip("%s is not built" % PLUGIN)
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    print("seed %d" % seed, flush=True)
    sys.exit(run(options, seed))


if __name__ == "__main__":
    main()
