#!/usr/bin/env python3
"""SCAN returns each key that is there from its first call to its last, whatever comes and goes meanwhile."""

import pathlib
import random
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import servers  # noqa: E402

STABLE = 2000


def pipeline(connection, commands):
    for command in commands:
        connection.send(*command)
    for _ in commands:
        reply = connection.read()
        assert not reply.is_error(), reply.text()


def walk(connection, count, disturb):
    """All keys of one walk, with how often each was returned; disturb(step) runs between the calls."""
    found, cursor, steps = {}, b"0", 0
    while True:
        reply = connection.command("SCAN", cursor, "COUNT", str(count)).value
        cursor = reply[0].text()
        assert int(cursor) < 1 << 48
        for key in reply[1].value:
            found[key.text()] = found.get(key.text(), 0) + 1
        if cursor == b"0":
            return found
        steps += 1
        assert steps < 1_000_000, "the walk does not end"
        disturb(steps)


def check(connection, name, count, disturb):
    connection.command("FLUSHALL")
    stable = [b"stable:%d" % i for i in range(STABLE)]
    pipeline(connection, [("SET", key, "v") for key in stable])
    pipeline(connection, [("SET", "passing:%d" % i, "v") for i in range(STABLE)])
    found = walk(connection, count, disturb)
    missing = [key for key in stable if key not in found]
    assert not missing, "%s, COUNT %d: %d keys are missing, %s first" % (name, count, len(missing), missing[0])
    return found


def main():
    generator = random.Random(1)
    with servers.cay() as server, server.connect() as connection:
        def nothing(_step):
            pass

        def grow(step):
            if step <= 200:
                pipeline(connection, [("SET", "new:%d:%d" % (step, i), "v") for i in range(200)])

        def shrink(step):
            pipeline(connection, [("DEL", "passing:%d" % (step * 40 + i)) for i in range(40)])

        def churn(_step):
            pipeline(connection, [("SET", "passing:%d" % generator.randrange(4 * STABLE), "v") for _ in range(20)]
                     + [("DEL", "passing:%d" % generator.randrange(4 * STABLE)) for _ in range(20)])

        for count in (1, 10, 100):
            found = check(connection, "nothing changes", count, nothing)
            assert len(found) == 2 * STABLE and set(found.values()) == {1}, "a key came twice in a quiet walk"
            check(connection, "growing", count, grow)
            check(connection, "shrinking", count, shrink)
            check(connection, "coming and going", count, churn)
        # Any cursor is answered, also one that no walk has given.
        for cursor in ("1", "281474976710655", "18446744073709551615", "123456789"):
            assert not connection.command("SCAN", cursor).is_error()
        # A nearly empty table: one call looks at a bounded part of it, and the walk still ends.
        connection.command("FLUSHALL")
        pipeline(connection, [("SET", "k:%d" % i, "v") for i in range(50000)])
        pipeline(connection, [("DEL", "k:%d" % i) for i in range(1, 50000)])
        assert list(walk(connection, 10, nothing)) == [b"k:0"]
    print("every stable key was returned, with COUNT 1, 10 and 100")
    return 0


if __name__ == "__main__":
    sys.exit(main())
