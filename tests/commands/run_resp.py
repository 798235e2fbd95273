#!/usr/bin/env python3
"""Runs .resp scripts against cay-server and redis-server, and compares the replies byte for byte.

    run_resp.py [options] [PLUGIN | FILE.resp]...      (default: every plugin)

Where no redis-server is installed, replies recorded by an earlier `--record` are used. See tests/README.md.
"""

import argparse
import os
import pathlib
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import compare, recording, resp, script, servers  # noqa: E402

MAX_FAILURES_PER_FILE = 20
# Brings a server back to a known state between files. A server may lack some of them.
RESET = ["CLIENT UNPAUSE", "FLUSHALL SYNC", "FUNCTION FLUSH", "SCRIPT FLUSH", "SLOWLOG RESET", "LATENCY RESET",
         "DEBUG SET-ACTIVE-EXPIRE 1", "ACL LOG RESET"]
# What CONFIG SET cannot bring back, or what tests never leave changed.
NOT_RESTORED = {"port", "bind", "dir", "logfile", "save", "requirepass", "unixsocket", "pidfile"}
CLOSED = b"(the connection was closed)"


class Side:
    """One server as a script sees it: named connections, variables, the protocol's version."""

    def __init__(self, server, protocol, timeout):
        self.server = server
        self.protocol = protocol
        self.timeout = timeout
        self.connections = {}
        self.current = "a"
        self.variables = {}

    def connection(self):
        if self.current not in self.connections:
            self.connections[self.current] = self.server.connect(self.protocol, self.timeout)
        return self.connections[self.current]

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}

    def drop(self):
        connection = self.connections.pop(self.current, None)
        if connection:
            connection.close()

    def filled(self, words, index):
        """The words with ${name} replaced."""
        if not any(b"${" in word for word in words):
            return words
        out = []
        for word in words:
            word = word.replace(b"${i}", str(index).encode())
            for name, value in self.variables.items():
                word = word.replace(b"${" + name.encode() + b"}", value)
            out.append(word)
        return out

    def send(self, step, index):
        words = self.filled(step.words, index)
        if [word.lower() for word in words[:2]] == [b"config", b"resetstat"]:
            self.server.gather_executed()
        if "raw" in step.markers:
            self.connection().send_raw(b"".join(words))
        else:
            self.connection().send(*words)

    def read(self):
        try:
            return self.connection().read()
        except resp.Closed:
            self.drop()
            return resp.Node("-", CLOSED, CLOSED)

    def execute(self, step, index):
        """Sends, and reads one frame unless the step says @send."""
        try:
            self.send(step, index)
        except resp.Closed:
            self.drop()
            return resp.Node("-", CLOSED, CLOSED)
        if "send" in step.markers:
            return None
        reply = self.read()
        if "let" in step.markers:
            self.variables[step.markers["let"]] = reply.text()
        return reply


def config(server):
    """All options that can be read and set again."""
    with server.connect() as connection:
        reply = connection.command("CONFIG", "GET", "*")
        if reply.is_error():
            return {}
        values = {name: value.text() for name, value in resp.to_dict(reply).items()}
    return {name: value for name, value in values.items() if name not in NOT_RESTORED}


class Pair:
    """The servers of one run, restarted when one dies."""

    def __init__(self, with_redis):
        self.kinds = ["cay", "redis"] if with_redis else ["cay"]
        self.servers = {}
        self.configs = {}
        for kind in self.kinds:
            self._start(kind)

    def _start(self, kind):
        self.servers[kind] = servers.Server(kind)
        self.configs[kind] = config(self.servers[kind])

    def reset(self):
        for kind in self.kinds:
            if not self.servers[kind].alive():
                self._start(kind)
            self._reset(kind)

    def _reset(self, kind):
        server = self.servers[kind]
        server.gather_executed()
        now = config(server)
        with server.connect(timeout=60) as connection:
            for name, value in self.configs[kind].items():
                if now.get(name) != value:
                    connection.command("CONFIG", "SET", name, value)
            for line in RESET:
                connection.command(*line.split())
            # Last, so that the statistics count the script's commands only.
            connection.command("CONFIG", "RESETSTAT")

    def stop(self):
        """True when every server ended with status 0."""
        fine = True
        for kind, server in self.servers.items():
            status = server.stop()
            if status != 0:
                print("%s ended with status %s:\n%s" % (kind, status, server.tail()))
                fine = False
        return fine


def shortened(raw, limit=300):
    text = raw.decode("latin-1").encode("unicode_escape").decode()
    return text if len(text) <= limit else text[:limit] + "... (%d bytes)" % len(raw)


def first_difference(left, right):
    length = min(len(left), len(right))
    return next((i for i in range(length) if left[i] != right[i]), length)


class Run:
    """One script in one protocol."""

    def __init__(self, pair, path, steps, protocol, options):
        self.pair = pair
        self.path = path
        self.steps = steps
        self.protocol = protocol
        self.options = options
        self.failures = 0
        self.commands = 0
        self.sides = []
        self.replies = None    # recording.Reader or recording.Writer

    def fail(self, step, text):
        self.failures += 1
        print("%s:%d: (RESP%d) %s" % (os.path.relpath(self.path), step.line, self.protocol, step.text))
        for line in text:
            print("    " + line)

    def mismatch(self, step, cay, other, index):
        lines = ["cay:   %s" % resp.show(cay)[:2000], "redis: %s" % resp.show(other)[:2000]]
        if "repeat" in step.markers:
            lines.append("repetition %d" % index)
        if len(cay.raw) > 60 or resp.show(cay) == resp.show(other):
            at = max(0, first_difference(cay.raw, other.raw) - 40)
            lines.append("from byte %d:" % at)
            lines += ["cay:   " + shortened(cay.raw[at:]), "redis: " + shortened(other.raw[at:])]
        self.fail(step, lines)

    def directive(self, step):
        name, arguments = step.directive, step.arguments
        if name == "sleep":
            time.sleep(float(arguments[0]) / 1000)
        elif name == "client":
            for side in self.sides:
                side.current = arguments[0]
        elif name == "default-timeout":
            for side in self.sides:
                side.timeout = float(arguments[0])
        elif name == "config":
            self.set_config(step, *arguments)
        elif name == "closed":
            for side in self.sides:
                if not side.connection().closed():
                    self.fail(step, ["%s kept the connection open" % side.server.kind])
                side.drop()
        elif name == "receive":
            for _ in range(int((arguments or ["1"])[0])):
                self.check(step, [side.read() for side in self.sides], 0)

    def set_config(self, step, option, value):
        for side in self.sides:
            with side.server.connect() as connection:
                reply = connection.command("CONFIG", "SET", option, value)
                if reply.is_error():
                    self.fail(step, ["%s: %s" % (side.server.kind, resp.show(reply))])

    def check(self, step, replies, index):
        """Compares cay's reply with the oracle's, or with the recorded one."""
        if isinstance(self.replies, recording.Reader):
            other = self.replies.next(step)
        else:
            other = replies[1]
            if self.replies:
                self.replies.add(step, other)
        if self.options.show:
            print("%d %s  ->  %s" % (step.line, step.text, resp.show(other)))
        if not recording.matches(step, replies[0], other):
            self.mismatch(step, replies[0], other, index)

    def differs(self, step, index):
        if self.options.self:
            return
        reply = self.sides[0].execute(step, index)
        reason, expected = step.differs
        if reply and not compare.as_expected(reply, expected, step.markers):
            self.fail(step, ["cay:      %s" % resp.show(reply), "expected: %s" % expected,
                             "(differs from 7.0.15: %s)" % reason])

    def command(self, step):
        for index in range(int(step.markers.get("repeat", 1))):
            self.commands += 1
            if step.differs:
                self.differs(step, index)
                continue
            replies = [side.execute(step, index) for side in self.sides]
            if replies[0] is not None and "skip" not in step.markers:
                self.check(step, replies, index)
            if self.failures >= MAX_FAILURES_PER_FILE:
                return

    def selected(self):
        """The steps that this protocol takes part in."""
        only = None
        for step in self.steps:
            if step.directive in ("resp2", "resp3"):
                only = int(step.directive[-1])
            elif step.directive == "both":
                only = None
            elif only in (None, self.protocol):
                yield step

    def has(self, command):
        with self.pair.servers["cay"].connect() as connection:
            reply = connection.command("COMMAND", "INFO", command)
        return not reply.is_error() and reply.value[0].value is not None

    def run(self):
        self.pair.reset()
        self.sides = [Side(self.pair.servers[kind], self.protocol, self.options.timeout)
                      for kind in self.pair.kinds]
        for step in self.selected():
            try:
                if step.directive == "needs" and not all(map(self.has, step.arguments)):
                    break
                self.directive(step) if step.directive else self.command(step)
            except (TimeoutError, OSError, resp.Closed, resp.ProtocolError, recording.Stale) as error:
                self.fail(step, ["%s: %s" % (type(error).__name__, error)] + self.deaths())
                break
            if self.failures >= MAX_FAILURES_PER_FILE:
                print("    (more failures in this file are not shown)")
                break
        for side in self.sides:
            side.close()

    def deaths(self):
        return ["%s died (status %s):\n%s" % (server.kind, server.process.returncode, server.tail())
                for server in self.pair.servers.values() if not server.alive()]


class Suite:
    def __init__(self, options):
        self.options = options
        self.failures = self.commands = self.files = self.skipped = 0

    def one_file(self, pair, path):
        try:
            steps = script.read(path)
        except script.ScriptError as error:
            print("%s: %s" % (os.path.relpath(path), error))
            self.failures += 1
            return
        recorded = path.with_suffix(".replies")
        if len(pair.kinds) == 1 and not recorded.exists():
            print("%s: no redis-server and no recorded replies" % os.path.relpath(path))
            self.skipped += 1
            return
        self.files += 1
        writers = []
        for protocol in self.options.protocols:
            run = Run(pair, path, steps, protocol, self.options)
            if len(pair.kinds) == 1:
                run.replies = recording.Reader(recorded, protocol)
            elif self.options.record:
                run.replies = recording.Writer(protocol)
                writers.append(run.replies)
            run.run()
            self.failures += run.failures
            self.commands += run.commands
        if writers:
            recording.save(recorded, writers)

    def run(self, paths):
        with_redis = servers.redis_path() is not None
        pair = Pair(with_redis)
        for path in paths:
            self.one_file(pair, path)
        if not pair.stop():
            self.failures += 1
        print("%d files, %d commands against %s: %s" % (
            self.files, self.commands, "redis-server" if with_redis else "recorded replies",
            "%d failures" % self.failures if self.failures else "all the same"))
        if self.failures:
            return 1
        return servers.SKIPPED if self.skipped and not self.files else 0


def scripts(names):
    """The .resp files of plugins and paths named on the command line."""
    if not names:
        return sorted(HERE.glob("*/*.resp"))
    found = []
    for name in names:
        path = pathlib.Path(name)
        if path.suffix == ".resp":
            found.append(path.resolve())
            continue
        folder = path if path.is_dir() else HERE / name
        found += sorted(folder.resolve().glob("*.resp"))
    if not found:
        sys.exit("no .resp files for " + " ".join(names))
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="PLUGIN|FILE.resp")
    parser.add_argument("--record", action="store_true", help="write redis-server's replies beside the scripts")
    parser.add_argument("--resp", type=int, choices=(2, 3), help="only this protocol")
    parser.add_argument("--show", action="store_true", help="print every command and the oracle's reply")
    parser.add_argument("--self", action="store_true", help="run redis-server against itself, to try a script")
    parser.add_argument("--timeout", type=float, default=20.0, help="seconds to wait for a reply")
    options = parser.parse_args()
    options.protocols = [options.resp] if options.resp else [2, 3]
    if options.self:
        os.environ["CAY_SERVER"] = servers.redis_path() or sys.exit("no redis-server")
    sys.exit(Suite(options).run(scripts(options.names)))


if __name__ == "__main__":
    main()
