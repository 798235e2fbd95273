#!/usr/bin/env python3
"""cay-server assembled differently: without one plugin at a time, over a unix socket, IPv6, with several databases."""

import json
import os
import pathlib
import stat
import sys
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import resp, servers  # noqa: E402


def plugins():
    """id -> metadata of every plugin in the tree."""
    found = {}
    for path in sorted(servers.ROOT.glob("plugins/*/*.json")):
        if path.stem == path.parent.name:
            found[path.stem] = json.loads(path.read_text())
    return found


def with_dependents(name, known):
    """A plugin and all that cannot do without it."""
    out = [name]
    for other in known:
        if other not in out and set(known[other].get("requires", [])) & set(out):
            out += [dependent for dependent in with_dependents(other, known) if dependent not in out]
    return out


class WithoutAPlugin(unittest.TestCase):
    def test_each_taken_out(self):
        known = plugins()
        for name in known:
            with self.subTest(plugin=name):
                self.one(name, known)

    def one(self, name, known):
        out = with_dependents(name, known)
        options = []
        for plugin in out:
            options += ["--disable-plugin", plugin]
        server = servers.Server("cay", options=options, wait=False)
        self.assertTrue(self.answers(server), server.tail())
        with server.connect() as connection:
            for plugin in out:
                for command, metadata in list(known[plugin].get("commands", {}).items())[:3]:
                    words, unknown = [command, "a"], b"ERR unknown command"
                    if metadata.get("extends") not in [None] + out:
                        words, unknown = [command, list(metadata["subcommands"])[0]], b"ERR unknown subcommand"
                    reply = connection.command(*words, "b", "c")
                    self.assertTrue(reply.text().startswith(unknown), "%s: %s" % (words, reply))
            if "strings" not in out:
                self.assertEqual(b"OK", connection.command("SET", "a", "b").text())
                self.assertEqual(b"b", connection.command("GET", "a").text())
            if "keys" not in out:
                self.assertEqual(":0", connection.command("EXISTS", "nokey").raw.decode().strip())
            if "connection" not in out:
                self.assertEqual(b"PONG", connection.command("PING").text())
        self.assertEqual(0, server.stop(gather=False), server.tail())

    @staticmethod
    def answers(server):
        """Ready, even without PING: any reply will do."""
        return server._wait_ready()


class Listeners(unittest.TestCase):
    def test_unix_socket(self):
        folder = servers.temporary_folder()
        path = os.path.join(folder, "cay.sock")
        with servers.cay(options={"unixsocket": path, "unixsocketperm": "700"}):
            self.assertEqual(0o700, stat.S_IMODE(os.stat(path).st_mode))
            with resp.Connection(path) as connection:
                self.assertEqual("PONG", connection.call("PING"))
        self.assertFalse(os.path.exists(path))

    def test_several_addresses(self):
        server = servers.Server("cay", options=["--bind", "127.0.0.1", "127.0.0.2", "-::1"])
        for host in ("127.0.0.1", "127.0.0.2"):
            with resp.Connection((host, server.port)) as connection:
                self.assertEqual("PONG", connection.call("PING"))
        try:
            with resp.Connection(("::1", server.port)) as connection:
                self.assertEqual("PONG", connection.call("PING"))
        except OSError:
            print("no IPv6 here")
        self.assertEqual(0, server.stop())

    def test_no_port_but_a_socket(self):
        folder = servers.temporary_folder()
        path = os.path.join(folder, "only.sock")
        server = servers.Server("cay", options={"unixsocket": path}, wait=False, no_port=True)
        self.wait_for_socket(path)
        with resp.Connection(path) as connection:
            self.assertEqual("PONG", connection.call("PING"))
        self.assertEqual(0, server.stop(gather=False))

    def wait_for_socket(self, path):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            try:
                resp.Connection(path).close()
                return
            except OSError:
                time.sleep(0.05)
        self.fail("no socket at " + path)


if __name__ == "__main__":
    unittest.main(warnings="ignore")
