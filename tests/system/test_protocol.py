#!/usr/bin/env python3
"""Bytes that no client should send, and limits: the same answers and the same ends of connections as redis-server."""

import pathlib
import socket
import sys
import unittest

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import resp, servers  # noqa: E402

PASSWORD = "correct horse"
# What a TLS client may begin with. (A NUL byte makes Redis wait for more of the line; Cay answers it.)
CLIENT_HELLO = bytes.fromhex("16030101f801") + bytes(range(255, 0, -1)) + b"\n"


def exchange(server, data, finish=True):
    """Sends bytes, then half-closes: (all that came back, True)."""
    connection = server.connect(timeout=20)
    try:
        connection.send_raw(data)
        if finish:
            connection.socket.shutdown(socket.SHUT_WR)
    except (resp.Closed, OSError):
        pass
    answer = connection.read_to_end()
    connection.close()
    return answer


class SameAsRedis(unittest.TestCase):
    options = {}

    @classmethod
    def setUpClass(cls):
        if servers.redis_path() is None:
            raise unittest.SkipTest("no redis-server")
        cls.cay = servers.cay(options=cls.options)
        cls.redis = servers.redis(options=cls.options)

    @classmethod
    def tearDownClass(cls):
        for server in (cls.cay, cls.redis):
            if server.stop() != 0:
                raise RuntimeError("%s ended badly\n%s" % (server.kind, server.tail()))

    def same(self, data):
        """Both servers answer the same bytes to these."""
        ours, theirs = exchange(self.cay, data), exchange(self.redis, data)
        self.assertEqual(ours, theirs)
        return ours

    def closes(self, data):
        """Both answer the same and then close, without waiting for our end of the stream."""
        ours, theirs = exchange(self.cay, data, False), exchange(self.redis, data, False)
        self.assertEqual(ours, theirs)
        return ours


class Requests(SameAsRedis):
    def test_inline_too_long(self):
        self.assertIn(b"too big inline request", self.closes(b"A" * (64 * 1024 + 1)))
        self.assertIn(b"too big inline request", self.closes(b"PING\r\n" + b"A" * (128 * 1024)))

    def test_inline_just_fits(self):
        self.same(b"ECHO " + b"A" * 60000 + b"\r\n")

    def test_counts(self):
        for count in (b"2147483647", b"2147483648", b"-2147483649", b"9223372036854775808", b"1x", b"", b" 1", b"+1",
                      b"01", b"-5", b"-0", b"0x1"):
            with self.subTest(count=count):
                self.same(b"*" + count + b"\r\n" + b"PING\r\n")

    def test_lengths(self):
        for length in (b"536870913", b"-1", b"-2", b"2147483648", b"9223372036854775807", b"9223372036854775808", b"4x", b"",
                       b" 4", b"+4", b"04", b"0"):
            with self.subTest(length=length):
                self.same(b"*1\r\n$" + length + b"\r\n" + b"PING\r\n")

    def test_count_lines_without_end(self):
        self.assertIn(b"too big mbulk count string", self.closes(b"*" + b"1" * (64 * 1024 + 1)))
        self.assertIn(b"too big bulk count string", self.closes(b"*1\r\n$" + b"1" * (64 * 1024 + 1)))

    def test_wrong_type_of_argument(self):
        for first in b"x+-:*\xff \r":
            with self.subTest(first=first):
                self.same(b"*2\r\n$4\r\nECHO\r\n" + bytes([first]) + b"1\r\nx\r\n")

    def test_quotes(self):
        for line in (b'"', b"'", b'ECHO "a', b'ECHO "a"b', b"ECHO 'a'b", b'ECHO "\\x4', b"ECHO '\\'", b'ECHO a"b c"',
                     b'ECHO "\\x41\\n\\t\\q"'):
            with self.subTest(line=line):
                self.same(line + b"\r\n")

    def test_many_arguments(self):
        self.same(resp.encode(["DEL"] + ["k%d" % i for i in range(100000)]) + b"PING\r\n")

    def test_commands_before_an_error_are_answered(self):
        self.assertTrue(self.same(b"PING\r\n*1\r\n$4\r\nPING\r\n*1\r\n!\r\nPING\r\n").startswith(b"+PONG\r\n+PONG\r\n-ERR"))

    def test_http(self):
        self.assertEqual(b"", self.closes(b"POST / HTTP/1.1\r\nHost: localhost:6379\r\n\r\nSET a b\r\n"))
        self.closes(b"GET / HTTP/1.1\r\nHost: localhost:6379\r\n\r\n")

    def test_other_protocols(self):
        for data in (CLIENT_HELLO, b"SSH-2.0-OpenSSH_9.2\r\n", b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n", b"\x01" * 1000 + b"\n",
                     b"\xff\xfe\r\n", b"USER anonymous\r\n", b"\r\n\r\n \r\n", b"-ERR\r\n", b"+OK\r\n", b"$4\r\nPING\r\n"):
            with self.subTest(data=data[:30]):
                self.same(data)

    def test_unknown_commands(self):
        for words in (["nosuch"], ["nosuch", "a", "b\r\nc"], ["x" * 300], ["nosuch"] + ["y" * 60] * 5, [""],
                      ["a\0b"], ["GET\n"]):
            with self.subTest(words=words[0][:20]):
                self.same(resp.encode(words))

    def test_byte_by_byte(self):
        data = resp.encode(["SET", "key", "value"]) + resp.encode(["GET", "key"]) + b"PING\r\n"
        with self.cay.connect() as connection:
            for byte in data:
                connection.send_raw(bytes([byte]))
            self.assertEqual([b"+OK\r\n", b"$5\r\nvalue\r\n", b"+PONG\r\n"], [connection.read().raw for _ in range(3)])


class SmallLimits(SameAsRedis):
    options = {"proto-max-bulk-len": "1mb"}

    def test_bulk_limit(self):
        self.same(b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$1048577\r\n")
        self.same(resp.encode(["SET", "k", "x" * (1 << 20)]))

    def test_appending_beyond_the_limit(self):
        self.same(resp.encode(["SETRANGE", "k", "1048576", "x"]) + resp.encode(["SETRANGE", "k", "1048575", "x"])
                  + resp.encode(["APPEND", "k", "x"]) + resp.encode(["STRLEN", "k"]))


class QueryBufferLimit(SameAsRedis):
    options = {"client-query-buffer-limit": "1mb"}

    def test_queued_commands_count(self):
        self.assertNotIn(b"+PONG", self.same(b"MULTI\r\n" + resp.encode(["SET", "k", "x" * 10000]) * 300 + b"PING\r\n"))

    def test_long_arguments(self):
        self.same(resp.encode(["SET", "k", "x" * 1000000]) * 3)


class Unauthenticated(SameAsRedis):
    options = {"requirepass": PASSWORD}

    def test_argument_count(self):
        self.assertIn(b"unauthenticated multibulk length", self.same(b"*11\r\n"))
        self.same(b"*10\r\n" + b"$1\r\nx\r\n" * 10)

    def test_argument_length(self):
        self.assertIn(b"unauthenticated bulk length", self.same(b"*2\r\n$4\r\nAUTH\r\n$16385\r\n"))
        self.same(resp.encode(["AUTH", "x" * 16384]))

    def test_limits_end_with_auth(self):
        self.same(resp.encode(["AUTH", PASSWORD]) + resp.encode(["MSET"] + ["a", "b"] * 100)
                  + resp.encode(["SET", "k", "x" * 20000]) + resp.encode(["STRLEN", "k"]))

    def test_refusals(self):
        self.same(b"GET a\r\nPING\r\nnosuch\r\nHELLO 3\r\nAUTH\r\nAUTH wrong\r\nAUTH default wrong\r\nAUTH a b c\r\n"
                  b"HELLO 3 AUTH default wrong\r\nSET a b\r\nQUIT\r\n")


if __name__ == "__main__":
    unittest.main(warnings="ignore")
