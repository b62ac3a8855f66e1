"""A build from a slice equals one in full, however long ago what a row refers to became known."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest

import greenhouse
from greenhouse import FIRST, Greenhouse
from milepost.storage.location import Location

pytestmark = pytest.mark.slow

STAGED = "models/staging/stg_sensors__readings.sql"
# More than the project's reference_days, 30, and what a batch reads beside them.
LAST = FIRST + timedelta(days=119)


def rows_and_start(green: Greenhouse) -> tuple[list[tuple[object, ...]], date | None]:
    """The feature rows, and the first landing date that their readings were read from."""
    with duckdb.connect(green.folder / "scratch.duckdb", read_only=True) as con:
        rows = con.execute("from main.bed_moisture order by all").fetchall()
        (start,) = con.execute(
            "select first_date from milepost_checks.slices where node_id like '%stg_%readings'"
        ).fetchone() or (None,)
    return rows, start


def test_a_slice_holds_what_a_reference_of_400_days_needs_and_no_more(
    green: Greenhouse, raw: Location, tmp_path: Path
) -> None:
    # The beds are described once, on the first date.
    greenhouse.land(raw, greenhouse.sound_readings(FIRST, LAST), last=LAST)
    starts = {}
    for days in (400, 1):
        grown = green.copy(tmp_path / f"within_{days}", raw=raw, store=green.store)
        grown.edit(STAGED, "'bed_id']}", f"'bed_id', {days}]}}")
        grown.edit("dbt_project.yml", "share_max: 0.1", "share_max: 1.0")
        done = grown.dbt("run")
        assert done.returncode == 0, done.stdout
        tomorrow = LAST + timedelta(days=1 if days == 400 else 2)
        more = greenhouse.sound_readings(tomorrow, tomorrow)
        greenhouse.land(raw, more, first=tomorrow, last=tomorrow)
        done = grown.dbt("run")
        assert done.returncode == 0, done.stdout
        rows, starts[days] = rows_and_start(grown)
        done = grown.dbt("run", "--full-refresh")
        assert done.returncode == 0, done.stdout
        assert rows_and_start(grown)[0] == rows
        assert rows
    # Beds and readings may each be delivered again for 7 days.
    assert starts[400] is None
    assert starts[1]
    assert starts[1] > LAST - timedelta(days=28 + 1 + 16 + 1)
