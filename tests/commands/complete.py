#!/usr/bin/env python3
"""The gate of data commands: every one of data_commands.json is in COMMAND, with its group, arity and flags.

data_commands.json holds group -> command -> [arity, flags], as Redis and Valkey publish them. How arity, flags, key
specifications and ACL categories compare with redis-server's, metadata.py tells.
"""

import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import generator, servers  # noqa: E402

# Flags that came or went with another version than the one that a list was made from.
UNSETTLED = {"no_multi", "movablekeys", "asking", "noscript"}
# Command -> why it answers to another arity.
ARITY = {}


def commands(connection):
    """name -> (arity, set of flags), subcommands under their full names."""
    out = {}
    pending = list(connection.command("COMMAND").value)
    while pending:
        fields = pending.pop().value
        out[fields[0].text().decode()] = (fields[1].value, {flag.text().decode() for flag in fields[2].value})
        if len(fields) > 9:
            pending += fields[9].value
    return out


def problems(wanted, found, groups):
    for group, members in wanted.items():
        for name, (arity, *flags) in members.items():
            if name not in found:
                yield "%-12s %s is not there" % (group, name)
                continue
            has_arity, has_flags = found[name]
            if has_arity != arity and name not in ARITY:
                yield "%-12s %s: arity %d, not %d" % (group, name, has_arity, arity)
            if flags and set(flags[0]) - UNSETTLED != has_flags - UNSETTLED:
                yield "%-12s %s: flags %s, not %s" % (group, name, sorted(has_flags), flags[0])
            if groups.get(name) != group:
                yield "%-12s %s: is in the group %s" % (group, name, groups.get(name))


def main():
    wanted = json.loads((HERE / "data_commands.json").read_text())
    with servers.cay() as server, server.connect(3) as connection:
        found = commands(connection)
        groups = {"|".join(words): docs.get("group") for words, docs in generator.documented(connection).items()}
        lines = list(problems(wanted, found, groups))
    total = sum(map(len, wanted.values()))
    print("\n".join(lines))
    print("%d data commands, %d lines of what is missing or differs" % (total, len(lines)))
    sys.exit(1 if lines else 0)


if __name__ == "__main__":
    main()
