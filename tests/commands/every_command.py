#!/usr/bin/env python3
"""Fails when a command or subcommand of plugins/*/*.json (or of the core's own JSON) was executed by no test.

    every_command.py EXECUTED_DIR

Every test program writes the names of the commands that its servers executed there.
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Command -> why a running server cannot count it.
NOT_COUNTED = {}


def metadata_files():
    for path in sorted(ROOT.glob("plugins/*/*.json")):
        if path.stem == path.parent.name:
            yield path
    yield from sorted(ROOT.glob("app/core/*.json"))


def command_names(commands):
    """Names as INFO commandstats writes them. A container counts by its subcommands."""
    for name, command in commands.items():
        name = name.lower()
        subcommands = command.get("subcommands", {})
        if not subcommands:
            yield name
        for sub in subcommands:
            yield name + "|" + sub.lower()


def main():
    executed = set()
    folder = pathlib.Path(sys.argv[1])
    for path in folder.glob("*.json"):
        executed |= set(json.loads(path.read_text()))
    total = 0
    missing = []
    for path in metadata_files():
        for name in command_names(json.loads(path.read_text()).get("commands", {})):
            total += 1
            if name not in executed and name not in NOT_COUNTED:
                missing.append("%-14s %s" % (path.stem, name))
    if missing:
        print("%d of %d commands were executed by no test:" % (len(missing), total))
        print("\n".join(missing))
        sys.exit(1)
    print("all %d commands were executed" % total)


if __name__ == "__main__":
    main()
