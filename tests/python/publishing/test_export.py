"""From a table to files and what the manifest says of them, without dbt and its gate."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import duckdb
import pytest

from milepost.building.declared_views import FeatureView
from milepost.errors import PublishError
from milepost.publishing.data_files import Uploads
from milepost.publishing.export import export
from milepost.publishing.publishable import PublishableView
from milepost.release.definition import Field
from milepost.release.entity import EntityRole
from milepost.release.manifest import View
from milepost.storage.location import Location
from small_releases import manifest_of

TYPES = {
    "bed_id": "VARCHAR",
    "depth": "DOUBLE",
    "available_at": "TIMESTAMP",
    "wet": "DOUBLE",
    "acid": "DOUBLE",
    "is_dry": "BOOLEAN",
    "readings": "BIGINT",
    "plant": "VARCHAR",
    "watered_at": "TIMESTAMP",
    "nothing": "BIGINT",
}
Row = tuple[Any, ...]
ROWS: list[Row] = [
    ("south", 1.5, "2026-01-02", 1e20, -0.0, True, 9007199254740993, "tomato", "2025-12-31", None),
    ("north", 1.5, "2026-01-02", None, 5e-324, None, -1, "Öl", "2026-01-01 00:00:00.000001", None),
    ("north", 2.5, "2026-01-02", 1234567.1, None, False, None, None, None, None),
    ("north", 1.5, "2026-02-01", -1e308, 1.5, None, 0, "", "1969-01-01", None),
]
NOTHING = {"min": None, "max": None, "quantiles": None, "histogram": None}
# Of two values: one in each outer bar.
ENDS = [1, *[0] * 22, 1]
STORE = Location("milepost-store", "unsent")


def exported(
    rows: Sequence[Row],
    keys: tuple[str, ...] = ("bed_id", "depth"),
    uploads: Uploads | None = None,
) -> View:
    """The rows as the manifest says them; none is sent."""
    view = FeatureView(
        name="beds",
        unique_id="model.test.beds",
        relation="beds",
        description="",
        entities=[EntityRole("bed", "bed", list(keys))],
        keys=list(keys),
        grid="hour",
        longest_window_days=1,
        serving_delay_minutes=0,
        owners={},
        maturity="production",
        sensitivity="internal",
        fields=[Field(name, kind, "") for name, kind in TYPES.items()],
    )
    ends = datetime(2026, 1, 1), datetime(2026, 3, 1)
    with duckdb.connect() as con:
        con.execute(f"create table beds ({', '.join(map(' '.join, TYPES.items()))})")
        for row in rows:
            con.execute(f"insert into beds values ({', '.join('?' * len(row))})", row)
        complete_from = dict.fromkeys(view.features, ends[0])
        publishable = PublishableView(view, "", (), "", ends[1], complete_from)
        found = export(con, publishable, uploads or Uploads(STORE, None, is_dry_run=True))
        for name in view.features:
            said = found.statistics[name]
            assert con.execute(
                f"select count(*) - count({name}), cast(min({name}) as varchar), "
                f"cast(max({name}) as varchar) from beds"
            ).fetchone() == (said["nulls"], said["min"], said["max"])
    return found


def test_each_month_is_a_file_and_statistics_are_those_of_duckdb() -> None:
    view = exported(ROWS)
    assert [(file.month, file.rows) for file in view.files] == [("2026-01", 3), ("2026-02", 1)]
    assert (view.statistics["wet"]["min"], view.statistics["wet"]["max"]) == ("-1e+308", "1e+20")
    assert view.statistics["nothing"] == {"nulls": 4, **NOTHING}


def test_a_table_without_rows_has_statistics() -> None:
    nothing = exported([])
    assert (nothing.rows, nothing.files) == (0, [])
    assert nothing.statistics["wet"] == {"nulls": 0, **NOTHING}


def measured(*values: Any, column: str = "wet") -> dict[str, Any]:
    """The statistics of a column with these values, an hour each."""
    place = list(TYPES).index(column)
    rows: list[Row] = []
    for n, value in enumerate(values):
        row = ["north", 1.5, str(datetime(2026, 1, 1) + timedelta(hours=n)), *[None] * 7]
        row[place] = value
        rows.append(tuple(row))
    statistics: dict[str, Any] = exported(rows).statistics[column]
    return statistics


def test_quantiles_are_those_of_duckdb_whatever_the_order_of_the_values() -> None:
    values = [
        round(chance.lognormvariate(0, 2), 3) for chance in [random.Random(7)] for _ in range(501)
    ]
    statistics = measured(*values)
    with duckdb.connect() as con:
        row = con.execute(
            "select cast(unnest(quantile_disc(value, "
            "[0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99])) as varchar) "
            "from (select unnest(?) as value)",
            [values],
        ).fetchall()
    assert list(statistics["quantiles"].values()) == [text for (text,) in row]
    assert sum(statistics["histogram"]["counts"]) == 501
    assert measured(*sorted(values)) == statistics == measured(*values[250:], *values[:250])


@pytest.mark.parametrize(
    ("column", "values", "histogram"),
    [
        # a bar for each whole number
        ("readings", [0, 0, 3], {"from": "0", "to": "3", "counts": [2, 0, 0, 1]}),
        # bars of equally many whole numbers, the last perhaps of fewer
        ("readings", range(49), {"from": "0", "to": "48", "counts": [3] * 16 + [1]}),
        (
            "readings",
            [-(2**63), 2**63 - 1],
            {"from": str(-(2**63)), "to": str(2**63 - 1), "counts": ENDS},
        ),
        ("wet", [0.0, 1.0], {"from": "0.0", "to": "1.0", "counts": ENDS}),
        ("wet", [-1.7e308, 1.7e308], {"from": "-1.7e+308", "to": "1.7e+308", "counts": ENDS}),
        # 99 of 100 are equal: the range is that of all
        ("wet", [0.5] * 99 + [1.0], {"from": "0.5", "to": "1.0", "counts": [99] + [0] * 22 + [1]}),
        ("wet", [-0.0, 0.0], {"from": "0.0", "to": "0.0", "counts": [2]}),
        ("wet", [0.0, 5e-324], {"from": "0.0", "to": "5e-324", "counts": [2]}),
        ("is_dry", [True, False, None, True], {"from": "false", "to": "true", "counts": [1, 2]}),
        ("is_dry", [True], {"from": "true", "to": "true", "counts": [1]}),
        (
            "watered_at",
            ["2026-01-01", "2026-01-02"],
            {"from": "2026-01-01 00:00:00", "to": "2026-01-02 00:00:00", "counts": ENDS},
        ),
    ],
)  # fmt: skip
def test_a_histogram_has_bars_of_equal_range(
    column: str, values: Sequence[Any], histogram: dict[str, Any]
) -> None:
    assert measured(*values, column=column)["histogram"] == histogram


def test_a_view_of_an_older_release_is_measured_and_its_files_stay() -> None:
    new = exported(ROWS)
    without = {name: {"nulls": 0, "min": None, "max": None} for name in new.features}
    old = replace(new, statistics=without)
    uploads = Uploads(STORE, manifest_of(old), is_dry_run=True)
    again = exported(ROWS, uploads=uploads)
    assert (again.files, again.statistics) == (old.files, new.statistics)


@pytest.mark.parametrize(
    "identity",
    [
        ("north", 1.5, "2026-02-01"),
        ("north", 2.5, "2026-01-02"),
        (None, 1.5, "2026-01-03"),
        ("north", None, "2026-01-03"),
        ("north", 1.5, None),
    ],
)
def test_rows_that_share_a_key_and_instant_or_lack_one_are_refused(identity: Row) -> None:
    with pytest.raises(PublishError, match=r"share \(bed_id, depth, available_at\), or lack one"):
        exported([*ROWS, (*identity, *ROWS[0][3:])])


def test_a_view_without_keys_has_one_row_per_instant() -> None:
    assert exported(ROWS[2:], keys=()).rows == 2
    with pytest.raises(PublishError, match=r"share \(available_at\)"):
        exported(ROWS, keys=())
