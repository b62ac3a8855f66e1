"""Count what pip installs: what it prints on stdin, a line every two seconds on stdout.

pip says nothing while it unpacks, for half a minute or more: the packages that appear are counted.
"""

# allow milepost.local_file: the lock file is read
from __future__ import annotations

import argparse
import os
import select
import sys
import time
from pathlib import Path

LINE_EVERY = 2.0
# How pip begins the line of a package: from an index, from a folder, or there already.
PACKAGE = ("Collecting ", "Processing ", "Requirement already satisfied: ")


def main() -> None:
    """Print where pip is until its output ends, and then how many packages there are."""
    parser = argparse.ArgumentParser(
        description=__doc__,
        epilog="example: pip install -r some.lock | python scripts/pip_progress.py some.lock .venv",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("lock", type=Path, help="the requirements, each with its version")
    parser.add_argument("environment", type=Path, help="the virtual environment")
    options = parser.parse_args()
    # pip ignores the packages that another system or another Python needs.
    wanted = sum("==" in line for line in options.lock.read_text().splitlines())
    fetched, is_unpacking = 0, False
    printed_at, rest = time.monotonic(), b""
    state = "resolving"
    while True:
        is_readable, _, _ = select.select([sys.stdin], [], [], LINE_EVERY)
        if is_readable:
            piece = os.read(sys.stdin.fileno(), 1 << 16)
            if not piece:
                break
            *lines, rest = (rest + piece).split(b"\n")
            for line in (line.decode(errors="replace") for line in lines):
                wanted -= line.startswith("Ignoring ")
                is_unpacking = is_unpacking or line.startswith("Installing ")
                if prefix := next((text for text in PACKAGE if line.startswith(text)), None):
                    fetched += 1
                    package = line[len(prefix) :].split(" ")[0].rsplit("/")[-1]
                    state = f"fetching {fetched} of {wanted}: {package}"
        if is_unpacking:
            unpacked = len(list(options.environment.glob("lib/python*/site-packages/*.dist-info")))
            state = f"unpacking {min(unpacked, fetched)} of {fetched}"
        if time.monotonic() - printed_at >= LINE_EVERY:
            printed_at = time.monotonic()
            print(f"  {state}", flush=True)
    if fetched and fetched >= wanted:
        print(f"  {fetched} packages are in {options.environment}", flush=True)


if __name__ == "__main__":
    main()
