#!/usr/bin/env python3
"""Bad clients, many clients and sudden death: the server goes on serving the others."""

import pathlib
import random
import resource
import socket
import sys
import threading
import time
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import resp, servers  # noqa: E402

IDLE = 10000
MEGABYTE = 1 << 20


def memory(server):
    """Resident bytes of the server."""
    with open("/proc/%d/statm" % server.pid) as file:
        return int(file.read().split()[1]) * resource.getpagesize()


class OneServer(unittest.TestCase):
    options = {}

    def setUp(self):
        self.server = servers.cay(options=self.options)

    def tearDown(self):
        if self.server.alive():
            self.assertEqual(0, self.server.stop(), self.server.tail())

    def serves(self, times=3):
        """A new client and its commands are answered."""
        with self.server.connect() as other:
            for i in range(times):
                self.assertEqual("OK", other.call("SET", "still", i))
                self.assertEqual(str(i), other.call("GET", "still"))


class Garbage(OneServer):
    def test_random_bytes(self):
        rng = random.Random(7)
        for _ in range(300):
            connection = self.server.connect()
            data = bytes(rng.choices(b"*$\r\n0123456789-abPING \"'\\x\0\xff", k=rng.randrange(1, 3000)))
            try:
                connection.send_raw(data)
            except resp.Closed:
                pass
            connection.close()
        self.serves()

    def test_half_commands_and_resets(self):
        whole = resp.encode(["SET", "key", "value" * 100]) * 3
        rng = random.Random(8)
        for _ in range(300):
            connection = self.server.connect()
            connection.send_raw(whole[:rng.randrange(1, len(whole))])
            if rng.random() < 0.5:
                # Closing with this option sends a reset.
                connection.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            connection.close()
        self.serves()

    def test_half_commands_stay_open(self):
        waiting = [self.server.connect() for _ in range(200)]
        command = resp.encode(["ECHO", "hello"])
        for i, connection in enumerate(waiting):
            connection.send_raw(command[:i % (len(command) - 1) + 1])
        self.serves()
        for i, connection in enumerate(waiting):
            connection.send_raw(command[i % (len(command) - 1) + 1:])
            self.assertEqual(b"hello", connection.read().text())
            connection.close()


class SlowReaders(OneServer):
    options = {"client-output-buffer-limit": ["normal", "33554432", "0", "0"]}

    def test_client_that_never_reads(self):
        with self.server.connect() as other:
            other.call("SET", "big", "x" * MEGABYTE)
        lazy = self.server.connect(timeout=30)
        lazy.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        # Its requests wait while its replies do, or it is dropped: the memory is bounded either way.
        lazy.send_raw(resp.encode(["GET", "big"]) * 300)
        self.serves(20)
        self.assertLess(memory(self.server), 250 * MEGABYTE)
        lazy.close()

    def test_slow_reader_gets_everything(self):
        value = bytes(random.Random(9).randbytes(20 * MEGABYTE))
        slow = self.server.connect(timeout=30)
        self.assertEqual(b"OK", slow.command("SET", "value", value).text())
        slow.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
        slow.send("GET", "value")
        time.sleep(0.3)
        self.serves()
        self.assertEqual(value, slow.read().value)
        slow.close()


class Fairness(OneServer):
    def test_endless_pipeline_starves_nobody(self):
        stop = threading.Event()
        hungry = [self.server.connect(timeout=30) for _ in range(3)]
        batch = resp.encode(["SET", "k", "v" * 20]) * 20000

        def push(connection):
            while not stop.is_set():
                connection.send_raw(batch)

        def pull(connection):
            try:
                while connection.socket.recv(MEGABYTE):
                    pass
            except OSError:
                pass
        threads = [threading.Thread(target=target, args=(connection,), daemon=True)
                   for connection in hungry for target in (push, pull)]
        for thread in threads:
            thread.start()
        # Generous: the test's own threads take most of the machine.
        with self.server.connect(timeout=10) as other:
            for _ in range(30):
                self.assertEqual("PONG", other.call("PING"))
        stop.set()
        time.sleep(0.2)
        for connection in hungry:
            connection.socket.shutdown(socket.SHUT_RDWR)
        for thread in threads:
            thread.join(20)


class ManyClients(unittest.TestCase):
    def test_idle_connections(self):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        wanted = IDLE if hard == resource.RLIM_INFINITY else min(IDLE, hard - 300)
        resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted + 200), hard))
        if wanted < IDLE:
            print("only %d descriptors are allowed here" % hard)
        with servers.cay(options={"maxclients": wanted + 50, "tcp-backlog": 511}) as server:
            before = memory(server)
            idle = [server.connect() for _ in range(wanted)]
            with server.connect() as other:
                self.assertEqual(str(wanted + 1), other.info("clients")["connected_clients"])
                self.assertEqual("PONG", other.call("PING"))
            for connection in random.Random(1).sample(idle, 200):
                self.assertEqual("PONG", connection.call("PING"))
            each = (memory(server) - before) / wanted
            print("%d idle connections, %.0f bytes each" % (wanted, each))
            for connection in idle:
                connection.close()
            self.all_gone(server)

    def all_gone(self, server):
        with server.connect() as other:
            deadline = time.monotonic() + 20
            while int(other.info("clients")["connected_clients"]) > 1:
                self.assertLess(time.monotonic(), deadline, "closed connections are still counted")
                time.sleep(0.1)

    def test_maxclients(self):
        with servers.cay(options={"maxclients": 10}) as server:
            time.sleep(0.1)  # for the end of the connection that waited for the start
            connections = [server.connect() for _ in range(10)]
            for connection in connections:
                self.assertEqual("PONG", connection.call("PING"))
            with server.connect() as refused:
                self.assertEqual(b"-ERR max number of clients reached\r\n", refused.read_to_end())
            connections.pop().close()
            time.sleep(0.1)
            with server.connect() as accepted:
                self.assertEqual("PONG", accepted.call("PING"))
            for connection in connections:
                connection.close()


class SuddenDeath(unittest.TestCase):
    def test_kill_under_load_and_restart(self):
        server = servers.cay()
        stop = threading.Event()

        def load():
            try:
                with server.connect(timeout=5) as connection:
                    while not stop.is_set():
                        connection.pipeline([["SET", "k%d" % i, "v"] for i in range(200)])
            except (resp.Closed, OSError):
                pass
        threads = [threading.Thread(target=load) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(0.5)
        self.assertEqual(-9, server.kill())
        stop.set()
        for thread in threads:
            thread.join(20)
        # At once, on the same port, whose connections are still in TIME_WAIT.
        server.start(port=server.port)
        with server.connect() as connection:
            self.assertEqual("OK", connection.call("SET", "a", "b"))
            self.assertEqual("b", connection.call("GET", "a"))
        self.assertEqual(0, server.stop())

    def test_shutdown_command(self):
        server = servers.cay()
        server.gather_executed()
        with server.connect() as connection:
            connection.send("SHUTDOWN", "NOSAVE")
            self.assertEqual(b"", connection.read_to_end())
        self.assertEqual(0, server._ended(20))
        servers.record_executed(["shutdown"])


class Waiting(OneServer):
    """What a client sends while its command waits is kept, up to the limit of its input."""
    options = {"client-query-buffer-limit": str(MEGABYTE)}

    def flood(self, connection, size):
        try:
            for _ in range(size // 65536):
                connection.send_raw(resp.encode(["ECHO", "x" * 65000]))
        except (resp.Closed, TimeoutError):
            pass

    def check(self, connection):
        self.flood(connection, 8 * MEGABYTE)
        self.assertTrue(connection.closed(10))
        with self.server.connect() as other:
            self.assertEqual("1", other.info("stats")["client_query_buffer_limit_disconnections"])
            other.command("CLIENT", "UNPAUSE")
        self.serves()

    def test_paused(self):
        connection = self.server.connect()
        with self.server.connect() as other:
            other.command("CLIENT", "PAUSE", "100000", "WRITE")
        connection.send("SET", "a", "b")
        time.sleep(0.1)
        self.check(connection)

    def test_blocked(self):
        connection = self.server.connect()
        connection.send("BLPOP", "nothing", "0")
        time.sleep(0.1)
        self.check(connection)

    def test_kept_and_run(self):
        """In order, when the wait is over."""
        connection = self.server.connect()
        connection.send("BLPOP", "list", "0")
        for i in range(200):
            connection.send("ECHO", "%d %s" % (i, "x" * 2000))
            if i % 50 == 0:
                time.sleep(0.05)
        with self.server.connect() as other:
            other.command("RPUSH", "list", "value")
        self.assertEqual(["list", "value"], resp.plain(connection.read()))
        for i in range(200):
            self.assertTrue(connection.read().text().startswith(b"%d " % i))


class Subscribers(OneServer):
    """Messages for those who do not read them."""
    options = {"client-output-buffer-limit": ["pubsub", str(8 * MEGABYTE), "0", "0"]}

    def slow(self):
        """A subscriber that does not read any more, with its id."""
        connection = self.server.connect()
        identity = connection.command("CLIENT", "ID").value
        connection.command("SUBSCRIBE", "news")
        return connection, identity

    def is_there(self, identity):
        with self.server.connect() as other:
            return b"id=%d " % identity in other.command("CLIENT", "LIST", "ID", identity).text()

    def test_closed_at_the_limit(self):
        _, identity = self.slow()
        message = "x" * MEGABYTE
        with self.server.connect() as publisher:
            receivers = [publisher.command("PUBLISH", "news", message).value for _ in range(60)]
        self.assertEqual(1, receivers[0])
        self.assertEqual(0, receivers[-1])
        self.assertFalse(self.is_there(identity))
        self.serves()

    def test_closed_within_one_command(self):
        """A transaction brings more than the limit before anything is sent."""
        before = memory(self.server)
        _, identity = self.slow()
        with self.server.connect() as publisher:
            publisher.command("MULTI")
            message = "x" * 100000
            for _ in range(500):
                publisher.command("PUBLISH", "news", message)
            self.assertEqual(500, len(publisher.command("EXEC").value))
        self.assertFalse(self.is_there(identity))
        # The transaction itself holds 50 MB.
        self.assertLess(memory(self.server) - before, 90 * MEGABYTE)
        self.serves()

    def test_plugin_goes(self):
        connection, identity = self.slow()
        with self.server.connect() as other:
            self.assertEqual("OK", other.call("MODULE", "UNLOAD", "pubsub"))
            self.assertTrue(other.command("PUBLISH", "news", "x").is_error())
        self.assertTrue(self.is_there(identity))
        self.assertEqual("OK", connection.call("SET", "free", "again"))
        self.serves()


if __name__ == "__main__":
    unittest.main(warnings="ignore")
