#!/usr/bin/env python3
"""enable-debug-command on both servers, and the subcommands of DEBUG that end the process."""

import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import resp, servers  # noqa: E402

COMMANDS = [["DEBUG", "SLEEP", "0"], ["DEBUG", "HELP"], ["DEBUG", "nosuch"], ["DEBUG"]]
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


def main():
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
