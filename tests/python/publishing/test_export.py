"""From a table to files and what the manifest says of them, without dbt and its gate."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
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
STORE = Location("milepost-store", "unsent")


def exported(rows: Sequence[Row], keys: tuple[str, ...] = ("bed_id", "depth")) -> View:
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
        found = export(con, publishable, Uploads(STORE, None, is_dry_run=True))
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
    assert view.statistics["nothing"] == {"nulls": 4, "min": None, "max": None}


def test_a_table_without_rows_has_statistics() -> None:
    nothing = exported([])
    assert (nothing.rows, nothing.files) == (0, [])
    assert nothing.statistics["wet"] == {"nulls": 0, "min": None, "max": None}


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
