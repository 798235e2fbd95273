"""Which commands random streams are made of, how often each comes, and which limits they meet."""

from lib import generator

GROUPS = {"string", "generic", "list", "set", "sorted-set", "hash", "bitmap", "hyperloglog", "geo", "stream",
          "transactions"}
EXTRA = {"dbsize", "flushdb", "flushall", "swapdb", "ping", "echo", "select"}
# Commands that would dominate or empty the dataset if they came as often as others.
WEIGHTS = {"flushall": 0.01, "flushdb": 0.02, "swapdb": 0.1, "select": 0.05, "multi": 0.3, "exec": 1.2, "discard": 0.05,
           "watch": 0.2, "keys": 0.05, "scan": 0.2, "lcs": 0.2, "randomkey": 0.2, "dump": 0.4, "restore": 1,
           "ping": 0.1, "echo": 0.1, "move": 0.5, "set": 4, "del": 0.7, "unlink": 0.5, "append": 2}

# Where small collections turn into large ones: option -> values. Lists of them are drawn anew for every round.
LIMITS = {
    "hash-max-listpack-entries": (0, 1, 3, 8, 128, 512), "hash-max-listpack-value": (1, 8, 64),
    "set-max-intset-entries": (0, 2, 5, 512), "zset-max-listpack-entries": (0, 1, 3, 8, 128),
    "zset-max-listpack-value": (1, 8, 64), "list-max-listpack-size": (-5, -2, -1, 1, 2, 5, 100),
    "list-compress-depth": (0, 1, 2), "stream-node-max-entries": (1, 2, 5, 100), "stream-node-max-bytes": (64, 4096),
    "hll-sparse-max-bytes": (0, 40, 300, 3000),
    # Redis 7.2 has these.
    "set-max-listpack-entries": (0, 1, 3, 8, 128), "set-max-listpack-value": (1, 8, 64),
}

# Words that redis-server 7.0.15 knows but does not document.
UNDOCUMENTED = {("bitop",): {"AND", "OR", "XOR", "NOT"}}
# Commands whose arguments may be left out since; streams are made from redis-server's documents.
OLDER = {("bitcount",)}


def name_of(words, containers):
    """The command's name as COMMAND writes it."""
    name = words[0].decode("latin-1").lower()
    if name in containers and len(words) > 1:
        return name + "|" + words[1].decode("latin-1").lower()
    return name


def blocks(name):
    return name in ("blpop", "brpop", "brpoplpush", "blmove", "blmpop", "bzpopmin", "bzpopmax", "bzmpop")


def sample_payloads(connection):
    """DUMP payloads for RESTORE, good and damaged."""
    connection.command("MSET", "a", "1", "b", "hello", "c", "x" * 100, "d", "-129", "e", "123456789", "f", "")
    payloads = [connection.command("DUMP", name).value for name in "abcdef"]
    payloads += [payloads[1][:-1], payloads[1][:-1] + b"!", b"", payloads[1][:4]]
    connection.command("FLUSHALL")
    return payloads


def makers(ours, theirs, values, chosen):
    """The list to choose commands from; a heavier one stands in it more often.

    ours, theirs: generator.documented() of the two servers, or twice the same. chosen(name, docs): its weight, 0 for none.
    """
    table = []
    for words, docs in sorted(ours.items()):
        if words not in theirs or "subcommands" in docs:
            continue
        weight = chosen("|".join(words), docs)
        if not weight:
            continue
        compiler = generator.Compiler(values, generator.tokens(theirs[words]) | UNDOCUMENTED.get(words, set()))
        docs = theirs[words] if words in OLDER else docs
        table += [compiler.command(list(words), docs)] * max(1, round(weight * 100))
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
