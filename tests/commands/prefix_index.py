#!/usr/bin/env python3
"""The index of prefixes agrees with the keyspace after every burst of random commands of all families.

    prefix_index.py [--seed S] [--seconds N]

After each burst: PREFIX SCAN lists what KEYS does, in order; PREFIX COUNT and PREFIX TREE come to what the keys below them do; and an
index that is built anew from the keyspace says the same, sizes included. Then a keyspace of many keys is indexed while it changes.
"""

import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import generator, servers, workload  # noqa: E402

BURST = 1500
DATABASES = (0, 1, 2)
LEFT_OUT = {"wait", "migrate", "shutdown", "pfselftest", "restore-asking"}
MANY = 200000
NEVER = 2 ** 63 - 1  # a key that expires then does not


def rows(reply):
    return [[item.value for item in row.value] for row in reply.value[1].value]


def tree(connection, prefix, delimiter=b":"):
    """All children: (name, kind, keys, bytes, next expiry)."""
    found, start = [], b""
    while start is not None:
        reply = connection.command("PREFIX", "TREE", prefix, "DELIM", delimiter, "START", start, "COUNT", 7)
        found += rows(reply)
        start = reply.value[0].value
    return found


def scan(connection, prefix, count=13):
    found, start = [], b""
    while start is not None:
        reply = connection.command("PREFIX", "SCAN", prefix, "START", start, "COUNT", count)
        found += [item.value for item in reply.value[1].value]
        start = reply.value[0].value
    return found


class Checker:
    def __init__(self, connection, rng):
        self.connection, self.rng, self.checks = connection, rng, 0

    def same(self, what, index, truth):
        self.checks += 1
        if index != truth:
            sys.exit("%s\n    index: %r\n    keys:  %r" % (what, index, truth))

    def expiry(self, keys):
        times = [self.connection.command("PEXPIRETIME", key).value for key in keys]
        return min((at for at in times if 0 <= at < NEVER), default=None)

    def prefix(self, keys, prefix):
        below = [key for key in keys if key.startswith(prefix)]
        self.same("PREFIX COUNT %r" % prefix, self.connection.command("PREFIX", "COUNT", prefix).value, len(below))
        self.same("PREFIX SCAN %r" % prefix, scan(self.connection, prefix), below)
        delimiter = self.rng.choice([b":", b"0", b"{", b"a", b"zz"])
        children = tree(self.connection, prefix, delimiter)
        self.same("keys of PREFIX TREE %r" % prefix, sum(child[2] for child in children), len(below))
        for name, kind, count, _, expiry in children:
            own = [key for key in below if key == name or (kind == b"prefix" and key.startswith(name))]
            self.same("child %r of %r" % (name, prefix), (count, expiry), (len(own), self.expiry(own)))

    def database(self):
        keys = sorted(item.value for item in self.connection.command("KEYS", "*").value)
        self.prefix(keys, b"")
        for key in self.rng.sample(keys, min(3, len(keys))):
            self.prefix(keys, key[:self.rng.randrange(len(key) + 1)])

    def everything(self):
        trees = []
        for database in DATABASES:
            self.connection.command("SELECT", database)
            self.database()
            trees.append(tree(self.connection, b""))
        # An index that is built anew counts the same bytes.
        turn(self.connection, "")
        turn(self.connection, " ".join(map(str, DATABASES)))
        for database, before in zip(DATABASES, trees):
            self.connection.command("SELECT", database)
            self.same("index of database %d, built anew" % database, self.sized(before),
                      self.sized(tree(self.connection, b"")))

    def sized(self, children):
        """Without the bytes of streams: what their groups deliver and acknowledge is no change of the key."""
        return [child[:3] + [0] + child[4:] if self.connection.command("TYPE", child[0]).text() == b"stream" else child
                for child in children if child[1] == b"key"]


def turn(connection, databases):
    reply = connection.command("CONFIG", "SET", "prefix-index-databases", databases)
    if reply.is_error():
        sys.exit(reply.text().decode())


def burst(connection, makers, rng):
    connection.send_raw(b"".join(rng.choice(makers)() for _ in range(BURST)))
    connection.send("DISCARD")
    for _ in range(BURST + 1):
        connection.read()
    connection.command("UNWATCH")


def random_rounds(server, rng, seconds):
    with server.connect(3, timeout=60) as connection:
        turn(connection, " ".join(map(str, DATABASES)))
        documents = generator.documented(connection)
        values = generator.Values(rng, workload.sample_payloads(connection))

        def weight(name, docs):
            known = docs.get("group") in workload.GROUPS or name in workload.EXTRA
            left_out = name in LEFT_OUT or name.startswith("prefix") or workload.blocks(name) or name == "xread"
            return 0 if left_out or name == "xreadgroup" or not known else workload.WEIGHTS.get(name, 1)
        makers = workload.makers(documents, documents, values, weight)
        checker = Checker(connection, rng)
        # Without the active cycle expired keys stay, and must not be counted all the same.
        connection.command("DEBUG", "SET-ACTIVE-EXPIRE", rng.choice((0, 1)))
        end = time.monotonic() + seconds
        bursts = 0
        while time.monotonic() < end:
            burst(connection, makers, rng)
            checker.everything()
            bursts += 1
        print("%d bursts of %d commands, %d checks" % (bursts, BURST, checker.checks))
        turn(connection, "")
        connection.command("FLUSHALL")


def while_it_changes(server, rng):
    """Turning the index on for many keys: the server answers meanwhile, and the index is exact at the end."""
    with server.connect(3, timeout=60) as connection:
        connection.command("SELECT", 0)
        for first in range(0, MANY, 1000):
            words = [word for i in range(first, first + 1000) for word in ("many:%d:%d" % (i % 97, i), "x")]
            connection.command("MSET", *words)
        turn(connection, "0")
        refused = connection.command("PREFIX", "COUNT", "many:")
        changes = 0
        while connection.command("PREFIX", "COUNT", "many:").is_error():
            i = rng.randrange(MANY)
            connection.command("DEL", "many:%d:%d" % (i % 97, i))
            connection.command("SET", "new:%d" % rng.randrange(1000), "y")
            changes += 2
        checker = Checker(connection, rng)
        keys = sorted(item.value for item in connection.command("KEYS", "*").value)
        checker.same("PREFIX SCAN", scan(connection, b"", 1000), keys)
        checker.same("PREFIX COUNT", connection.command("PREFIX", "COUNT", "").value, len(keys))
        groups = {key[:key.index(b":", 5) + 1] for key in keys if key.startswith(b"many:")}
        checker.same("PREFIX TREE", [child[0] for child in tree(connection, b"many:")], sorted(groups))
        print("built while %d commands ran; at first: %s" % (changes, refused.value))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.randrange(2 ** 31))
    parser.add_argument("--seconds", type=float, default=8)
    options = parser.parse_args()
    print("seed %d" % options.seed)
    rng = random.Random(options.seed)
    with servers.cay() as server:
        random_rounds(server, rng, options.seconds)
        while_it_changes(server, rng)


if __name__ == "__main__":
    main()
