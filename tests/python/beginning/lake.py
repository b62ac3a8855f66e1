"""Parquet that somebody has: what tests of the beginning lay out on S3."""

from __future__ import annotations

import io

import duckdb
import pyarrow.parquet as pq

from milepost.storage import s3
from milepost.storage.location import Location


def put(location: Location, name: str, query: str) -> None:
    """Write what a query gives as Parquet."""
    with duckdb.connect() as database:
        database.execute("set TimeZone = 'UTC'")
        rows = database.execute(query).to_arrow_table()
    sink = io.BytesIO()
    pq.write_table(rows, sink)
    s3.put(location, name, sink.getvalue())


def orders(location: Location, *, days: int = 6, added_hour: int = 80) -> None:
    """Hourly orders with an ingestion instant, and a column that begins in the fourth day."""
    for hour in range(24 * days):
        at = f"timestamp '2026-11-01' + interval {hour} hour"
        put(
            location,
            f"orders/dt=2026-11-{1 + hour // 24:02}/hour={hour % 24:02}/part-0.parquet",
            f"""
            select
                'o{hour}-' || i as order_id, 'c' || i % 3 as customer_id, i * 1.5 as amount,
                {at} + i * interval 1 minute as created_at,
                {at} + i * interval 1 minute + interval 30 second as _ingested_at
                {", 'web' as channel" if hour >= added_hour else ""}
            from range(6) as t(i)
            """,
        )


def carriers(location: Location, *, days: int = 6) -> None:
    """A full snapshot of all carriers each day, with names that no model can have."""
    for day in range(1, days + 1):
        put(
            location,
            f"carriers/dt=2026-11-{day:02}/part-0.parquet",
            f"""select 'k' || i as carrier_id, 'N' || i as "select", {day} // 3 as "1rating",
                'x' as "größe" from range(10) as t(i)""",
        )


def changes(location: Location, *, days: int = 6) -> None:
    """A change feed of loads: created on one day, updated the next, some deleted the day after."""
    for day in range(1, days + 1):
        at = f"timestamp '2026-11-{day:02} 10:00:00'"
        put(
            location,
            f"changes/2026/11/{day:02}/events.parquet",
            f"""
            select
                i + 10 * ({day} - shift) as load_id, op, {day} * 100 + i * 3 + shift as lsn,
                'lane' || i % 2 as lane_id, 10.0 + shift as miles,
                {at} + i * interval 1 second as updated_at,
                {at} + i * interval 1 second + interval 1 minute as _fivetran_synced
            from range(10) as t(i), (values (0, 'c'), (1, 'u'), (2, 'd')) as c(shift, op)
            where {day} > shift and (op <> 'd' or i < 3)
            """,
        )
