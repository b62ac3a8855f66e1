"""A history whose names tell no date is one partition, from its first date up to a last."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from milepost.errors import LandingError
from milepost.raw import closed_tables
from milepost.raw.declaration import raw_table
from milepost.storage import s3
from milepost.storage.location import Location
from raw.lake import parquet


def source(raw: Location, **meta: Any) -> dict[str, Any]:
    keys = {"raw_uri": raw.uri(), "layout": "{table}.parquet", "closed_by": "delay"}
    return {
        "unique_id": "source.a.lake.loads",
        "source_name": "lake",
        "name": "loads",
        "identifier": "loads",
        "columns": {"load_id": {"name": "load_id", "data_type": "bigint"}},
        "config": {"meta": {**keys, "known_at": "model", **meta}},
    }


def test_a_history_is_read_up_to_its_last_date(raw: Location, store: Location) -> None:
    s3.put(raw, "loads.parquet", parquet(1, 2))
    table = raw_table(source(raw, covers=["2013-01-01", "2014-01-01"]))
    for _ in range(2):
        closed = closed_tables.check([table], store, writes=True)[table.id]
        assert (closed.first, closed.before) == (datetime(2013, 1, 1), datetime(2014, 1, 1))
        (file,) = closed.files
        assert (file.starts_at, file.closes_at) == (closed.first, closed.before)


@pytest.mark.parametrize(
    "meta",
    [
        {"covers": "2013"},
        {"covers": ["2013-01-01"]},
        {"covers": ["2014-01-01", "2013-01-01"]},
        {"covers": ["2013-01-01", "2014-01-01"], "layout": "{table}/{date}"},
        {"covers": ["2013-01-01", "2014-01-01"], "closed_by": "next_partition"},
    ],
)
def test_what_covers_nothing_is_refused(raw: Location, meta: dict[str, Any]) -> None:
    with pytest.raises(LandingError, match=r"raw table `lake.loads` has `covers: "):
        raw_table(source(raw, **meta))
