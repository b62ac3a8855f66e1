"""Simulate a freight marketplace and land its raw log on S3, or grow one that is already there.

What it simulates is described in docs/reference/simulated-data.md; the SQL is in simulate/.
"""

# allow milepost.local_file: the SQL beside this script is read
from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

import duckdb
import pyarrow as pa

from milepost.errors import LandingError, MilepostError
from milepost.raw import landing, loader
from milepost.storage.location import Location

HERE = Path(__file__).parent
SEEDS = HERE.parent / "seeds"

TABLES = (
    *("loads", "load_changes", "tenders", "tender_responses", "bids", "load_events"),
    *("settlements", "claims", "carriers", "shippers", "facilities"),
    *("market_posts", "fuel_prices"),
)
# Raised where the same options give other rows: a log grows by the rules that it began with.
VERSION = 2
ANEW = (
    "or land elsewhere; where versions differ, `make clean` removes a local log with its releases"
)
# Days from a load's own to the last landing of anything about it. The caps in the SQL add up to
# 69; the longest of a million loads was 51. 2026-11.
LONGEST_DELAY = 75
# Rows of this many landing dates are in memory at once.
DATES_AT_ONCE = 60


def land_simulated(
    raw: Location,
    *,
    scale: float,
    days: int,
    end: date,
    seed: int = 1,
    seeds: Path = SEEDS,
    threads: int = 2,
) -> tuple[int, date, date] | None:
    """Land every date that is not closed yet, up to `end`; return rows, first and last date.

    A new log opens `days` before the day after `end`; one that is there grows, and `days` has no
    say. None where nothing is left to land. Values depend on seed, scale and opening date alone.
    """
    written_by = f"simulated version={VERSION} seed={seed} scale={scale:g}"
    closed = closed_dates(raw, written_by)
    opening = closed[0] if closed else end - timedelta(days=days - 1)
    first = closed[-1] + timedelta(days=1) if closed else opening
    if first > end:
        return None
    say(f"simulating {opening} to {end} at scale {scale:g}, landing from {first}")
    with simulate(
        opening=opening, first=first, last=end, scale=scale, seed=seed, seeds=seeds, threads=threads
    ) as simulation:
        entries = {
            table: land_table(raw, simulation, table, opening=opening, first=first, last=end)
            for table in TABLES
        }
    landing.close(raw, entries, first=first, last=end, written_by=written_by)
    rows = sum(entry["rows"] for by_date in entries.values() for entry in by_date.values())
    return rows, first, end


def closed_dates(raw: Location, written_by: str) -> list[date]:
    """The closed landing dates in order; they must be contiguous and `written_by` this loader."""
    try:
        closed = loader.closed_dates(raw, written_by=written_by)
    except LandingError as error:
        raise LandingError(
            error.message, hint=f"give the seed and scale of the log, {ANEW}"
        ) from error
    missing = set(dates(closed[0], closed[-1])) - set(closed) if closed else set()
    if missing:
        raise LandingError(
            f"`{raw.uri()}` has no marker for {min(missing)}, between closed dates",
            hint="land into another location",
        )
    return closed


def simulate(
    *,
    opening: date,
    first: date,
    last: date,
    scale: float,
    seed: int,
    seeds: Path = SEEDS,
    threads: int = 2,
) -> duckdb.DuckDBPyConnection:
    """A database with `landed_<table>` for every raw table: all that lands from `first` to `last`.

    It also has rows that land earlier or later. The caller closes it.
    """
    simulation = duckdb.connect(config={"threads": threads, "memory_limit": "4GB"})
    simulation.execute("set TimeZone = 'UTC'")
    variables = {
        "opening": opening,
        "first": first,
        "last": last,
        "scale": scale,
        "seed": seed,
        "seeds": str(seeds),
        "longest_delay": LONGEST_DELAY,
    }
    for name, value in variables.items():
        simulation.execute(f"set variable {name} = $value", {"value": value})
    for script in sorted((HERE / "simulate").glob("*.sql")):
        started = time.monotonic()
        simulation.execute(script.read_text())
        say(f"  {script.stem[2:]} simulated in {time.monotonic() - started:.1f} s")
    for table in TABLES:
        check_delay(simulation, table)
    return simulation


def check_delay(simulation: duckdb.DuckDBPyConnection, table: str) -> None:
    """Refuse rows that land later than the days that a run looks back: growing would lose them."""
    longest = simulation.execute(
        f"select max(landed_at::date - day) from landed_{table}"  # noqa: S608  a name of `TABLES`
    ).fetchone()
    if longest and longest[0] is not None and longest[0] > LONGEST_DELAY:
        raise LandingError(
            f"`{table}` has a row that lands {longest[0]} days after its load was created",
            hint=f"raise `LONGEST_DELAY`, now {LONGEST_DELAY}, in scripts/land_simulated.py",
        )


def land_table(
    raw: Location,
    simulation: duckdb.DuckDBPyConnection,
    table: str,
    *,
    opening: date,
    first: date,
    last: date,
) -> dict[date, dict[str, Any]]:
    """Write a table's landing dates and return their marker entries.

    The opening date has a file of every table, if need be an empty one with the schema, whatever
    lands with it in one run: otherwise growing a log would not give the same files.
    """
    entries: dict[date, dict[str, Any]] = {}
    start = first
    while start <= last:
        until = opening if start == opening else min(last, start + timedelta(DATES_AT_ONCE - 1))
        rows = read_rows(simulation, table, first=start, last=until)
        if rows.num_rows or start == opening:
            entries |= landing.land(raw, table, rows, first=start, last=until)
        start = until + timedelta(days=1)
    say(f"  {table}: {sum(entry['rows'] for entry in entries.values()):,} rows")
    return entries


def read_rows(
    simulation: duckdb.DuckDBPyConnection, table: str, *, first: date, last: date
) -> pa.Table:
    """The rows that land from `first` to `last`, ordered by landing and id, as one chunk.

    One chunk, because a file's bytes depend on where its rows' chunks begin.
    """
    return (
        simulation.execute(
            f"""
            select
                * exclude (day, landed_at),
                landed_at,
                false as is_landing_estimated,
                landed_at::date as landing_date,
            from landed_{table}
            where landed_at >= $first and landed_at < $last + interval 1 day
            order by landed_at, 1
            """,  # noqa: S608  a name of `TABLES`
            {"first": first, "last": last},
        )
        .to_arrow_table()
        .combine_chunks()
    )


def dates(first: date, last: date) -> list[date]:
    """Every date from `first` to `last`."""
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def say(line: str) -> None:
    """Report progress, on stderr."""
    print(line, file=sys.stderr, flush=True)


def parse(arguments: list[str] | None) -> argparse.Namespace:
    """The command line's options; wrong ones end the process with what is allowed."""
    parser = argparse.ArgumentParser(
        description="Simulate a freight marketplace and land its raw log on S3; "
        "a log that is already there grows up to --end.",
        epilog="example: land_simulated.py --scale 0.02 --days 120 s3://milepost-raw/simulated",
    )
    parser.add_argument(
        "raw_uri", metavar="RAW_URI", help="where the log is, as s3://bucket/prefix"
    )
    parser.add_argument(
        "--scale", type=float, default=0.02, help="1 is a million loads in 730 days (default: 0.02)"
    )
    parser.add_argument(
        "--days", type=int, default=730, help="landing dates of a new log (default: 730)"
    )
    parser.add_argument(
        "--end", type=date.fromisoformat, help="last landing date (default: yesterday, UTC)"
    )
    parser.add_argument("--seed", type=int, default=1, help="another seed, another market")
    options = parser.parse_args(arguments)
    if options.scale <= 0 or options.days < 1:
        parser.error("--scale and --days must be above 0")
    if options.end and options.end >= datetime.now(UTC).date():
        parser.error(f"--end {options.end} is not over yet: a landing date is closed when it is")
    return options


def main(arguments: list[str] | None = None) -> int:
    """Land what the command line asks for and say what was landed."""
    options = parse(arguments)
    end = options.end or datetime.now(UTC).date() - timedelta(days=1)
    raw = Location.parse(options.raw_uri)
    done = land_simulated(raw, scale=options.scale, days=options.days, end=end, seed=options.seed)
    if done is None:
        say(f"nothing to land: {raw.uri()} is closed up to {end} or later")
    else:
        say(f"landed {done[0]:,} rows, {done[1]} to {done[2]}, at {raw.uri()}")
    return 0


def run() -> NoReturn:
    """End the process with `main`'s status, or with an error and its hint."""
    try:
        sys.exit(main())
    except MilepostError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    run()
