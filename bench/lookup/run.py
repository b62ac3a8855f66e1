"""Lookups of Milepost and of its peers over the same data, side by side: `make bench-lookup`.

Prints a table of CPU and wall seconds and peak memory, medians of the repeats, and each way's ratio
to Milepost; 1 where a way gives other values.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import data

from milepost.storage.client import client
from milepost.storage.location import Location

HERE = Path(__file__).parent
FEAST = Path(".venv-feast/bin/python")
WAYS = ("milepost", "polars", "duckdb", "pandas", "feast", "floor")
THREADS = 2
# Feast joins the entity rows to every row of a view within its ttl: beyond this it takes minutes.
FEAST_ROWS_MAX = 1_000_000
TICKS = os.sysconf("SC_CLK_TCK")


def main() -> int:
    """Measure; 0, or 1 where values differ or a way fails."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="example: python bench/lookup/run.py --sizes 100000 --scale 0.1"
    )
    parser.add_argument("--sizes", type=int, nargs="+", default=[100_000, 1_000_000, 5_000_000])
    parser.add_argument("--scale", type=float, default=1.0, help="of the views (default: 1)")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--ways", nargs="+", default=list(WAYS))
    asked = parser.parse_args()
    if "feast" in asked.ways and not FEAST.exists():
        parser.error(f"there is no {FEAST}: run `make feast`, or name --ways without feast")
    folder = Path(f".local/bench/lookup-{asked.scale:g}")
    store = Location.parse(f"s3://milepost-store/bench-lookup-{asked.scale:g}")
    data.make(folder, store, asked.sizes, asked.scale)
    is_sound = True
    for size in asked.sizes:
        runs: dict[str, list[dict[str, Any]]] = {way: [] for way in asked.ways}
        for _ in range(asked.repeats):  # in turns, so that a busy minute is not one way's alone
            for way in asked.ways:
                if way != "feast" or size <= FEAST_ROWS_MAX:
                    runs[way].append(_run(way, folder, size, store))
        is_sound &= _report(size, runs)
    return 0 if is_sound else 1


def _run(way: str, folder: Path, size: int, store: Location) -> dict[str, Any]:
    before = _server_seconds()
    python = str(FEAST) if way == "feast" else sys.executable
    command = [python, str(HERE / "contestants.py"), way, str(folder), str(size), store.uri()]
    ran = subprocess.run(
        [*command, str(THREADS)],
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        env={**os.environ, "POLARS_MAX_THREADS": str(THREADS)},
    )
    if ran.returncode:
        return {"error": ran.returncode}
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    print(f"  {way:<10}{size:>10,}{found['cpu']:>8.2f} s CPU", file=sys.stderr)
    return {**found, "server": _server_seconds() - before}


def _server_seconds() -> float:
    """CPU seconds so far of the S3 server that is asked."""
    endpoint = client().meta.endpoint_url.rsplit(":", 1)[1]
    return sum(
        (int(fields[11]) + int(fields[12])) / TICKS
        for command, fields in _processes()
        if f"-s3.port={endpoint} " in command
    )


def _processes() -> Iterator[tuple[str, list[str]]]:
    for process in Path("/proc").glob("[0-9]*"):
        try:
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            fields = (process / "stat").read_text().rsplit(") ", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        yield command, fields


def _report(size: int, runs: dict[str, list[dict[str, Any]]]) -> bool:
    print(f"\n{size:,} entity rows\n")
    print("| way | CPU s | S3 server's CPU s | wall s | peak GB | CPU / Milepost's | values |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    own = runs["milepost"]
    base = statistics.median(one["cpu"] for one in own)
    is_sound = True
    for way, found in runs.items():
        if not found:
            continue
        if any("error" in one for one in found):
            print(f"| {way} | failed | | | | | |")
            is_sound = False
            continue
        middle = {
            name: statistics.median(one[name] for one in found)
            for name in ("cpu", "server", "wall", "peak")
        }
        same = way == "floor" or all(_equal(one["numbers"], own[0]["numbers"]) for one in found)
        is_sound &= same
        print(
            f"| {way} | {middle['cpu']:.2f} | {middle['server']:.2f} | {middle['wall']:.2f} "
            f"| {middle['peak'] / 1e9:.2f} | {middle['cpu'] / base:.2f} "
            f"| {'none' if way == 'floor' else 'equal' if same else 'OTHER'} |",
            flush=True,
        )
    return is_sound


def _equal(numbers: list[float], others: list[float]) -> bool:
    return len(numbers) == len(others) and all(
        math.isclose(a, b, rel_tol=1e-9) if isinstance(a, float) else a == b
        for a, b in zip(numbers, others, strict=True)
    )


if __name__ == "__main__":
    sys.exit(main())
