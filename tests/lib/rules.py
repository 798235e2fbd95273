"""How two servers' replies to a random command are compared where not byte for byte."""

from lib import compare, resp

# What 7.0.15 does not have: small lists and small sets of words are listpacks since 7.2. (And SORT of a small sorted set
# makes a large one of it in Redis.)
NEWER_ENCODINGS = {(b"listpack", b"hashtable"), (b"listpack", b"quicklist"), (b"listpack", b"skiplist")}
# Fields of XINFO that tell times, or how the server keeps a stream. Since 7.2 XCLAIM and XAUTOCLAIM make a consumer also
# where there is nothing to claim: consumers count where something is pending for them.
OWN_FIELDS = {b"radix-tree-keys", b"radix-tree-nodes", b"idle", b"inactive", b"seen-time", b"active-time"}
PENDING = (b"pel-count", b"pending")
# Redis's SORT says this also when an earlier command has left ERANGE in errno.
NO_DOUBLE = b"ERR One or more scores can't be converted into double"
A_TIME = 10 ** 11  # numbers above are milliseconds of the clock


def same_dump(left, right):
    """Strings serialise to the same bytes; the order inside other types is the server's own."""
    if left.value is None or right.value is None or left.kind != "$":
        return left.value == right.value
    return left.value == right.value if left.value[:1] == b"\0" else right.value[:1] != b"\0"


def same_type(left, right):
    return left.kind == right.kind and left.is_error() == right.is_error()


def same_length(left, right):
    """Random members: others, but as many."""
    if not same_type(left, right):
        return False
    return not isinstance(left.value, list) or len(left.value) == len(right.value)


def same_unordered(left, right):
    return resp.show(compare.unordered(left)) == resp.show(compare.unordered(right))


def same_scan(words, left, right):
    """What came at once must be the same; where there is more to come, each server begins elsewhere."""
    if not same_type(left, right) or not isinstance(left.value, list):
        return resp.show(left) == resp.show(right)
    at = 1 if words[0].upper() == b"SCAN" else 2
    cursors = {words[at], left.value[0].text(), right.value[0].text()}
    if cursors != {b"0"}:
        return True
    items = [{item.text() for item in node.value[1].value} for node in (left, right)]
    return items[0] == items[1]


def same_sort(words, left, right):
    """Without an order the servers have their own."""
    upper = [word.upper() for word in words]
    if right.is_error() and right.text() == NO_DOUBLE and b"STORE" not in upper:
        return True
    by = words[upper.index(b"BY") + 1:][:1] if b"BY" in upper else []
    if not by or b"*" in by[0]:
        return resp.show(left) == resp.show(right)
    return same_length(left, right) if b"LIMIT" in upper else same_unordered(left, right)


def is_idle_consumer(item):
    return isinstance(item, dict) and b"last-delivered-id" not in item and any(
        item.get(name) == "(integer) 0" for name in PENDING)


def fields(node, strict=False):
    """XINFO's reply with maps as dicts, in both protocols, and no times. strict: with consumers that wait for nothing."""
    if isinstance(node.value, list):
        items = node.value
        if items and (node.kind == "%" or items[0].text() in (b"length", b"name") and len(items) % 2 == 0):
            found = {items[i].text(): fields(items[i + 1], strict) for i in range(0, len(items), 2)
                     if items[i].text() not in OWN_FIELDS}
            if not strict and b"last-delivered-id" in found and not isinstance(found.get(b"consumers"), list):
                del found[b"consumers"]
            return found
        inner = [fields(item, strict) for item in items]
        return inner if strict else [item for item in inner if not is_idle_consumer(item)]
    return "a time" if isinstance(node.value, int) and node.value > A_TIME else resp.show(node)


def shared(left, right):
    """Both trees without the fields that only one of them has."""
    if isinstance(left, dict) and isinstance(right, dict):
        pairs = {name: shared(left[name], right[name]) for name in left.keys() & right.keys()}
        return {name: pair[0] for name, pair in pairs.items()}, {name: pair[1] for name, pair in pairs.items()}
    if isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        pairs = [shared(a, b) for a, b in zip(left, right)]
        return [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return left, right


def same_fields(left, right):
    left, right = shared(fields(left), fields(right))
    return left == right


SIMPLE = {"type": same_type, "length": same_length, "dump": same_dump, "unordered": same_unordered, "fields": same_fields}
WITH_WORDS = {"scan": same_scan, "sort": same_sort}


def same(rule, words, left, right):
    """rule: (how, amount); words: the command. Nodes inside of others have no .raw."""
    if left.raw and left.raw == right.raw:
        return True
    how, amount = rule
    if how in SIMPLE:
        return SIMPLE[how](left, right)
    if how in WITH_WORDS:
        return WITH_WORDS[how](words, left, right)
    if how == "about":
        return compare.about(left, right, amount)
    if how == "newer syntax" and right.text() == b"ERR syntax error":
        return True
    if how == "encoding" and (left.value, right.value) in NEWER_ENCODINGS:
        return True
    return resp.show(left) == resp.show(right)
