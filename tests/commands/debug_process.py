#!/usr/bin/env python3
"""DEBUG and the process: who may use it, the subcommands that end the server, and the allocator's controls."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import resp, servers  # noqa: E402

COMMANDS = [["DEBUG", "SLEEP", "0"], ["DEBUG", "HELP"], ["DEBUG", "nosuch"], ["DEBUG"],
            # Refused already when it would be queued.
            ["MULTI"], ["DEBUG", "SLEEP", "0"], ["EXEC"], ["MULTI"], ["MODULE", "UNLOAD", "nosuch"], ["DISCARD"]]
# The allocator's controls, and whether the two servers have the same value.
CONTROLS = [("MALLCTL", "stats.allocated", False), ("MALLCTL", "nosuch", True),
            ("MALLCTL", "stats.mapped", False), ("MALLCTL-STR", "version", False), ("MALLCTL-STR", "nosuch", True)]
FATAL = ["ASSERT", "PANIC", "OOM", "SEGFAULT"]


def answers(kind, value):
    with servers.Server(kind, options={"enable-debug-command": value}) as server, server.connect() as connection:
        replies = [connection.command(*command) for command in COMMANDS]
        # HELP lists what each server has.
        return [reply.raw if reply.is_error() or b"HELP" not in command else reply.raw[:1]
                for command, reply in zip(([w.encode() for w in c] for c in COMMANDS), replies)]


def dies(subcommand):
    server = servers.cay()
    try:
        with server.connect() as connection:
            connection.command("DEBUG", subcommand)
    except (resp.Closed, OSError):
        pass
    status = server.process.wait(30)
    log = server.tail(200)
    server.kill()
    assert status != 0, "DEBUG %s ended the server with status 0" % subcommand
    assert log, "DEBUG %s left nothing in the log" % subcommand


def controls(kind):
    with servers.Server(kind) as server, server.connect() as connection:
        first = connection.command("DEBUG", "MALLCTL", "stats.allocated")
        if b"does not allocate through jemalloc" in first.text():
            return None
        replies = [connection.command("DEBUG", name, key) for name, key, _ in CONTROLS]
        replies.append(connection.command("DEBUG", "MALLCTL", "epoch", "x"))
        return [reply.raw if same else reply.raw[:1]
                for reply, same in zip(replies, [same for _, _, same in CONTROLS] + [True])]


def main():
    ours = controls("cay")
    if ours and servers.redis_path():
        theirs = controls("redis")
        assert ours == theirs, "the allocator's controls:\ncay:   %s\nredis: %s" % (ours, theirs)
    for value in ("no", "local", "yes"):
        ours = answers("cay", value)
        if servers.redis_path():
            theirs = answers("redis", value)
            assert ours == theirs, "enable-debug-command %s:\ncay:   %s\nredis: %s" % (value, ours, theirs)
    for subcommand in FATAL:
        dies(subcommand)
    print("enable-debug-command no, local, yes; %s" % " ".join(FATAL))
    return 0


if __name__ == "__main__":
    sys.exit(main())
