#!/usr/bin/env python3
"""Writes the seeds of fuzz_dump, DUMP payloads of a redis-server that runs on the port given, without their footers; and those of fuzz_hll.

Those of older and newer formats (hash-ziplist, hash-zipmap, hash-times, hash-times-small) were made by hand and by a cay-server.

    redis-server --port 7102 --save '' &  tests/fuzz/dump_seeds.py 7102
"""

import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))

from lib import resp  # noqa: E402

CORPUS = pathlib.Path(__file__).resolve().parent / "corpus"
EDITS = b"\x02\x05\x00\x03\xff\x3f\x07"  # two registers and their values
MANY = 200  # more elements than the limits set below
LIMITS = ["hash-max-listpack-entries 64", "zset-max-listpack-entries 64", "set-max-intset-entries 64",
          "list-max-listpack-size 64", "list-compress-depth 1", "stream-node-max-entries 20", "hll-sparse-max-bytes 3000"]
SEEDS = {
    "string": ["SET k text"],
    "string-integer": ["SET k -12345"],
    "string-lzf": ["SET k " + "abcabcabd" * 40],
    "hyperloglog-sparse": ["PFADD k " + " ".join(f"e{i}" for i in range(40))],
    "hyperloglog-dense": ["CONFIG SET hll-sparse-max-bytes 10", "PFADD k " + " ".join(f"e{i}" for i in range(200))],
    "list": ["RPUSH k a 1 -70000 12345678901 " + "x" * 80],
    "list-nodes": [f"RPUSH k element:{i} {i}" for i in range(MANY)],
    "list-plain": ["RPUSH k a " + "p" * 9000 + " b"],
    "set-16": ["SADD k 1 2 300"],
    "set-32": ["SADD k 1 -70000"],
    "set-64": ["SADD k 1 5000000000"],
    "set": ["SADD k a b 12 " + "m" * 300],
    "set-large": [f"SADD k member:{i}" for i in range(MANY)],
    "zset": ["ZADD k 1 a 1.5 b -inf c inf d 1e300 e"],
    "zset-large": [f"ZADD k {i / 3} member:{i}" for i in range(MANY)],
    "hash": ["HSET k f v 1 2 g " + "w" * 100],
    "hash-small": ["HSET k f v 1 -5 n 70000"],
    "hash-large": [f"HSET k field:{i} value:{i}" for i in range(MANY)],
    "stream": ["XADD k 1-1 f v", "XADD k 1-2 f w", "XADD k 5-0 other 1 g 2", "XDEL k 1-2"],
    "stream-groups": ["XADD k 1-1 f v", "XADD k 2-1 f v", "XGROUP CREATE k g 0", "XGROUP CREATE k h $",
                      "XREADGROUP GROUP g c COUNT 1 STREAMS k >", "XREADGROUP GROUP g d COUNT 1 STREAMS k >",
                      "XGROUP CREATECONSUMER k h idle"],
    "stream-nodes": [f"XADD k {i + 1}-0 f {i}" for i in range(MANY)],
}


def main():
    connection = resp.Connection(("127.0.0.1", int(sys.argv[1])))

    def run(line):
        return connection.command(*line.split(" "))

    for folder in ("dump", "hll"):
        (CORPUS / folder).mkdir(parents=True, exist_ok=True)
    for limit in LIMITS:
        run("CONFIG SET " + limit)
    for name, commands in SEEDS.items():
        run("DEL k")
        for command in commands:
            run(command)
        payload = run("DUMP k")
        (CORPUS / "dump" / name).write_bytes(payload.value[:-10])
        if name.startswith("hyperloglog"):
            (CORPUS / "hll" / name).write_bytes(EDITS + run("GET k").value)
    run("DEL k")


main()
