"""The data of the lookup benchmark: three views and entity rows, each value a hash of its key.

The peers read them from local Parquet in the order in which a daily build would leave them;
Milepost reads the same rows from a release on S3, written by the publisher's own code.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import duckdb

if TYPE_CHECKING:  # Feast's environment has no Milepost
    from milepost.storage.location import Location

FIRST = "timestamp '2025-01-01'"
COMPLETE_FROM, BUILT_THROUGH = "2025-01-01T00:00:00", "2026-01-01T00:00:00"
CARRIERS, LANES, PAIRS = 20_000, 5_000, 50_000
KEYS = {
    "carrier_daily": ("carrier_id",),
    "lane_daily": ("lane_id",),
    "carrier_lane_weekly": ("carrier_id", "lane_id"),
}
# Feast's: no gap between rows exceeds it.
TTL_DAYS = {"carrier_daily": 30, "lane_daily": 30, "carrier_lane_weekly": 91}
FEATURES = {
    "carrier_daily": [f"cd_f{n}" for n in range(12)],
    "lane_daily": [f"ld_f{n}" for n in range(12)],
    "carrier_lane_weekly": [f"cl_f{n}" for n in range(6)],
}


def make(folder: Path, store: Location, sizes: list[int], scale: float = 1.0) -> None:
    """Make what is missing: local files of the views and entity rows, and the release on S3."""
    from milepost.release.manifest import CURRENT
    from milepost.storage import s3
    from milepost.storage.client import client

    folder.mkdir(parents=True, exist_ok=True)
    with duckdb.connect() as con:
        _views(con, folder, scale)
        for size in sizes:
            _entities(con, folder, size, scale)
            name = f"entities/{size}.parquet"
            if not any(s3.listing(store, name)):
                client().upload_file(
                    str(folder / f"entities_{size}.parquet"), store.bucket, store.key(name)
                )
        if s3.get(store, CURRENT) is None:
            _release(con, folder, store)


def _features(names: list[str], key: str) -> str:
    """A third whole numbers, the rest doubles; the sixth is null in 2 % of rows."""
    columns = []
    for n, name in enumerate(names):
        draw = f"hash({key}, {n})"
        double = f"cast(({draw} % 1000003) / 100.0 as double)"
        if n % 3 == 0:
            double = f"cast({draw} % 500 as bigint)"
        elif n == 5:
            double = f"case when {draw} % 50 <> 0 then {double} end"
        columns.append(f"{double} as {name}")
    return ", ".join(columns)


def _views(con: duckdb.DuckDBPyConnection, folder: Path, scale: float) -> None:
    for view, count in (("carrier_daily", CARRIERS), ("lane_daily", LANES)):
        (key,) = KEYS[view]
        _write(
            con,
            folder / f"{view}.parquet",
            f"select entity as {key}, {FIRST} + to_days(day::int) as available_at, "
            f"{_features(FEATURES[view], 'entity, day')} "
            f"from range(365) days (day), range({int(count * scale)}) entities (entity) "
            "order by day, entity",
        )
    pairs = folder / "pairs.parquet"
    _write(
        con,
        pairs,
        "select row_number() over () - 1 as pair, * from (select distinct "
        f"cast({CARRIERS * scale} * pow((hash(n, 1) % 1000000) / 1e6, 1.5) as bigint) carrier_id, "
        f"cast({LANES * scale} * pow((hash(n, 2) % 1000000) / 1e6, 1.5) as bigint) lane_id "
        f"from range({int(PAIRS * scale * 1.04)}) draws (n) order by all) "
        f"limit {int(PAIRS * scale)}",
    )
    _write(
        con,
        folder / "carrier_lane_weekly.parquet",
        f"select carrier_id, lane_id, {FIRST} + to_days((week * 7)::int) as available_at, "
        f"{_features(FEATURES['carrier_lane_weekly'], 'pair, week')} "
        f"from range(52) weeks (week), '{pairs}' where hash(pair, week, 5) % 100 < 77 "
        "order by week, carrier_id, lane_id",
    )


def _entities(con: duckdb.DuckDBPyConnection, folder: Path, size: int, scale: float) -> None:
    """Over the whole year; four of five on pairs that exist, one in a hundred of no carrier."""
    _write(
        con,
        folder / f"entities_{size}.parquet",
        "select n as row_id, "
        f"case when hash(n, 9) % 100 = 0 then {10 * CARRIERS} + n % 1000 "
        "when hash(n, 3) % 10 < 8 then carrier_id "
        f"else cast(hash(n, 4) % {int(CARRIERS * scale)} as bigint) end as carrier_id, "
        "case when hash(n, 3) % 10 < 8 then lane_id "
        f"else cast(hash(n, 5) % {int(LANES * scale)} as bigint) end as lane_id, "
        f"{FIRST} + to_seconds((hash(n, 6) % (365 * 86400))::bigint) as event_timestamp, "
        "cast(hash(n, 7) % 2 as int) as label "
        f"from range({size}) draws (n) join '{folder / 'pairs.parquet'}' pairs "
        f"on pairs.pair = hash(n, 8) % {int(PAIRS * scale)} order by n",
    )


def _write(con: duckdb.DuckDBPyConnection, path: Path, select: str) -> None:
    if not path.exists():
        partial = path.with_suffix(".partial")
        con.execute(f"copy ({select}) to '{partial}' (format parquet, compression zstd)")
        partial.rename(path)


def _release(con: duckdb.DuckDBPyConnection, folder: Path, store: Location) -> None:
    from milepost.publishing.data_files import Uploads
    from milepost.release import releases
    from milepost.release.definition import Field
    from milepost.release.entity import Entity, EntityRole
    from milepost.release.manifest import Manifest, View
    from milepost.release.manifest_format import FORMAT_VERSION

    uploads = Uploads(store, None)
    views = []
    for view, keys in KEYS.items():
        source = f"'{folder / view}.parquet'"
        schema = con.execute(f"describe select * from {source}").fetchall()
        files = []
        for month in range(1, 13):
            rows = con.execute(
                f"from {source} where year(available_at) = 2025 and month(available_at) = {month} "
                f"order by {', '.join(keys)}, available_at"
            ).to_arrow_table()
            files.append(uploads.put(view, f"2025-{month:02}", rows))
        views.append(
            View(
                name=view,
                description="",
                entities=[EntityRole(view, view, list(keys))],
                keys=list(keys),
                grid="day",
                serving_delay_minutes=0,
                owners={"science": "bench", "engineering": "bench"},
                maturity="production",
                sensitivity="internal",
                fields=[
                    Field(
                        name, kind, "", None if name in (*keys, "available_at") else COMPLETE_FROM
                    )
                    for name, kind, *_ in schema
                ],
                files=files,
                rows=sum(file.rows for file in files),
                built_through=BUILT_THROUGH,
                statistics={},
                checks=[],
                code="",
                fingerprint="",
            )
        )
    code = {"project": "bench", "dbt": None, "commit": None}
    entities = [
        Entity(view.name, {key: view.types[key] for key in view.keys}, "") for view in views
    ]
    manifest = Manifest(FORMAT_VERSION, "", BUILT_THROUGH, code, views, [], [], entities)
    releases.commit(store, manifest.sealed(), None)
