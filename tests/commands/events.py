#!/usr/bin/env python3
"""Compares the keyspace events that random commands cause on cay-server and on redis-server, command by command.

    events.py [--seed S] [--seconds N | --rounds N] [--only LPUSH,LPOP] [--resp 3]

Both servers run the same stream with notify-keyspace-events KEAmn. A second connection listens to all events; a message
that is published behind each command tells which events are that command's. What is compared: their channels, their
contents and their order.
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

ROUND = 6000
BATCH = 100
SHOWN = 12
CHANNEL = b"__keymarker__:"
PATTERN = b"__key*__:*"
# Never sent, and why.
EXCLUDED = {**random_commands.EXCLUDED, "watch": "whether a watched key has expired decides over transactions"}
# Events that are not compared, and why.
IGNORED = {
    b"expired": "told when the key is found, which may be the expiry cycle's doing",
}


def name_of_event(event):
    channel, text = event
    return text if channel.startswith(b"__keyspace@") else channel.split(b"__:", 1)[1]


def but(*names):
    """Whether events are the same without those of these names."""
    def same(ours, theirs):
        left, right = ([event for event in events if name_of_event(event) not in names] for events in (ours, theirs))
        return left == right
    return same


MEMBERS = ("members of a set come in no particular order, and LIMIT takes some of them: which keys are looked up is open",
           but(b"keymiss"))
CONSUMERS = ("since 7.2 a consumer is made also where there is nothing to claim; arguments are checked before the key",
             but(b"xgroup-createconsumer", b"xgroup-delconsumer", b"keymiss"))
# Commands whose events may differ, why, and how.
DIFFERENT = {
    "bitfield": ("7.0 does not tell that the string has grown when the operation itself then overflows",
                 lambda ours, theirs: ours[:-2] == theirs),
    "restore": ("what it replaces may have expired already", but(b"del")),
    "sort": MEMBERS, "sort_ro": MEMBERS, "exec": MEMBERS,
    "xclaim": CONSUMERS, "xautoclaim": CONSUMERS, "xgroup|createconsumer": CONSUMERS, "xgroup|delconsumer": CONSUMERS,
    "xreadgroup": CONSUMERS,
}


class Listener:
    """Reads one server's messages, split at the markers."""

    def __init__(self, server, protocol):
        self.connection = server.connect(protocol, timeout=60)
        self.connection.command("PSUBSCRIBE", PATTERN)

    def read(self, last):
        """{index of a command: its events} up to the marker `last`; what no marker follows belongs to the next."""
        events, out = [], {}
        while True:
            channel, text = [node.value for node in self.connection.read().value[2:]]
            if channel != CHANNEL:
                if not ignored(channel, text):
                    events.append((channel, text))
                continue
            out[int(text)] = events
            events = []
            if int(text) == last:
                return out


def ignored(channel, text):
    return name_of_event((channel, text)) in IGNORED


def marker(index):
    return resp.encode(["PUBLISH", CHANNEL, str(index)])


class Test:
    def __init__(self, protocol):
        self.servers = [servers.cay(), servers.redis()]
        for server in self.servers:
            with server.connect() as connection:
                connection.command("CONFIG", "SET", "notify-keyspace-events", "KEAmn")
        self.listeners = [Listener(server, protocol) for server in self.servers]
        self.senders = [server.connect(timeout=60) for server in self.servers]
        self.found = {}   # name of a command -> (how often, example)
        self.commands = self.events = self.seed = 0
        self.seeds = {}   # name of a command -> the round of its example
        self.containers = set()

    def start_round(self, rng):
        for sender in self.senders:
            for words in (["SELECT", "0"], ["UNWATCH"], ["FLUSHALL"]):
                sender.command(*words)
        workload.vary_limits(rng, self.senders)
        for sender, listener in zip(self.senders, self.listeners):
            sender.command("PUBLISH", CHANNEL, "0")
            listener.read(0)

    def run(self, batch):
        """Sends the batch with a marker behind each command; compares. False when the datasets have parted."""
        stream = b"".join(command + marker(index) for index, command in enumerate(batch))
        stream += resp.encode(["DISCARD"]) + marker(len(batch))
        for sender in self.senders:
            sender.socket.sendall(stream)
            for _ in range(2 * len(batch) + 2):
                sender.read()
        ours, theirs = [listener.read(len(batch)) for listener in self.listeners]
        self.commands += len(batch)
        differences = [difference for index in sorted(theirs.keys() | ours.keys()) if (
            difference := self.compare(index, batch, ours.get(index), theirs.get(index)))]
        same = not differences or self.same_data()
        for difference in differences if same else differences[:1]:
            self.note(*difference)
        return same

    def same_data(self):
        """Where the datasets have parted, further differences say nothing."""
        digests = [sender.command("DEBUG", "DIGEST").value for sender in self.senders]
        return digests[0] == digests[1]

    def compare(self, index, batch, ours, theirs):
        """(name, words, ours, theirs) when there is a difference."""
        words = generator.words(batch[index]) if index < len(batch) else [b"DISCARD"]
        name = workload.name_of(words, self.containers)
        self.events += len(theirs or [])
        if ours == theirs:
            return None
        if None not in (ours, theirs) and name in DIFFERENT and DIFFERENT[name][1](ours, theirs):
            return None
        return name, words, ours, theirs

    def note(self, name, *example):
        count, first = self.found.get(name, (0, example))
        self.found[name] = (count + 1, first)
        if not count:
            self.seeds[name] = self.seed

    def report(self):
        for name, (count, (words, ours, theirs)) in sorted(self.found.items()):
            print("%s: %d times, such as (seed %d) %s" % (name, count, self.seeds[name],
                                                          " ".join(resp.quote(word) for word in words)[:300]))
            print("    cay:   %s" % shown(ours))
            print("    redis: %s" % shown(theirs))

    def stop(self):
        for server in self.servers:
            status = server.stop()
            if status != 0:
                sys.exit("%s ended with status %s\n%s" % (server.kind, status, server.tail()))


def shown(events):
    if events is None:
        return "(not told)"
    text = ", ".join("%s %s" % (channel.decode("latin-1"), message.decode("latin-1"))
                     for channel, message in events[:SHOWN] if channel.startswith(b"__keyevent"))
    return (text or "nothing") + (" ..." if len(events) > SHOWN else "")


def makers(test, rng, only):
    with test.servers[0].connect(3) as cay, test.servers[1].connect(3) as redis:
        ours, theirs = generator.documented(cay), generator.documented(redis)
        payloads = workload.sample_payloads(redis)

    def chosen(name, docs):
        if name in EXCLUDED or workload.blocks(name):
            return 0
        if only:
            return name in only or name in ("set", "del", "select")
        return (docs.get("group") in workload.GROUPS or name in workload.EXTRA) and workload.WEIGHTS.get(name, 1)
    test.containers = workload.containers(ours)
    return workload.makers(ours, theirs, generator.Values(rng, payloads), chosen)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--seed", type=int, default=None)
    parser.add_argument("--rounds", type=int, default=None)
    parser.add_argument("--seconds", type=float, default=None)
    parser.add_argument("--length", type=int, default=ROUND, help="commands in a round")
    parser.add_argument("--resp", type=int, choices=(2, 3), default=2)
    parser.add_argument("--only", type=lambda text: set(text.lower().split(",")), default=set(),
                        help="names of commands, separated by commas")
    options = parser.parse_args()
    if servers.redis_path() is None:
        servers.skip("no redis-server")
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 31)
    print("seed %d" % seed, flush=True)
    test = Test(options.resp)
    deadline = time.monotonic() + (options.seconds or (8 if options.rounds is None else 1e9))
    rounds = 0
    while time.monotonic() < deadline and rounds != options.rounds:
        test.seed = seed + rounds
        rng = random.Random(test.seed)
        table = makers(test, rng, options.only)
        test.start_round(rng)
        for _ in range(0, options.length, BATCH):
            if not test.run([rng.choice(table)() for _ in range(BATCH)]):
                break
        rounds += 1
    test.report()
    test.stop()
    print("%d rounds, %d commands, %d messages: %s" % (
        rounds, test.commands, test.events, "%d commands differ" % len(test.found) if test.found else "all the same"))
    sys.exit(1 if test.found else 0)


if __name__ == "__main__":
    main()
