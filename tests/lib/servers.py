"""Starts and stops cay-server and redis-server for tests.

Every server gets a free loopback port, a folder of its own and an end: stop(), the death of the test, or the
watchdog, whichever comes first. Servers are always ended by pid.

Environment:
    CAY_SERVER          the cay-server to test (else the newest build/*/bin/cay-server of this checkout)
    CAY_SERVER_OPTIONS  options added to every start of it, e.g. "--event-backend uring --io-threads 3"
    CAY_REDIS_SERVER    the oracle (else redis-server in PATH); "none" behaves as if there were none
    CAY_TEST_PORTS      "7110-7129": take ports from this range instead of what the system gives
    CAY_EXECUTED_DIR    where the names of executed commands are gathered for the gate
    CAY_WATCHDOG        seconds after which a forgotten server is killed (600)
"""

import atexit
import ctypes
import json
import os
import pathlib
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

from lib import resp

ROOT = pathlib.Path(__file__).resolve().parents[2]
SKIPPED = 77  # ctest's SKIP_RETURN_CODE
_PR_SET_PDEATHSIG = 1


def skip(why):
    print("SKIPPED: " + why)
    sys.exit(SKIPPED)


def cay_path():
    """The server under test; ends the test when there is none."""
    given = os.environ.get("CAY_SERVER")
    if given:
        return given
    built = sorted(ROOT.glob("build/*/bin/cay-server"), key=lambda path: path.stat().st_mtime)
    if not built:
        sys.exit("no cay-server: build it, or name one in CAY_SERVER")
    return str(built[-1])


def program(name):
    """A program built beside cay-server, such as the shell."""
    return str(pathlib.Path(cay_path()).with_name(name))


def redis_path():
    """Path of the oracle, or None."""
    given = os.environ.get("CAY_REDIS_SERVER")
    if given == "none":
        return None
    return given or shutil.which("redis-server")


def _can_bind(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_port():
    """A port that nobody listened on a moment ago."""
    wanted = os.environ.get("CAY_TEST_PORTS")
    if wanted:
        first, last = (int(part) for part in wanted.split("-"))
        start = (os.getpid() * 7 + int(time.monotonic() * 1000)) % (last - first + 1)
        for i in range(last - first + 1):
            port = first + (start + i) % (last - first + 1)
            if _can_bind(port):
                return port
        raise RuntimeError("no free port in " + wanted)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _die_with_parent():
    """In the child: end when the test ends, even by kill -9."""
    os.setsid()
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


_running = []
_folders = []
_executed = {}


@atexit.register
def _stop_all():
    for server in list(_running):
        server.kill()
    for folder in _folders:
        shutil.rmtree(folder, ignore_errors=True)


def temporary_folder():
    """A new folder that goes away when the test ends."""
    folder = tempfile.mkdtemp(prefix="cay-test-")
    _folders.append(folder)
    return folder


def record_executed(names):
    """Adds command names ("set", "client|kill") to what this test executed."""
    for name in names:
        _executed[name.lower()] = _executed.get(name.lower(), 0) + 1


@atexit.register
def _write_executed():
    folder = os.environ.get("CAY_EXECUTED_DIR")
    if not folder or not _executed:
        return
    name = os.environ.get("CAY_TEST_NAME") or pathlib.Path(sys.argv[0]).stem
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, name + ".json"), "w") as file:
        json.dump(sorted(_executed), file, indent=0)


class StartError(RuntimeError):
    pass


class Server:
    """One running server. kind is "cay" or "redis"."""

    def __init__(self, kind, options=None, config=None, folder=None, path=None, wait=True,
                 test_defaults=True, no_port=False):
        """options: dict of option -> value, or list of words. config: text of a config file, put first.

        no_port: listen on no TCP port. REQUIRES then: wait=False."""
        self.kind = kind
        self.path = path or (cay_path() if kind == "cay" else redis_path())
        self.folder = folder or temporary_folder()
        self.config = config
        self.options = options or {}
        self.test_defaults = test_defaults
        self.no_port = no_port
        self.process = None
        self.log = os.path.join(self.folder, "log.txt")
        self.start(wait)

    def _defaults(self):
        if not self.test_defaults:
            return []
        words = ["--bind", "127.0.0.1", "--dir", self.folder, "--save", "", "--enable-debug-command", "yes",
                 "--enable-module-command", "yes", "--enable-protected-configs", "yes"]
        if self.kind == "cay":
            words += shlex.split(os.environ.get("CAY_SERVER_OPTIONS", ""))
        return words

    def _command(self):
        words = [self.path]
        if self.config is not None:
            file = os.path.join(self.folder, "server.conf")
            if not os.path.exists(file):
                pathlib.Path(file).write_text(self.config)
            words.append(file)
        words += ["--port", str(self.port)] + self._defaults()
        if isinstance(self.options, dict):
            for name, value in self.options.items():
                words += ["--" + name] + ([str(value)] if not isinstance(value, list) else value)
        else:
            words += list(self.options)
        return words

    def start(self, wait=True, port=None):
        """Starts (again) with the same folder, on a fresh port unless one is given."""
        for _ in range(5):
            self.port = 0 if self.no_port else port or free_port()
            with open(self.log, "ab") as log:
                self.process = subprocess.Popen(self._command(), stdin=subprocess.DEVNULL, stdout=log,
                                                stderr=log, cwd=self.folder, preexec_fn=_die_with_parent)
            _running.append(self)
            self._watch()
            if not wait or self._wait_ready():
                return
            if "Address already in use" not in self.tail():
                break
        raise StartError("%s did not start: %s\n%s" % (self.path, " ".join(self._command()), self.tail()))

    def _watch(self):
        self.watchdog = threading.Timer(float(os.environ.get("CAY_WATCHDOG", "600")), self.kill)
        self.watchdog.daemon = True
        self.watchdog.start()

    def _wait_ready(self, seconds=30):
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                _running.remove(self)
                return False
            try:
                with self.connect(timeout=5) as connection:
                    if not connection.command("PING").text().startswith(b"LOADING"):
                        return True
            except (OSError, resp.Closed):
                pass
            time.sleep(0.02)
        self.kill()
        return False

    @property
    def pid(self):
        return self.process.pid

    @property
    def address(self):
        return ("127.0.0.1", self.port)

    def connect(self, protocol=2, timeout=10.0):
        return resp.Connection(self.address, timeout, protocol)

    def alive(self):
        return self.process.poll() is None

    def tail(self, lines=40):
        try:
            with open(self.log, errors="replace") as log:
                return "".join(log.readlines()[-lines:])
        except OSError:
            return ""

    def gather_executed(self):
        """Adds what the server counted in INFO commandstats to what this test executed."""
        if self.kind != "cay" or not self.alive():
            return
        try:
            with self.connect() as connection:
                stats = connection.info("commandstats")
        except (OSError, resp.Closed, resp.ProtocolError):
            return
        names = [name[8:] for name in stats if name.startswith("cmdstat_")]
        record_executed(name for name in names if not stats["cmdstat_" + name].startswith("calls=0,"))

    def stop(self, gather=True):
        """Ends it gracefully; returns its exit status (negative: the signal that ended it)."""
        if gather:
            self.gather_executed()
        if self.alive():
            self.process.send_signal(signal.SIGTERM)
        return self._ended(30)

    def kill(self):
        """kill -9."""
        if self.process and self.process.poll() is None:
            self.process.kill()
        return self._ended(30)

    def _ended(self, seconds):
        try:
            status = self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            status = self.process.wait()
        self.watchdog.cancel()
        if self in _running:
            _running.remove(self)
        return status

    def __enter__(self):
        return self

    def __exit__(self, kind, *unused):
        if kind is None and self.alive():
            status = self.stop()
            if status != 0:
                raise RuntimeError("the server ended with status %s\n%s" % (status, self.tail()))
        else:
            self.kill()


def cay(**keywords):
    return Server("cay", **keywords)


def redis(**keywords):
    return Server("redis", **keywords)
