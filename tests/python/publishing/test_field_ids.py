"""Columns have ids in each file, and files without them stay as long as their rows are the same."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from candidates import publishable, view
from milepost import FeatureStore
from milepost.errors import PublishError
from milepost.publishing import data_files
from milepost.publishing.data_files import Uploads
from milepost.publishing.publishable import describe
from milepost.release.field_ids import field_id
from milepost.release.files import ARROW_TYPES
from milepost.release.manifest import View
from milepost.storage import s3
from milepost.storage.location import Location
from small_releases import at, manifest_of, put_view, release, rows_of

TYPES = {
    "carrier_id": "VARCHAR",
    "available_at": "TIMESTAMP",
    "late": "DOUBLE",
    "loads": "BIGINT",
    "is_new": "BOOLEAN",
}
JANUARY = rows_of(
    TYPES, ("a", at("2026-01-02"), 0.5, 1, True), ("b", at("2026-01-02"), 0.1, 2, None)
)
FEBRUARY = rows_of(TYPES, ("a", at("2026-02-02"), 0.7, 3, False))


def ids_in(store: Location, name: str) -> dict[str, int]:
    """The field ids that stand in a file; -1 is what Parquet says of a column without one."""
    stored = s3.get(store, name)
    assert stored is not None
    schema = pq.read_metadata(pa.BufferReader(stored.body)).schema.to_arrow_schema()
    return {
        column.name: int((column.metadata or {}).get(b"PARQUET:field_id", -1)) for column in schema
    }


def as_before_format_9(store: Location) -> View:
    """A view whose files have no field ids, as an older release has it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(data_files, "_with_field_ids", lambda rows: rows)
        old = put_view(store, "carriers", pa.concat_tables([JANUARY, FEBRUARY]))
    return replace(
        old,
        fields=[replace(column, field_id=None) for column in old.fields],
        files=[replace(file, has_field_ids=False) for file in old.files],
    )


def test_each_file_has_the_ids_that_the_release_says(store: Location) -> None:
    carriers = put_view(store, "carriers", pa.concat_tables([JANUARY, FEBRUARY]))
    stated = {column.name: column.field_id for column in carriers.fields}
    assert stated == {name: field_id(name) for name in TYPES}
    assert [ids_in(store, file.name) for file in carriers.files] == [stated, stated]
    assert all(file.has_field_ids for file in carriers.files)


def test_an_id_follows_from_the_name_alone_so_that_a_file_is_the_same_in_each_store(
    store: Location,
) -> None:
    # These are in published files: another function would make other columns of them.
    assert field_id("carrier_id") == 592446257
    assert field_id("available_at") == 1140318418
    fewer = JANUARY.drop_columns("loads")
    ids = ids_in(store, put_view(store, "fewer", fewer).files[0].name)
    assert ids == {name: field_id(name) for name in TYPES if name != "loads"}


def test_a_published_view_states_the_ids_of_its_columns() -> None:
    beds = describe(publishable(view()))
    assert [column.field_id for column in beds.fields] == [field_id(name) for name in beds.types]


def test_two_columns_with_one_id_are_refused() -> None:
    twins = {"column_5875": "BIGINT", "column_7496": "BIGINT"}
    assert len({field_id(name) for name in twins}) == 1
    columns = {"bed_id": "VARCHAR", "available_at": "TIMESTAMP", **twins}
    with pytest.raises(
        PublishError, match="`column_5875` and `column_7496` of `beds` have the sam"
    ):
        describe(publishable(view(columns)))


def test_a_month_without_ids_keeps_its_file_until_its_rows_change(store: Location) -> None:
    old = as_before_format_9(store)
    assert set(ids_in(store, old.files[0].name).values()) == {-1}
    uploads = Uploads(store, manifest_of(old))
    changed = rows_of(TYPES, ("a", at("2026-02-02"), 0.8, 3, False))
    files = [
        uploads.put("carriers", month, rows)
        for month, rows in (("2026-01", JANUARY), ("2026-02", FEBRUARY), ("2026-02", changed))
    ]
    assert files[:2] == old.files
    assert (uploads.sent, files[2].has_field_ids) == ([files[2]], True)
    # In the next release one file has them and one has not.
    mixed = replace(old, files=[files[0], files[2]])
    later = Uploads(store, manifest_of(mixed))
    assert later.put("carriers", "2026-01", JANUARY) == files[0]
    assert later.put("carriers", "2026-02", changed) == files[2]
    assert later.sent == []


def test_readers_see_no_ids(store: Location) -> None:
    """Of files with ids, without, and of both in one view, the same tables come back."""
    old = as_before_format_9(store)
    changed = put_view(store, "carriers", FEBRUARY).files
    asked = pa.table(
        {
            "carrier_id": ["a", "b"],
            "event_timestamp": pa.array([at("2026-02-03"), at("2026-01-20")], pa.timestamp("us")),
        }
    )
    answers: list[list[pa.Table]] = []
    new = put_view(store, "carriers", pa.concat_tables([JANUARY, FEBRUARY]))
    for files in (old.files, [old.files[0], *changed], new.files):
        release(
            store, replace(new, files=files), created_at=f"2026-07-0{1 + len(answers)}T00:00:00"
        )
        shelf = FeatureStore(store.uri())
        whole: Any = shelf.to_arrow("carriers")
        looked_up = shelf.get_historical_features(asked, ["carriers"]).to_arrow()
        answers.append([whole, looked_up])
    assert answers[0][0].schema == pa.schema([(n, ARROW_TYPES[kind]) for n, kind in TYPES.items()])
    for tables in answers[1:]:
        for table, first in zip(tables, answers[0], strict=True):
            assert table.equals(first)
            assert not any(column.metadata for column in (*table.schema, *first.schema))
