"""Runs the load generator against a server and reads what it cost: processor time, latency, memory."""

import json
import os
import statistics
import subprocess
import time

from lib import servers

KINDS = ("redis", "cay")


class Bench:
    """What all measurements of one run share."""

    def __init__(self, options):
        self.load = options.load
        self.paths = {"redis": options.redis, "cay": options.cay}
        self.extra = {"redis": options.redis_options.split(), "cay": options.cay_options.split()}
        cores = sorted(os.sched_getaffinity(0))
        self.server_core = cores[0] if options.server_cpu is None else options.server_cpu
        self.load_core = cores[-1] if options.load_cpu is None else options.load_cpu
        self.scale = options.scale
        self.all_cores = set(cores)
        try:
            # Servers and load inherit it: what else the machine does gets in between less often.
            os.setpriority(os.PRIO_PROCESS, 0, -20)
        except PermissionError:
            pass

    def start(self, kind):
        """A fresh, empty server on the server's core; every thread of it inherits the core."""
        os.sched_setaffinity(0, {self.server_core})
        try:
            folder = servers.temporary_folder()
            words = ["--bind", "127.0.0.1", "--dir", folder, "--save", "", "--appendonly", "no",
                     "--loglevel", "warning"] + self.extra[kind]
            server = servers.Server(kind, options=words, folder=folder, path=self.paths[kind], test_defaults=False)
        finally:
            os.sched_setaffinity(0, self.all_cores)
        return server

    def command(self, server, words):
        return [self.load, "--port", str(server.port), "--cpu", str(self.load_core)] + [str(word) for word in words]

    def run_load(self, server, *words):
        """Runs cay-load to its end; returns its JSON."""
        done = subprocess.run(self.command(server, words), stdout=subprocess.PIPE, check=False)
        if done.returncode != 0 or not server.alive():
            raise RuntimeError("the load ended badly against %s\n%s" % (server.path, server.tail()))
        result = json.loads(done.stdout)
        if result["errors"]:
            raise RuntimeError("%s answered: %s" % (server.kind, result["first_error"]))
        return result

    def fill(self, server, keys, value_size=64, command="SET {seq} {value}", first=0, connections=50,
             key_size=16):
        return self.run_load(server, "--requests", keys, "--first-key", first, "--connections", connections,
                             "--pipeline", 16, "--key-size", key_size, "--value-size", value_size, "--command", command)

    def measured(self, server, *words):
        """run_load() with the server's processor time beside it."""
        before = cpu_ns(server.pid)
        result = self.run_load(server, *words)
        result["cpu_us"] = (cpu_ns(server.pid) - before) / 1000 / result["requests"]
        return result

    def pinger(self, server):
        return subprocess.Popen(self.command(server, ["--pinger"]), stdin=subprocess.PIPE, stdout=subprocess.PIPE)


def cpu_ns(pid):
    """Processor time of all threads of a process, from its own clock; from /proc where that is refused."""
    try:
        return int(time.clock_gettime((~pid << 3) | 2) * 1e9)
    except OSError:
        with open("/proc/%d/stat" % pid) as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def rss(pid):
    """Resident bytes."""
    with open("/proc/%d/status" % pid) as file:
        for line in file:
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) * 1024
    return 0


def settled_rss(pid):
    """Resident bytes once they stop changing: freed pages go back to the system after a while."""
    before = rss(pid)
    for _ in range(20):
        time.sleep(0.1)
        now = rss(pid)
        if abs(now - before) < 256 * 1024:
            return now
        before = now
    return before


def median(results, *path):
    """The median of one figure over several rounds."""
    values = []
    for result in results:
        for name in path:
            result = result[name]
        values.append(result)
    return statistics.median(values)


def interleaved(rounds, measure):
    """measure(kind) for both servers in each round, in turns first; returns kind -> list of results."""
    results = {kind: [] for kind in KINDS}
    for number in range(rounds):
        for kind in KINDS if number % 2 == 0 else reversed(KINDS):
            results[kind].append(measure(kind))
    return results
