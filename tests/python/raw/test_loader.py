"""What every loader does: the dates that are open are landed and closed, whatever was before."""

from __future__ import annotations

from datetime import date

import duckdb
import pyarrow as pa
import pytest

from milepost import landing
from milepost.errors import LandingError
from milepost.raw import closed_dates
from milepost.storage import s3
from milepost.storage.location import Location

FIRST, LAST = date(2026, 3, 1), date(2026, 3, 5)


def rows(last: date) -> pa.Table:
    """A row a day, but none on March 2."""
    return duckdb.sql(f"""
        select 'x' || day::date as id, day + interval 1 hour as landed_at, day::date as landing_date
        from generate_series(timestamp '{FIRST}', timestamp '{last}', interval 1 day) as t(day)
        where day::date <> date '2026-03-02'
        order by day
    """).to_arrow_table()


def test_open_dates_are_landed_and_closed_ones_are_left(raw: Location) -> None:
    options = {"first": FIRST, "written_by": "test"}
    third = date(2026, 3, 3)
    days = landing.land_open_dates(raw, {"t": rows(third)}, last=third, **options)  # type: ignore[arg-type]
    assert (days[0], days[-1], len(days)) == (FIRST, third, 3)
    before = {item.name: item.etag for item in s3.listing(raw)}
    landing.reopen(raw, date(2026, 3, 2), reason="a test", by="a test")
    assert landing.open_dates(raw, last=LAST, **options) == [  # type: ignore[arg-type]
        *(date(2026, 3, 2), date(2026, 3, 4), LAST)
    ]
    again = landing.land_open_dates(raw, {"t": rows(LAST)}, last=LAST, **options)  # type: ignore[arg-type]
    assert again == [date(2026, 3, 2), date(2026, 3, 4), LAST]
    after = {item.name: item.etag for item in s3.listing(raw)}
    assert before.items() <= after.items()
    assert landing.closed_dates(raw, written_by="test")[-1] == LAST
    assert closed_dates.closed_dates(raw).before == date(2026, 3, 6)
    assert landing.land_open_dates(raw, {"t": rows(LAST)}, last=LAST, **options) == []  # type: ignore[arg-type]


def test_a_log_of_another_loader_is_refused(raw: Location) -> None:
    landing.land_open_dates(raw, {"t": rows(FIRST)}, first=FIRST, last=FIRST, written_by="one")
    with pytest.raises(LandingError, match="a log by `one`, not by `two`"):
        landing.open_dates(raw, first=FIRST, last=LAST, written_by="two")


def test_a_marker_of_no_date_is_refused(raw: Location) -> None:
    s3.put(raw, "_closed/landing_date=2026-02-30.json", b"{}")
    with pytest.raises(LandingError, match=r"2026-02-30.json` is not named as the raw log names"):
        landing.open_dates(raw, first=FIRST, last=LAST, written_by="one")
