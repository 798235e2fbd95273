#!/usr/bin/env python3
"""redis-cli, redis-benchmark and Debian's python3-redis against cay-server."""

import os
import pathlib
import shutil
import subprocess
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import servers  # noqa: E402

try:
    import redis
except ImportError:
    redis = None

# redis-benchmark's tests and the command that each needs.
BENCHMARKS = {"ping_inline": "ping", "ping_mbulk": "ping", "set": "set", "get": "get", "incr": "incr", "lpush": "lpush",
              "rpush": "rpush", "lpop": "lpop", "rpop": "rpop", "sadd": "sadd", "hset": "hset", "spop": "spop",
              "zadd": "zadd", "zpopmin": "zpopmin", "lrange_100": "lrange", "lrange_600": "lrange", "mset": "mset"}


def run(words, server, data=None, timeout=60):
    result = subprocess.run(words + ["-p", str(server.port)] if words[0] == "redis-benchmark" else
                            [words[0], "-p", str(server.port)] + words[1:],
                            input=data, capture_output=True, timeout=timeout)
    return result.returncode, result.stdout, result.stderr


@unittest.skipUnless(shutil.which("redis-cli"), "no redis-cli")
class RedisCli(unittest.TestCase):
    """The same command lines print the same against both servers."""

    @classmethod
    def setUpClass(cls):
        cls.cay = servers.cay()
        cls.redis = servers.redis() if servers.redis_path() else None

    @classmethod
    def tearDownClass(cls):
        cls.cay.stop()
        if cls.redis:
            cls.redis.stop()

    def setUp(self):
        self.same(["FLUSHALL"])

    def same(self, words, data=None):
        code, out, err = run(["redis-cli"] + words, self.cay, data)
        if self.redis:
            theirs = run(["redis-cli"] + words, self.redis, data)
            self.assertEqual((code, out), theirs[:2], "%s\n%s" % (words, err.decode()))
        return out.decode()

    def test_commands(self):
        self.assertEqual("OK\n", self.same(["SET", "a", "1"]))
        self.same(["-3", "GET", "a"])
        self.same(["--no-raw", "GET", "a"])
        self.same(["--csv", "MGET", "a", "b"])
        self.same(["--json", "-3", "MGET", "a", "b"])
        self.same(["-n", "3", "SET", "x", "y"])
        self.same(["-r", "5", "INCR", "counter"])
        self.same(["NOSUCH", "x"])
        self.same(["GET"])

    def test_input(self):
        self.same(["-x", "SET", "stdin"], b"from stdin")
        self.same(["GET", "stdin"])
        self.same([], b"SET k1 v1\nGET k1\nMULTI\nINCR n\nINCR n\nEXEC\nKEYS nothing*\nSELECT 2\nDBSIZE\n")

    def test_pipe(self):
        data = b"".join(b"*3\r\n$3\r\nSET\r\n$6\r\np%05d\r\n$3\r\nabc\r\n" % i for i in range(20000))
        out = self.same(["--pipe"], data)
        self.assertIn("errors: 0, replies: 20000", out)
        self.assertEqual("20000\n", self.same(["DBSIZE"]))

    def test_scans(self):
        for i in range(50):
            self.same(["SET", "key:%d" % i, "v" * i])
        code, out, _ = run(["redis-cli", "--scan", "--pattern", "key:*"], self.cay)
        self.assertEqual({"key:%d" % i for i in range(50)}, set(out.decode().split()))
        code, out, err = run(["redis-cli", "--bigkeys"], self.cay)
        self.assertEqual(0, code, err)
        self.assertIn(b"Sampled 50 keys", out)
        code, out, err = run(["redis-cli", "--memkeys"], self.cay)
        self.assertEqual(0, code, err)
        self.assertIn(b"Sampled 50 keys", out)

    def test_statistics(self):
        code, out, err = run(["redis-cli", "INFO"], self.cay)
        self.assertIn(b"redis_version:", out)


@unittest.skipUnless(shutil.which("redis-benchmark"), "no redis-benchmark")
class RedisBenchmark(unittest.TestCase):
    def test_every_test_whose_command_exists(self):
        with servers.cay() as server:
            with server.connect() as connection:
                names = [name for name, command in BENCHMARKS.items()
                         if connection.command("COMMAND", "INFO", command).value[0].value is not None]
            for extra in ([], ["-P", "16"], ["--threads", "2"], ["-3"]):
                words = ["redis-benchmark", "-t", ",".join(names), "-n", "5000", "-c", "20", "-r", "1000", "--csv"] + extra
                code, out, err = run(words, server, timeout=120)
                self.assertEqual(0, code, err.decode())
                self.assertNotIn(b"rror", out + err)
                self.assertGreaterEqual(len(out.splitlines()), len(names))


@unittest.skipUnless(redis, "no python3-redis")
class PythonRedis(unittest.TestCase):
    def setUp(self):
        self.server = servers.cay()
        self.client = redis.Redis(port=self.server.port, decode_responses=True)

    def tearDown(self):
        self.client.close()
        self.assertEqual(0, self.server.stop())

    def test_strings_and_keys(self):
        client = self.client
        self.assertTrue(client.set("a", "1", ex=100))
        self.assertIsNone(client.set("a", "2", nx=True))
        self.assertEqual("1", client.set("a", "3", get=True))
        self.assertEqual(4, client.incr("a"))
        self.assertEqual(4.5, client.incrbyfloat("a", 0.5))
        self.assertTrue(client.mset({"k%d" % i: i for i in range(100)}))
        self.assertEqual(["0", None, "2"], client.mget("k0", "none", "k2"))
        self.assertEqual(101, client.dbsize())
        self.assertEqual({"k%d" % i for i in range(100)} | {"a"}, set(client.scan_iter(count=7)))
        self.assertEqual("string", client.type("k1"))
        self.assertTrue(client.expire("k1", 50))
        self.assertIn(client.ttl("k1"), (49, 50))
        self.assertTrue(client.persist("k1"))
        self.assertTrue(client.rename("k1", "k2"))
        self.assertTrue(client.copy("k2", "k3", replace=True))
        data = redis.Redis(port=self.server.port).dump("k3")
        self.assertTrue(client.restore("k4", 0, data, replace=True))
        self.assertEqual(client.get("k3"), client.get("k4"))
        self.assertEqual(2, client.delete("k3", "k4"))
        with self.assertRaises(redis.ResponseError):
            client.execute_command("INCRBY", "a", "x")

    def test_transactions(self):
        client = self.client
        with client.pipeline() as pipe:
            pipe.watch("n")
            pipe.multi()
            pipe.set("n", 1)
            pipe.incr("n")
            self.assertEqual([True, 2], pipe.execute())
        with client.pipeline() as pipe:
            pipe.watch("n")
            client.set("n", 10)
            pipe.multi()
            pipe.incr("n")
            with self.assertRaises(redis.WatchError):
                pipe.execute()
        self.assertEqual(11, client.transaction(lambda pipe: (pipe.multi(), pipe.incr("n")), "n")[0])
        with client.pipeline(transaction=False) as pipe:
            for i in range(1000):
                pipe.set("p%d" % i, i)
            self.assertEqual([True] * 1000, pipe.execute())

    def test_channels(self):
        listener = self.client.pubsub()
        listener.subscribe("news", "sport")
        listener.psubscribe("n*")
        self.assertEqual(["subscribe", "subscribe", "psubscribe"], [self.message(listener)["type"] for _ in range(3)])
        self.assertEqual(2, self.client.publish("news", "text"))
        self.assertEqual({("message", None, "news", "text"), ("pmessage", "n*", "news", "text")},
                         {(m["type"], m["pattern"], m["channel"], m["data"])
                          for m in (self.message(listener) for _ in range(2))})
        self.assertEqual([("news", 1), ("other", 0)], self.client.pubsub_numsub("news", "other"))
        self.assertEqual({"news", "sport"}, set(self.client.pubsub_channels()))
        self.assertEqual(1, self.client.pubsub_numpat())
        listener.ping()
        self.assertEqual("pong", self.message(listener)["type"])
        listener.unsubscribe()
        listener.punsubscribe()
        for _ in range(3):
            self.message(listener)
        self.assertEqual([], self.client.pubsub_channels())
        listener.close()

    def test_keyspace_notifications(self):
        self.client.config_set("notify-keyspace-events", "KEA")
        listener = self.client.pubsub(ignore_subscribe_messages=True)
        listener.psubscribe("__keyevent@0__:*")
        listener.get_message(timeout=5)
        self.client.set("k", 1)
        self.client.expire("k", 100)
        self.client.delete("k")
        self.assertEqual([("__keyevent@0__:set", "k"), ("__keyevent@0__:expire", "k"), ("__keyevent@0__:del", "k")],
                         [(m["channel"], m["data"]) for m in (self.message(listener) for _ in range(3))])
        listener.close()

    def message(self, listener):
        """The next message; fails when none comes."""
        for _ in range(50):
            found = listener.get_message(timeout=0.2)
            if found:
                return found
        self.fail("no message came")

    def test_administration(self):
        client = self.client
        self.assertTrue(client.ping())
        self.assertTrue(client.client_setname("tester"))
        self.assertEqual("tester", client.client_getname())
        self.assertIn("tester", [entry["name"] for entry in client.client_list()])
        self.assertIn("redis_version", client.info())
        self.assertEqual("16", client.config_get("databases")["databases"])
        self.assertTrue(client.config_set("slowlog-log-slower-than", 0))
        self.assertTrue(client.slowlog_get())
        self.assertEqual(2, len(client.time()))
        self.assertIn("get", client.command())
        self.assertTrue(client.flushall())
        self.assertIsInstance(client.module_list(), list)
        other = redis.Redis(port=self.server.port, db=3)
        other.set("in three", 1)
        self.assertTrue(client.swapdb(0, 3))
        self.assertEqual("1", client.get("in three"))


def node_folder():
    """Where node_modules of the npm clients is, or None."""
    folder = os.environ.get("CAY_NODE_DIR") or str(servers.ROOT / "build" / "node")
    return folder if os.path.isdir(os.path.join(folder, "node_modules")) else None


@unittest.skipUnless(shutil.which("node") and node_folder(),
                     "no npm clients: packaging/test installs them, CAY_NODE_DIR names their folder")
class NodeClients(unittest.TestCase):
    def run_script(self, name):
        script = pathlib.Path(__file__).with_name("node") / name
        with servers.cay() as server:
            result = subprocess.run(["node", str(script), str(server.port)], capture_output=True, text=True, timeout=60,
                                    env={**os.environ, "CAY_NODE_DIR": node_folder()})
            self.assertEqual(0, result.returncode, result.stdout + result.stderr)

    def test_ioredis(self):
        self.run_script("ioredis.mjs")

    def test_node_redis(self):
        self.run_script("redis.mjs")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
