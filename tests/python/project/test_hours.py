"""Raw tables of hours: a view of hours is built through the last that is closed."""

from __future__ import annotations

import io
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from greenhouse import Greenhouse
from milepost.reading.store import FeatureStore
from milepost.storage import s3
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

HOUR = timedelta(hours=1)
BEDS = ["north", "south", "west"]
BEGIN, END = datetime(2026, 1, 1), datetime(2026, 1, 5, 5)
LAYOUT = "layout: '{table}/dt={date}/hour={hour}', closed_by: next_partition"


def land(lake: Location, begin: datetime, end: datetime, beds: int = 2) -> None:
    """All beds in the first hour of all, and a reading of some in every hour."""
    instant = pa.timestamp("us")
    for hour in (begin + n * HOUR for n in range((end - begin) // HOUR)):
        landed = pa.array([hour + timedelta(minutes=5)] * len(BEDS), instant)
        readings = {
            "reading_id": [f"{hour} {bed}" for bed in BEDS],
            "bed_id": BEDS,
            "moisture": [hour.hour / 24, 0.5, 0.7],
            "read_at": pa.array([hour] * len(BEDS), instant),
            "landed_at": landed,
        }
        described = {"bed_id": BEDS, "snapshot_at": pa.array([hour] * len(BEDS), instant)}
        rows = pa.table({**described, "landed_at": landed})
        put(lake, "beds", hour, rows if hour == BEGIN else rows.slice(0, 0))
        put(lake, "readings", hour, pa.table(readings).slice(0, beds))


def put(lake: Location, table: str, hour: datetime, rows: pa.Table) -> None:
    body = io.BytesIO()
    pq.write_table(rows, body)
    s3.put(lake, f"{table}/dt={hour:%Y-%m-%d}/hour={hour:%H}/part-0.parquet", body.getvalue())


def publish(project: Greenhouse) -> tuple[datetime, list[dict[str, Any]]]:
    """Build and publish; return through when the view is built, and its rows."""
    project.build()
    project.publish()
    store = FeatureStore(project.store.uri())
    (view,) = store.feature_views()
    return view.built_through_at, store.to_arrow("bed_moisture").to_pylist()


def asks_which_beds_change(project: Greenhouse) -> bool:
    """Whether the SQL of the last build does."""
    (compiled,) = (project.folder / "target/compiled").rglob("features/bed_moisture.sql")
    return "milepost__changing_keys" in compiled.read_text()


@pytest.fixture
def hourly(green: Greenhouse, raw: Location, tmp_path: Path) -> Greenhouse:
    """The project with a view and raw tables of hours."""
    project = green.copy(tmp_path / "hourly", raw=raw, store=green.store)
    project.edit(
        "models/staging/_sensors.yml", "_RAW_URI') }}\"}", f"_RAW_URI') }}}}\", {LAYOUT}}}"
    )
    view = "models/features/bed_moisture"
    project.edit(f"{view}.yml", "grid: day", "grid: hour")
    # In its unit test a reading of 10:00 counts from 11:00 on, and one known at 11:00 from 12:00.
    for old, new in (
        ('b, available_at: "2026-01-03 00', 'b, available_at: "2026-01-01 12'),
        ('b, available_at: "2026-01-04 00', 'b, available_at: "2026-01-02 12'),
        ('"2026-01-02 00', '"2026-01-01 11'),
        ('"2026-01-03 00', '"2026-01-02 11'),
    ):
        project.edit(f"{view}.yml", old, new)
    project.edit(f"{view}.sql", "keys=['bed_id'],", "keys=['bed_id'],\n        grid='hour',")
    return project


def test_one_more_hour_adds_its_rows_and_changes_none(hourly: Greenhouse) -> None:
    land(hourly.raw, BEGIN, END)
    built_through, rows = publish(hourly)

    land(hourly.raw, END, END + HOUR)
    later_built_through, later_rows = publish(hourly)
    # An hour is closed when the next has begun. The delay of the view is 30 minutes.
    delay = timedelta(minutes=30)
    assert (built_through, later_built_through) == (END + delay, END + HOUR + delay)
    new_rows = [row for row in later_rows if row not in rows]
    assert [row for row in rows if row not in later_rows] == []
    assert {row["available_at"] for row in new_rows} == {END + delay}


def test_a_batch_asks_which_keys_change_where_not_most_of_them_did(hourly: Greenhouse) -> None:
    """Two beds change in every hour. A third one did in eight of the last 24, and rests since."""
    hourly.edit("models/features/bed_moisture.sql", "'max'", "'mean'")  # sums alone
    land(hourly.raw, BEGIN, END)
    hourly.build()
    answers = []
    for begin, end, beds in ((0, 8, 3), (8, 11, 2), (11, 12, 2)):
        land(hourly.raw, END + begin * HOUR, END + end * HOUR, beds)
        hourly.build()
        answers.append(asks_which_beds_change(hourly))
    assert answers == [False, False, True]

    publish(hourly)
    rows = FeatureStore(hourly.store.uri()).to_arrow("bed_moisture").to_pylist()
    hourly.build("--full-refresh")
    publish(hourly)
    assert FeatureStore(hourly.store.uri()).to_arrow("bed_moisture").to_pylist() == rows
