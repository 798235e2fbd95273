#!/usr/bin/env python3
"""Moves data between redis-server and cay-server, both ways: by DUMP and RESTORE, and by a dump.rdb.

Both must then have the same DEBUG DIGEST.
"""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import rules, servers, workload  # noqa: E402

# Keys with values of each encoding, at their limits.
VALUES = {
    "empty": b"", "short": b"hello", "binary": bytes(range(256)), "seven": b"007", "plus": b"+1", "space": b" 1",
    "zero": b"0", "int8": b"-128", "int16": b"32767", "int16b": b"-32769", "int32": b"2147483647",
    "int32b": b"2147483648", "int64": b"-9223372036854775808", "over": b"9223372036854775808",
    "twenty": b"x" * 20, "lzf": b"abc" * 700, "noise": bytes((i * i * 31 + i // 7) % 251 for i in range(5000)),
    "large": b"0123456789" * 60000,
}
FAR = "33177117420123"


def numbered(head, item, count):
    """A command with many arguments, each {} of the item its number."""
    return head.split() + [word.replace("{}", str(i)) for i in range(count) for word in item.split()]


# Values of each type and encoding, small, at the limits and large.
COLLECTIONS = [line.split() for line in workload.SAMPLES if not line.startswith("SET ")] + [
    numbered("RPUSH list128", "{}", 128), numbered("RPUSH list5000", "element-{}", 5000), ["RPUSH", "listbig", "x" * 9000, "y"],
    numbered("SADD ints512", "{}", 512), numbered("SADD ints513", "{}00000", 513), numbered("SADD set128", "m{}", 128),
    numbered("SADD set5000", "member-{}", 5000), ["SADD", "setlong", "x" * 65, "y"],
    numbered("ZADD zset128", "{}.5 m{}", 128), numbered("ZADD zset129", "{} m{}", 129), numbered("ZADD zset5000", "0.{} m{}", 5000),
    ["ZADD", "zsetodd", "inf", "a", "-inf", "b", "0", "c", "1e300", "d", "3.14159265358979", "e"],
    numbered("HSET hash512", "f{} {}", 512), numbered("HSET hash513", "f{} v", 513), numbered("HSET hash5000", "field-{} value-{}", 5000),
    ["HSET", "hashlong", "f", "x" * 65], numbered("PFADD dense", "element-{}", 5000), numbered("PFADD sparse", "e{}", 20),
    ["SETBIT", "bits", "70000", "1"], ["GEOADD", "geo", "13.361389", "38.115556", "Palermo", "15.087269", "37.502669", "Catania"],
    *[["XADD", "stream300", "%d-%d" % (i // 3, i % 3 + 1), "a", str(i), "b" * (i % 7 + 1), "c"] for i in range(300)],
    ["XGROUP", "CREATE", "stream300", "g1", "0"], ["XGROUP", "CREATE", "stream300", "g2", "50-1"],
    ["XREADGROUP", "GROUP", "g1", "c1", "COUNT", "20", "STREAMS", "stream300", ">"],
    ["XREADGROUP", "GROUP", "g2", "c2", "COUNT", "5", "STREAMS", "stream300", ">"],
    ["XACK", "stream300", "g1", "0-1", "1-1"], ["XDEL", "stream300", "60-1", "99-3"], ["XADD", "x1", "1-1", "a", "1"], ["XDEL", "x1", "1-1"],
    ["XGROUP", "CREATE", "xempty", "g", "$", "MKSTREAM"],
]


def known(connection):
    """Names of all commands of a server."""
    return {node.value[0].text() for node in connection.command("COMMAND").value}


def fill(connection, commands):
    for name, value in VALUES.items():
        connection.command("SET", name, value)
    for words in COLLECTIONS:
        if words[0].lower().encode() in commands:
            reply = connection.command(*words)
            assert not reply.is_error(), (words[:4], reply.text())
    connection.command("SET", "timed", "v", "PXAT", FAR)
    connection.command("SELECT", "7")
    connection.command("SET", "elsewhere", "v")
    connection.command("SELECT", "0")


def digest(connection):
    return connection.command("DEBUG", "DIGEST").text()


def streams(connection):
    """What the digest leaves out of streams."""
    return {key.text(): rules.fields(connection.command("XINFO", "STREAM", key.text(), "FULL", "COUNT", "0"))
            for key in connection.command("KEYS", "*").value
            if connection.command("TYPE", key.text()).text() == b"stream"}


def exchange(source, target):
    """DUMP on one, RESTORE on the other."""
    target.command("FLUSHALL")
    for database in ("0", "7"):
        source.command("SELECT", database)
        target.command("SELECT", database)
        for name in (key.text() for key in source.command("KEYS", "*").value):
            payload = source.command("DUMP", name).text()
            ttl = max(source.command("PEXPIRETIME", name).value, 0)
            reply = target.command("RESTORE", name, ttl, payload, "ABSTTL")
            assert not reply.is_error(), (name, reply.text())
    source.command("SELECT", "0")
    target.command("SELECT", "0")
    assert digest(source) == digest(target), "the digests differ after RESTORE"
    assert rules.shared(streams(source), streams(target))[0] == rules.shared(streams(source), streams(target))[1], "streams differ"


def main():
    folder = servers.temporary_folder()
    with servers.redis(folder=folder) as redis:
        with redis.connect(timeout=60) as connection:
            with servers.cay() as cay, cay.connect() as other:
                fill(connection, known(connection) & known(other))
            expected = digest(connection)
            assert not connection.command("SAVE").is_error()
            with servers.cay(folder=folder) as cay, cay.connect(timeout=60) as other:
                reply = other.command("DEBUG", "RELOAD", "NOSAVE")
                assert not reply.is_error(), reply.text()
                assert digest(other) == expected, "the digests differ after dump.rdb"
                exchange(connection, other)
                exchange(other, connection)
                for compress in ("yes", "no"):
                    other.command("CONFIG", "SET", "rdbcompression", compress)
                    other.command("DEBUG", "RELOAD")
                    assert digest(other) == expected, "the digests differ after RELOAD"
                before = streams(other)
                other.command("DEBUG", "LOADAOF")
                assert digest(other) == expected, "the digests differ after LOADAOF"
                assert streams(other) == before, "streams differ after LOADAOF"
    print("the same digest every way: %s" % expected.decode())
    return 0


if __name__ == "__main__":
    if not servers.redis_path():
        servers.skip("redis-server is not installed")
    sys.exit(main())
