"""Compares two replies under a step's markers."""

import re

from lib import resp



def _sort_key(node):
    return resp.show(node)


def unordered(node):
    """The reply with the elements of every aggregate sorted (pairs stay pairs in a map)."""
    if node.kind == "|":
        return resp.Node("|", (node.value[0], unordered(node.value[1])))
    if not isinstance(node.value, list):
        return node
    items = [unordered(item) for item in node.value]
    if node.kind == "%":
        pairs = sorted(zip(items[::2], items[1::2]), key=lambda pair: _sort_key(pair[0]))
        return resp.Node("%", [item for pair in pairs for item in pair])
    return resp.Node(node.kind, sorted(items, key=_sort_key))


def masked(node, pattern):
    """The reply with all that matches pattern replaced by * in every scalar."""
    if node.kind == "|":
        return resp.Node("|", (node.value[0], masked(node.value[1], pattern)))
    if isinstance(node.value, list):
        return resp.Node(node.kind, [masked(item, pattern) for item in node.value])
    if node.value is None or isinstance(node.value, bool):
        return node
    return resp.Node(node.kind if isinstance(node.value, bytes) else "+",
                     re.sub(pattern.encode("latin-1"), b"*", node.text()))


def _number(node):
    try:
        return float(node.text()) if not isinstance(node.value, (list, tuple)) else None
    except ValueError:
        return None


def about(left, right, tolerance):
    """Same shape; integers (also as strings and doubles) within tolerance of each other."""
    if left.kind != right.kind:
        return False
    if isinstance(left.value, list) and isinstance(right.value, list):
        return len(left.value) == len(right.value) and all(
            about(a, b, tolerance) for a, b in zip(left.value, right.value))
    a, b = _number(left), _number(right)
    if a is None or b is None:
        return resp.show(left) == resp.show(right)
    return abs(a - b) <= tolerance


def _first_word(node):
    return node.text().split(b" ", 1)[0]


def same(markers, cay, other):
    """True when cay's reply agrees with the other server's under the step's markers."""
    if "skip" in markers:
        return True
    if "match" in markers:
        return all(re.search(markers["match"], resp.show(node), re.S) for node in (cay, other))
    if "type" in markers:
        return cay.kind == other.kind and (cay.value is None) == (other.value is None)
    if "error-prefix" in markers:
        return cay.is_error() and cay.kind == other.kind and _first_word(cay) == _first_word(other)
    if cay.raw == other.raw:
        return True
    if "mask" in markers:
        cay, other = (masked(node, markers["mask"]) for node in (cay, other))
    if "unordered" in markers:
        cay, other = unordered(cay), unordered(other)
    if "about" in markers:
        return about(cay, other, float(markers["about"]))
    if "mask" in markers or "unordered" in markers:
        return resp.show(cay) == resp.show(other)
    return False


def _as_json(node):
    """Python data in which a RESP3 map or set can be compared with a JSON list or object."""
    if node.kind == "%":
        items = [_as_json(item) for item in node.value]
        return dict(zip(map(str, items[::2]), items[1::2]))
    if node.kind == ",":
        return float(node.value)
    if isinstance(node.value, list):
        return [_as_json(item) for item in node.value]
    return resp.plain(node)


def _flat(data):
    if isinstance(data, dict):
        return [part for key, value in data.items() for part in (key, _flat(value))]
    return [_flat(item) for item in data] if isinstance(data, list) else data


def as_expected(node, expected, markers):
    """True when a reply is what @differs says: show()'s text, or JSON for aggregates."""
    if "unordered" in markers:
        node = unordered(node)
    if resp.show(node) == expected:
        return True
    if expected in ("(nil)", "(null)", "(nil array)"):
        return node.value is None
    if expected in ("(true)", "(false)") and node.kind == ":":
        return node.value == (expected == "(true)")
    if expected[:1] not in "[{":
        # A double is a string in RESP2, a status may be written without quotes.
        scalar = not isinstance(node.value, list) and node.kind not in "-!:"
        return scalar and re.sub(r"^\(double\) ", "", expected) == node.text().decode("latin-1")
    data, _ = resp.take_json(expected, 0)
    reply = _as_json(node)
    if "unordered" in markers and isinstance(data, list):
        return isinstance(reply, list) and sorted(map(str, data)) == sorted(map(str, reply))
    return reply == data or _flat(reply) == _flat(data)
