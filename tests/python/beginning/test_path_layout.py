"""The layout of a table from the names of its files."""

from __future__ import annotations

import pytest

from milepost.beginning.column_names import plain_names, project_name
from milepost.beginning.path_layout import layout_of
from milepost.errors import LandingError


@pytest.mark.parametrize(
    ("names", "layout"),
    [
        (["dt=2026-03-05/a.parquet", "dt=2026-03-06/a.parquet"], "dt={date}"),
        (["day=2026-03-05/hr=00/a", "day=2026-03-05/hr=23/b"], "day={date}/hr={hour}"),
        (
            ["y=2026/m=1/d=2/h=3/a", "y=2026/m=12/d=31/h=23/b"],
            "y={year}/m={month}/d={day}/h={hour}",
        ),
        (["2026/03/05/13/s-1.parquet"], "{year}/{month}/{day}/{hour}"),
        (["year=2026/month=03/a", "year=2026/month=04/a"], "year={year}/month={month}"),
        (["dt=20260305/a", "dt=20260306/a"], "dt={year}{month}{day}"),
        (["at=2026-03-05-13/a", "at=2026-03-05-14/a"], "at={date}-{hour}"),
        (["flights_2013-01.parquet", "flights_2013-12.parquet"], "flights_{year}-{month}.parquet"),
        (["trips_20260305.parquet", "trips_20260306.parquet"], "trips_{year}{month}{day}.parquet"),
        (["data/dt=2026-03-05/a", "data/dt=2026-03-06/b"], "data/dt={date}"),
        (["part-0.parquet", "part-1.parquet"], ""),
    ],
)
def test_folders_and_file_names_tell_the_time(names: list[str], layout: str) -> None:
    assert layout_of("s3://lake/t", names) == layout


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["region=eu/a", "region=us/a"], "`region=eu` and `region=us` is no part of a date"),
        (["region=eu/a"], "`region=eu` is no part of a date"),
        (["eu/a", "us/a"], "`eu` and `us`"),
        (["dt=2026-03-05/a", "dt=2026-03-06/x/a"], "different depths"),
        (["dt=2026-03-05/hour=24/a", "dt=2026-03-05/hour=25/a"], "no part of a date"),
    ],
)
def test_a_folder_of_something_else_is_named(names: list[str], message: str) -> None:
    with pytest.raises(LandingError, match=message):
        layout_of("s3://lake/t", names)


def test_columns_get_plain_names_and_no_two_alike() -> None:
    raw = ["select", "1st", "a.b-c", "größe", "数量", "Größe", "orderId", "event_at", "x" * 80]
    names = plain_names(raw)
    assert list(names.values())[:-1] == [
        *("select_value", "n_1st", "a_b_c", "grosse", "column_value", "grosse_2", "order_id"),
        "source_event_at",
    ]
    assert len(names["x" * 80]) <= 40


@pytest.mark.parametrize("name", ["select", "milepost", "1st", "Harbor", "a-b", "dbt"])
def test_a_project_is_not_named_so(name: str) -> None:
    with pytest.raises(LandingError, match=f"`{name}`"):
        project_name(name)
