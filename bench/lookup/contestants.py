"""One way to a training set, once: prints its wall and CPU seconds and peak memory as JSON.

Usage: contestants.py WAY FOLDER SIZE STORE THREADS. The training set stays in memory as Arrow, and
is then reduced to some numbers per column, outside the measurement, to be compared.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
from data import FEATURES, KEYS, TTL_DAYS

Measured = tuple[float, float]


def clocks() -> Measured:
    """Wall and CPU seconds so far, of this process."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    return time.perf_counter(), used.ru_utime + used.ru_stime


def milepost(folder: Path, size: int, store: str, threads: int) -> tuple[Measured, pa.Table]:
    """The client, all of it on S3: the entity rows too."""
    import boto3  # noqa: F401 - imports are not measured, whoever's they are

    import milepost.reading.lookup  # noqa: F401
    from milepost import FeatureStore

    pa.set_cpu_count(threads)
    started = clocks()
    entities = f"{store}/entities/{size}.parquet"
    found = FeatureStore(store).get_historical_features(entities, list(FEATURES)).to_arrow()
    return started, found


def polars(folder: Path, size: int, store: str, threads: int) -> tuple[Measured, pa.Table]:
    """Streaming `join_asof`; the views are in time order, the entity rows are brought into it."""
    import polars as pl

    started = clocks()
    joined = pl.scan_parquet(folder / f"entities_{size}.parquet").sort("event_timestamp")
    for view, keys in KEYS.items():
        rows = pl.scan_parquet(folder / f"{view}.parquet")
        rows = rows.select(*keys, pl.col("available_at").alias("event_timestamp"), *FEATURES[view])
        joined = joined.join_asof(
            rows.set_sorted("event_timestamp"), on="event_timestamp", by=list(keys)
        )
    return started, joined.collect(engine="streaming").to_arrow()


def duckdb(folder: Path, size: int, store: str, threads: int) -> tuple[Measured, pa.Table]:
    """ASOF joins, the order of rows left free."""
    import duckdb as engine

    joins = [
        f"asof left join '{folder / view}.parquet' {view} on "
        + " and ".join(f"entity_rows.{key} = {view}.{key}" for key in keys)
        + f" and entity_rows.event_timestamp >= {view}.available_at"
        for view, keys in KEYS.items()
    ]
    features = ", ".join(f"{view}.{name}" for view in KEYS for name in FEATURES[view])
    started = clocks()
    with engine.connect() as con:
        con.execute(f"set threads = {threads}; set preserve_insertion_order = false")
        found = con.execute(
            f"select entity_rows.*, {features} from '{folder}/entities_{size}.parquet' entity_rows "
            + " ".join(joins)
        ).to_arrow_table()
    return started, found


def pandas(folder: Path, size: int, store: str, threads: int) -> tuple[Measured, pa.Table]:
    """`merge_asof`, view by view."""
    import pandas as pd

    started = clocks()
    joined = pd.read_parquet(folder / f"entities_{size}.parquet").sort_values("event_timestamp")
    for view, keys in KEYS.items():
        rows = pd.read_parquet(
            folder / f"{view}.parquet", columns=[*keys, "available_at", *FEATURES[view]]
        ).rename(columns={"available_at": "event_timestamp"})
        joined = pd.merge_asof(joined, rows, on="event_timestamp", by=list(keys))
    return started, pa.Table.from_pandas(joined, preserve_index=False)


def feast(folder: Path, size: int, store: str, threads: int) -> tuple[Measured, pa.Table]:
    """Its DuckDB store, which joins all rows within the ttl."""
    import ibis
    import pandas as pd
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64, Int64

    repo = RepoConfig(
        project="bench",
        provider="local",
        registry=str(folder / "feast_registry.db"),
        offline_store={"type": "duckdb"},
        online_store={"type": "sqlite", "path": str(folder / "feast_online.db")},
        entity_key_serialization_version=3,
    )
    entities = {
        key: Entity(name=key, join_keys=[key], value_type=ValueType.INT64)
        for key in ("carrier_id", "lane_id")
    }
    views = [
        FeatureView(
            name=view,
            entities=[entities[key] for key in keys],
            ttl=timedelta(days=TTL_DAYS[view]),
            source=FileSource(
                name=f"{view}_source",
                path=str((folder / f"{view}.parquet").resolve()),
                timestamp_field="available_at",
            ),
            schema=[
                Field(name=name, dtype=Int64 if int(name.split("_f")[1]) % 3 == 0 else Float64)
                for name in FEATURES[view]
            ],
        )
        for view, keys in KEYS.items()
    ]
    ibis.set_backend(ibis.duckdb.connect(threads=threads))
    shop = FeatureStore(config=repo)
    shop.apply([*entities.values(), *views])
    rows = pd.read_parquet(folder / f"entities_{size}.parquet")
    rows["event_timestamp"] = rows["event_timestamp"].dt.tz_localize("UTC")
    started = clocks()
    found = shop.get_historical_features(
        entity_df=rows, features=[f"{view}:{name}" for view in KEYS for name in FEATURES[view]]
    ).to_arrow()
    return started, found


def floor(folder: Path, size: int, store: str, threads: int) -> tuple[Measured, pa.Table]:
    """No join: every column read once, by DuckDB. Nothing that reads all of it can cost less."""
    import duckdb as engine

    started = clocks()
    with engine.connect() as con:
        con.execute(f"set threads = {threads}")
        for view, keys in KEYS.items():
            columns = ", ".join(f"sum({name})" for name in (*keys, *FEATURES[view]))
            con.execute(
                f"select {columns}, max(available_at) from '{folder / view}.parquet'"
            ).fetchall()
        entities = folder / f"entities_{size}.parquet"
        con.execute(
            f"select sum(row_id), sum(carrier_id), sum(lane_id), max(event_timestamp), sum(label) "
            f"from '{entities}'"
        ).fetchall()
    return started, pa.table({})


def digest(found: pa.Table) -> dict[str, Any]:
    """What the training sets have in common where their values are equal, in any order of rows."""
    import duckdb as engine

    names = [name for view in FEATURES for name in FEATURES[view]]
    if not found.num_columns:
        return {}
    with engine.connect() as con:
        con.register("found", found)
        # Whole numbers hash with their row and are compared exactly; doubles are added, row by row
        # weighted, so that a value at another row changes the sum.
        parts = ["count(*)"]
        for name in names:
            value = f"case when not isnan(cast({name} as double)) then {name} end"
            weight = "(row_id * 7919 % 1009 + 1)"
            parts.append(f"count({value})")
            if int(name.split("_f")[1]) % 3 == 0:
                parts.append(f"sum(hash(row_id, cast({value} as bigint)) % 1000000007)")
            else:
                parts.append(f"sum(cast({value} as double) * {weight})")
        row = con.execute(f"select {', '.join(parts)} from found").fetchone()
    assert row is not None
    return {"numbers": [float(n) if isinstance(n, float) else int(n or 0) for n in row]}


WAYS = {way.__name__: way for way in (milepost, polars, duckdb, pandas, feast, floor)}

if __name__ == "__main__":
    way, folder, size, store, threads = sys.argv[1:]
    (wall, cpu), found = WAYS[way](Path(folder), int(size), store, int(threads))
    wall_end, cpu_end = clocks()
    # Not ru_maxrss, which starts with the parent's.
    peak = int(Path("/proc/self/status").read_text().split("VmHWM:")[1].split()[0]) * 1024
    figures = {"wall": wall_end - wall, "cpu": cpu_end - cpu, "peak": peak}
    print(json.dumps({**figures, **digest(found)}))
