"""The facts and the cases of `make bench-windows`."""

from __future__ import annotations

from pathlib import Path

import duckdb

DAYS = 365
END = "2025-01-01 00:00:00"
HOURS = {"day": 24, "hour": 1}
# Facts, and the carriers among which they are, by the facts that a carrier has on a day.
DENSITIES = {
    0.02: (5_000_000, 685_000),
    0.2: (5_000_000, 68_500),
    0.7: (5_000_000, 20_000),
    2.7: (20_000_000, 20_000),
    20: (20_000_000, 2_740),
}


def window_steps(grid: str) -> tuple[int, ...]:
    """Return the lengths of the windows: 7, 28 and 90 days, or 1, 3 and 7 days in hours."""
    return (7, 28, 90) if grid == "day" else (24, 72, 168)


def generate(path: Path, facts: int, carriers: int) -> None:
    """Write facts in order of time; carriers skewed, at most 40 lanes each, cents as doubles."""
    if path.exists():
        return
    with duckdb.connect() as con:
        con.execute("set threads = 2; set memory_limit = '4GB'")
        con.execute(f"""
            copy (
                select
                    i as delivery_id,
                    carrier_id,
                    cast(hash(carrier_id, hash(i, 2) % 40) % 5000 as integer) as lane_id,
                    timestamp '{END}' - interval {DAYS} day
                    + to_microseconds(cast(i * ({DAYS} * 86400e6 / {facts}) as bigint)) as known_at,
                    (hash(i, 3) % 500000) / 100.0 as amount,
                    hash(i, 4) % 10 < 7 as flag
                from (
                    select
                        i,
                        cast({carriers} * pow(hash(i, 1) % 1000000 / 1e6, 1.5) as int) as carrier_id
                    from range({facts}) as facts (i)
                )
            ) to '{path}.part' (format parquet, compression zstd, row_group_size 122880)
        """)
    Path(f"{path}.part").rename(path)
