"""Makes random commands from the argument trees of COMMAND DOCS.

A tree is compiled once into closures that append ready-made bulk strings to a list, so that a command costs a
few microseconds. Every choice comes from one random.Random, so a seed reproduces a stream.
"""

from lib import arguments, resp

I64_MAX = 9223372036854775807
BOUNDARIES = [I64_MAX, -I64_MAX - 1, I64_MAX + 1, -I64_MAX - 2, I64_MAX - 1, 2 ** 31, 2 ** 31 - 1, -2 ** 31, 2 ** 32,
              10 ** 17, 99999999999999999999, 4611686018427387904, 9223372036854775]
BAD_INTEGERS = ["abc", "", " 1", "1 ", "+1", "01", "-0", "1.5", "1e3", "0x10", "-", "9" * 30, "\0"]
# None that overflows or is denormal: redis-server's SORT stumbles over the errno that such a one leaves behind.
DOUBLES = ["0", "1", "-1", "1.5", "-2.75", "3.0e3", "0.1", "1e17", "1e-10", "123456789.123456789", "inf", "-inf", "nan",
           "1e308", "abc", "", " 1", "1.", ".5", "17179869184", "2.3e-308", "0x10", "5e-1", "00012"]
WORDS = ["a", "b", "abc", "hello world", "", "ABC", "x" * 44, "y" * 45, "z" * 64, "w" * 65, "q" * 600, "\x01\0\xff",
         "line\r\nbreak", "10", "-5", "3.5", "0", "12345678901234567890", "9223372036854775807", "007", "1e2", "inf"]
PATTERNS = ["*", "s*", "s?", "[a-s]*", "[^s]*", "s[0-3]", "\\*", "", "**", "*[", "s0", "l*", "*0", "[z-a]*", "h?llo*"]
# Key names by command group: mostly the right type, sometimes another one.
PREFIXES = {"string": "s", "bitmap": "s", "hyperloglog": "p", "list": "l", "set": "t", "sorted-set": "z", "geo": "g",
            "hash": "h", "stream": "x"}
# A range by lexicographical order has a meaning where all scores are the same: these commands have keys of their own.
LEX_PREFIX = "y"
LEX_COMMANDS = ("zlexcount", "zrangebylex", "zrevrangebylex", "zremrangebylex")
# A count of minus two thousand millions would be taken at its word.
RANDOM_MEMBERS = ("srandmember", "hrandfield", "zrandmember")
# WITHSCORE since 7.2: a wrong number of arguments is another error since.
LONGER = ("zrank", "zrevrank")
KEYS_PER_TYPE = 6
COUNTS = ("numkeys", "numfields")
SPECIAL_KEYS = ["", "s{0}", "k\0\xff", "K" * 200]


def bulk(value):
    if not isinstance(value, bytes):
        value = str(value).encode("latin-1")
    return b"$%d\r\n%s\r\n" % (len(value), value)


def bulks(values):
    return [bulk(value) for value in values]


def waits(argument):
    return argument.get("token") == "BLOCK" or argument["name"] == "timeout"


def is_time(argument):
    return argument["type"] == "unix-time" or argument["name"] in ("seconds", "milliseconds", "ttl", "timeout")


class Values:
    """Pools of arguments, as bulk strings."""

    def __init__(self, rng, payloads=()):
        self.rng = rng
        self.tick = 1  # streams go on from here
        self.payloads = bulks(payloads) or [bulk("x")]
        self.words = bulks(WORDS)
        self.patterns = bulks(PATTERNS)
        self.doubles = bulks(DOUBLES)
        self.members = bulks(["m%d" % i for i in range(8)] + ["1", "2", "-3", "", "long" * 20])
        self.small = bulks(list(range(-3, 21)))
        self.boundaries = bulks(BOUNDARIES)
        self.bad = bulks(BAD_INTEGERS)
        self.offsets = bulks(list(range(0, 20)) + [100, 300, -1, I64_MAX, I64_MAX + 1, 2 ** 32, 2 ** 40])
        self.counts = bulks([0, 1, 2, 3, 5, 10, 100, 1000, -1, -2, -5])
        self.databases = bulks([0, 0, 0, 1, 1, 2, 15, 16, -1, "x", I64_MAX])
        self.cursors = bulks([0] * 20 + [1, 7, -1, "abc", "", "1.5", 2 ** 64 - 1])
        self.all_keys = self._keys(sorted(set(PREFIXES.values())))
        self.special = bulks(SPECIAL_KEYS)

    @staticmethod
    def _keys(prefixes):
        return bulks([prefix + str(i) for prefix in prefixes for i in range(KEYS_PER_TYPE)])

    def key(self, group, command=""):
        if command in LEX_COMMANDS:
            own = self._keys([LEX_PREFIX])
            return lambda: self.rng.choice(own)
        if command in ("sort", "sort_ro"):
            # Not of sorted sets: redis-server makes large ones of them, which keep 1e17 and -0 in another form.
            own = self._keys(["l", "l", "t", "t", "s", "h"])
            return lambda: self.rng.choice(own)
        own = self._keys([PREFIXES[group]]) if group in PREFIXES else self._keys(["s", "s", "s"]) + self.all_keys
        choice, random, everything, special = self.rng.choice, self.rng.random, self.all_keys, self.special

        def make():
            dice = random()
            return choice(own if dice < 0.9 else everything if dice < 0.98 else special)
        return make

    def _mixed(self, *weighted):
        """Picks from pools by probability; the last takes the rest."""
        choice, random = self.rng.choice, self.rng.random
        first, share = weighted[0]
        rest = weighted[1:]

        def make():
            dice = random()
            if dice < share:
                return choice(first)
            for pool, limit in rest:
                if dice < limit:
                    return choice(pool)
            return choice(rest[-1][0])
        return make

    def integer(self):
        return self._mixed((self.small, 0.85), (self.boundaries, 0.95), (self.bad, 1))

    def pool(self, pool):
        return self._mixed((pool, 0.97), (self.bad, 1))

    def text(self):
        return self._mixed((self.words, 0.6), (self.small, 0.9), (self.members, 0.95), (self.boundaries, 1))

    def member(self):
        return self._mixed((self.members, 0.9), (self.words, 1))

    def far(self, low, high, past, relative):
        """A time far enough away that it does not come true while the stream runs; or one long gone.

        A relative time is hardly ever drawn twice: EXPIRE key 100 GT on a key that has 100 seconds says 1 or 0 by
        whether a millisecond has passed, which two servers need not agree on.
        """
        rng, wrong = self.rng, bulks(past) + self.bad

        def make():
            dice = rng.random()
            if dice < 0.8:
                return bulk(rng.randrange(low, high))
            if dice < 0.9:
                return rng.choice(wrong)
            edge = rng.choice(BOUNDARIES)
            return bulk(edge - rng.randrange(10 ** 6) if relative and abs(edge) < I64_MAX - 1 else edge)
        return make

    def stream_id(self, adds, without=()):
        """IDs that go on a little with each entry, or that lie around the last ones."""
        rng, odd, bounds = self.rng, *(bulks([word for word in words if word not in without])
                                       for words in (arguments.STREAM_IDS, arguments.STREAM_BOUNDS))

        def make():
            dice = rng.random()
            if dice < 0.08:
                return rng.choice(odd)
            if adds:
                self.tick += rng.randrange(0, 3)
                return bulk("%d-*" % self.tick if dice < 0.2 else "%d-%d" % (self.tick, rng.randrange(5)))
            if dice < 0.25:
                return rng.choice(bounds)
            exact = "%d-%d" % (max(0, self.tick - rng.randrange(60)), rng.randrange(5))
            return bulk(exact if dice < 0.8 else exact.split("-")[0] if dice < 0.9 else "(" + exact)
        return make

    def waiting(self, argument):
        """How long a command may wait: not long, and never for ever."""
        if argument.get("token") == "BLOCK":
            return self._mixed((bulks([1, 2]), 0.97), (bulks([-1, "abc"]), 1))
        return self._mixed((bulks(["0.001", "0.002"]), 0.97), (bulks([-1, "abc"]), 1))

    def of_family(self, argument, group, command):
        """The maker for an argument that is special to a data family, or None."""
        name = argument["name"]
        if waits(argument):
            return self.waiting(argument)
        if group == "stream" and (name in arguments.STREAM_ID_NAMES or argument.get("token") in ("LASTID",)):
            # XREAD knows + since 7.4.
            return self.stream_id(command in ("xadd", "xsetid"), ("+",) if command == "xread" else ())
        if group == "stream" and name in ("start", "end"):
            return self.stream_id(False)
        special = arguments.pool(command, group, argument)
        if special is None:
            return None
        special = bulks(special)
        if group == "stream" and name == "threshold":
            identifier, choice, random = self.stream_id(False), self.rng.choice, self.rng.random
            return lambda: choice(special) if random() < 0.5 else identifier()
        return self._mixed((special, 0.98), (self.small, 1))

    def value(self, argument, group, command=""):
        """The maker for one leaf of an argument tree."""
        name, kind = argument["name"], argument["type"]
        if kind == "key":
            return self.key(group, command)
        special = self.of_family(argument, group, command)
        if special is not None:
            return special
        if kind == "pattern":
            return self._mixed((self.patterns, 0.8), (self.all_keys, 1))
        if is_time(argument):
            return self._time(name, kind)
        if kind == "double":
            return self._mixed((self.doubles, 0.7), (self.small, 1))
        if kind == "integer":
            return self._integer(name)
        if name == "serialized-value":
            return self._mixed((self.payloads, 0.95), (self.words, 1))
        if name in ("member", "field", "element"):
            return self.member()
        return self.text()

    def _time(self, name, kind):
        if name == "seconds" or kind == "unix-time" and "milli" not in name:
            low, high = (10 ** 5, 10 ** 9) if name == "seconds" else (2 * 10 ** 9, 4 * 10 ** 9)
        else:
            low, high = (10 ** 8, 10 ** 12) if kind != "unix-time" else (2 * 10 ** 12, 4 * 10 ** 12)
        absolute = kind == "unix-time"
        return self.far(low, high, [0, 0, -1, -100] + ([1000] if absolute else []), not absolute)

    def _integer(self, name):
        special = {"offset": self.offsets, "bit": self.offsets, "count": self.counts, "limit": self.counts,
                   "cursor": self.cursors, "db": self.databases, "destination-db": self.databases,
                   "index1": self.databases, "index2": self.databases, "len": self.counts,
                   "frequency": self.counts}
        if name == "cursor":
            # None above 2^64: what strtoul() leaves in errno, redis-server's SORT believes.
            return lambda: self.rng.choice(self.cursors)
        if name in special:
            return self.pool(special[name])
        return self.integer()


class Compiler:
    """Turns one command's documented arguments into a function that makes commands."""

    def __init__(self, values, known_tokens=None, without=()):
        """known_tokens: tokens that the oracle knows for this command; others are left out, and those in `without`."""
        self.without = without
        self.values = values
        self.rng = values.rng
        self.known = known_tokens

    def command(self, name, docs):
        """name: words of the command, e.g. ["object", "freq"]. Returns make() -> bytes."""
        self.name, self.group, self.timed, self.waits = "|".join(name), docs.get("group", ""), False, False
        head = bulks(word.upper() for word in name)
        body = self.sequence(docs.get("arguments", []))
        random = self.rng.random
        junk = self.values.member() if self.name in RANDOM_MEMBERS else self.values.text()
        share = 0 if self.waits or self.name in LONGER + LEX_COMMANDS else 0.03

        def make():
            parts = list(head)
            body(parts)
            if random() < share:
                self.spoil(parts, junk)
            return b"*%d\r\n%s" % (len(parts), b"".join(parts))
        return make

    def spoil(self, parts, junk):
        """A wrong number of arguments, a repeated or unknown option, another order."""
        # A small number in the place of a time would come true while the stream runs.
        dice = self.rng.random() * (0.5 if self.timed else 1)
        at = self.rng.randrange(1, len(parts) + 1)
        if dice < 0.3 and at < len(parts):
            del parts[at]
        elif dice < 0.5:
            parts.append(junk())
        elif dice < 0.7 and at < len(parts):
            parts[at] = junk()
        elif dice < 0.85:
            parts.append(parts[at - 1])
        elif len(parts) > 2:
            other = self.rng.randrange(1, len(parts))
            at = min(at, len(parts) - 1)
            parts[at], parts[other] = parts[other], parts[at]

    def sequence(self, arguments):
        makers = []
        skip_next = False
        for index, argument in enumerate(arguments):
            if skip_next:
                skip_next = False
                continue
            following = arguments[index + 1] if index + 1 < len(arguments) else None
            if argument["name"] in COUNTS and following and "multiple" in following.get("flags", []):
                makers.append(self.counted(following))
                skip_next = True
            elif self.allowed(argument):
                makers.append(self.argument(argument))
        if len(makers) == 1:
            return makers[0]

        def make(parts):
            for maker in makers:
                maker(parts)
        return make

    def allowed(self, argument):
        token = argument.get("token")
        if token is not None and token.upper() in self.without:
            return False
        if self.known is not None and token is not None and token.upper() not in self.known:
            return False
        children = argument.get("arguments")
        return not children or argument["type"] == "block" or any(self.allowed(child) for child in children)

    def counted(self, argument):
        """A number, and as many of what follows it."""
        one, rng = self.core(dict(argument, flags=[])), self.rng
        wrong = self.values.integer()

        def make(parts):
            count = rng.choice((1, 1, 2, 2, 3))
            parts.append(bulk(count) if rng.random() < 0.97 else wrong())
            for _ in range(count):
                one(parts)
        return make

    def argument(self, argument):
        """One argument with its token, and its being optional or repeated."""
        core = self.core(argument)
        flags = argument.get("flags", [])
        token = argument.get("token")
        if token is not None and argument["type"] != "pure-token":
            core = self.with_token(token, core, "multiple_token" in flags, "multiple" in flags)
        elif "multiple" in flags:
            core = self.repeated(core)
        if "optional" not in flags:
            return core
        random = self.rng.random
        share = 0.5 if argument["type"] == "oneof" else 0.3

        def make(parts):
            if random() < share:
                core(parts)
        return make

    def with_token(self, token, core, token_repeats, multiple):
        forms = bulks([token, token.lower()]) if token else [bulk("")]
        choice = self.rng.choice

        def make(parts):
            parts.append(choice(forms))
            core(parts)
        if multiple and token_repeats:
            return self.repeated(make)
        if not multiple:
            return make
        many = self.repeated(core)

        def make_many(parts):
            parts.append(choice(forms))
            many(parts)
        return make_many

    def repeated(self, core):
        choice = self.rng.choice

        def make(parts):
            for _ in range(choice((1, 1, 2, 2, 3, 5))):
                core(parts)
        return make

    def core(self, argument):
        kind = argument["type"]
        if kind == "pure-token":
            forms = bulks([argument["token"]] * 3 + [argument["token"].lower()])
            choice = self.rng.choice
            return lambda parts: parts.append(choice(forms))
        if kind == "oneof":
            return self.oneof(argument["arguments"])
        if kind == "block" and argument.get("token") == "STREAMS":
            return self.keys_and_ids(argument["arguments"])
        if kind == "block":
            return self.sequence(argument["arguments"])
        self.timed = self.timed or is_time(argument)
        self.waits = self.waits or waits(argument)
        leaf = self.values.value(argument, self.group, self.name)
        return lambda parts: parts.append(leaf())

    def keys_and_ids(self, arguments):
        """As many IDs as keys, mostly."""
        key, identifier = (self.core(dict(argument, flags=[])) for argument in arguments)
        usual, rng = bulks([">", ">", ">", "0"] if self.name == "xreadgroup" else ["0", "$"]), self.rng

        def make(parts):
            count = rng.choice((1, 1, 1, 2, 3))
            for _ in range(count):
                key(parts)
            for _ in range(count if rng.random() < 0.97 else count + 1):
                parts.append(rng.choice(usual)) if rng.random() < 0.6 else identifier(parts)
        return make

    def oneof(self, arguments):
        makers = [self.argument(argument) for argument in arguments if self.allowed(argument)]
        choice, random = self.rng.choice, self.rng.random

        def make(parts):
            choice(makers)(parts)
            if random() < 0.02:
                choice(makers)(parts)
        return make


def template(*parts):
    """A maker of commands from words, and makers of words, in order; None as a made word leaves it out."""
    makers = [part if callable(part) else lambda word=bulk(part): word for part in parts]

    def make():
        made = [word for word in (maker() for maker in makers) if word is not None]
        return b"*%d\r\n%s" % (len(made), b"".join(made))
    return make


def by_order(values):
    """Commands whose order is by letters, where that has a meaning: sorted sets whose scores are all the same, and SORT
    by the elements themselves. command -> makers."""
    rng, member = values.rng, values.member()
    key, other, list_key = values.key("", LEX_COMMANDS[0]), values.key("sorted-set"), values.key("list")
    sortable = values.key("", "sort")
    bounds = bulks(arguments.LEX_BOUNDS)

    def one_of(words):
        pool = bulks(words)
        return lambda: rng.choice(pool)

    def bound():
        return rng.choice(bounds)

    def count():
        return rng.choice(values.counts)

    def maybe(word):
        encoded = bulk(word)
        return lambda: encoded if rng.random() < 0.3 else None

    order = one_of(["ASC", "DESC", "desc"])
    return {"zrangebylex": [
        template("ZADD", key, "0", member, "0", member, "0", member), template("ZREM", key, member),
        template("ZRANGE", key, bound, bound, "BYLEX", maybe("REV")),
        template("ZRANGE", key, bound, bound, "BYLEX", "LIMIT", count, count),
        template("ZRANGESTORE", other, key, bound, bound, "BYLEX", maybe("REV"))],
            "sort": [template("SORT", sortable, "ALPHA", order), template("SORT", sortable, order, "LIMIT", count, count, "alpha"),
                     template("SORT", sortable, "ALPHA", "GET", "#", "GET", "s*"),
                     template("SORT", sortable, "ALPHA", "STORE", list_key)]}


def as_tree(node):
    """COMMAND DOCS' reply (RESP3) as dicts, lists and strings."""
    if node.kind == "%":
        items = node.value
        return {items[i].text().decode(): as_tree(items[i + 1]) for i in range(0, len(items), 2)}
    if isinstance(node.value, list):
        return [as_tree(item) for item in node.value]
    return node.value.decode("latin-1") if isinstance(node.value, bytes) else node.value


def tokens(docs):
    """All tokens in a command's arguments, upper case."""
    found = set()
    pending = list(docs.get("arguments", []))
    while pending:
        argument = pending.pop()
        if "token" in argument:
            found.add(argument["token"].upper())
        pending += argument.get("arguments", [])
    return found


def documented(connection):
    """name (words) -> docs of every command and subcommand of a server."""
    tree = as_tree(connection.command("COMMAND", "DOCS"))
    out = {}
    for name, docs in tree.items():
        if "subcommands" in docs:
            for sub, subdocs in docs["subcommands"].items():
                out[tuple(sub.lower().split("|"))] = subdocs
        out[(name.lower(),)] = docs
    return out


def words(command):
    """The arguments of an encoded command."""
    return [node.value for node in resp.parse(command)[0].value]
