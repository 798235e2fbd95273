#!/usr/bin/env python3
"""Compares COMMAND INFO, COMMAND DOCS and COMMAND GETKEYS of both servers for every command that both have.

A later Redis may know more than 7.0.15: an argument tree may have further tokens, flags that 7.0.15 lacks stand in
NEWER, and texts for people (summary, complexity, history) are not compared.
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import generator, resp, servers  # noqa: E402

INFO_FIELDS = ["name", "arity", "flags", "first key", "last key", "step", "acl categories", "tips", "key specs"]
# name -> fields that differ on purpose, with the reason.
DIFFERENT = {
    "bitcount": {"arguments": "the end is optional since Valkey 8"},
    "bitop": {"arguments": "a choice of operations since 7.2"},
    "pfcount": {"flags": "may_replicate since 7.2"},
    "publish": {"flags": "may_replicate since 7.2"},
    "spublish": {"flags": "may_replicate since 7.2"},
    "pfdebug": {"doc_flags": "syscmd is Redis's own mark"},
    "pfselftest": {"doc_flags": "syscmd is Redis's own mark"},
    "multi": {"flags": "no_multi since 7.2"},
    "watch": {"flags": "no_multi since 7.2"},
    "client|kill": {"arguments": "named otherwise since 7.2"},
    "client|list": {"arguments": "IDs are a list without a block since 7.2"},
    "client|pause": {"since": "7.2 says 3.0.0"},
    "command|getkeys": {"arguments": "documented since 7.2"},
    "command|getkeysandflags": {"arguments": "documented since 7.2"},
    "debug": {"arguments": "7.0 documents none", "doc_flags": "syscmd is Redis's own mark"},
    "restore-asking": {"doc_flags": "syscmd is Redis's own mark"},
    "zrank": {"arity": "WITHSCORE since 7.2"}, "zrevrank": {"arity": "WITHSCORE since 7.2"},
    "quit": {"deprecated_since": "since 7.2", "doc_flags": "since 7.2"},
}


def infos(connection, names):
    """name -> list of COMMAND INFO's fields as comparable text; subcommands under their full names."""
    out = {}
    pending = connection.command("COMMAND", "INFO", *names).value
    while pending:
        node = pending.pop()
        if node.value is None:
            continue
        fields = node.value
        out[fields[0].text().decode()] = [comparable(field) for field in fields[:9]]
        if len(fields) > 9:
            pending = pending + list(fields[9].value)
    return out


def comparable(node):
    """A set's order does not count."""
    if isinstance(node.value, list):
        parts = [comparable(item) for item in node.value]
        return str(sorted(parts)) if node.kind == "~" or all(
            item.kind in "+$" for item in node.value) else "[" + ", ".join(parts) + "]"
    return resp.show(node)


def shape(arguments, tokens):
    """An argument tree without texts and without what the other server does not know."""
    out = []
    for argument in arguments:
        token = argument.get("token")
        if token is not None and token.upper() not in tokens:
            continue
        children = shape(argument.get("arguments", []), tokens)
        if argument.get("arguments") and not children:
            continue
        flags = sorted(argument.get("flags", []))
        if len(children) == 1 and argument["type"] == "oneof":
            # A choice of one remains where the other alternatives are newer.
            child = children[0]
            out.append(child[:3] + (sorted(set(child[3]) | set(flags)),) + child[4:])
            continue
        # Names of groups changed between 7.0 and 7.2.
        name = "" if children else argument["name"]
        out.append((name, argument["type"], token, flags, children))
    return out


class Report:
    def __init__(self):
        self.lines = []
        self.compared = 0

    def check(self, name, field, ours, theirs):
        self.compared += 1
        if ours != theirs and field not in DIFFERENT.get(name, {}):
            self.lines += ["%s: %s" % (name, field), "    cay:   %s" % (ours,), "    redis: %s" % (theirs,)]


def compare_info(report, cay, redis):
    names = sorted(generator.as_tree(cay.command("COMMAND", "LIST")))
    ours, theirs = infos(cay, names), infos(redis, names)
    for name in sorted(ours.keys() & theirs.keys()):
        for field, left, right in zip(INFO_FIELDS, ours[name], theirs[name]):
            report.check(name, field, left, right)


def compare_docs(report, cay, redis):
    ours, theirs = generator.documented(cay), generator.documented(redis)
    for words in sorted(ours.keys() & theirs.keys()):
        name, left, right = "|".join(words), ours[words], theirs[words]
        for field in ("since", "group", "deprecated_since", "doc_flags"):
            report.check(name, field, left.get(field), right.get(field))
        tokens = generator.tokens(right)
        report.check(name, "arguments", shape(left.get("arguments", []), tokens),
                     shape(right.get("arguments", []), tokens))


def main():
    if servers.redis_path() is None:
        servers.skip("no redis-server to compare with")
    with servers.cay() as ours, servers.redis() as theirs:
        report = Report()
        with ours.connect(3) as cay, theirs.connect(3) as redis:
            compare_info(report, cay, redis)
            compare_docs(report, cay, redis)
        print("\n".join(report.lines))
        print("%d fields compared, %d differ" % (report.compared, len(report.lines) // 3))
        failed = bool(report.lines)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
