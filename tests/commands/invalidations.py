#!/usr/bin/env python3
"""Compares which keys each of many random commands changes, as CLIENT TRACKING BCAST tells it, on both servers.

    invalidations.py [--seed S] [--seconds N] [--only LPUSH,LPOP]

What is told here is also what WATCH and caches stand on. Every command is sent alone, so that what is told is its own.
"""

import argparse
import pathlib
import random
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import random_commands  # noqa: E402
from lib import generator, resp, servers, workload  # noqa: E402

ROUND = 1500
# Never sent, and why.
EXCLUDED = {**random_commands.EXCLUDED, "swapdb": "tells nothing", "select": "keys of all databases are one to a cache",
            "pfdebug": "a changed encoding is told",
            "bitfield": "7.0 does not tell that the string has grown when the operation itself then overflows",
            "xgroup|destroy": "told, as it wakes those who wait in the group",
            "xclaim": "since 7.2 it always makes the consumer", "xautoclaim": "the same", "xreadgroup": "the same"}
PAST = (b"PXAT", b"EXAT", b"PX", b"EX")


class Side:
    def __init__(self, kind):
        self.server = servers.Server(kind)
        self.sender = self.server.connect(timeout=60)
        self.listener = self.server.connect(3, timeout=60)
        self.listener.command("CLIENT", "TRACKING", "ON", "BCAST")

    def told(self):
        """What has been told since the last time."""
        self.listener.send("PING")
        keys = []
        while True:
            node = self.listener.read()
            if not node.is_push():
                return sorted(keys)
            value = node.value[1].value
            keys += [b"(all)"] if value is None else [item.value for item in value]


def makers(sides, rng, only):
    with sides[0].server.connect(3) as cay, sides[1].server.connect(3) as redis:
        ours, theirs = generator.documented(cay), generator.documented(redis)
        payloads = workload.sample_payloads(redis)

    def chosen(name, docs):
        if name in EXCLUDED or workload.blocks(name):
            return 0
        if only:
            return name in only or name in ("set", "del")
        return docs.get("group") in workload.GROUPS and workload.WEIGHTS.get(name, 1)
    return workload.makers(ours, theirs, generator.Values(rng, payloads), chosen), workload.containers(ours)


def expires(words):
    """Whether the command may give a key a time that has passed: when that is found is each server's own business."""
    return words[0].upper() in (b"RESTORE", b"GETEX", b"SETEX", b"PSETEX") or any(
        word.upper() in PAST for word in words[2:])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=8)
    parser.add_argument("--only", type=lambda text: set(text.lower().split(",")), default=set(),
                        help="names of commands, separated by commas")
    options = parser.parse_args()
    if servers.redis_path() is None:
        servers.skip("no redis-server")
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    print("seed %d" % seed, flush=True)
    sides = [Side("cay"), Side("redis")]
    deadline = time.monotonic() + options.seconds
    commands = 0
    found = {}
    while time.monotonic() < deadline:
        rng = random.Random(seed)
        seed += 1
        table, containers = makers(sides, rng, options.only)
        for side in sides:
            side.sender.command("DISCARD")
            side.sender.command("FLUSHALL")
            side.told()
        commands += one_round(sides, rng, table, containers, found, seed - 1)
    for name, (count, first) in sorted(found.items()):
        print("%s: %d times, such as %s" % (name, count, first))
    for side in sides:
        if side.server.stop() != 0:
            sys.exit("%s ended badly\n%s" % (side.server.kind, side.server.tail()))
    print("%d commands: %s" % (commands, "%d differ" % len(found) if found else "all the same"))
    sys.exit(1 if found else 0)


def one_round(sides, rng, table, containers, found, seed):
    for sent in range(ROUND):
        command = rng.choice(table)()
        words = generator.words(command)
        if expires(words):
            continue
        for side in sides:
            side.sender.send_raw(command)
            side.sender.read()
        ours, theirs = [side.told() for side in sides]
        name = workload.name_of(words, containers)
        if ours == theirs:
            continue
        count, first = found.get(name, (0, "(seed %d) %s\n    cay:   %s\n    redis: %s" % (
            seed, " ".join(resp.quote(word) for word in words)[:300], ours, theirs)))
        found[name] = (count + 1, first)
        # Where the datasets have parted, further differences say nothing.
        if len({side.sender.command("DEBUG", "DIGEST").value for side in sides}) > 1:
            return sent
    return ROUND


if __name__ == "__main__":
    main()
