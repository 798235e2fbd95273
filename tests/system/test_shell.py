#!/usr/bin/python3
"""The shell: compared with redis-cli, byte for byte, and used as a person would at a terminal."""

import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from lib import servers  # noqa: E402

SHELL = os.environ.get("CAY_SHELL") or servers.program("cay")
REDIS_CLI = shutil.which("redis-cli")
FORMATS = (["--raw"], ["--no-raw"], ["--csv"], ["--json"])
PROTOCOLS = (["-2"], ["-3"])


def run(program, port, *words, stdin=b"", environment=None, timeout=20):
    """Exit code, stdout, stderr."""
    env = dict(os.environ, CAY_HISTFILE="/dev/null", REDISCLI_HISTFILE="/dev/null", **(environment or {}))
    ended = subprocess.run([program, "-p", str(port), *words], input=stdin, capture_output=True, env=env,
                           timeout=timeout)
    return ended.returncode, ended.stdout, ended.stderr


class Terminal:
    """The shell on a pseudo terminal."""

    def __init__(self, *words, columns=120, history="/dev/null"):
        self.output = ""
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            # libedit keeps a few names to its end: no leaks to look for here.
            os.environ.update(TERM="xterm", CAY_HISTFILE=history, LC_ALL="C.UTF-8", COLUMNS=str(columns),
                              ASAN_OPTIONS="detect_leaks=0")
            os.execv(SHELL, [SHELL, *words])
        import fcntl
        import struct
        import termios
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))

    def wait_for(self, text, seconds=10):
        """Reads until the text has come since the last call; returns everything since then."""
        deadline = time.monotonic() + seconds
        while text not in self.output:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self.descriptor], [], [], left)[0]:
                raise AssertionError("%r did not come; there was: %r" % (text, self.output))
            try:
                data = os.read(self.descriptor, 65536)
            except OSError:
                data = b""
            if not data:
                raise AssertionError("%r did not come before the end; there was: %r" % (text, self.output))
            self.output += data.decode("utf-8", "replace").replace("\r\n", "\n")
        at = self.output.index(text) + len(text)
        seen, self.output = self.output[:at], self.output[at:]
        return seen

    def type(self, text):
        os.write(self.descriptor, text.encode())

    def enter(self, line, expected):
        """Types a line; returns what is printed until `expected`."""
        self.type(line + "\r")
        return self.wait_for(expected)

    def leave(self):
        """Ctrl-D on an empty line. Typed again while nothing happens: what is typed while the terminal changes its mode
        between two lines may be lost, or stay as the beginning of a line."""
        for _ in range(10):
            self.type("\x04")
            try:
                return self.ended(0.5)
            except AssertionError:
                self.type("\x03")
                time.sleep(0.5)
        raise AssertionError("Ctrl-D does not end the shell; there was: %r" % self.output)

    def ended(self, seconds=10):
        """The exit code."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if select.select([self.descriptor], [], [], 0.05)[0]:
                try:
                    self.output += os.read(self.descriptor, 65536).decode("utf-8", "replace")
                except OSError:
                    pass
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.pid = 0
                return os.waitstatus_to_exitcode(status)
        raise AssertionError("the shell did not end")

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        if self.pid:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        os.close(self.descriptor)


@unittest.skipUnless(servers.redis_path() and REDIS_CLI, "no redis-server with redis-cli to compare with")
class LikeRedisCli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = servers.redis()
        cls.port = cls.server.port
        prepare(cls.port)

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def same(self, *words, stdin=b"", environment=None):
        with self.subTest(words=words):
            wanted = run(REDIS_CLI, self.port, *words, stdin=stdin, environment=environment)
            got = run(SHELL, self.port, *words, stdin=stdin, environment=environment)
            self.assertEqual(got, wanted)

    def test_every_type(self):
        for kind in "string integer double null array set map push verbatim true false".split():
            for protocol in PROTOCOLS:
                for form in FORMATS:
                    self.same(*protocol, *form, "debug", "protocol", kind)

    def test_replies(self):
        commands = ["get binary", "get nokey", "hgetall h", "hgetall nokey", "smembers s", "smembers nokey", "lrange l 0 -1",
                    "hset h 1", "set x y", "config get *policy*", "command docs get set", "command info get", "lpop nokey 2",
                    "xrange st - +", "xinfo stream st full", "command getkeysandflags set a b", "acl getuser default",
                    "zrange z 0 -1 withscores", "cluster info", "latency doctor", "memory doctor", "object help", "lolwut",
                    "command"]
        for protocol in PROTOCOLS:
            for form in FORMATS:
                for command in commands:
                    self.same(*protocol, *form, *command.split())

    def test_nesting(self):
        scripts = ["return {1,{2,{3,{}},'x'},false,redis.error_reply('X y'),{{}}}",
                   "redis.setresp(3) return redis.call('hgetall','h')",
                   "return {map={a={1},b={map={c={double=1.5}}},d={1,2},e={}}}",
                   "return {map={[1]={{1,2}}}}", "return {set={a=true}}",
                   "local t={} for i=1,12 do t[i]={i,{i}} end return t"]
        for protocol in PROTOCOLS:
            for form in FORMATS:
                for script in scripts:
                    self.same(*protocol, *form, "eval", script, "0")

    def test_options(self):
        self.same("-r", "3", "echo", "a")
        self.same("-D", "|", "-r", "2", "echo", "k")
        self.same("-d", ",", "lrange", "l", "0", "-1")
        self.same("-n", "3", "dbsize")
        self.same("-n", "99", "ping")
        self.same("-a", "wrong", "ping")
        self.same("-a", "wrong", "--no-auth-warning", "ping")
        self.same("--user", "nobody", "--pass", "x", "ping")
        self.same("ping", environment={"REDISCLI_AUTH": "x"})
        self.same("-u", "redis://127.0.0.1:%d/2" % self.port, "dbsize")
        self.same("--quoted-input", "echo", r'"a\x41\n"', "'v'")
        self.same("--quoted-input", "echo", r'"a\x41\n"')
        self.same("-x", "set", "k", stdin=b"from stdin\n\0\xff")
        self.same("--no-raw", "get", "k")
        self.same("-X", "tag", "set", "tag", "v", stdin=b"kk")
        self.same("-X", "tag", "echo", "no", stdin=b"kk")
        self.same("--nosuchoption")
        self.same("-p")

    def test_errors(self):
        self.same("nosuch", "a")
        self.same("-e", "nosuch", "a")
        self.same("-e", "ping")
        for form in FORMATS:
            self.same(*form, "nosuch")

    def test_script(self):
        script = b"""set a "x y"\nget a\n\n  \nfoo "unbalanced\nget b\n# no comment\n3 echo again
multi\nget a\nexec\nselect 3\nget a\nmulti\nselect 4\nfoo\ndiscard\ndbsize\nselect 0\nquit\nping\n"""
        for form in ([], *FORMATS):
            self.same(*form, stdin=script)
            self.same("-3", *form, stdin=script)

    def test_pushes(self):
        script = b"set foo 0\ndel foo\nclient tracking on\nget foo\nset foo 1\nget foo\n"
        self.same("-3", "--no-raw", "--show-pushes", "yes", stdin=script)
        self.same("-3", "--no-raw", "--show-pushes", "no", stdin=script)
        self.same("-3", stdin=script)

    def test_modes(self):
        for words in (["--scan"], ["--scan", "--pattern", "str*"], ["--no-raw", "--scan", "--pattern", "b*"],
                      ["--scan", "--quoted-pattern", r'"str\x31"'], ["--bigkeys"], ["--memkeys"],
                      ["--memkeys-samples", "0"], ["--bigkeys", "--pattern", "str*"]):
            self.same(*words)

    def test_hot_keys(self):
        self.same("--hotkeys")
        run(REDIS_CLI, self.port, "config", "set", "maxmemory-policy", "allkeys-lfu")
        for _ in range(3):
            run(REDIS_CLI, self.port, "get", "str1")
        self.same("--hotkeys")
        run(REDIS_CLI, self.port, "config", "set", "maxmemory-policy", "noeviction")

    def test_pipe(self):
        commands = b"SET p 1\r\nGET p\r\nFOO\r\n*2\r\n$3\r\nGET\r\n$1\r\np\r\n"
        self.same("--pipe", stdin=commands)
        self.same("--pipe", stdin=b"")
        many = b"".join(b"*3\r\n$3\r\nSET\r\n$6\r\n%06d\r\n$1\r\nv\r\n" % i for i in range(100000))
        self.same("--pipe", "-n", "5", stdin=many)
        self.assertEqual(run(REDIS_CLI, self.port, "-n", "5", "dbsize")[1], b"100000\n")

    def test_checks_refuse_nothing_valid(self):
        script = (pathlib.Path(__file__).parent / "shell_commands.txt").read_bytes()
        with servers.redis() as server:
            _, out, err = run(SHELL, server.port, "--check", stdin=script)
        self.assertEqual(err, b"")
        self.assertGreater(out.count(b"\n"), 200)

    def test_checks_in_scripts(self):
        code, out, err = run(SHELL, self.port, "--check", "set", "k", "v", "EX", "ten")
        self.assertEqual((code, out), (1, b""))
        self.assertIn(b"set k v EX ten\n           ^^^ an integer is wanted here (seconds)\n", err)
        self.same("set", "k", "v", "EX", "ten")

    def test_pipe_gives_up(self):
        code, out, err = run(SHELL, self.port, "--pipe", "--pipe-timeout", "1", stdin=b"BLPOP nokey 0\r\n")
        self.assertEqual(code, 1)
        self.assertIn(b"No replies for 1 seconds: exiting.", err)


def prepare(port):
    for words in (["set", "binary", b'a"\\\t\x01\xff\xc3\xa9/'], ["set", "str1", "a"], ["set", "str2", "bb"],
                  ["hset", "h", "a", "1", "b", "2"], ["sadd", "s", "x", "y", "z"], ["rpush", "l", "a", "b", "c"],
                  ["zadd", "z", "1", "a", "2.5", "b"], ["xadd", "st", "*", "f", "v"],
                  ["xgroup", "create", "st", "g", "0"]):
        run(SHELL, port, *words)


class AtATerminal:
    """What holds for every server that describes its commands."""

    kind = None

    @classmethod
    def setUpClass(cls):
        cls.server = servers.Server(cls.kind)
        cls.port = cls.server.port
        run(SHELL, cls.port, "set", "present", "1")
        cls.described = run(SHELL, cls.port, "command", "docs", "get")[1] != b""

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def open(self, *words, **keywords):
        terminal = Terminal("-p", str(self.port), *words, **keywords)
        terminal.wait_for("127.0.0.1:%d> " % self.port)
        return terminal

    def prompt(self, suffix=""):
        return "127.0.0.1:%d%s> " % (self.port, suffix)

    def test_commands(self):
        with self.open() as terminal:
            self.assertIn("OK\n", terminal.enter("set a 'x y'", self.prompt()))
            self.assertIn('"x y"\n', terminal.enter("get a", self.prompt()))
            self.assertIn("(nil)\n", terminal.enter("get nokey", self.prompt()))
            self.assertIn("(error) ERR unknown command 'nosuch'", terminal.enter("nosuch", self.prompt()))
            self.assertIn("Invalid argument(s)\n", terminal.enter('get "a', self.prompt()))
            self.assertIn('(integer) 1\n(integer) 2\n', terminal.enter("2 incr counter%d" % os.getpid(), self.prompt()))
            terminal.type("quit\r")
            self.assertEqual(terminal.ended(), 0)

    def test_databases_and_transactions(self):
        with self.open() as terminal:
            terminal.enter("select 3", self.prompt("[3]"))
            terminal.enter("select 5", self.prompt("[5]"))
            terminal.enter("deselect", self.prompt("[3]"))
            terminal.enter("DESELECT", self.prompt())
            self.assertIn("no database to return to", terminal.enter("deselect", self.prompt()))
            terminal.enter("multi", self.prompt("(TX)"))
            terminal.enter("select 4", self.prompt("[4](TX)"))
            terminal.enter("discard", self.prompt())
            terminal.enter("multi", self.prompt("(TX)"))
            self.assertIn("QUEUED", terminal.enter("get a", self.prompt("(TX)")))
            terminal.enter("exec", self.prompt())

    def test_help(self):
        with self.open() as terminal:
            for line in ("get -h", "help get", "GET --help"):
                page = terminal.enter(line, self.prompt())
                for part in ("GET", "key", "summary:", "complexity:", "O(1)", "since:", "1.0.0", "ACL:", "@read"):
                    self.assertIn(part, page)
            self.assertIn("CLIENT KILL", terminal.enter("client kill -h", self.prompt()))
            self.assertIn("INCR", terminal.enter("help @string", self.prompt()))
            self.assertIn("@string", terminal.enter("help", self.prompt()))
            self.assertIn("No such command", terminal.enter("help nosuch", self.prompt()))

    def test_dashes(self):
        with self.open() as terminal:
            self.assertIn("(nil)\n", terminal.enter("set present v -NX -ex 10", self.prompt()))
            self.assertIn("OK\n", terminal.enter("set dashed -NX", self.prompt()))
            self.assertIn('"-NX"\n', terminal.enter("get dashed", self.prompt()))

    def test_checks(self):
        with self.open() as terminal:
            page = terminal.enter("set k v EX ten", self.prompt())
            self.assertIn("set k v EX ten\n           ^^^ an integer is wanted here (seconds)\n", page)
            self.assertIn("Nothing was sent", page)
            self.assertIn("(error) ERR value is not an integer", terminal.enter("set k v EX ten", self.prompt()))
            self.assertIn("^^ NX and XX exclude each other", terminal.enter("set a 1 nx xx", self.prompt()))
            self.assertIn("key is missing", terminal.enter("get", self.prompt()))
            self.assertIn("unknown option", terminal.enter("set a 1 what", self.prompt()))
            self.assertIn("unknown subcommand", terminal.enter("client nosuch", self.prompt()))
        with self.open("--no-check") as terminal:
            self.assertIn("(error) ERR value is not an integer", terminal.enter("set k v EX ten", self.prompt()))

    def test_hints_and_completion(self):
        with self.open() as terminal:
            terminal.type("set k v EX ")
            terminal.wait_for("\x1b[2mseconds")
            terminal.type("10 ")
            terminal.wait_for("[NX|XX")
            terminal.type("N\t")
            terminal.wait_for("X ")
            terminal.type("\x03")
            terminal.wait_for(self.prompt())
            terminal.type("clien\t")
            terminal.wait_for("t ")
            terminal.type("getn\t")
            terminal.wait_for("ame ")
            self.assertIn("(nil)", terminal.enter("", self.prompt()))
            terminal.type("hse\t")
            terminal.wait_for("key field value")
            terminal.type("\x03")
            terminal.wait_for(self.prompt())

    def test_history(self):
        with tempfile.NamedTemporaryFile() as file:
            with self.open(history=file.name) as terminal:
                terminal.enter("echo kept", '"kept"')
                terminal.wait_for(self.prompt())
                terminal.enter("auth secret", "ERR")
                terminal.wait_for(self.prompt())
                terminal.enter("config set requirepass ''", "OK")
                terminal.wait_for(self.prompt())
                terminal.leave()
            self.assertEqual(pathlib.Path(file.name).read_text(), "echo kept\n")
            with self.open(history=file.name) as terminal:
                terminal.type("\x1b[A")
                terminal.wait_for("echo kept")

    def test_streams(self):
        with self.open() as terminal:
            self.assertIn("OK\n", terminal.enter("monitor", "OK\n"))
            run(SHELL, self.port, "echo", "seen by monitor")
            terminal.wait_for('"seen by monitor"')
            terminal.type("\x03")
            terminal.wait_for(self.prompt())
            self.assertIn("PONG", terminal.enter("ping", self.prompt()))

    def test_reconnects(self):
        with self.open() as terminal:
            page = terminal.enter("client id", self.prompt())
            identity = re.search(r"\(integer\) (\d+)", page).group(1)
            terminal.enter("select 2", self.prompt("[2]"))
            run(SHELL, self.port, "client", "kill", "id", identity)
            self.assertIn("PONG", terminal.enter("ping", self.prompt("[2]")))
            self.assertIn("db=2", terminal.enter("client info", self.prompt("[2]")))


@unittest.skipUnless(servers.redis_path(), "no redis-server")
class AtATerminalWithRedis(AtATerminal, unittest.TestCase):
    kind = "redis"

    def test_subscriptions(self):
        for protocol in PROTOCOLS:
            with self.open(*protocol) as terminal:
                terminal.enter("subscribe news", '3) (integer) 1\n')
                run(SHELL, self.port, "publish", "news", "hello")
                terminal.wait_for('"message"\n2) "news"\n3) "hello"\n')
                terminal.type("\x03")
                terminal.wait_for(self.prompt())

    def test_pushes(self):
        with self.open("-3") as terminal:
            terminal.enter("client tracking on", self.prompt())
            terminal.enter("get present", self.prompt())
            run(SHELL, self.port, "set", "present", "1")
            self.assertIn("-> invalidate: 'present'\n", terminal.enter("ping", self.prompt()))

    def test_client_reply(self):
        with self.open() as terminal:
            terminal.enter("client reply off", self.prompt())
            terminal.enter("set silent 1", self.prompt())
            self.assertIn("OK", terminal.enter("client reply on", self.prompt()))
            self.assertIn('"1"', terminal.enter("get silent", self.prompt()))


class AtATerminalWithCay(AtATerminal, unittest.TestCase):
    kind = "cay"


class Embedded(unittest.TestCase):
    """A store inside the shell's process."""

    def setUp(self):
        self.folder = servers.temporary_folder()

    def ask(self, *words, stdin=b""):
        ended = subprocess.run([SHELL, "--embedded", self.folder, *words], input=stdin, capture_output=True, timeout=60)
        return ended.returncode, ended.stdout, ended.stderr

    def test_keeps_data(self):
        self.assertEqual(self.ask("set", "a", "1"), (0, b"OK\n", b""))
        self.assertEqual(self.ask("-n", "3", "set", "b", "x\ty", "ex", "1000")[1], b"OK\n")
        self.assertEqual(self.ask("incr", "a")[1], b"2\n")
        self.assertEqual(self.ask("-n", "3", "get", "b")[1], b"x\ty\n")
        self.assertIn(self.ask("-n", "3", "ttl", "b")[1], (b"1000\n", b"999\n", b"998\n"))
        self.assertEqual(self.ask("--scan")[1], b"a\n")
        self.assertEqual(self.ask("del", "a")[1], b"1\n")
        self.assertEqual(self.ask("dbsize")[1], b"0\n")

    def test_script_and_pipe(self):
        out = self.ask("--no-raw", stdin=b"set a 1\nmulti\nincr a\nget a\nexec\n")[1]
        self.assertEqual(out, b"OK\nOK\nQUEUED\nQUEUED\n1) (integer) 2\n2) \"2\"\n")
        many = b"".join(b"*3\r\n$3\r\nSET\r\n$6\r\n%06d\r\n$1\r\nv\r\n" % i for i in range(20000))
        self.assertIn(b"errors: 0, replies: 20000\n", self.ask("--pipe", stdin=many)[1])
        self.assertEqual(self.ask("dbsize")[1], b"20001\n")
        self.assertEqual(len(self.ask("--scan")[1].splitlines()), 20001)

    def test_large_value(self):
        value = os.urandom(20 << 20)
        self.assertEqual(self.ask("-x", "set", "large", stdin=value)[1], b"OK\n")
        self.assertEqual(self.ask("get", "large")[1], value + b"\n")

    def test_at_a_terminal(self):
        with Terminal("--embedded", self.folder) as terminal:
            terminal.wait_for(self.folder + "> ")
            self.assertIn("OK\n", terminal.enter("set t 1", "> "))
            code, _, err = self.ask("get", "t")
            self.assertEqual(code, 1)
            self.assertIn(b"another process has the store", err)
            os.kill(terminal.pid, signal.SIGTERM)
            self.assertEqual(terminal.ended(), 0)
        self.assertEqual(self.ask("get", "t")[1], b"1\n")

    def test_damage_is_told(self):
        self.ask("set", "a", "1")
        file = pathlib.Path(self.folder) / "store.resp"
        good = file.read_bytes()
        for bad in (good[:-20], b"nonsense", good.replace(b"RESTORE", b"FLUSHME"), good[:60] + b"\xff" + good[61:]):
            file.write_bytes(bad)
            code, out, err = self.ask("get", "a")
            self.assertEqual((code, out), (1, b""), bad)
            self.assertTrue(err.startswith(b"Could not open the store: "), err)
            self.assertEqual(file.read_bytes(), bad)
        code, _, err = subprocess.run([SHELL, "--embedded", "/proc/nowhere", "ping"], capture_output=True).returncode, 0, 0
        self.assertEqual(code, 1)


class WithoutServer(unittest.TestCase):
    def test_exit_codes(self):
        port = servers.free_port()
        code, out, err = run(SHELL, port, "ping")
        self.assertEqual((code, out), (1, b""))
        self.assertIn(b"Connection refused", err)
        self.assertEqual(run(SHELL, port, "--scan")[0], 1)
        self.assertEqual(run(SHELL, port, stdin=b"ping\n")[0], 1)
        self.assertEqual(run(SHELL, port, "-s", "/nosuch", "ping")[0], 1)
        self.assertEqual(run(SHELL, port, "--help")[0], 0)
        self.assertTrue(run(SHELL, port, "--version")[1].startswith(b"cay "))

    def test_garbage(self):
        """Whatever a peer sends, the shell says so and ends."""
        import socket
        import threading
        for answer in (b"HTTP/1.1 400 Bad Request\r\n\r\n", b"*-5\r\n", b"$9999999999999\r\n", b"\0" * 1000, b"",
                       b"*1\r\n" * 100000):
            with socket.socket() as listener:
                listener.bind(("127.0.0.1", 0))
                listener.listen()

                def serve():
                    connection, _ = listener.accept()
                    connection.recv(1000)
                    connection.sendall(answer)
                    connection.close()

                thread = threading.Thread(target=serve)
                thread.start()
                code, out, err = run(SHELL, listener.getsockname()[1], "ping")
                thread.join()
                self.assertEqual((code, out), (1, b""), answer[:20])
                self.assertTrue(err.startswith(b"Error: "), err)


if __name__ == "__main__":
    unittest.main(verbosity=1)
