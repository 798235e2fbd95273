"""Pools of arguments for the data families, by the names that COMMAND DOCS gives to them."""

I64_MAX = 9223372036854775807
SCORE_BOUNDS = ["-inf", "+inf", "(1", "1", "(5", "5", "10", "-1", "(-2.5", "inf", "(inf", "3.7", "abc", "(", "nan", "1e3"]
LEX_BOUNDS = ["-", "+", "[a", "(a", "[m1", "(m3", "[m5", "(m7", "[", "(", "[long", "[1", "[2", "(2", "a", "", "-a"]
RANKS = list(range(-8, 9)) + [100, -100, "abc", "1.5"]
STREAM_IDS = ["0-0", "0", "0-1", "1-1", "5", "5-*", "*-1", "-", "+", "$", ">", "abc", "1-abc", "", "-1-0", "1-1-1",
              "18446744073709551615-18446744073709551615", "18446744073709551615", "18446744073709551616-0"]
STREAM_BOUNDS = ["-", "+", "-", "+", "(-", "(+", "0", "(0-0", "(18446744073709551615-18446744073709551615"]
LONGITUDES = ["13.361389", "15.087269", "-122.4", "2.35", "0", "180", "-180", "179.9999", "-179.9999", "200", "151.2", "abc", "2.3501"]
LATITUDES = ["38.115556", "37.502669", "37.77", "48.85", "0", "85.05112878", "-85.05112878", "86", "-33.86", "84.9", "abc", "48.8502"]
DISTANCES = [0, 1, 10, 100, 200, 500, 1000, 5000, 20000, "0.5", "166.2742", -1, "abc", "1e8", "nan"]
ENCODINGS = ["u8", "i8", "u1", "i1", "u4", "i5", "u16", "i16", "u32", "i32", "u63", "i63", "i64"] * 4 + ["u64", "i65", "u0", "x8", "U8", ""]
BITS = [0, 1] * 8 + [2, -1, "abc"]
BIT_OFFSETS = list(range(0, 40)) + ["#0", "#1", "#2", "#7", "#100", 100, 300, -1, "#-1", "#", "abc", 2 ** 32]
MEMBERS = ["m%d" % i for i in range(8)] + ["1", "2", "-3", "", "long" * 20]

# No score is -0, which a large sorted set keeps and a small one does not, and redis-server's SORT makes a small one large.
# (group, name) -> values; a stream's IDs are made in generator.py.
POOLS = {
    ("sorted-set", "score"): ["0", "1", "1", "2", "3", "-1", "1.5", "0.1", "3.0e3", "inf", "-inf", "nan", "abc", "1e17", "17179869184",
                              "1.7976931348623157e308", "2.3e-308", "123456789.123456789", "5e-1"],
    ("sorted-set", "min"): LEX_BOUNDS, ("sorted-set", "max"): LEX_BOUNDS,
    ("sorted-set", "min", "double"): SCORE_BOUNDS, ("sorted-set", "max", "double"): SCORE_BOUNDS,
    ("sorted-set", "start", "string"): RANKS + SCORE_BOUNDS, ("sorted-set", "stop", "string"): RANKS + SCORE_BOUNDS,
    ("sorted-set", "weight"): ["1", "2", "0", "0.5", "inf", "3", "abc", "1e300", "nan"],
    ("sorted-set", "increment"): ["1", "-1", "0", "2.5", "inf", "-inf", "nan", "abc", "1e308", "0.1"],
    ("geo", "longitude"): LONGITUDES, ("geo", "latitude"): LATITUDES,
    ("geo", "radius"): DISTANCES, ("geo", "width"): DISTANCES, ("geo", "height"): DISTANCES,
    ("geo", "member1"): MEMBERS, ("geo", "member2"): MEMBERS,
    ("bitmap", "encoding"): ENCODINGS, ("bitmap", "offset", "field"): BIT_OFFSETS,
    ("bitmap", "operation"): ["AND", "OR", "XOR", "NOT", "and", "not", "NAND", ""],
    ("list", "pivot"): MEMBERS, ("list", "element"): MEMBERS,
    ("hyperloglog", "element"): ["e%d" % i for i in range(5000)],
    # The smallest integer is refused since 7.2.
    ("list", "rank"): RANKS + [I64_MAX, -I64_MAX, I64_MAX + 1],
    ("hyperloglog", "subcommand"): ["ENCODING", "DECODE", "GETREG", "TODENSE", "encoding", "OTHER"],
    ("generic", "type"): ["string", "list", "set", "zset", "hash", "stream", "STRING", "none", "other"],
    ("generic", "pattern", "sort"): ["h*->m1", "h*->m2", "s*", "nosort", "#", "l*", "h*->", "*", "h*->*", "->", "s0", "z*"],
    ("stream", "group"): ["g1", "g1", "g2", "g3"], ("stream", "groupname"): ["g1", "g2", "g3"],
    ("stream", "consumer"): ["c1", "c1", "c2", "c3"], ("stream", "consumername"): ["c1", "c2", "c3", ""],
    ("stream", "min-idle-time"): [0, 0, 0, 0, 10 ** 9, -1, "abc", I64_MAX],
    ("stream", "ms"): [0, 10 ** 10, 10 ** 11, -1, "abc", I64_MAX],
    ("stream", "entries_added"): [0, 1, 10, 1000, 10 ** 9, -1, "abc"], ("stream", "entries_read"): [0, 1, 5, 100, -1, -2, "abc"],
    ("stream", "threshold"): [0, 1, 2, 3, 5, 10, 20, 100, -1, "abc", I64_MAX],
    ("hash", "numfields"): [1, 2, 3],
}
STREAM_ID_NAMES = ("id", "last-id", "max_deleted_entry_id")


def pool(command, group, argument):
    """The values for an argument, or None where nothing special is known about it."""
    name, kind = argument["name"], argument["type"]
    if name in ("start", "stop") and group == "sorted-set" and command not in ("zrange", "zrangestore"):
        return RANKS
    if command in ("sort", "sort_ro") and kind == "pattern":
        return POOLS[group, name, "sort"]
    if (command, name) in (("setbit", "value"), ("bitpos", "bit")):
        return BITS
    if command.startswith("bitfield") and name == "offset":
        return POOLS[group, name, "field"]
    return POOLS.get((group, name, kind)) or POOLS.get((group, name))
