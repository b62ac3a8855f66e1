"""Lay the simulated marketplace out on S3 as a company has it, or add the hours that have passed.

How each table lies follows from the YAML of the project that reads it: its layout, how its
partitions close, which column says when a row was known, which columns came later or are text.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NoReturn

from lake.declared import raw_tables
from lake.laying import Lake, laid, lay
from land_simulated import ANEW, VERSION, say
from milepost.errors import LandingError, MilepostError
from milepost.storage.location import Location

SOURCES = Path(__file__).parent.parent / "examples/lake/models/staging/_freight__sources.yml"


def land(raw: Location, sources: Path, *, scale: float, days: int, seed: int, end: datetime) -> int:
    """Lay out what is missing of the hours that end at or before `end`, and count objects.

    A new lake opens `days` before; one that is there grows, and `days` has no say.
    """
    lake = laid(raw)
    if lake is None:
        opening = datetime(end.year, end.month, end.day) - timedelta(days=days)  # noqa: DTZ001 - UTC
        lake = Lake(scale, seed, opening, through=opening, deletes_from=opening)
    elif (lake.version, lake.scale, lake.seed) != (VERSION, scale, seed):
        raise LandingError(
            f"`{raw.uri()}` is simulated by version {lake.version} at scale {lake.scale:g} with "
            f"seed {lake.seed}, not by version {VERSION} at scale {scale:g} with seed {seed}",
            hint=f"give the scale and seed of the lake, {ANEW}",
        )
    if lake.through >= end:
        return 0
    say(f"laying out {lake.through} to {end} at scale {scale:g}")
    return lay(raw, raw_tables(sources, raw), replace(lake, through=end), after=lake.through)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """Return the command line's options; wrong ones end the process with what is allowed."""
    parser = argparse.ArgumentParser(
        description="Lay the simulated marketplace out on S3 as a company has it; "
        "a lake that is already there grows up to the last full hour.",
        epilog="example: land_lake.py --scale 0.01 --days 28 s3://milepost-raw/lake",
    )
    parser.add_argument("raw_uri", metavar="RAW_URI", help="where the lake is: s3://bucket/prefix")
    parser.add_argument(
        "--scale", type=float, default=0.01, help="1 is a million loads in 730 days (default: 0.01)"
    )
    parser.add_argument("--days", type=int, default=28, help="days of a new lake (default: 28)")
    parser.add_argument("--seed", type=int, default=1, help="another seed, another market")
    parser.add_argument(
        "--end", type=datetime.fromisoformat, help="the last hour's end, UTC (default: now)"
    )
    options = parser.parse_args(arguments)
    if options.scale <= 0 or options.days < 1:
        parser.error("--scale and --days must be above 0")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Lay out what the command line asks for and say what was written."""
    options = parse(arguments)
    now = options.end or datetime.now(UTC).replace(tzinfo=None)
    end = now.replace(minute=0, second=0, microsecond=0)
    raw = Location.parse(options.raw_uri)
    written = land(raw, SOURCES, scale=options.scale, days=options.days, seed=options.seed, end=end)
    say(f"{raw.uri()} has files up to {end}: {written:,} written")
    return 0


def run() -> NoReturn:
    """End the process with `main`'s status, or with an error and its hint."""
    try:
        sys.exit(main())
    except MilepostError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    run()
