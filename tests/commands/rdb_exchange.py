#!/usr/bin/env python3
"""Moves data between redis-server and cay-server, both ways: by DUMP and RESTORE, and by a dump.rdb.

Both must then have the same DEBUG DIGEST.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import servers  # noqa: E402

# Keys with values of each encoding, at their limits.
VALUES = {
    "empty": b"", "short": b"hello", "binary": bytes(range(256)), "seven": b"007", "plus": b"+1", "space": b" 1",
    "zero": b"0", "int8": b"-128", "int16": b"32767", "int16b": b"-32769", "int32": b"2147483647",
    "int32b": b"2147483648", "int64": b"-9223372036854775808", "over": b"9223372036854775808",
    "twenty": b"x" * 20, "lzf": b"abc" * 700, "noise": bytes((i * i * 31 + i // 7) % 251 for i in range(5000)),
    "large": b"0123456789" * 60000,
}
FAR = "33177117420123"


def fill(connection):
    for name, value in VALUES.items():
        connection.command("SET", name, value)
    connection.command("SET", "timed", "v", "PXAT", FAR)
    connection.command("SELECT", "7")
    connection.command("SET", "elsewhere", "v")
    connection.command("SELECT", "0")


def digest(connection):
    return connection.command("DEBUG", "DIGEST").text()


def exchange(source, target):
    """DUMP on one, RESTORE on the other."""
    target.command("FLUSHALL")
    for name in [*VALUES, "timed"]:
        payload = source.command("DUMP", name).text()
        ttl = source.command("PEXPIRETIME", name).text()
        ttl = b"0" if int(ttl) < 0 else ttl
        reply = target.command("RESTORE", name, ttl, payload, "ABSTTL")
        assert not reply.is_error(), (name, reply.text())
    target.command("SELECT", "7")
    target.command("RESTORE", "elsewhere", "0", source.command("DUMP", "short").text())
    target.command("SET", "elsewhere", "v")
    target.command("SELECT", "0")
    assert digest(source) == digest(target), "the digests differ after RESTORE"


def main():
    folder = servers.temporary_folder()
    with servers.redis(folder=folder) as redis:
        with redis.connect() as connection:
            fill(connection)
            expected = digest(connection)
            assert not connection.command("SAVE").is_error()
            with servers.cay(folder=folder) as cay, cay.connect() as other:
                reply = other.command("DEBUG", "RELOAD", "NOSAVE")
                assert not reply.is_error(), reply.text()
                assert digest(other) == expected, "the digests differ after dump.rdb"
                exchange(connection, other)
                exchange(other, connection)
                for compress in ("yes", "no"):
                    other.command("CONFIG", "SET", "rdbcompression", compress)
                    other.command("DEBUG", "RELOAD")
                    assert digest(other) == expected, "the digests differ after RELOAD"
    print("the same digest every way: %s" % expected.decode())
    return 0


if __name__ == "__main__":
    if not servers.redis_path():
        servers.skip("redis-server is not installed")
    sys.exit(main())
