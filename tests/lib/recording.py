"""Recorded replies of redis-server: <subject>.replies beside <subject>.resp.

One line per compared reply: the protocol, a hash of the command (so that an edited script is noticed) and
the reply, escaped as Python escapes bytes. Only what the step's markers compare is kept: a reply of which
only the type counts keeps its first byte, and a long one its SHA-256.
"""

import hashlib

from lib import compare, resp

LONG = 2048


class Stale(Exception):
    """The script is newer than its recorded replies."""


def _kept(step, reply):
    """The bytes that are worth keeping of a reply."""
    if "type" in step.markers:
        return b"type " + reply.kind.encode() + (b"0" if reply.value is None else b"1")
    if "match" in step.markers:
        return b"match"
    if len(reply.raw) > LONG and not step.markers.keys() & {"unordered", "about", "mask", "error-prefix"}:
        return b"sha256 " + hashlib.sha256(reply.raw).hexdigest().encode()
    return reply.raw


class Writer:
    def __init__(self, protocol):
        self.protocol = protocol
        self.lines = []

    def add(self, step, reply):
        text = _kept(step, reply).decode("latin-1").encode("unicode_escape").decode()
        self.lines.append("%d %s %s\n" % (self.protocol, step.digest(), text))


def save(path, writers):
    with open(path, "w", encoding="ascii") as file:
        for writer in writers:
            file.writelines(writer.lines)


class Reader:
    def __init__(self, path, protocol):
        self.path = path
        with open(path, encoding="ascii") as file:
            rows = [line.rstrip("\n").split(" ", 2) for line in file]
        self.rows = [row for row in rows if row[0] == str(protocol)]
        self.position = 0

    def next(self, step):
        row = self.rows[self.position] if self.position < len(self.rows) else None
        if row is None or row[1] != step.digest():
            raise Stale("%s does not fit its script: run run_resp.py --record" % self.path.name)
        self.position += 1
        data = row[2].encode("ascii").decode("unicode_escape").encode("latin-1")
        if data.startswith((b"type ", b"sha256 ", b"match")):
            return resp.Node("+", b"(recorded) " + data, data)
        if data.startswith(b"(the"):  # the connection was closed
            return resp.Node("-", data, data)
        return resp.parse(data)[0]


def matches(step, cay, other):
    """compare.same(), where other may be a recorded reply that was shortened."""
    for name in (b"type ", b"sha256 "):
        if other.raw.startswith(name):
            return _kept(step, cay) == other.raw
    if other.raw == b"match":
        return compare.same(step.markers, cay, cay)
    return compare.same(step.markers, cay, other)
