#!/usr/bin/env python3
"""Plugins from outside: an installation, an example plugin built against its SDK, and MODULE while the server runs."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import resp, servers  # noqa: E402

# Plugins of the server itself that need the one that the example needs.
NEIGHBOURS = ["--disable-plugin", "bitmaps", "--disable-plugin", "hyperloglog"]
EXAMPLE = pathlib.Path(__file__).resolve().parent / "example_plugin"


def run(*words):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=900, check=False)
    if done.returncode:
        raise RuntimeError(" ".join(words) + "\n" + done.stdout)


class Plugins(unittest.TestCase):
    """The whole way of a plugin's author: install, configure, build, load."""

    @classmethod
    def setUpClass(cls):
        if shutil.which("cmake") is None:
            raise unittest.SkipTest("no cmake")
        folder = servers.temporary_folder()
        build = pathlib.Path(servers.cay_path()).resolve().parent.parent
        cls.prefix = os.path.join(folder, "prefix")
        run("cmake", "--install", str(build), "--prefix", cls.prefix)
        own = os.path.join(folder, "build")
        run("cmake", "-S", str(EXAMPLE), "-B", own, "-DCMAKE_PREFIX_PATH=" + cls.prefix)
        run("cmake", "--build", own)
        cls.plugin = os.path.realpath(os.path.join(own, "ratelimit.so"))
        cls.server = os.path.join(cls.prefix, "bin", "cay-server")

    def started(self, *options):
        return servers.Server("cay", path=self.server, options=list(options))

    def refused(self, *options):
        """What a start that must fail says."""
        server = servers.Server("cay", path=self.server, options=list(options), wait=False)
        self.assertEqual(server.process.wait(30), 1)
        text = server.tail()
        server.kill()
        return text

    def says(self, connection, expected, *words):
        self.assertEqual(resp.show(connection.command(*words)), expected)

    def test_load_plugin(self):
        with self.started("--load-plugin", self.plugin) as server, server.connect() as c:
            reply = resp.plain(c.command("RATELIMIT", "user", "3", "60000", "COST", "2"))
            self.assertEqual(reply[:2], [1, 1])
            self.assertTrue(0 < reply[2] <= 60000)
            self.assertEqual(resp.plain(c.command("ratelimit", "user", "3", "60000", "cost", "2"))[:2], [0, 1])
            self.assertEqual(resp.plain(c.command("GET", "user")), "2")
            self.says(c, "(error) ERR the window is longer than ratelimit-max-window",
                      "RATELIMIT", "user", "3", "999999999999999")
            self.says(c, "(error) ERR syntax error", "RATELIMIT", "user", "3", "5", "COSTS", "2")
            self.says(c, "(error) ERR wrong number of arguments for 'ratelimit' command", "RATELIMIT")
            self.assertEqual(resp.plain(c.command("COMMAND", "GETKEYS", "RATELIMIT", "a", "1", "2")), ["a"])
            names = c.command("COMMAND", "LIST", "FILTERBY", "MODULE", "ratelimit")
            self.assertEqual(resp.plain(names), ["ratelimit"])
            self.assertEqual(resp.plain(c.command("CONFIG", "GET", "ratelimit-max-window"))[1], "86400000")

    def test_options_of_the_plugin(self):
        with self.started("--load-plugin", self.plugin, "--ratelimit-max-window", "50") as server, \
                server.connect() as c:
            self.says(c, "(error) ERR the window is longer than ratelimit-max-window", "RATELIMIT", "k", "1", "51")
            self.says(c, "OK", "CONFIG", "SET", "ratelimit-max-window", "51")
            self.assertEqual(resp.plain(c.command("RATELIMIT", "k", "1", "51"))[0], 1)

    def test_load_and_unload_while_running(self):
        with self.started() as server, server.connect() as c:
            before = resp.plain(c.command("COMMAND", "COUNT"))
            for _ in range(3):
                self.says(c, "OK", "MODULE", "LOAD", self.plugin)
                self.assertEqual(resp.plain(c.command("COMMAND", "COUNT")), before + 1)
                self.assertEqual(resp.plain(c.command("RATELIMIT", "k", "9", "60000"))[0], 1)
                self.says(c, "OK", "MODULE", "UNLOAD", "ratelimit")
                self.assertEqual(resp.plain(c.command("COMMAND", "COUNT")), before)
                self.assertTrue(c.command("RATELIMIT", "k", "9", "60000").is_error())
                self.assertEqual(resp.plain(c.command("CONFIG", "GET", "ratelimit*")), [])

    def test_one_pipeline(self):
        """Requests that were parsed before the plugin came or went."""
        with self.started() as server, server.connect() as c:
            replies = c.pipeline([("MODULE", "LOAD", self.plugin), ("RATELIMIT", "k", "9", "60000"),
                                  ("MODULE", "UNLOAD", "ratelimit"), ("RATELIMIT", "k", "9", "60000"), ("PING",)])
            self.assertEqual([reply.is_error() for reply in replies], [False, False, False, True, False])
            self.assertEqual(resp.plain(replies[1])[:2], [1, 8])

    def test_loadex(self):
        with self.started() as server, server.connect() as c:
            self.says(c, "(error) ERR Error loading the extension: plugin 'ratelimit' has no option 'maxmemory'",
                      "MODULE", "LOADEX", self.plugin, "CONFIG", "maxmemory", "1")
            self.assertTrue(c.command("MODULE", "LOADEX", self.plugin, "CONFIG", "ratelimit-max-window", "0").is_error())
            self.says(c, "(error) ERR Error loading the extension: plugin 'ratelimit' refused its arguments: "
                         "it takes no arguments", "MODULE", "LOADEX", self.plugin, "ARGS", "x")
            self.says(c, "(error) ERR Error loading the extension: CONFIG needs a name and a value",
                      "MODULE", "LOADEX", self.plugin, "CONFIG", "x")
            self.says(c, "OK", "MODULE", "LOADEX", self.plugin, "CONFIG", "ratelimit.ratelimit-max-window", "7")
            self.assertEqual(resp.plain(c.command("CONFIG", "GET", "ratelimit-max-window"))[1], "7")
            with server.connect(protocol=3) as three:
                listed = resp.plain(three.command("MODULE", "LIST"))
            self.assertEqual(listed[-1], ["name", "ratelimit", "ver", 10000, "path", self.plugin, "args", []])

    def test_unload_is_refused(self):
        with self.started("--load-plugin", self.plugin, *NEIGHBOURS) as server, server.connect() as c:
            refusal = "(error) ERR Error unloading module: plugin 'strings' cannot be unloaded: "
            self.says(c, refusal + "plugin 'ratelimit' requires it", "MODULE", "UNLOAD", "strings")
            self.says(c, "OK", "MODULE", "UNLOAD", "ratelimit")
            self.says(c, "OK", "SET", "k", "v")
            self.says(c, refusal + "1 key holds a value of its type 'string'", "MODULE", "UNLOAD", "strings")
            self.says(c, "(error) ERR Error unloading module: no such module with that name", "MODULE", "UNLOAD", "x")
            self.says(c, "(error) ERR Error unloading module: this command is its own, and cannot take itself away",
                      "MODULE", "UNLOAD", "modules")
            self.assertEqual(resp.plain(c.command("GET", "k")), "v")

    def test_not_in_a_transaction(self):
        with self.started() as server, server.connect() as c:
            c.command("MULTI")
            c.command("MODULE", "LOAD", self.plugin)
            reply = resp.plain(c.command("EXEC"))
            self.assertEqual(len(reply), 1)
            self.assertTrue(c.command("RATELIMIT", "k", "9", "60000").is_error())

    def test_module_command_is_off_by_default(self):
        with self.started("--enable-module-command", "no") as server, server.connect() as c:
            for words in (("LOAD", self.plugin), ("LOADEX", self.plugin), ("UNLOAD", "strings")):
                reply = resp.show(c.command("MODULE", *words))
                self.assertTrue(reply.startswith("(error) ERR MODULE command not allowed."), reply)
            self.assertFalse(c.command("MODULE", "LIST").is_error())
        with self.started("--enable-module-command", "local") as server, server.connect() as c:
            self.says(c, "OK", "MODULE", "LOAD", self.plugin)

    def test_starts_that_fail(self):
        self.assertIn("cannot read plugin file '/no/such.so': No such file or directory",
                      self.refused("--load-plugin", "/no/such.so"))
        self.assertIn("plugin 'ratelimit' requires plugin 'strings', which is disabled",
                      self.refused("--load-plugin", self.plugin, "--disable-plugin", "strings", *NEIGHBOURS))
        self.assertIn("plugin folder '/no/such' does not exist", self.refused("--plugin-dir", "/no/such"))
        text = os.path.join(servers.temporary_folder(), "text.so")
        pathlib.Path(text).write_text("This is not a library.\n")
        self.assertIn("'%s' is not a plugin: it holds no Qt plugin metadata" % text,
                      self.refused("--load-plugin", text))
        copy = os.path.join(servers.temporary_folder(), "copy.so")
        shutil.copy(self.plugin, copy)
        self.assertIn("plugin 'ratelimit' is there twice: ",
                      self.refused("--load-plugin", self.plugin, "--load-plugin", copy))


class RenamedCommands(unittest.TestCase):
    def test_rename(self):
        secret = "s" * 40
        config = "rename-command GET fetch\nrename-command DEL \"\"\nrename-command CONFIG %s\n" % secret
        with servers.cay(config=config) as server, server.connect() as c:
            self.assertEqual(c.call("SET", "k", "v"), "OK")
            self.assertEqual(c.call("Fetch", "k"), "v")
            self.assertTrue(c.command("GET", "k").is_error())
            self.assertTrue(c.command("DEL", "k").is_error())
            self.assertEqual(c.call(secret.upper(), "GET", "port"), ["port", str(server.port)])
            self.assertEqual(c.call("COMMAND", "INFO", "fetch")[0][0], "get")
            self.assertEqual(c.call("COMMAND", "LIST", "FILTERBY", "PATTERN", "[gd]e[tl]"), ["get"])

    def test_refusals(self):
        for line, why in (("rename-command NOSUCH x", "No such command in rename-command"),
                          ("rename-command GET SET", "Target command name already exists")):
            server = servers.cay(config=line + "\n", wait=False)
            self.assertEqual(server.process.wait(30), 1)
            self.assertIn(why, server.tail())
            server.kill()


if __name__ == "__main__":
    unittest.main()
