"""Which commands random streams are made of, how often each comes, and which limits they meet."""

from lib import generator

GROUPS = {"string", "generic", "list", "set", "sorted-set", "hash", "bitmap", "hyperloglog", "geo", "stream",
          "transactions"}
EXTRA = {"dbsize", "flushdb", "flushall", "swapdb", "ping", "echo", "select"}
# Commands that would dominate or empty the dataset if they came as often as others.
WEIGHTS = {"flushall": 0.01, "flushdb": 0.02, "swapdb": 0.1, "select": 0.05, "multi": 0.3, "exec": 1.2, "discard": 0.05,
           "watch": 0.2, "keys": 0.05, "scan": 0.2, "lcs": 0.2, "randomkey": 0.2, "dump": 0.4, "restore": 1,
           "ping": 0.1, "echo": 0.1, "move": 0.5, "set": 4, "del": 0.7, "unlink": 0.5, "append": 2,
           "xadd": 4, "xgroup|destroy": 0.2, "sadd": 2, "zadd": 2, "hset": 2, "rpush": 2, "lpush": 2, "geoadd": 3, "pfadd": 2,
           "xtrim": 0.4, "ltrim": 0.4, "zremrangebyrank": 0.5, "zremrangebyscore": 0.5, "xsetid": 0.3,
           "blpop": 0.2, "brpop": 0.2, "brpoplpush": 0.2, "blmove": 0.2, "blmpop": 0.2, "bzpopmin": 0.2, "bzpopmax": 0.2,
           "bzmpop": 0.2}

# Where small collections turn into large ones: option -> values. Lists of them are drawn anew for every round.
LIMITS = {
    "hash-max-listpack-entries": (0, 1, 3, 8, 128, 512), "hash-max-listpack-value": (1, 8, 64),
    "set-max-intset-entries": (0, 2, 5, 512), "zset-max-listpack-entries": (0, 1, 3, 8, 128),
    "zset-max-listpack-value": (1, 8, 64), "list-max-listpack-size": (-5, -2, -1, 1, 2, 5, 100),
    "list-compress-depth": (0, 1, 2), "stream-node-max-entries": (1, 2, 5, 100), "stream-node-max-bytes": (64, 4096),
    "hll-sparse-max-bytes": (0, 40, 300, 3000),
    # Redis 7.2 has these.
    "set-max-listpack-entries": (0, 1, 3, 8, 128), "set-max-listpack-value": (1, 8, 64),
    # A bit far out, or a range, would make a string of 512 MB.
    "proto-max-bulk-len": (1048576,),
}


def name_of(words, containers):
    """The command's name as COMMAND writes it."""
    name = words[0].decode("latin-1").lower()
    if name in containers and len(words) > 1:
        return name + "|" + words[1].decode("latin-1").lower()
    return name


def blocks(name):
    return name in ("blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop")


# Commands that make a value of each type and encoding, under 7.0's and later limits.
SAMPLES = [
    "SET a 1", "SET b hello", "SET c %s" % ("x" * 100), "SET d -129", "SET e 123456789", 'SET f ""', "RPUSH g a b 1 2 300000",
    "RPUSH h %s" % " ".join("element%d" % i for i in range(300)), "SADD i 1 2 3", "SADD j a b c m1", "SADD k 1 2 70000 -5000000000",
    "SADD l %s" % " ".join("m%d" % i for i in range(200)), "ZADD m 1 m1 2.5 m2 -inf m3", "HSET n f v m1 2 m2 3.5",
    "ZADD o %s" % " ".join("%d m%d" % (i, i % 250) for i in range(250)), "HSET p %s" % " ".join("f%d v" % i for i in range(600)),
    "XADD q 1-1 a 1 b 2", "XADD q 2-1 a 3 b 4", "XGROUP CREATE q g1 0", "XREADGROUP GROUP g1 c1 COUNT 1 STREAMS q >", "PFADD r a b c",
]


def sample_payloads(connection, other=None):
    """DUMP payloads for RESTORE that both servers can read, and damaged ones."""
    names = []
    for line in SAMPLES:
        words = [word.strip('"') for word in line.split()]
        if not connection.command(*words).is_error() and words[1] not in names + ["CREATE", "GROUP"]:
            names.append(words[1])
    payloads = [connection.command("DUMP", name).value for name in names]
    if other:
        payloads = [payload for payload in payloads if not other.command("RESTORE", "a", "0", payload, "REPLACE").is_error()]
        other.command("FLUSHALL")
    good = payloads[1]
    payloads += payloads[:6] + [good[:-1], good[:-1] + b"!", b"", good[:4]]
    connection.command("FLUSHALL")
    return payloads


# Tokens that are left out, because their results are not defined: an order by letters among members of different scores,
# or among members whose letters (BY ... ALPHA) are the same. generator.by_order() has what is defined of it.
WITHOUT = {"zrange": {"BYLEX"}, "zrangestore": {"BYLEX"}, "sort": {"ALPHA"}, "sort_ro": {"ALPHA"}}


# Words that redis-server 7.0.15 knows but does not document.
UNDOCUMENTED = {("bitop",): {"AND", "OR", "XOR", "NOT"}}
# Commands whose arguments may be left out since; streams are made from redis-server's documents.
OLDER = {("bitcount",)}


def makers(ours, theirs, values, chosen, without=WITHOUT):
    """The list to choose commands from; a heavier one stands in it more often.

    ours, theirs: generator.documented() of the two servers, or twice the same. chosen(name, docs): its weight, 0 for none.
    """
    table = []
    for words, docs in sorted(ours.items()):
        name = "|".join(words)
        if words not in theirs or "subcommands" in docs:
            continue
        weight = chosen(name, docs)
        if not weight:
            continue
        known = generator.tokens(theirs[words]) | UNDOCUMENTED.get(words, set())
        compiler = generator.Compiler(values, known, without.get(name, ()))
        docs = theirs[words] if words in OLDER else docs
        table += [compiler.command(list(words), docs)] * max(1, round(weight * 100))
    for name, templates in generator.by_order(values).items():
        if (name,) in ours and chosen(name, ours[name,]):
            table += [maker for maker in templates for _ in range(100)]
    return table


def containers(documents):
    return {words[0] for words in documents if len(words) > 1}


def vary_limits(rng, connections, smallest=False):
    """Draws the limits anew on all servers; returns {option: value} of those that each of them has."""
    drawn = {}
    for option, values in LIMITS.items():
        value = min(values, key=abs) if smallest else rng.choice(values)
        if all(connection.command("CONFIG", "GET", option).value for connection in connections):
            for connection in connections:
                reply = connection.command("CONFIG", "SET", option, value)
                if reply.is_error():
                    raise RuntimeError("CONFIG SET %s %s: %s" % (option, value, reply.text()))
            drawn[option] = value
    return drawn
