"""Lays the rows of a simulation out in the partitions of each raw table."""

# allow milepost.local_file: the SQL beside this script is read
from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import TypeAlias

import duckdb
import numpy as np
import pyarrow as pa

from lake import iceberg_table
from lake.files import parquet
from lake.partitions import file_name, partitions
from land_simulated import VERSION, say, simulate
from milepost.raw.tables import Partition, RawTable
from milepost.storage import s3
from milepost.storage.client import PARALLEL_REQUESTS
from milepost.storage.location import Location

SHAPES = Path(__file__).with_name("shapes.sql")
# What the simulation writes down about itself. Names that begin so are no data.
STATE = "_simulation.json"

Objects: TypeAlias = list[tuple[str, bytes]]


@dataclass(frozen=True)
class Lake:
    """What a lake is simulated with, and the instant, naive UTC, up to which it has files.

    From `deletes_from` on, some loads are removed. Where it `drifts`, files differ in their types.
    """

    scale: float
    seed: int
    opening: datetime
    through: datetime
    deletes_from: datetime
    drifts: bool = True
    version: int = VERSION


def lay(raw: Location, tables: Sequence[RawTable], lake: Lake, *, after: datetime) -> int:
    """Write the partitions of `tables` that ended from `after` to `lake.through`; count objects
    and commits.

    Values depend on scale, seed and opening date alone.
    """
    due = {table.id: list(partitions(table, after, lake.through)) for table in tables}
    starts = [spans[0].starts_at for spans in due.values() if spans]
    written = 0
    if starts:
        with simulate(
            opening=lake.opening.date(),
            first=max(min(starts), lake.opening).date(),
            last=(lake.through - timedelta(microseconds=1)).date(),
            scale=lake.scale,
            seed=lake.seed,
        ) as simulation:
            simulation.execute("set variable deletes_from = $at", {"at": lake.deletes_from})
            simulation.execute(SHAPES.read_text(encoding="utf-8"))
            for table in tables:
                rows = _rows(simulation, table, due[table.id])
                say(f"  {table.identifier}: {rows.num_rows:,} rows")
                if table.table_format == "iceberg":
                    landed = rows["_landed_us"].combine_chunks()
                    rows = rows.drop_columns("_landed_us")
                    written += iceberg_table.append(table, rows, landed, lake.opening)
                    continue
                files = _files(table, due[table.id], rows, lake)
                written += put(table.raw, [*files])
                # What closes a partition comes after its files.
                written += put(table.raw, [*_success_files(table, due[table.id])])
    s3.put(raw, STATE, json.dumps(asdict(lake), default=str, indent=1).encode())
    return written


def laid(raw: Location) -> Lake | None:
    """Return what the lake at `raw` was simulated with, or None where there is none."""
    stored = s3.get(raw, STATE)
    if stored is None:
        return None
    state = json.loads(stored.body)
    for name in ("opening", "through", "deletes_from"):
        state[name] = datetime.fromisoformat(state[name])
    return Lake(**{"version": 1} | state)


def put(raw: Location, objects: Objects) -> int:
    """Write objects side by side, and count them."""
    with ThreadPoolExecutor(PARALLEL_REQUESTS) as pool:
        return len(list(pool.map(lambda item: s3.put(raw, *item), objects)))


def _rows(
    simulation: duckdb.DuckDBPyConnection, table: RawTable, due: Sequence[Partition]
) -> pa.Table:
    """Return a table's rows in its partitions, in order: the declared columns, and `_landed_us`."""
    relation = f"landed_{table.identifier}"
    if "op" in table.columns:
        relation = f"change_feed_of_{table.identifier}"
    elif table.known_column == "_exported_at":
        relation = f"full_snapshots_of_{table.identifier}"
    columns = ", ".join(
        f"landed_at as {name}"
        if name == table.known_column
        else f"strftime({name}, '{column.text_format}') as {name}"
        if column.text_format
        else name
        for name, column in table.columns.items()
    )
    return (
        simulation.execute(
            f"""
            select {columns}, epoch_us(landed_at) as _landed_us
            from (select *, false as is_landing_estimated from {relation})
            where landed_at >= $first and landed_at < $before
            order by landed_at, 1, 2
            """,  # noqa: S608  names that are declared
            {
                "first": min((partition.starts_at for partition in due), default=None),
                "before": max((partition.ends_at for partition in due), default=None),
            },
        )
        .to_arrow_table()
        .combine_chunks()
    )


def _files(
    table: RawTable, due: Sequence[Partition], rows: pa.Table, lake: Lake
) -> Iterator[tuple[str, bytes]]:
    """Yield name and bytes of each partition's file.

    The first has one in any case, another without rows where nothing else says that it is complete.
    """
    says_complete = table.missing_partitions == "empty" or table.closed_by == "success_file"
    landed = rows["_landed_us"].to_numpy()
    rows = rows.drop_columns("_landed_us")
    for partition in due:
        span = np.array([partition.starts_at, partition.ends_at], "datetime64[us]")
        start, end = np.searchsorted(landed, span.astype("int64"))
        if start < end or not says_complete or partition.starts_at <= lake.opening:
            name = file_name(table, partition.starts_at, "part-00000.parquet")
            part = rows.slice(start, end - start)
            yield name, parquet(table, partition, part, drifts=lake.drifts)


def _success_files(table: RawTable, due: Sequence[Partition]) -> Iterator[tuple[str, bytes]]:
    if table.closed_by == "success_file":
        for partition in due:
            yield file_name(table, partition.starts_at, "_SUCCESS"), b""
