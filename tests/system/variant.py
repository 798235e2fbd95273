#!/usr/bin/env python3
"""Command scripts, random commands and bad clients against cay-server started with these options.

    variant.py --event-backend uring
"""

import os
import pathlib
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))

from lib import servers  # noqa: E402

PARTS = [
    ["../commands/run_resp.py"],
    ["../commands/random_commands.py", "--seed", "1", "--seconds", "5"],
    ["test_protocol.py"],
    ["test_robustness.py"],
]


def refused(options):
    """Why this machine cannot run the variant, or None."""
    try:
        servers.Server("cay", options=options).stop(gather=False)
    except servers.StartError as error:
        if "io_uring" in str(error):
            return "io_uring is not available here"
    return None


def main():
    options = sys.argv[1:]
    why = refused(options)
    if why:
        servers.skip(why)
    environment = {**os.environ, "CAY_SERVER_OPTIONS": " ".join(options)}
    environment.pop("CAY_EXECUTED_DIR", None)
    failed = []
    for part in PARTS:
        print("== %s with %s" % (" ".join(part), " ".join(options)), flush=True)
        result = subprocess.run([sys.executable, str(HERE / part[0])] + part[1:], env=environment)
        if result.returncode not in (0, servers.SKIPPED):
            failed.append(part[0])
    if failed:
        sys.exit("failed: " + ", ".join(failed))


if __name__ == "__main__":
    main()
