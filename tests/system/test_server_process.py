#!/usr/bin/env python3
"""cay-server as a process: command line, configuration, log, background, signals, supervision, crash report."""

import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import resp, servers  # noqa: E402

READY = "Ready to accept connections"
ENDED = "ready to exit, bye bye"


def wait_for(condition, what, seconds=20):
    """Polls until the condition gives something true, and returns that."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        result = condition()
        if result:
            return result
        time.sleep(0.02)
    raise AssertionError("waited in vain for " + what)


def read(path):
    try:
        return pathlib.Path(path).read_text(errors="replace")
    except OSError:
        return ""


class Process:
    """One cay-server with its output in files. Ended by pid, whatever the test does."""

    def __init__(self, *arguments, config=None, stdin=None, environment=None, folder=None, defaults=True):
        self.folder = pathlib.Path(folder or servers.temporary_folder())
        self.port = servers.free_port()
        self.out, self.err = self.folder / "out.txt", self.folder / "err.txt"
        words = [servers.cay_path()]
        if config is not None:
            self.config = self.folder / "server.conf"
            self.config.write_text(config.replace("PORT", str(self.port)))
            words.append(str(self.config))
        if defaults:
            words += ["--bind", "127.0.0.1", "--port", str(self.port)]
        words += list(arguments)
        with open(self.out, "ab") as out, open(self.err, "ab") as err:
            self.process = subprocess.Popen(
                words, stdin=subprocess.PIPE if stdin is not None else subprocess.DEVNULL, stdout=out, stderr=err,
                cwd=self.folder, env=dict(os.environ, **(environment or {})))
        if stdin is not None:
            self.process.stdin.write(stdin.encode())
            self.process.stdin.close()

    @property
    def pid(self):
        return self.process.pid

    def log(self):
        return read(self.out)

    def error(self):
        return read(self.err)

    def ready(self):
        wait_for(lambda: READY in self.log() or self.process.poll() is not None, READY)
        if self.process.poll() is not None:
            raise AssertionError("the server ended: " + self.log() + self.error())
        return self

    def status(self, seconds=20):
        return self.process.wait(seconds)

    def connect(self):
        return resp.Connection(("127.0.0.1", self.port))

    def kill(self):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


class ProcessTest(unittest.TestCase):
    def start(self, *arguments, **keywords):
        process = Process(*arguments, **keywords)
        self.addCleanup(process.kill)
        return process

    def run_to_end(self, *arguments, **keywords):
        process = self.start(*arguments, **keywords)
        process.code = process.status()
        return process


class CommandLine(ProcessTest):
    def test_help_and_version(self):
        for argument, text in (("--help", "Usage: "), ("-h", "Usage: "), ("--version", "Cay server v="),
                               ("-v", "Cay server v=")):
            process = self.run_to_end(argument, defaults=False)
            self.assertEqual(process.code, 0)
            self.assertIn(text, process.log())
            self.assertEqual(process.error(), "")

    def test_not_offered(self):
        process = self.run_to_end("--test-memory", "100", defaults=False)
        self.assertEqual(process.code, 1)
        self.assertIn("--test-memory is not offered", process.error())

    def test_check_config(self):
        process = self.run_to_end("--check-config", "--maxmemory", "5mb", "--requirepass", "secret",
                                  config="# nothing\ntimeout 7\nappendonly yes\n")
        self.assertEqual(process.code, 0, process.error())
        self.assertRegex(process.log(), r"(?m)^timeout 7   # .*server\.conf:2$")
        self.assertRegex(process.log(), r"(?m)^maxmemory 5242880   # the command line:")
        self.assertNotIn("secret", process.log())
        self.assertIn("Option 'appendonly'", process.log())
        self.assertNotIn(READY, process.log())

    def test_check_config_refuses(self):
        process = self.run_to_end("--check-config", config="port abc\n")
        self.assertEqual(process.code, 1)
        self.assertIn("FATAL CONFIG FILE ERROR", process.error())

    def test_configuration_from_stdin(self):
        process = self.run_to_end("--check-config", "--timeout", "5", "-", stdin="timeout 4\nhz 44\n", defaults=False)
        self.assertEqual(process.code, 0, process.error())
        self.assertRegex(process.log(), r"(?m)^hz 44   # standard input:2$")
        self.assertRegex(process.log(), r"(?m)^timeout 5   # the command line:")

    def test_bad_lines(self):
        for line, reason in (("foo bar", "Bad directive or wrong number of arguments"),
                             ("port 1 2", "wrong number of arguments"),
                             ("dir \"abc", "Unbalanced quotes in configuration line"),
                             ("slowlog-max-len x", "argument couldn't be parsed into an integer"),
                             ("databases 0", "argument must be between 1 and 2147483647 inclusive")):
            process = self.run_to_end(config="# one\n\n" + line + "\n")
            self.assertEqual(process.code, 1)
            lines = process.error().split("\n")
            at = next(i for i, text in enumerate(lines) if "*** FATAL CONFIG FILE ERROR (" in text)
            self.assertEqual(lines[at + 1:at + 5],
                             ["Reading the configuration file, at line 3", ">>> '%s'" % line, reason,
                              "in " + str(process.config)])

    def test_bad_option_on_the_command_line(self):
        process = self.run_to_end("--no-such-option", "1")
        self.assertEqual(process.code, 1)
        self.assertIn(">>> 'no-such-option \"1\"'", process.error())
        self.assertIn("in the command line", process.error())

    def test_missing_file(self):
        process = self.run_to_end("/no/such.conf", defaults=False)
        self.assertEqual(process.code, 1)
        self.assertIn("Fatal error, can't open config file '/no/such.conf': No such file or directory",
                      process.error())

    def test_start_lines(self):
        process = self.start("--appendonly", "no", "--loglevel", "verbose", "--save").ready()
        log = process.log()
        order = [" PID: %d" % process.pid, "Server initialized", READY]
        places = [log.find(text) for text in order]
        self.assertTrue(-1 not in places and places == sorted(places), log)
        self.assertEqual(log.count("Option 'appendonly' (the command line, line"), 1)
        for line in log.splitlines():
            if ":M " in line or ":C " in line:
                self.assertRegex(line, r"^\d+:[MC] \d\d \w{3} \d{4} \d\d:\d\d:\d\d\.\d{3} [.\-*#] ")

    def test_logo(self):
        process = self.start("--always-show-logo", "yes").ready()
        self.assertRegex(process.log(), r"PID: %d\b" % process.pid)

    def test_busy_port(self):
        with socket.socket() as busy:
            busy.bind(("127.0.0.1", 0))
            busy.listen()
            process = self.run_to_end("--port", str(busy.getsockname()[1]))
            self.assertEqual(process.code, 1)
            self.assertIn("Failed listening on port", process.log())

    def test_process_title(self):
        process = self.start("--proc-title-template", "{title} <{listen-addr}> {port}").ready()
        shown = pathlib.Path("/proc/%d/cmdline" % process.pid).read_bytes().split(b"\0")[0].decode()
        self.assertEqual(shown, "%s <127.0.0.1:%d> %d" % (servers.cay_path(), process.port, process.port))


class Log(ProcessTest):
    def test_log_file_and_hang_up(self):
        process = self.start("--logfile", "server.log")
        log = process.folder / "server.log"
        wait_for(lambda: READY in read(log), READY)
        self.assertEqual(process.log(), "")
        log.rename(process.folder / "old.log")
        os.kill(process.pid, signal.SIGHUP)
        wait_for(lambda: "opened again after SIGHUP" in read(log), "the new log")
        os.kill(process.pid, signal.SIGTERM)
        self.assertEqual(process.status(), 0)
        self.assertIn(ENDED, read(log))
        self.assertNotIn(ENDED, read(process.folder / "old.log"))

    def test_log_file_that_cannot_be_opened(self):
        process = self.run_to_end("--logfile", "/no/such/folder/x.log")
        self.assertEqual(process.code, 1)
        self.assertIn("Can't open the log file: No such file or directory", process.error())

    def test_level(self):
        process = self.start("--loglevel", "warning")
        wait_for(lambda: "Server initialized" in process.log(), "the start")
        os.kill(process.pid, signal.SIGTERM)
        self.assertEqual(process.status(), 0)
        self.assertNotIn(READY, process.log())  # a notice
        self.assertIn(ENDED, process.log())


class Signals(ProcessTest):
    def test_graceful_end(self):
        for number, name in ((signal.SIGTERM, "SIGTERM"), (signal.SIGINT, "SIGINT")):
            process = self.start().ready()
            os.kill(process.pid, number)
            self.assertEqual(process.status(10), 0)
            self.assertIn("Received %s scheduling shutdown..." % name, process.log())
            self.assertIn("User requested shutdown...", process.log())
            self.assertIn(ENDED, process.log())

    def test_second_signal_ends_at_once(self):
        process = self.start().ready()
        os.kill(process.pid, signal.SIGSTOP)  # both signals are there before the loop sees one
        os.kill(process.pid, signal.SIGTERM)
        os.kill(process.pid, signal.SIGINT)
        os.kill(process.pid, signal.SIGCONT)
        self.assertEqual(process.status(10), 1)
        self.assertIn("You insist... exiting now.", process.log())

    def test_survives(self):
        process = self.start().ready()
        for number in (signal.SIGUSR1, signal.SIGPIPE, signal.SIGHUP, signal.SIGSTOP, signal.SIGCONT):
            os.kill(process.pid, number)
        with process.connect() as connection:
            self.assertEqual(connection.command("PING").text(), b"PONG")

    def test_shutdown_command(self):
        process = self.start().ready()
        with process.connect() as connection:
            connection.send("SHUTDOWN", "NOSAVE")
            self.assertEqual(process.status(10), 0)
        self.assertIn(ENDED, process.log())


class CrashReport(ProcessTest):
    def check(self, process, number):
        self.assertEqual(process.status(), -number)
        log = process.log()
        self.assertIn("crashed by signal: %d" % number, log)
        self.assertIn("STACK TRACE", log)
        self.assertIn("REGISTERS", log)
        self.assertIn("BUG REPORT END", log)
        frames = re.findall(r"(?m)^#\d+ +0x[0-9a-f]+ (\S+)\((\S*)\+0x", log)
        self.assertGreater(len(frames), 5, log)
        return frames

    def test_fatal_signals(self):
        for number in (signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGFPE, signal.SIGILL):
            process = self.start().ready()
            os.kill(process.pid, number)
            frames = self.check(process, number)
            self.assertIn("# Killed by PID: %d" % os.getpid(), process.log())
            ours = [name for file, name in frames if file.startswith(("cay-server", "libcay"))]
            self.assertTrue(ours and all(ours), "frames without names: %s" % (frames,))

    def test_debug_segfault(self):
        process = self.start("--enable-debug-command", "yes").ready()
        with process.connect() as connection:
            connection.send("DEBUG", "SEGFAULT")
            try:
                if connection.read().text().startswith(b"ERR unknown command"):
                    self.skipTest("DEBUG is not there")
            except (resp.Closed, OSError):
                pass
        self.check(process, signal.SIGSEGV)
        self.assertIn("# Accessing address: 0x", process.log())

    def test_exit_after_a_failed_check(self):
        process = self.start("--use-exit-on-panic", "yes").ready()
        os.kill(process.pid, signal.SIGABRT)
        self.assertEqual(process.status(), 1)
        self.assertIn("BUG REPORT END", process.log())

    def test_switched_off(self):
        process = self.start("--crash-log-enabled", "no").ready()
        os.kill(process.pid, signal.SIGSEGV)
        self.assertEqual(process.status(), -signal.SIGSEGV)
        self.assertNotIn("STACK TRACE", process.log())


class Background(ProcessTest):
    def test_daemonize_and_pid_file(self):
        process = self.start("--daemonize", "yes", "--pidfile", "run.pid", "--logfile", "d.log")
        self.assertEqual(process.status(), 0)  # the one that was started is gone
        log, pid_file = process.folder / "d.log", process.folder / "run.pid"
        wait_for(lambda: READY in read(log), READY)
        pid = int(pid_file.read_text())
        self.addCleanup(end_pid, pid)
        self.assertNotEqual(pid, process.pid)
        self.assertEqual(os.getsid(pid), pid)
        with process.connect() as connection:
            self.assertEqual(connection.command("PING").text(), b"PONG")
        os.kill(pid, signal.SIGTERM)
        wait_for(lambda: not pid_file.exists(), "the pid file to go")
        wait_for(lambda: ENDED in read(log), "the end")

    def test_bad_configuration_is_told_before_the_fork(self):
        process = self.run_to_end("--daemonize", "yes", "--hz", "x")
        self.assertEqual(process.code, 1)
        self.assertIn("FATAL CONFIG FILE ERROR", process.error())

    def test_pid_file_without_daemonize(self):
        process = self.start("--pidfile", "run.pid").ready()
        self.assertEqual(int(read(process.folder / "run.pid")), process.pid)
        os.kill(process.pid, signal.SIGTERM)
        self.assertEqual(process.status(), 0)
        self.assertFalse((process.folder / "run.pid").exists())

    def test_pid_file_that_cannot_be_written(self):
        process = self.start("--pidfile", "/no/such/folder/x.pid").ready()
        self.assertIn("Failed to write PID file: No such file or directory", process.log())


class Supervision(ProcessTest):
    def notifications(self, process, listener):
        listener.settimeout(20)
        result = ""
        while "STOPPING=1" not in result:
            text = listener.recv(4096).decode()
            result += text + "\n"
            if "READY=1" in text:
                os.kill(process.pid, signal.SIGTERM)
        return result

    def test_systemd(self):
        for mode in ("systemd", "auto"):
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listener:
                path = os.path.join(servers.temporary_folder(), "notify")
                listener.bind(path)
                process = self.start("--supervised", mode, "--daemonize", "yes", environment={"NOTIFY_SOCKET": path})
                if wait_for(lambda: READY in process.log() or "without libsystemd" in process.log(), READY) and \
                        "without libsystemd" in process.log():
                    self.skipTest("built without libsystemd")
                text = self.notifications(process, listener)
                self.assertIn("STATUS=Ready to accept connections", text)
                self.assertEqual(process.status(), 0)  # in the foreground all the time
                self.assertIn("supervised by systemd", process.log())

    def test_nobody_there(self):
        process = self.start("--supervised", "auto").ready()
        self.assertNotIn("supervised by", process.log())
        process = self.start("--supervised", "upstart").ready()
        self.assertIn("upstart supervision requested, but UPSTART_JOB not found", process.log())


class Configuration(ProcessTest):
    def test_rewrite(self):
        process = self.start(defaults=False, config="# mine\nport PORT\nbind 127.0.0.1\n\n# time\ntimeout 100\n"
                                                    "appendonly no\nmaxmemory 1mb\n").ready()
        with process.connect() as connection:
            self.assertEqual(connection.command("CONFIG", "SET", "timeout", "0", "maxmemory", "100mb", "hz", "20",
                                                "slowlog-max-len", "7").text(), b"OK")
            self.assertEqual(connection.command("CONFIG", "REWRITE").text(), b"OK")
        text = process.config.read_text()
        self.assertEqual(text, "# mine\nport %d\nbind 127.0.0.1\n\n# time\ntimeout 0\nappendonly no\nmaxmemory 100mb\n"
                               "\n# Generated by CONFIG REWRITE\ndir \"%s\"\nhz 20\nslowlog-max-len 7\n"
                         % (process.port, process.folder.resolve()))
        self.assertEqual(os.listdir(process.folder).count("server.conf"), 1)
        self.assertIn("CONFIG REWRITE executed with success.", process.log())
        os.kill(process.pid, signal.SIGTERM)
        self.assertEqual(process.status(), 0)
        # The server reads what it wrote.
        again = self.run_to_end(str(process.config), "--check-config", defaults=False)
        self.assertEqual(again.code, 0, again.error())
        self.assertRegex(again.log(), r"(?m)^slowlog-max-len 7 ")

    def test_rewrite_without_file(self):
        process = self.start().ready()
        with process.connect() as connection:
            self.assertEqual(connection.command("CONFIG", "REWRITE").text(),
                             b"ERR The server is running without a config file")

    def test_renamed_commands(self):
        process = self.start(config="rename-command GETSET \"\"\nrename-command CONFIG hidden-config\n").ready()
        with process.connect() as connection:
            self.assertTrue(connection.command("CONFIG", "GET", "port").is_error())
            self.assertEqual(connection.command("hidden-config", "GET", "port").value[1].text(),
                             str(process.port).encode())
            self.assertIn(b"unknown command", connection.command("GETSET", "k", "v").text())

    def test_example_documents_every_option(self):
        """packaging/cay.conf is read without a complaint, gives the defaults, and names every option of the server."""
        example = servers.ROOT / "packaging" / "cay.conf"
        declared = json.loads((servers.ROOT / "app" / "core" / "options.json").read_text())["options"]
        text = example.read_text()
        for name in declared:
            self.assertRegex(text, r"(?m)^(# )?%s " % re.escape(name), "packaging/cay.conf misses it")
        process = self.run_to_end(str(example), "--check-config", defaults=False)
        self.assertEqual(process.code, 0, process.error())
        shown = dict(re.findall(r"(?m)^(\S+) (.*?)(?:   # .*)?$", process.log()))
        for name, option in declared.items():
            if name in shown and name != "dir":
                self.assertEqual(shown[name], option["default"] if not option.get("sensitive") else "(redacted)", name)


class Limits(ProcessTest):
    def test_open_files(self):
        words = "ulimit -n 200; exec \"$0\" --port %d --bind 127.0.0.1 --maxclients 5000"
        folder = servers.temporary_folder()
        port = servers.free_port()
        log = os.path.join(folder, "log")
        with open(log, "wb") as out:
            process = subprocess.Popen(["/bin/sh", "-c", words % port, servers.cay_path()], stdout=out, stderr=out,
                                       cwd=folder)
        try:
            wait_for(lambda: READY in read(log), READY)
            if "Increased maximum number" in read(log):
                return  # a privileged user may raise the limit
            self.assertIn("maxclients has been reduced to 168 to compensate for low ulimit", read(log))
            with resp.Connection(("127.0.0.1", port)) as connection:
                self.assertEqual(connection.command("CONFIG", "GET", "maxclients").value[1].text(), b"168")
        finally:
            process.kill()
            process.wait()

    def test_oom_score(self):
        process = self.start("--oom-score-adj", "absolute", "--oom-score-adj-values", "321", "400", "500").ready()
        path = pathlib.Path("/proc/%d/oom_score_adj" % process.pid)
        if "Unable to write oom_score_adj" in process.log():
            self.skipTest("not allowed here")
        self.assertEqual(path.read_text().strip(), "321")


def end_pid(pid):
    try:
        os.kill(pid, signal.SIGKILL)
    except OSError:
        pass


if __name__ == "__main__":
    unittest.main()
