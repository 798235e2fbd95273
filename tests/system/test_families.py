#!/usr/bin/env python3
"""What an application does with each data family, through Debian's python3-redis (RESP2) and node-redis (RESP2 and RESP3).

Where a redis-server is installed, the same scenarios run against it first: so they are known to be right.
"""

import os
import pathlib
import shutil
import subprocess
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import servers  # noqa: E402

try:
    import redis
except ImportError:
    redis = None

PATIENCE = 10


class Waiting(threading.Thread):
    """Runs a blocking call elsewhere; result() waits for what it returns."""

    def __init__(self, call):
        super().__init__(daemon=True)
        self.call, self.value = call, None
        self.start()

    def run(self):
        self.value = self.call()

    def result(self):
        self.join(PATIENCE)
        if self.is_alive():
            raise AssertionError("still waiting")
        return self.value


def blocked(client, count):
    """Waits until so many clients are blocked."""
    deadline = time.monotonic() + PATIENCE
    while client.info("clients")["blocked_clients"] != count:
        if time.monotonic() > deadline:
            raise AssertionError("no %d blocked clients" % count)
        time.sleep(0.005)


class Scenarios:
    """Mixed into a test case per server, which gives self.server and self.client."""

    def other(self):
        client = redis.Redis(port=self.server.port, decode_responses=True)
        self.addCleanup(client.close)
        return client

    def test_lists(self):
        client = self.client
        self.assertEqual(3, client.rpush("queue", "a", "b", "c"))
        self.assertEqual(4, client.lpush("queue", "first"))
        self.assertEqual(["first", "a", "b", "c"], client.lrange("queue", 0, -1))
        self.assertEqual("b", client.lindex("queue", 2))
        self.assertTrue(client.lset("queue", 2, "B"))
        self.assertEqual(5, client.linsert("queue", "before", "B", "between"))
        self.assertEqual(2, client.lpos("queue", "between"))
        self.assertEqual(1, client.lrem("queue", 1, "between"))
        self.assertTrue(client.ltrim("queue", 1, -1))
        self.assertEqual("a", client.lmove("queue", "done", "LEFT", "RIGHT"))
        self.assertEqual(["B", "c"], client.lpop("queue", 5))
        self.assertEqual(0, client.exists("queue"))
        self.assertEqual("a", client.rpop("done"))

    def test_lists_across_connections(self):
        client = self.client
        first, second = self.other(), self.other()
        one = Waiting(lambda: first.blpop(["jobs", "urgent"], timeout=PATIENCE))
        blocked(client, 1)
        two = Waiting(lambda: second.brpop("jobs", timeout=PATIENCE))
        blocked(client, 2)
        client.rpush("jobs", "for the first")
        self.assertEqual(("jobs", "for the first"), one.result())
        client.rpush("jobs", "x", "for the second")
        self.assertEqual(("jobs", "for the second"), two.result())
        self.assertEqual(["x"], client.lrange("jobs", 0, -1))
        self.assertIsNone(first.blpop("nothing", timeout=0.01))
        moving = Waiting(lambda: first.blmove("source", "target", PATIENCE))
        blocked(client, 1)
        with client.pipeline() as pipe:
            pipe.lpush("source", "a")
            pipe.lpush("source", "b")
            pipe.execute()
        self.assertEqual("b", moving.result())
        self.assertEqual(["a"], client.lrange("source", 0, -1))
        self.assertEqual(["b"], client.lrange("target", 0, -1))

    def test_hashes(self):
        client = self.client
        self.assertEqual(3, client.hset("user:1", mapping={"name": "Ada", "born": 1815, "city": "London"}))
        self.assertEqual(0, client.hset("user:1", "city", "Paris"))
        self.assertEqual({"name": "Ada", "born": "1815", "city": "Paris"}, client.hgetall("user:1"))
        self.assertEqual(["Ada", None], client.hmget("user:1", "name", "none"))
        self.assertEqual(1816, client.hincrby("user:1", "born"))
        self.assertEqual(1.5, client.hincrbyfloat("user:1", "score", 1.5))
        self.assertFalse(client.hsetnx("user:1", "name", "x"))
        self.assertEqual(4, client.hlen("user:1"))
        self.assertTrue(client.hexists("user:1", "score"))
        self.assertEqual(2, client.hdel("user:1", "score", "born", "none"))
        self.assertEqual({"name", "city"}, set(client.hkeys("user:1")))
        self.assertIn(client.hrandfield("user:1"), ("name", "city"))
        client.hset("large", mapping={"f%d" % i: i for i in range(1000)})
        self.assertEqual(1000, len(dict(client.hscan_iter("large", count=100))))
        self.assertEqual(sum(range(1000)), sum(int(value) for value in client.hvals("large")))

    def test_fields_that_expire(self):
        client = self.client
        client.hset("session", mapping={"token": "t", "user": "Ada", "hits": 1})
        command = client.execute_command
        self.assertEqual([1, -2], command("HEXPIRE", "session", 100, "FIELDS", 2, "token", "none"))
        self.assertEqual([1], command("HPEXPIRE", "session", 30, "FIELDS", 1, "user"))
        self.assertEqual("listpackex", client.object("encoding", "session"))
        self.assertIn(command("HTTL", "session", "FIELDS", 1, "token"), ([99], [100]))
        self.assertEqual(["1"], command("HGETEX", "session", "EX", 50, "FIELDS", 1, "hits"))
        self.assertEqual(3, client.hincrby("session", "hits", 2))
        self.assertIn(command("HTTL", "session", "FIELDS", 1, "hits"), ([49], [50]))
        time.sleep(0.06)
        self.assertEqual({"token": "t", "hits": "3"}, client.hgetall("session"))
        self.assertEqual(2, client.hlen("session"))
        self.assertEqual(1, command("HSETEX", "session", "FNX", "PX", 20, "FIELDS", 1, "user", "Bob"))
        self.assertEqual(["t", None], command("HGETDEL", "session", "FIELDS", 2, "token", "none"))
        self.assertEqual([1], command("HPERSIST", "session", "FIELDS", 1, "hits"))
        time.sleep(0.05)
        self.assertEqual({"hits": "3"}, client.hgetall("session"))

    def test_sets(self):
        client = self.client
        self.assertEqual(3, client.sadd("a", 1, 2, 3))
        self.assertEqual(3, client.sadd("b", 2, 3, 4))
        self.assertEqual({"2", "3"}, client.sinter("a", "b"))
        self.assertEqual({"1", "2", "3", "4"}, client.sunion("a", "b"))
        self.assertEqual({"1"}, client.sdiff("a", "b"))
        self.assertEqual(1, client.sintercard(2, ["a", "b"], limit=1))
        self.assertEqual(2, client.sinterstore("c", "a", "b"))
        self.assertEqual([True, False], [bool(found) for found in client.smismember("a", [1, 9])])
        self.assertTrue(client.smove("a", "b", 1))
        self.assertTrue(client.sismember("b", 1))
        client.sadd("words", *["word%d" % i for i in range(1000)])
        self.assertEqual(1000, len(set(client.sscan_iter("words"))))
        self.assertEqual(10, len(set(client.srandmember("words", 10))))
        taken = client.spop("words", 100)
        self.assertEqual(900, client.scard("words"))
        self.assertFalse(set(taken) & client.smembers("words"))
        self.assertEqual(1, client.srem("a", 2, 99))

    def test_sorted_sets(self):
        client = self.client
        self.assertEqual(3, client.zadd("board", {"ann": 10, "bob": 20, "cid": 30.5}))
        self.assertEqual(0, client.zadd("board", {"ann": 15}, gt=True))
        self.assertEqual(25.0, client.zincrby("board", 10, "ann"))
        self.assertEqual(["bob", "ann", "cid"], client.zrange("board", 0, -1))
        self.assertEqual([("cid", 30.5), ("ann", 25.0)], client.zrevrange("board", 0, 1, withscores=True))
        self.assertEqual(1, client.zrank("board", "ann"))
        self.assertEqual(["ann"], client.zrangebyscore("board", "(20", 30))
        self.assertEqual(2, client.zcount("board", 25, "+inf"))
        self.assertEqual([20.0, None], client.zmscore("board", ["bob", "none"]))
        client.zadd("more", {"bob": 1, "dan": 2})
        self.assertEqual(4, client.zunionstore("all", {"board": 1, "more": 10}))
        self.assertEqual(30.0, client.zscore("all", "bob"))
        self.assertEqual([("bob", 21.0)], client.zinter(["board", "more"], withscores=True))
        self.assertEqual(["ann", "cid"], client.zdiff(["board", "more"]))
        self.assertEqual([("bob", 20.0)], client.zpopmin("board"))
        client.zadd("letters", dict.fromkeys("abcdef", 0))
        self.assertEqual(["b", "c"], client.zrangebylex("letters", "(a", "[c"))
        self.assertEqual(2, client.zremrangebyrank("letters", 0, 1))
        waiting = Waiting(lambda other=self.other(): other.bzpopmax("later", timeout=PATIENCE))
        blocked(client, 1)
        client.zadd("later", {"x": 1, "y": 2})
        self.assertEqual(("later", "y", 2.0), waiting.result())
        client.zadd("large", {"m%d" % i: i for i in range(5000)})
        self.assertEqual(4321, client.zrank("large", "m4321"))
        self.assertEqual(5000, len(dict(client.zscan_iter("large"))))

    def test_streams(self):
        client = self.client
        ids = [client.xadd("log", {"level": "info", "n": i}) for i in range(10)]
        self.assertEqual(sorted(ids, key=lambda text: [int(part) for part in text.split("-")]), ids)
        self.assertEqual(10, client.xlen("log"))
        self.assertEqual([(ids[0], {"level": "info", "n": "0"})], client.xrange("log", count=1))
        self.assertEqual([ids[9], ids[8]], [entry[0] for entry in client.xrevrange("log", count=2)])
        self.assertEqual([["log", [(ids[9], {"level": "info", "n": "9"})]]], client.xread({"log": ids[8]}))
        self.assertEqual(1, client.xdel("log", ids[3]))
        self.assertEqual(4, client.xtrim("log", maxlen=5, approximate=False))
        self.assertEqual(5, client.xinfo_stream("log")["length"])
        waiting = Waiting(lambda other=self.other(): other.xread({"log": "$"}, block=PATIENCE * 1000))
        blocked(client, 1)
        fresh = client.xadd("log", {"n": "new"}, maxlen=3, approximate=False)
        self.assertEqual([["log", [(fresh, {"n": "new"})]]], waiting.result())
        self.assertEqual(3, client.xlen("log"))

    def test_stream_groups(self):
        client = self.client
        self.assertTrue(client.xgroup_create("tasks", "workers", "$", mkstream=True))
        with self.assertRaises(redis.ResponseError):
            client.xgroup_create("tasks", "workers", "$")
        waiting = [Waiting(lambda name=name, other=self.other(): other.xreadgroup(
            "workers", name, {"tasks": ">"}, count=1, block=PATIENCE * 1000)) for name in ("ann", "bob")]
        blocked(client, 2)
        ids = [client.xadd("tasks", {"task": i}) for i in range(6)]
        got = [wait.result()[0][1][0][0] for wait in waiting]
        self.assertEqual(set(ids[:2]), set(got))
        rest = client.xreadgroup("workers", "ann", {"tasks": ">"})[0][1]
        self.assertEqual(ids[2:], [entry[0] for entry in rest])
        self.assertEqual([], client.xreadgroup("workers", "ann", {"tasks": ">"}))
        pending = client.xpending("tasks", "workers")
        self.assertEqual((6, ids[0], ids[5]), (pending["pending"], pending["min"], pending["max"]))
        self.assertEqual({"ann": 5, "bob": 1}, {entry["name"]: entry["pending"] for entry in pending["consumers"]})
        self.assertEqual(2, client.xack("tasks", "workers", ids[0], ids[1]))
        claimed = client.xclaim("tasks", "workers", "bob", 0, [ids[2]])
        self.assertEqual([(ids[2], {"task": "2"})], claimed)
        client.xdel("tasks", ids[3])
        taken = client.execute_command("XAUTOCLAIM", "tasks", "workers", "cid", 0, "0-0")
        self.assertEqual("0-0", taken[0])
        self.assertEqual([ids[3]], taken[2])
        history = client.xreadgroup("workers", "cid", {"tasks": "0"})[0][1]
        self.assertEqual([ids[2], ids[4], ids[5]], [entry[0] for entry in history])
        details = client.xpending_range("tasks", "workers", "-", "+", 10, "cid")
        self.assertEqual({"cid"}, {entry["consumer"] for entry in details})
        self.assertEqual({"ann", "bob", "cid"}, {entry["name"] for entry in client.xinfo_consumers("tasks", "workers")})
        self.assertEqual(3, client.xinfo_groups("tasks")[0]["pending"])
        self.assertEqual(3, client.xgroup_delconsumer("tasks", "workers", "cid"))
        self.assertTrue(client.xgroup_destroy("tasks", "workers"))

    def test_geo(self):
        client = self.client
        self.assertEqual(2, client.geoadd("sicily", [13.361389, 38.115556, "Palermo", 15.087269, 37.502669, "Catania"]))
        self.assertEqual(166274.1516, client.geodist("sicily", "Palermo", "Catania"))
        self.assertEqual(["sqc8b49rny0", "sqdtr74hyu0"], client.geohash("sicily", "Palermo", "Catania"))
        near = client.geosearch("sicily", longitude=15, latitude=37, radius=200, unit="km", sort="ASC", withdist=True)
        self.assertEqual([["Catania", 56.4413], ["Palermo", 190.4424]], near)
        self.assertEqual(2, client.geosearchstore("near", "sicily", member="Palermo", radius=200, unit="km"))
        self.assertAlmostEqual(13.361389, client.geopos("sicily", "Palermo")[0][0], 5)

    def test_bitmaps(self):
        client = self.client
        for day in (1, 7, 30):
            self.assertEqual(0, client.setbit("seen", day, 1))
        self.assertEqual(1, client.getbit("seen", 7))
        self.assertEqual(3, client.bitcount("seen"))
        self.assertEqual(1, client.bitpos("seen", 1))
        client.setbit("other", 7, 1)
        self.assertEqual(4, client.bitop("AND", "both", "seen", "other"))
        self.assertEqual(1, client.bitcount("both"))
        self.assertEqual([0, 255], client.bitfield("fields").set("u8", 0, 200).incrby("u8", 0, 100, "SAT").execute())

    def test_hyperloglog(self):
        client = self.client
        for i in range(100):
            client.pfadd("visits", *range(i * 100, i * 100 + 100))
        self.assertLess(abs(client.pfcount("visits") - 10000), 300)
        client.pfadd("more", *range(5000, 15000))
        self.assertTrue(client.pfmerge("all", "visits", "more"))
        self.assertLess(abs(client.pfcount("all") - 15000), 450)

    def test_pub_sub(self):
        client = self.client
        listener = self.other().pubsub(ignore_subscribe_messages=True)
        listener.subscribe("news")
        listener.psubscribe("weather.*")
        deadline = time.monotonic() + PATIENCE
        while client.pubsub_numpat() < 1 and time.monotonic() < deadline:
            listener.get_message(timeout=0.01)
        self.assertEqual(1, client.publish("news", "hello"))
        self.assertEqual(1, client.publish("weather.rome", "sunny"))
        self.assertEqual(0, client.publish("nobody", "x"))
        messages = []
        while len(messages) < 2 and time.monotonic() < deadline:
            message = listener.get_message(timeout=0.1)
            if message:
                messages.append((message["type"], message["channel"], message["data"]))
        self.assertEqual([("message", "news", "hello"), ("pmessage", "weather.rome", "sunny")], messages)
        self.assertEqual(["news"], client.pubsub_channels())
        listener.close()

    def test_key_events(self):
        client = self.client
        client.config_set("notify-keyspace-events", "KEA")
        self.addCleanup(client.config_set, "notify-keyspace-events", "")
        listener = self.other().pubsub(ignore_subscribe_messages=True)
        listener.psubscribe("__keyevent@0__:*")
        deadline = time.monotonic() + PATIENCE
        while client.pubsub_numpat() < 1 and time.monotonic() < deadline:
            listener.get_message(timeout=0.01)
        client.rpush("l", 1)
        client.xadd("s", {"f": "v"})
        client.delete("l")
        seen = []
        while len(seen) < 3 and time.monotonic() < deadline:
            message = listener.get_message(timeout=0.1)
            if message and message["type"] == "pmessage":
                seen.append((message["channel"].split(":")[1], message["data"]))
        self.assertEqual([("rpush", "l"), ("xadd", "s"), ("del", "l")], seen)
        listener.close()


# Scenario -> a command without which it cannot run: a family's plugin may be taken out.
NEEDS = {"lists": "lpush", "lists_across_connections": "blpop", "hashes": "hset", "sets": "sadd", "sorted_sets": "zadd",
         "streams": "xadd", "stream_groups": "xgroup", "geo": "geoadd", "bitmaps": "setbit", "hyperloglog": "pfadd",
         "pub_sub": "subscribe", "key_events": "psubscribe", "fields_that_expire": "hexpire"}


class FamilyTest(Scenarios):
    @classmethod
    def setUpClass(cls):
        cls.server = cls.start()
        with cls.server.connect() as connection:
            cls.missing = {name for name in set(NEEDS.values())
                           if connection.command("COMMAND", "INFO", name).value[0].value is None}

    @classmethod
    def tearDownClass(cls):
        if cls.server.stop() != 0:
            raise AssertionError("the server ended badly")

    def setUp(self):
        if NEEDS[self._testMethodName.removeprefix("test_")] in self.missing:
            self.skipTest("its plugin is not there")
        self.client = self.other()
        self.client.flushall()


@unittest.skipUnless(redis and servers.redis_path(), "no python3-redis, or no redis-server")
class AgainstRedis(FamilyTest, unittest.TestCase):
    start = staticmethod(servers.redis)


@unittest.skipUnless(redis, "no python3-redis")
class AgainstCay(FamilyTest, unittest.TestCase):
    start = staticmethod(servers.cay)


def node_folder():
    """Where node_modules of the npm clients is, or None."""
    folder = os.environ.get("CAY_NODE_DIR") or str(servers.ROOT / "build" / "node")
    return folder if os.path.isdir(os.path.join(folder, "node_modules")) else None


@unittest.skipUnless(shutil.which("node") and node_folder(),
                     "no npm clients: packaging/test installs them, CAY_NODE_DIR names their folder")
class NodeRedis(unittest.TestCase):
    def against(self, server):
        script = pathlib.Path(__file__).with_name("node") / "families.mjs"
        with server:
            result = subprocess.run(["node", str(script), str(server.port)], capture_output=True, text=True, timeout=60,
                                    env={**os.environ, "CAY_NODE_DIR": node_folder()})
            self.assertEqual(0, result.returncode, result.stdout + result.stderr)

    @unittest.skipUnless(servers.redis_path(), "no redis-server")
    def test_redis(self):
        self.against(servers.redis())

    def test_cay(self):
        self.against(servers.cay())


if __name__ == "__main__":
    unittest.main(warnings="ignore")
